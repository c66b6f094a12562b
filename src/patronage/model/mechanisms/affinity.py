r"""Affinity: the slow part of liking, and what events do to it.

$$a_{ij}\leftarrow a_{ij}+\kappa(\bar a_{ij}-a_{ij})+\rho(a_{ji}-a_{ij})
  +\omega_t\frac{g_{ji}}{10}+\omega_a\frac{g_{ij}}{10}+\sigma\varepsilon_{ij}$$

$$\bar a_{ij}=\beta_0+\beta_1(2\,\text{sim}_{ij}-1)+\beta_2\,\text{bal}_{ij}
  +\beta_3\tanh\frac{T_{ij}}{b\,Y_i}-\beta_4\,\text{threat}_{ij}-\beta_5\,\text{coerced}_{ij}-\beta_6R_{ij}$$

A new regime does not inherit its predecessor's friendships: in the month of a change of line
$\kappa$ rises to $\kappa+(1-\kappa)\,n\,\text{upheaval}_i$, upheaval being half the distance the line moved.
Beside it stands a short memory of what the other did, the grievance, which only compliance answers:

$$G_{ij}\leftarrow\big[(1-\kappa)G_{ij}-\tfrac{g_{ji}}{10}\big]_+$$

$g$: Goldstein weight of this month's acts (Goldstein 1992); an impulse decays with half-life
$\ln 2/\kappa$. Reciprocity $\rho$ after Goldstein & Freeman (1990). Structural balance (Heider 1946):
$\text{bal}_{ij}=\sum_k m_kA_{ik}A_{jk}/\sum_k m_k$, third states weighted by capability.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from patronage.model.mechanism import Draw, Mechanism, Parameters, Phase, View
from patronage.model.state import SMALL, contract_middle, share_of, turn


def balance(affinity: Array, capability: Array) -> Array:
    """Agreement about third states (client, patron), −1…1."""
    weighted = affinity * capability[None, :]
    total = contract_middle(weighted, turn(affinity))
    others = capability.sum(axis=0) - capability[:, None] - capability[None, :]
    return total / jnp.maximum(others, SMALL)


def react(s: View, p: Parameters, u: dict[str, Array]) -> dict[str, Array]:
    """Disposition after a month."""
    similar = jnp.exp(-s.gap / (2 * p.likeness_range**2))
    output = jnp.maximum(s.gdp, SMALL)[:, None]
    benefit = jnp.tanh(jnp.maximum(s.transfer, 0) / (p.benefit_scale * output))
    worth = s.need * s.world_price[None]
    worth = share_of(worth, worth.sum(axis=1, keepdims=True))
    coerced = (s.embargo * worth[:, None]).sum(axis=2)
    rest = (
        p.base
        + p.likeness * (2 * similar - 1)
        + p.balance * balance(s.affinity, s.capability)
        + p.benefit * benefit
        - p.threat * s.threat
        - p.coerced * coerced
        - p.rivalry * s.rivalry
    )
    a = s.disposition
    renewed = p.renewal * jnp.minimum(1, s.upheaval)[:, None]
    pace = p.inertia + (1 - p.inertia) * renewed
    moved = a + pace * (rest - a) + p.reciprocity * (turn(a) - a)
    moved = moved + p.event_target * turn(s.impulse) + p.event_actor * s.impulse
    moved = moved + p.noise * u["mood"]
    grievance = jnp.maximum(0, (1 - pace) * s.grievance - turn(s.impulse))
    return {
        "disposition": s.pair * jnp.clip(moved, -p.limit, p.limit),
        "grievance": s.pair * jnp.minimum(p.grievance_limit, grievance),
    }


MECHANISM = Mechanism(
    "affinity",
    (
        Phase(
            "react",
            react,
            reads=(
                "disposition",
                "grievance",
                "affinity",
                "capability",
                "gap",
                "gdp",
                "transfer",
                "need",
                "world_price",
                "embargo",
                "threat",
                "rivalry",
                "impulse",
                "upheaval",
                "pair",
            ),
            writes=("disposition", "grievance"),
            draws={"mood": Draw("normal", ("state", "state"))},
        ),
    ),
)
