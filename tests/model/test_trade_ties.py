"""Embargo and dependence, worked by hand on two states and two goods."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from patronage.model.mechanisms import coercion, dependence

ARC, CYL = 0, 1
PAIR = jnp.asarray([[0.0, 1.0], [1.0, 0.0]])[..., None]


def view(acts: dict[str, Any], **fields: Any) -> Any:
    """The fields of a month, one member; acts are (target, actor)."""
    ties = {"pair": PAIR, "trader": PAIR, "compliance": 0 * PAIR, "distance": 1000 * PAIR}
    power = {"capability": jnp.asarray([[0.9], [0.1]])}
    return SimpleNamespace(
        received=lambda name: acts.get(name, 0 * PAIR), **ties, **power, **fields
    )


def test_a_lift_frees_the_goods_it_names_and_no_others() -> None:
    against = jnp.zeros((2, 2, 2, 1)).at[CYL, ARC].set(0.9)
    scope = jnp.ones((2, 2, 2, 1)).at[ARC, CYL, :, 0].set(jnp.asarray([0.0, 1.0]))
    s = view(
        {"lift": jnp.zeros((2, 2, 1)).at[CYL, ARC].set(1.0)},
        embargo=against,
        blockade=against,
        scope=scope,
    )
    p: Any = SimpleNamespace(
        embargo_decay=0,
        blockade_decay=0,
        severity=1,
        leakage=0,
        cooperation=0,
        enforcement=1,
        reach=1,
    )
    after = coercion.settle(s, p)
    for kind in ("embargo", "blockade"):
        assert np.allclose(after[kind][CYL, ARC, :, 0], [0.9, 0.0]), kind
    assert np.allclose(after["access"][CYL, ARC, :, 0], [0.1, 1.0], atol=1e-3)


@pytest.mark.parametrize("output", [10.0, 1000.0])
def test_a_customer_holds_a_seller_by_what_it_buys_of_its_output(output: float) -> None:
    """ARC sells 5 to CYL and to nobody else: all its sales, but what of its output?"""
    contract = jnp.zeros((2, 2, 2, 1)).at[CYL, ARC, 0].set(5.0)
    s = view(
        {},
        need=jnp.ones((2, 2, 1)),
        world_price=jnp.ones((2, 1)),
        substitutability=jnp.zeros((2, 1)),
        contract=contract,
        access=jnp.ones((2, 2, 2, 1)),
        price=jnp.ones((2, 2, 2, 1)),
        transfer=0 * PAIR,
        gdp=jnp.full((2, 1), output),
        trade=5 * PAIR,
    )
    p: Any = SimpleNamespace(market_ease=0, market_scale=0.05, supply_weight=0, aid_scale=0.15)
    held = dependence.perceive(s, p)["dependence"]
    assert float(held[ARC, CYL, 0]) == pytest.approx(5 / (5 + 0.05 * output), rel=1e-5)
    assert float(held[CYL, ARC, 0]) == 0, "it sells nothing"
