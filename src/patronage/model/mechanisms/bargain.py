r"""The bargain: allegiance for transfers, with a rival patron as the outside option.

Value of a compliant client $i$ to patron $p$, and the client's price of autonomy:

$$V_{ip}=\nu\,Y_p\,\text{dom}_{ip}\,\big[v_0+v_1\,\text{sim}_{ip}
  +v_3\sqrt{m_i}+(v_2+v_4A_{pi})\sum_q \text{rival}_{pq}\,\text{prox}_{iq}\big]_+(1+\text{favour}_{ip}),
  \qquad \tfrac12\alpha_iY_i\Delta_{ip}^2x^2$$

$\text{rival}_{pq}=R_{pq}(1-A_{pq})/2$; $\text{prox}_{iq}=1-(1-e^{-d_{iq}/d_1})(1-w_{iq})$.
Efficient compliance $x^*=\min(1,V/\alpha Y\Delta^2)$, surplus $S=Vx^*-\tfrac12\alpha Y\Delta^2x^{*2}$.
The outside option is the best surplus that another patron can really supply,

$$O_{ip}=\max_{q\neq p}S_{iq}\,\text{offer}_{iq},\qquad
  \text{offer}_{iq}=\text{open}_{iq}\,\text{supply}_{iq}\,C_{iq}\,\frac{1+A_{iq}}{2}\,(1-\kappa D_{ip})$$

and the transfer is $T^*_{ip}=\text{open}_{ip}\,w_{ip}\,
  [O'+\eta(S-O')+\tfrac12\alpha Y\Delta^2x^{*2}-\zeta Y_i\,\text{threats}_iC_{ip}\,\text{pledge}_{ip}]_+$,
$O'=\min(O,S)$: protection that is believed is part of the pay (Morrow 1991), so a breach of faith must
be made good in money. Aid for policy and rival donors: Bueno de Mesquita & Smith (2007, 2009).
Orientation $w$ follows a logit over the surpluses that the patrons can supply; $x$, $w$, $T$ follow with a lag that
information shortens and agreements cut; compliance moves faster, towards
$w\,x^*\min(1,[g+A_{ip}-sG_{ip}]_+)$: it is withheld from a patron one resents, and for a time from
one that has slighted the client (grievance $G$), even while it pays.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from patronage.model.mechanism import Draw, Mechanism, Parameters, Phase, View
from patronage.model.state import SMALL, contract_middle, share_of, turn


def supply_of(s: View) -> Array:
    """Share of the client's import need that the patron could really supply (client, patron)."""
    wanted = jnp.maximum(s.need - s.supply, 0)
    spare = jnp.maximum(s.supply - s.need, 0)
    worth = wanted * s.world_price[None]
    worth = share_of(worth, worth.sum(axis=1, keepdims=True))
    met = jnp.minimum(1, share_of(spare[None, :], wanted[:, None])) * s.access
    supply = (worth[:, None] * met).sum(axis=2)
    return jnp.where(worth.sum(axis=1)[:, None] > 0, supply, jnp.ones_like(supply))


def value(s: View, p: Parameters) -> Array:
    """Value of full compliance of the client to the patron [million US$ / month]."""
    rivals = s.rivalry * (1 - s.affinity) / 2
    proximity = 1 - (1 - jnp.exp(-s.distance / p.proximity_range)) * (1 - s.orientation)
    proximity = proximity * s.pair
    contested = contract_middle(proximity, turn(rivals))
    small, large = s.capability[:, None], s.capability[None, :]
    dominance = jnp.maximum(0, share_of(large - small, large + small))
    similar = jnp.exp(-s.gap / (2 * p.likeness_range**2))
    worth = (
        p.base_value
        + p.likeness_value * similar
        + p.size_value * jnp.sqrt(small)
        + (p.rivalry_value + p.loyalty_value * turn(s.affinity)) * contested
    )
    budget = p.generosity * s.gdp[None, :] * dominance
    return s.pair * budget * jnp.maximum(worth, 0) * (1 + s.favour)


def best_other(offers: Array) -> Array:
    """For each (client, patron) the largest offer of any other patron."""
    states = offers.shape[1]
    top = offers.max(axis=1, keepdims=True)
    is_top = offers >= top
    second = jnp.where(is_top, -jnp.inf, offers).max(axis=1, keepdims=True)
    second = jnp.where(is_top.sum(axis=1, keepdims=True) > 1, top, second)
    second = jnp.where(states > 1, second, 0)
    return jnp.maximum(0, jnp.where(is_top, jnp.where(jnp.isfinite(second), second, 0), top))


