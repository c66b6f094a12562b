r"""Threat and protection: who frightens whom, and who shields whom.

$$\text{threat}_{ij} = h\,\frac{m_j}{m_i+m_j}\,e^{-d_{ij}/r_j}\,\frac{1-A_{ji}}{2}
  + s\,\text{exposure}_{ij}\,\frac{1-A_{ji}}{2} + \tau\,\text{tension}_{ij},\qquad
  \text{exposure}_{ij}=\sum_l \text{strategic}_{lj}\,e^{-d_{li}/r_s}$$

$$\text{protection}_i=\sum_p C_{ip}\,\min(1,\text{pledge}_{ip}+b\,\text{deployed}_{ip})\,
  \frac{m_p}{m_i+m_p},\qquad
  \text{insecurity}_i=\text{threats}_i\,e^{-\chi\,\text{protection}_i}$$

Balance of threat after Walt (1987): power, proximity, offensive means and intent. Power fades with
distance after Boulding (1962). Pledges and forces abroad change by dated or chosen acts.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from patronage.model.mechanism import Mechanism, Parameters, Phase, View
from patronage.model.state import SMALL, contract_middle, turn


def perceive(s: View, p: Parameters) -> dict[str, Array]:
    """Threat (client, patron): the client is threatened by the patron; protection, insecurity."""
    power = s.capability / jnp.maximum(s.capability[:, None] + s.capability[None, :], SMALL)
    reach = jnp.exp(-s.distance / (p.reach * (1 + p.power_reach * s.capability)))
    intent = (1 - turn(s.affinity)) / 2
    nearness = jnp.exp(-s.distance / p.strategic_range)
    exposure = contract_middle(nearness, s.strategic) * s.pair
    threat = s.pair * (
        p.hostility * power * reach * intent
        + p.strategic_threat * exposure * intent
        + p.tension_threat * s.tension
    )
    backing = jnp.minimum(1, s.pledge + p.tripwire * s.deployed)
    protection = (s.pair * s.credibility * backing * power).sum(axis=1)
    insecurity = threat.sum(axis=1) * jnp.exp(-p.shield * protection)
    return {
        "threat": threat,
        "exposure": exposure,
        "protection": protection,
        "insecurity": insecurity,
    }


def settle(s: View, p: Parameters) -> dict[str, Array]:
    """Pledges, forces and strategic weapons abroad follow this month's acts."""
    broken_off = jnp.minimum(1, s.received("sever-relations") + s.act("sever-relations"))
    pledge = s.pledge + p.pledge_step * jnp.minimum(1, s.received("pledge")) * (1 - s.pledge)
    sent = s.received("arms-transfer") + s.received("deploy-strategic")
    deployed = s.deployed * (1 - p.forces_decay) + p.forces_step * sent
    strategic = s.strategic + p.strategic_step * s.received("deploy-strategic")
    strategic = strategic * (1 - jnp.minimum(1, s.received("withdraw-strategic")))
    return {
        "pledge": s.pair * pledge * (1 - broken_off),
        "deployed": s.pair * jnp.minimum(1, deployed) * (1 - broken_off),
        "strategic": s.pair * jnp.minimum(p.strategic_limit, strategic),
    }


MECHANISM = Mechanism(
    "threat",
    (
        Phase(
            "perceive",
            perceive,
            reads=(
                "capability",
                "distance",
                "pair",
                "affinity",
                "strategic",
                "tension",
                "credibility",
                "pledge",
                "deployed",
            ),
            writes=("threat", "exposure", "protection", "insecurity"),
            neutral={"threat": 0.0, "exposure": 0.0, "protection": 0.0, "insecurity": 0.0},
        ),
        Phase(
            "settle",
            settle,
            reads=(
                "pair",
                "pledge",
                "deployed",
                "strategic",
                "act.pledge",
                "act.sever-relations",
                "act.arms-transfer",
                "act.deploy-strategic",
                "act.withdraw-strategic",
            ),
            writes=("pledge", "deployed", "strategic"),
        ),
    ),
)
