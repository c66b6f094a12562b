r"""Coercion: embargo and blockade cut access; others leak; the sender pays with its own trade.

$$\text{access}_{ijc}=\big(1-(1-l)E_{ijc}\big)\big(1-(1-l)E_{jic}\big)
  \prod_{s}\big(1-k\,E_{isc}\,x_{js}\big)\prod_{s}\big(1-B_{isc}\,f_{is}\big)\big(1-B_{jsc}\,f_{js}\big)$$

$E_{isc}$: embargo of sender $s$ on target $i$; $x_{js}$: compliance of the third country $j$ with the
sender; $B$: blockade, enforced at $f_{is}=\min(1,\phi\,m_s e^{-d_{is}/r}/(m_i+m_s))$. Severity,
cooperation of third countries and leakage after Hufbauer, Schott & Elliott (2007).
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from patronage.model.mechanism import Mechanism, Parameters, Phase, View
from patronage.model.state import SMALL, turn


def enforcement(s: View, p: Parameters) -> Array:
    """How much of a blockade the sender (patron) can enforce around the target (client), 0…1."""
    power = s.capability[None, :] / jnp.maximum(
        s.capability[:, None] + s.capability[None, :], SMALL
    )
    return s.pair * jnp.minimum(1, p.enforcement * power * jnp.exp(-s.distance / p.reach))


def access_under(s: View, p: Parameters, embargo: Array, blockade: Array) -> Array:
    """Share of shipments from patron to client that get through, per commodity, 0…1."""
    kept = 1 - (1 - p.leakage) * embargo
    access = kept * turn(kept)
    force = blockade * enforcement(s, p)[:, :, None]
    states = embargo.shape[0]
    for sender in range(states):
        joined = p.cooperation * s.compliance[:, sender][None, :, None]
        access = access * (1 - joined * embargo[:, sender][:, None])
    passing = jnp.prod(1 - force, axis=1)
    return access * passing[:, None] * passing[None, :]


def settle(s: View, p: Parameters) -> dict[str, Array]:
    """Embargoes and blockades after this month's acts, and the access they leave."""
    scope = turn(s.scope)
    asked = jnp.minimum(1, s.received("embargo"))[:, :, None] * scope
    lifted = jnp.minimum(1, s.received("lift"))[:, :, None] * scope
    embargo = jnp.maximum(s.embargo * (1 - p.embargo_decay), p.severity * asked)
    embargo = embargo * (1 - lifted)
    stopped = jnp.minimum(1, s.received("blockade"))[:, :, None] * scope
    blockade = jnp.maximum(s.blockade * (1 - p.blockade_decay), stopped) * (1 - lifted)
    trader = s.trader[:, :, None]
    access = access_under(s, p, embargo, blockade)
    return {"embargo": trader * embargo, "blockade": trader * blockade, "access": trader * access}


MECHANISM = Mechanism(
    "coercion",
    (
        Phase(
            "perceive",
            lambda s, p: {
                "access": s.trader[:, :, None] * access_under(s, p, s.embargo, s.blockade)
            },
            reads=("embargo", "blockade", "compliance", "capability", "distance", "pair", "trader"),
            writes=("access",),
            neutral={"access": 1.0},
        ),
        Phase(
            "settle",
            settle,
            reads=(
                "embargo",
                "blockade",
                "compliance",
                "capability",
                "distance",
                "pair",
                "trader",
                "scope",
                "act.embargo",
                "act.blockade",
                "act.lift",
            ),
            writes=("embargo", "blockade", "access"),
            neutral={"access": 1.0},
        ),
    ),
)
