r"""Dependence: what it would cost the client to lose the patron.

$$D^{s}_{ij}=\sum_c v_{ic}\min\!\Big(1,\frac{q_{ijc}\,\text{access}_{ijc}}{n_{ic}}\Big)(1-\sigma_c),\quad
  D^{m}_{ij}=\frac{\sum_c q_{jic}\,\text{access}_{jic}P_{jic}(1-\mu\sigma_c)}{\sum_{k,c} q_{kic}P_{kic}+\delta Y_i}$$

$$D_{ij}=1-\big(1-w\,D^{s}_{ij}-(1-w)\,D^{m}_{ij}\big)\Big(1-\frac{T^+_{ij}}{T^+_{ij}+\gamma Y_i}\Big)$$

Influence is the cost of interrupting trade (Hirschman 1945), on the side of supply and on the side
of the market, where sales count against output: a large economy loses little with one customer. Aid
adds to it. `trade_share` is the plain share in the client's total trade.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from patronage.model.mechanism import Mechanism, Parameters, Phase, View
from patronage.model.state import SMALL, share_of, turn


def perceive(s: View, p: Parameters) -> dict[str, Array]:
    """Dependence and trade share (client, patron), both 0…1."""
    worth = s.need * s.world_price[None]
    worth = share_of(worth, worth.sum(axis=1, keepdims=True))
    firmness = 1 - s.substitutability
    covered = jnp.minimum(1, share_of(s.contract * s.access, s.need[:, None]))
    supplier = (worth[:, None] * covered * firmness).sum(axis=2)
    value = s.contract * s.price
    sold = turn((value * s.access * (1 - p.market_ease * s.substitutability)).sum(axis=2))
    all_sold = value.sum(axis=2).sum(axis=0)[:, None]
    output = jnp.maximum(s.gdp, SMALL)[:, None]
    market = share_of(sold, all_sold + p.market_scale * output)
    trade = p.supply_weight * supplier + (1 - p.supply_weight) * market
    given = jnp.maximum(s.transfer, 0)
    aid = given / (given + p.aid_scale * output)
    both = s.trade + turn(s.trade)
    return {
        "dependence": s.pair * (1 - (1 - jnp.minimum(1, trade)) * (1 - aid)),
        "trade_share": s.trader * share_of(both, both.sum(axis=1, keepdims=True)),
    }


MECHANISM = Mechanism(
    "dependence",
    (
        Phase(
            "perceive",
            perceive,
            reads=(
                "need",
                "world_price",
                "substitutability",
                "contract",
                "price",
                "access",
                "transfer",
                "gdp",
                "trade",
                "pair",
                "trader",
            ),
            writes=("dependence", "trade_share"),
            neutral={"dependence": 0.0, "trade_share": 0.0},
        ),
    ),
)
