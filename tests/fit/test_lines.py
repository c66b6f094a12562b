"""The mode by lines, and worlds whose density jumps: where a prediction costs nothing."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from patronage.errors import RunError
from patronage.fit.lines import Lines, _Hill, find_mode
from patronage.fit.predict import Prediction
from patronage.fit.start import count_jumps, find_start
from patronage.fit.task import Task, model

from . import ranks as rk
from .test_sampler import at_rest, rest

__all__ = ["rest"]


def straight(values: jax.Array) -> Prediction:
    """A prediction that is a line on the scales of `Lines`: of a logarithm and of a number."""
    odds = 0.3 + 2 * (values[0] - 0.5) - jnp.log(values[1] / 0.1)
    none = jnp.zeros(0)
    return Prediction(jax.nn.sigmoid(odds * jnp.linspace(0.5, 1, 18)), none, none, none)


def test_lines_through_lines_are_the_lines(rest: Task) -> None:
    """Drawn at one point they are exact at another, far away."""
    from dataclasses import replace

    task = replace(rest, predict=straight)
    hill = _Hill(task, functools.partial(model, task), lambda x: _sites(task, x), {})
    theta = np.array([p.value for p in task.priors.values()])
    hill._theta = lambda x: theta  # pyright: ignore[reportAttributeAccessIssue]
    lines: Lines = hill.draw_lines(np.zeros(1))
    far = theta * np.array([0.4, 3, 1, 1, 1])
    wanted, told = straight(jnp.asarray(far)), hill._along(lines, far)
    np.testing.assert_allclose(told.agreement, wanted.agreement, rtol=1e-4)
    assert np.ptp(np.asarray(wanted.agreement)) > 0.05


def _sites(task: Task, x: jax.Array) -> dict[str, jax.Array]:
    return {"x": x}


def test_ways_that_jump_are_counted() -> None:
    """A bowl has none; with a step of three at nought, those ways that cross it."""
    rng = np.random.default_rng(1)
    wide = np.ones(3)

    def bowl(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return 20 * (x**2).sum(axis=1), 40 * x

    def stepped(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        low, slope = bowl(x)
        return low + 3 * (np.sin(40 * x).sum(axis=1) > 0), slope

    assert count_jumps(bowl, np.zeros(3), wide, rng) == 0
    assert count_jumps(stepped, np.zeros(3), wide, rng) > 2


@pytest.mark.slow
@pytest.mark.statistical
def test_both_ways_lead_to_the_mode(rest: Task) -> None:
    """Climbs by lines and by gradients: the same height to 0.1, the same widths to a fifth."""
    made = rk.invent(rest, jax.jit(jax.vmap(at_rest)), 1, 3)
    data = {"equal": made.equal[0]}
    lines, slopes = (
        find_mode(rest, 1, data), find_start(functools.partial(model, rest), 1, data)
    )  # fmt: skip
    assert lines.sites == slopes.sites
    assert max(lines.heights) == pytest.approx(max(slopes.heights), abs=0.1)
    wide = np.sqrt(np.diag(slopes.covariance))
    np.testing.assert_allclose(lines.mode, slopes.mode, atol=0.2 * wide.max())
    np.testing.assert_allclose(np.sqrt(np.diag(lines.covariance)), wide, rtol=0.2)


@pytest.mark.slow
def test_a_density_that_jumps_is_refused(rest: Task) -> None:
    from dataclasses import replace

    def jumping(values: jax.Array) -> Prediction:
        seen = at_rest(values)
        fine = jnp.where(jnp.sin(4000 * values[1]) > 0, 0.9, 1.0)
        return seen._replace(agreement=seen.agreement * fine)

    task = replace(rest, predict=jumping)
    with pytest.raises(RunError, match="jumps on"):
        find_start(functools.partial(model, task), 1)
