"""Where the surface ends for a chain, and where chains begin."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from patronage.fit.samplers import end_at


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