def perceive(s: View, p: Parameters) -> dict[str, Array]:
    """Value, surplus, efficient compliance and the transfer the bargain calls for."""
    worth = value(s, p)
    resistance = s.autonomy[:, None] * s.gdp[:, None] * s.gap
    efficient = jnp.minimum(1, worth / jnp.maximum(resistance, SMALL))
    cost = resistance * efficient**2 / 2
    surplus = worth * efficient - cost
    opened = s.agreement * jnp.minimum(1, s.envoy)
    supply = supply_of(s)
    offer = surplus * opened * supply * s.credibility * (1 + s.affinity) / 2
    outside = best_other(offer) * (1 - p.switching_cost * s.dependence)
    outside = jnp.minimum(outside, surplus)
    shielded = p.protection_price * s.gdp[:, None] * s.insecurity[:, None]
    shielded = shielded * s.credibility * s.pledge
    pay = outside + p.client_share * (surplus - outside) + cost - shielded
    return {
        "value": worth,
        "surplus": surplus * opened * supply,
        "efficient": efficient,
        "outside": outside,
        "due": opened * jnp.maximum(pay, 0),
    }


def settle(s: View, p: Parameters, u: dict[str, Array]) -> dict[str, Array]:
    """Orientation, compliance and transfer move towards the bargain's solution."""
    output = jnp.maximum(s.gdp, SMALL)[:, None]
    appeal = p.surplus_pull * s.surplus / output + p.affinity_pull * s.affinity
    appeal = jnp.where(s.pair * jnp.minimum(1, s.envoy) > 0, appeal, -jnp.inf)
    # allegiance to nobody has appeal `independence`, so shares sum to less than one
    weight = jnp.exp(jnp.minimum(appeal, p.appeal_limit))
    wanted = weight / (weight.sum(axis=1, keepdims=True) + jnp.exp(p.independence))
    signed = s.act("trade-agreement") + s.received("trade-agreement") + s.received("credit")
    pace = jnp.minimum(
        1, p.pace * (1 + p.information_pace * s.information) + p.signing_pace * signed
    )
    # a new regime is not bound by its predecessor's allegiance
    pace = jnp.maximum(pace, p.renewal * jnp.minimum(1, s.upheaval)[:, None])
    courted = p.court_step * jnp.minimum(1, s.act("court-rival"))
    orientation = s.orientation + pace * (wanted - s.orientation)
    orientation = orientation + courted * (1 - orientation.sum(axis=1, keepdims=True))
    swift = jnp.maximum(p.compliance_pace, p.renewal * jnp.minimum(1, s.upheaval)[:, None])
    willing = jnp.clip(p.goodwill + s.affinity - p.slighted * s.grievance, 0, 1)
    compliance = s.compliance + swift * (orientation * s.efficient * willing - s.compliance)
    noise = jnp.exp(p.transfer_noise * u["budget"] - p.transfer_noise**2 / 2)[None, :]
    target = orientation * s.due * noise
    transfer = s.transfer + pace * (target - s.transfer)
    # patrons that are approached at different paces may together claim more than there is
    bounded = s.pair * jnp.clip(orientation, 0, 1)
    return {
        "orientation": bounded / jnp.maximum(1, bounded.sum(axis=1, keepdims=True)),
        "compliance": s.pair * jnp.clip(compliance, 0, 1),
        "transfer": s.pair * transfer,
    }


MECHANISM = Mechanism(
    "bargain",
    (
        Phase(
            "perceive",
            perceive,
            reads=(
                "need",
                "supply",
                "world_price",
                "access",
                "rivalry",
                "affinity",
                "distance",
                "orientation",
                "pair",
                "capability",
                "gap",
                "favour",
                "gdp",
                "autonomy",
                "agreement",
                "envoy",
                "credibility",
                "dependence",
                "insecurity",
                "pledge",
            ),
            writes=("value", "surplus", "efficient", "outside", "due"),
            neutral={"value": 0.0, "surplus": 0.0, "efficient": 0.0, "outside": 0.0, "due": 0.0},
        ),
        Phase(
            "settle",
            settle,
            reads=(
                "gdp",
                "surplus",
                "affinity",
                "pair",
                "envoy",
                "information",
                "orientation",
                "compliance",
                "grievance",
                "efficient",
                "due",
                "transfer",
                "upheaval",
                "act.trade-agreement",
                "act.credit",
                "act.court-rival",
            ),
            writes=("orientation", "compliance", "transfer"),
            draws={"budget": Draw("normal", ("state",))},
        ),
    ),
)
