r"""Revolution abroad: movements seeded by a sponsor in weak states.

$$y_{ks}\leftarrow y+g\,y(1-y)(1-\text{sup}_k)-c\,y\,(\text{sup}_k+b\,\text{protection}_k)
  +\sigma y\varepsilon+\text{seed}_{ks}$$

with $\text{sup}_k$ the target's domestic support as a probability. Seeds: dated or chosen sponsorship and
the faction that left home; those who leave go where support is weakest and the sponsor disliked, by
one draw. $\Pr(\text{success})=q\,y^2$ puts the target's faction nearest to the sponsor in charge; below a
floor the movement ends, and a sponsor's militant factions lose $\ell m_f$ of their share with it. The sponsor's patrons disapprove in proportion to the ideological gap:
an impulse from them against the sponsor.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from patronage.model.mechanism import Draw, Mechanism, Parameters, Phase, View
from patronage.model.state import SMALL, root_of


def destination(s: View, p: Parameters, draw: Array) -> Array:
    """One-hot (target, sponsor): where a sponsor's exiles go, weak and disliked targets first."""
    weak = 1 - jax.nn.sigmoid(s.support)[:, None]
    weight = s.pair * weak * jnp.exp(-p.affinity_choice * jnp.swapaxes(s.affinity, 0, 1))
    weight = weight * jnp.maximum(0, s.capability[None, :] * p.reach_choice - s.capability[:, None])
    weight = weight / jnp.maximum(weight.sum(axis=0, keepdims=True), SMALL)
    upper = jnp.cumsum(weight, axis=0)
    lower = upper - weight
    return jnp.where((draw[None, :] >= lower) & (draw[None, :] < upper), 1, 0)


def react(s: View, p: Parameters, u: dict[str, Array]) -> dict[str, Array]:
    """Movements after a month: growth, success and end; what they do to the target."""
    support = jax.nn.sigmoid(s.support)[:, None]
    sent = p.seed * s.received("sponsor-insurgency")
    exiled = p.exile_seed * s.exit[None, :] * destination(s, p, u["where"])
    y = s.insurgency
    grown = y + p.growth * y * (1 - y) * (1 - support)
    grown = grown - p.counter * y * (support + p.backing * s.protection[:, None])
    grown = grown * (1 + p.noise * u["luck"][:, None]) + sent + exiled
    grown = s.trader * s.actor[None, :] * jnp.clip(grown, 0, 1)
    chance = p.success * grown**2
    total = chance.sum(axis=1)
    wins = jnp.where(u["win"] < total, 1, 0)[:, None] * (
        chance >= chance.max(axis=1, keepdims=True) * (1 - SMALL)
    )
    wins = wins * jnp.where(chance > 0, 1, 0)
    won = jnp.minimum(1, wins.sum(axis=1))
    far = ((s.position[:, None] - s.place[None, :, None]) ** 2).sum(axis=3)
    near = jnp.where(far <= far.min(axis=2, keepdims=True), 1.0, 0.0)
    near = near / jnp.maximum(near.sum(axis=2, keepdims=True), 1)
    taken = (wins[:, :, None] * near).sum(axis=1)
    taken = taken / jnp.maximum(taken.sum(axis=1, keepdims=True), SMALL)
    share = jnp.where(won[:, None] > 0, taken, s.share)
    ended = jnp.where((grown < p.extinct) & (y >= p.extinct), 1, 0) * (1 - wins)
    # defeat abroad discredits the militants at home
    defeats = ended.sum(axis=0)
    militant = jnp.clip(s.position[:, :, 1], 0, 1)
    share = share * (1 - p.defeat * militant * jnp.minimum(1, defeats)[:, None])
    share = share / jnp.maximum(share.sum(axis=1, keepdims=True), SMALL)
    alive = jnp.where(grown < p.extinct, 0, grown) * (1 - won[:, None])
    # the sponsor's patrons, in proportion to what they hold of it and how far its line is theirs
    noise_abroad = alive.sum(axis=0)[None, :]
    displeased = jnp.swapaxes(s.orientation * root_of(s.gap), 0, 1) * noise_abroad
    return {
        "insurgency": alive,
        "share": share,
        "movement_won": wins,
        "movement_ended": ended,
        "impulse": s.impulse - p.disapproval * displeased * s.pair,
    }


MECHANISM = Mechanism(
    "revolution",
    (
        Phase(
            "react",
            react,
            reads=(
                "support",
                "actor",
                "pair",
                "trader",
                "affinity",
                "capability",
                "exit",
                "insurgency",
                "protection",
                "position",
                "place",
                "share",
                "orientation",
                "gap",
                "impulse",
                "act.sponsor-insurgency",
            ),
            writes=("insurgency", "share", "movement_won", "movement_ended", "impulse"),
            neutral={"movement_won": 0.0, "movement_ended": 0.0},
            draws={
                "where": Draw("uniform", ("state",)),
                "luck": Draw("normal", ("state",)),
                "win": Draw("uniform", ("state",)),
            },
        ),
    ),
)
