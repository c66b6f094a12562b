r"""Diplomacy: recognition, embassies, agreements, visits and what is learnt from them.

Envoys rise with recognition and embassies, fall with rupture and expulsion; a trade agreement opens
the channel through which a bargain can pay; relations carry information about each other,

$$I\leftarrow I(1-\delta)+(1-I)\,[\iota_1\,\text{visit}+\iota_2\,\text{envoy}/2]$$

Visits and honours are cheap for the patron; what they do to affinity goes by their Goldstein weight.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from patronage.model.mechanism import Mechanism, Parameters, Phase, View
from patronage.model.state import turn


def both(s: View, instrument: str) -> Array:
    """An act by either side, at most 1."""
    return jnp.minimum(1, s.act(instrument) + s.received(instrument))


def settle(s: View, p: Parameters) -> dict[str, Array]:
    """Relations after this month's acts; envoy, agreement and embassies are the same both ways."""
    ambassador = 2 * both(s, "open-embassy")
    envoy = jnp.maximum(s.envoy, jnp.maximum(both(s, "recognise"), ambassador))
    envoy = jnp.where(both(s, "expel") > 0, jnp.minimum(envoy, 1), envoy)
    broken_off = both(s, "sever-relations")
    envoy = envoy * (1 - jnp.where(broken_off > 0, 1, 0))
    signed = both(s, "trade-agreement")
    cut = s.act("embargo")[:, :, None] * s.scope
    cut = jnp.minimum(1, (cut + turn(cut)).mean(axis=2)) if s.scope.shape[2] else both(s, "embargo")
    agreement = s.agreement + signed * (1 - s.agreement)
    agreement = agreement * (1 - p.embargo_breaks * cut) * (1 - p.rupture_breaks * broken_off)
    visit = s.act("state-visit") + s.received("state-visit")
    learnt = jnp.minimum(1, p.visit_information * visit + p.envoy_information * envoy / 2)
    information = s.information * (1 - p.forgetting) + (1 - s.information) * learnt
    return {
        "envoy": s.pair * envoy,
        "agreement": s.trader * jnp.clip(agreement, 0, 1),
        "information": s.pair * jnp.clip(information, 0, 1),
    }


MECHANISM = Mechanism(
    "diplomacy",
    (
        Phase(
            "settle",
            settle,
            reads=(
                "envoy",
                "agreement",
                "information",
                "pair",
                "trader",
                "scope",
                "act.recognise",
                "act.open-embassy",
                "act.expel",
                "act.sever-relations",
                "act.trade-agreement",
                "act.embargo",
                "act.state-visit",
            ),
            writes=("envoy", "agreement", "information"),
        ),
    ),
)
