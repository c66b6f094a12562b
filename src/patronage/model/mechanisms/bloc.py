r"""Bloc discipline: a hegemon intervenes in a member that drifts; the others take a side.

A state is a member of a bloc to the degree that it holds the hegemon's pledge. An intervention in a
member puts the faction nearest to the hegemon in charge there. Every other state $i$ then answers
$o\in\{\text{endorse},\text{silence},\text{denounce}\}$ by quantal response,

$$u_{\text{endorse}}=e_0+e_1D_{ih}+e_2\,\text{sim}_{ih}+e_3\,\text{insecurity}_i,\qquad
  u_{\text{denounce}}=f_0+f_1(1-\text{sim}_{ih})+f_2\,\text{pledge}_{ih}\,\text{drift}_{ih}$$

($\text{drift}$: ideological distance from the hegemon beyond its tolerance: fear for one's own
autonomy), and the hegemon repays: $\text{favour}_{ih}$ grows with endorsement, shrinks with
denunciation and fades. Hegemonic order as exchange: Morrow (1991).
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from patronage.model.mechanism import Draw, Mechanism, Parameters, Phase, View
from patronage.model.state import SMALL, root_of, share_of


def nearest_faction(s: View) -> Array:
    """One-hot (client, patron, faction): the client's faction nearest to the patron's place."""
    far = ((s.position[:, None] - s.place[None, :, None]) ** 2).sum(axis=3)
    # a slot that is empty for good (position undefined) is pushed out of reach by the loader
    return jnp.where(far <= far.min(axis=2, keepdims=True), 1.0, 0.0)


def settle(s: View, p: Parameters, u: dict[str, Array]) -> dict[str, Array]:
    """Interventions in bloc members, answers of the others, and the hegemon's favour."""
    intervened = jnp.minimum(1, s.received("intervene"))
    member = jnp.where(s.pledge >= p.membership, 1, 0)
    disciplined = s.pair * intervened * member
    loyal = nearest_faction(s)
    loyal = loyal / jnp.maximum(loyal.sum(axis=2, keepdims=True), 1)
    installed = (disciplined[:, :, None] * loyal).sum(axis=1)
    strength = p.takeover * jnp.minimum(1, disciplined.sum(axis=1))[:, None]
    share = s.share * (1 - strength) + strength * share_of(
        installed, jnp.maximum(installed.sum(axis=1, keepdims=True), SMALL)
    )
    # one intervention a month is answered: hegemon and target of the strongest
    by_hegemon = disciplined.max(axis=0)[None, :]
    struck = disciplined.sum(axis=1)[:, None]
    similar = jnp.exp(-s.gap / (2 * p.likeness_range**2))
    drift = jnp.maximum(0, root_of(s.gap) - p.tolerance)
    endorse = jnp.exp(
        p.endorse_base
        + p.endorse_dependence * s.dependence
        + p.endorse_likeness * similar
        + p.endorse_insecurity * s.insecurity[:, None]
    )
    denounce = jnp.exp(
        p.denounce_base + p.denounce_unlike * (1 - similar) + p.denounce_fear * s.pledge * drift
    )
    total = 1 + endorse + denounce
    asked = s.pair * by_hegemon * (1 - jnp.minimum(1, struck)) * jnp.minimum(1, s.envoy)
    draw = u["answer"][:, None]
    endorsed = asked * jnp.where(draw < endorse / total, 1, 0)
    denounced = asked * jnp.where(draw > 1 - denounce / total, 1, 0)
    favour = s.favour * (1 - p.favour_decay) + p.repay * (endorsed - denounced)
    return {
        "share": share,
        "favour": s.pair * jnp.clip(favour, p.favour_floor, p.favour_limit),
        "endorsed": endorsed,
        "denounced": denounced,
        "impulse": s.impulse + p.endorse_impulse * endorsed - p.denounce_impulse * denounced,
    }


MECHANISM = Mechanism(
    "bloc",
    (
        Phase(
            "settle",
            settle,
            reads=(
                "pledge",
                "pair",
                "position",
                "place",
                "share",
                "gap",
                "dependence",
                "insecurity",
                "envoy",
                "favour",
                "impulse",
                "act.intervene",
            ),
            writes=("share", "favour", "endorsed", "denounced", "impulse"),
            neutral={"endorsed": 0.0, "denounced": 0.0},
            draws={"answer": Draw("uniform", ("state",))},
        ),
    ),
)
