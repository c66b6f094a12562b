r"""Domestic politics: support of the ruler, his fall, and the contest of factions.

$$z_i\leftarrow z_i+k\Big(z_0+z_1(\text{output}_i-1)-\psi\sum_c v_{ic}s_{ic}
  +r\min(1,\text{insecurity}_i)-z_i\Big)+\sigma\varepsilon,\qquad \Pr(\text{fall})=q\,\text{logit}^{-1}(-f z_i)$$

(rally under threat: Mueller 1970). Factions follow replicator dynamics (Taylor & Jonker 1978) on what
each line has delivered: $\pi_f\leftarrow\pi_f e^{\gamma(\phi_f-\bar\phi)}$ with mutation $\mu$ towards equal shares,

$$\phi_f=\sum_q L_{fq}\big[\phi_1\tanh\tfrac{T_{iq}}{bY_i}+\phi_2(C_{iq}-\tfrac12)-\phi_3(\text{threat}_{iq}
  +\text{coerced}_{iq})\big]+\phi_4\,m_f\,\big(\text{insecurity}_i(1-\bar C_i)+\text{cause}_i\big)
  +(1-\textstyle\sum_qL_{fq})(\phi_5\,\text{insecurity}_i+\phi_6\max_q x_{iq})$$

$L_{fq}=1$ where faction $f$ looks to patron $q$; $m_f$: its militancy (axis 2 where positive), which
feeds on insecurity under patrons that are not believed ($\bar C_i$: credibility weighted by orientation)
and on cause, the strength of the movements abroad that the state sponsors. A militant minority far from the
line may leave, $\Pr=e\,[\text{far}_f-d]_+$, and takes its share abroad. Governments on which history is imposed
keep their line between dated changes: leaders are exogenous there.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from patronage.model.mechanism import Draw, Mechanism, Parameters, Phase, View
from patronage.model.state import SMALL, root_of, share_of, turn


def weights_of(s: View) -> Array:
    """Share of each commodity in the value of all needs (state, commodity)."""
    worth = s.need * s.world_price[None]
    return share_of(worth, worth.sum(axis=1, keepdims=True))


def fitness(s: View, p: Parameters) -> Array:
    """What each faction's line has delivered (state, faction, member)."""
    worth = weights_of(s)
    output = jnp.maximum(s.gdp, SMALL)[:, None]
    coerced = (s.embargo * worth[:, None]).sum(axis=2)
    paid = jnp.tanh(jnp.maximum(s.transfer, 0) / (p.benefit_scale * output))
    service = (
        p.paid * paid + p.trusted * (s.credibility - 1 / 2) - p.hurt * (s.threat + coerced)
    ) * jnp.minimum(1, s.envoy + p.absent)
    looks = s.looks_to
    patron = (looks * service[:, None]).sum(axis=2)
    alone = 1 - jnp.minimum(1, looks.sum(axis=2))
    militant = jnp.maximum(0, s.position[:, :, 1])
    cause = turn(s.insurgency).sum(axis=1)
    held = s.orientation.sum(axis=1)
    believed = share_of((s.orientation * s.credibility).sum(axis=1), held)
    submission = s.compliance.max(axis=1)
    unshielded = jnp.minimum(1, s.insecurity) * (1 - believed)
    return (
        patron
        + militant * (p.unshielded * unshielded + p.cause * cause)[:, None]
        + alone * (p.alone * jnp.minimum(1, s.insecurity) + p.resentment * submission)[:, None]
    )


def contend(s: View, p: Parameters, u: dict[str, Array]) -> tuple[Array, Array]:
    """Faction shares after replication, purge and exit, and what left (state, member)."""
    held = jnp.where(s.share > 0, 1, 0)
    # an empty slot lies far off: its score must not overflow
    score = fitness(s, p) * held
    mean = (s.share * score).sum(axis=1, keepdims=True)
    share = s.share * jnp.exp(p.selection * (score - mean))
    purged = jnp.minimum(1, s.act("purge"))
    aimed = (s.looks_to * purged[:, None]).sum(axis=2)
    share = share * (1 - p.purge * jnp.minimum(1, aimed))
    share = share / jnp.maximum(share.sum(axis=1, keepdims=True), SMALL)
    share = (1 - p.mutation) * share + p.mutation * held / jnp.maximum(1, held.sum(axis=1))[:, None]
    far = root_of(((s.position - s.place[:, None]) ** 2).sum(axis=2))
    militant = jnp.maximum(0, s.position[:, :, 1])
    minority = jnp.where((share > p.exit_minimum) & (share < 1 / 2), 1, 0)
    hazard = p.exit_rate * jnp.maximum(0, far - p.exit_distance) * militant * minority
    total = hazard.sum(axis=1, keepdims=True)
    leaves = jnp.where(u["exit"][:, None] < total, share_of(hazard, total), 0)
    left = p.exit_share * leaves * share
    stay = share - left
    stay = stay / jnp.maximum(stay.sum(axis=1, keepdims=True), SMALL)
    return stay, left.sum(axis=1)


def react(s: View, p: Parameters, u: dict[str, Array]) -> dict[str, Array]:
    """Support, factions, exits and falls after a month."""
    hardship = (weights_of(s) * s.shortage).sum(axis=1)
    rest = (
        p.content
        + p.growth * (s.output - 1)
        - p.hardship * hardship
        + p.rally * jnp.minimum(1, s.insecurity)
    )
    support = s.support + p.support_pace * (rest - s.support) + p.noise * u["mood"]
    # where history is imposed, the line of a government moves with dated changes only
    free = s.may_choose * s.actor
    contended, left = contend(s, p, u)
    share = jnp.where(free[:, None] > 0, contended, s.share)
    hazard = p.fall_rate * jax.nn.sigmoid(-p.fall_slope * support) * free
    falls = jnp.where(u["fall"] < hazard, 1, 0)
    # those who were not in charge take over, in proportion to their strength
    ruling = jnp.where(share >= share.max(axis=1, keepdims=True), 1, 0)
    others = share * (1 - (1 - p.fall_keeps) * ruling)
    left_over = others.sum(axis=1, keepdims=True)
    others = jnp.where(left_over > SMALL, others / jnp.maximum(left_over, SMALL), share)
    return {
        "support": jnp.where(falls > 0, p.content, support) * s.actor,
        "share": jnp.where(falls[:, None] > 0, others, share),
        "exit": left * free,
        "fall": falls * s.actor,
    }


MECHANISM = Mechanism(
    "domestic",
    (
        Phase(
            "react",
            react,
            reads=(
                "need",
                "world_price",
                "gdp",
                "embargo",
                "transfer",
                "credibility",
                "threat",
                "envoy",
                "looks_to",
                "position",
                "place",
                "insurgency",
                "orientation",
                "compliance",
                "insecurity",
                "share",
                "shortage",
                "output",
                "support",
                "may_choose",
                "actor",
                "act.purge",
            ),
            writes=("support", "share", "exit", "fall"),
            neutral={"exit": 0.0, "fall": 0.0},
            draws={
                "mood": Draw("normal", ("state",)),
                "exit": Draw("uniform", ("state",)),
                "fall": Draw("uniform", ("state",)),
            },
        ),
    ),
)
