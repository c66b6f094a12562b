"""Where chains begin: around the mode, and not where the density has all but ended."""

from __future__ import annotations

import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest

from patronage.fit.start import DEEP, find_start


def steep() -> None:
    """Wide and flat at the mode, and a cliff beyond: the curvature knows nothing of it."""
    x = numpyro.sample("x", dist.Normal(0, 1).expand((6,)).to_event(1))
    numpyro.factor("cliff", -(jax.numpy.exp(12 * (x - 1)) * (x > 0.5)).sum())


@pytest.mark.statistical
def test_no_chain_starts_below_the_cliff() -> None:
    """Of 40 starts by curvature alone many lie there (each of 6 values with chance 0.1)."""
    start = find_start(steep, 1)
    assert start.potential is not None
    low = DEEP * 6 - max(start.heights)
    plain, held = start.scatter(40, 3)["x"], start.first(40, 3)["x"]
    assert (start.potential(np.asarray(plain, float)) > low).mean() > 0.1
    assert (start.potential(np.asarray(held, float)) <= low).all()
    same = (np.asarray(plain) == np.asarray(held)).all(axis=1)
    assert 0.3 < same.mean() < 0.95, "those that lay well stay where they are"
