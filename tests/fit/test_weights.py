"""Weights of instruments: recovered from a log that was drawn with known ones."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from patronage.errors import DataError
from patronage.fit import evidence as ev
from patronage.fit import likelihood as lh
from patronage.fit.weights import Cells, cells_of, find_mode, fit_weights
from patronage.scenario.load import load

TRUE = np.array([[-2.5, 1.5, -1.0, 0.0], [-3.0, 0.0, 2.0, -1.5], [-2.0, -1.0, 0.0, 1.0]])
MONTHS, ACTORS, TARGETS = 400, 2, 5


def log(seed: int) -> tuple[Cells, ev.Choices]:
    """A log of dated choices, drawn from the likelihood of `fit` with known weights."""
    rng = np.random.default_rng(seed)
    drivers = rng.normal(0, 1, (MONTHS, ACTORS, TARGETS, 3))
    able = (rng.random((MONTHS, ACTORS, TARGETS, 3)) < 0.8).astype(float)
    empty = np.full((MONTHS, ACTORS, TARGETS), -1)
    choices = ev.Choices((0, 1), (2, 5, 7), empty, np.ones(empty.shape), 0)
    drive = np.einsum("kd,matd->matk", TRUE[:, 1:], drivers)
    will = lh.Will(jnp.zeros(3), jnp.asarray(1.0))
    drawn = lh.draw_choices(drive, able, TRUE[:, 0], choices, will, rng)
    choices = replace(choices, chosen=drawn)
    return cells_of(drivers, able, choices)[0], choices


@pytest.mark.statistical
def test_weights_are_recovered_from_a_log() -> None:
    """The sum of squared standard errors of nine weights and bases is χ²; error rate 0.001.

    With the choices of one instrument moved to another month the test fails.
    """
    free = np.where(TRUE != 0, 50.0, 0.0)
    cells, choices = log(4)
    found = find_mode(cells, np.zeros_like(TRUE), free)
    assert found.done
    limit = stats.chi2.ppf(0.999, (free > 0).sum())

    def miss(mode: object) -> float:
        z = (mode.weights - TRUE)[free > 0] / mode.errors[free > 0]  # type: ignore[attr-defined]
        return float((z**2).sum())

    assert miss(found) < limit
    assert found.errors[free > 0].max() < 0.25  # weights are known, not only covered
    late = cells._replace(chosen=np.roll(cells.chosen, ACTORS * TARGETS))
    assert miss(find_mode(late, np.zeros_like(TRUE), free)) > 3 * limit
    assert (choices.chosen >= 0).sum() > 500


def test_the_top_is_that_of_the_likelihood() -> None:
    """At the mode, `log_choices` with these weights is higher than a step away in any weight."""
    cells, _ = log(5)
    free = np.where(TRUE != 0, 1e4, 0.0)
    found = find_mode(cells, np.zeros_like(TRUE), free)
    one = ev.Choices((0,), (2, 5, 7), cells.chosen[:, None, None],
                     np.ones((len(cells.chosen), 1, 1)), 0)  # fmt: skip

    def height(weights: np.ndarray) -> float:
        drive = (cells.drivers[:, 1:] @ weights[:, 1:].T)[:, None, None]
        args = (
            jnp.asarray(drive),
            jnp.asarray(cells.able[:, None, None]),
            jnp.asarray(weights[:, 0]),
        )
        terms = lh.log_choices(*args, one, lh.Will(jnp.zeros(3), jnp.asarray(1.0)))
        return float(np.asarray(terms, float).sum())

    top = height(found.weights)
    assert top == pytest.approx(found.height, abs=0.02)
    for k, d in zip(*np.nonzero(free), strict=True):
        for step in (-0.3, 0.3):
            moved = found.weights.copy()
            moved[k, d] += step
            assert height(moved) < top


def test_without_acts_the_prior_stays() -> None:
    """No choice of an instrument that is never possible: its weights are the prior's."""
    cells, _ = log(6)
    closed = cells._replace(
        able=cells.able * np.array([1, 1, 0]), chosen=np.where(cells.chosen == 2, -1, cells.chosen)
    )
    prior = np.ones_like(TRUE)
    found = find_mode(closed, prior, np.full_like(TRUE, 0.7))
    np.testing.assert_allclose(found.weights[2], prior[2], atol=1e-6)
    np.testing.assert_allclose(found.errors[2], 0.7, rtol=1e-6)


@pytest.mark.slow
def test_a_scenario() -> None:
    """Dated decisions of the tiny world; a world without any is refused."""
    tiny = load("tiny")
    found = fit_weights(tiny)
    table = found.table
    assert set(table.columns) >= {"instrument", "driver", "acts", "prior", "mean", "sd", "learnt"}
    assert (table["sd"] <= table["prior_sd"] + 1e-6).all()
    assert table.groupby("instrument")["acts"].first().sum() + found.left_out >= 1
    with pytest.raises(DataError, match="no dated decisions"):
        fit_weights(replace(tiny, events=()))
