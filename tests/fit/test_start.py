"""Where the surface ends for a chain, and where chains begin."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from patronage.fit.samplers import WALL, end_at, make_kernel
from patronage.fit.start import Start


@pytest.mark.parametrize("x", [0.5, 2.0, 6.0, 40.0, np.nan])
def test_the_surface_ends(x: float) -> None:
    """As it was above the floor; below, and where there is no number, flat and finite.

    A leap to where the slope is 10²⁰ or more has no kinetic energy in floats of 32 bits.
    """
    steep = lambda x: jnp.exp(x**2)  # noqa: E731
    value, slope = jax.value_and_grad(end_at(1e4, steep))(jnp.float32(x))
    if x < 3:
        assert float(value) == float(steep(jnp.float32(x)))
        assert float(slope) == pytest.approx(2 * x * np.exp(x**2), rel=1e-5)
    else:
        assert float(value) == 1e4
        assert not slope > 0, "nothing drives a chain further"


def test_nuts_sees_where_it_ends() -> None:
    """A chain put beyond stands on the floor, not at 10²⁷ with a slope to match."""
    steep = lambda z: jnp.exp(z["x"][0])  # noqa: E731
    start = Start(np.zeros(1), np.eye(1), ("x",), (-1.0,), lambda x: {"x": x}, steep)
    kernel = make_kernel(start)
    there = {"x": jnp.full(1, 63.0)}
    state = kernel.init(jax.random.key(0), 0, there, (), {})
    assert float(state.potential_energy) == WALL + 1
    assert float(state.z_grad["x"][0]) == 0
