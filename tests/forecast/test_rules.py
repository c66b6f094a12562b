"""Scoring rules against an independent package, closed forms and their defining properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from patronage.forecast import rules

sr = pytest.importorskip("scoringrules")


@given(seed=st.integers(0, 10_000), members=st.integers(2, 40), fair=st.booleans())
def test_crps_is_that_of_scoringrules(seed: int, members: int, fair: bool) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(7, members)).round(1)  # rounding makes ties
    y = rng.normal(size=7).round(1)
    theirs = sr.crps_ensemble(y, x, estimator="fair" if fair else "nrg")
    np.testing.assert_allclose(rules.crps(x, y, fair=fair), theirs, atol=1e-12)


def test_crps_by_the_definition_in_pairs() -> None:
    x, y = np.array([[0.1, 0.4, 0.4, 0.9]]), np.array([0.3])
    pairs = np.abs(x[0][:, None] - x[0][None, :]).sum()
    error = np.abs(x[0] - y[0]).mean()
    assert rules.crps(x, y)[0] == pytest.approx(error - pairs / (2 * 4 * 3))
    assert rules.crps(x, y, fair=False)[0] == pytest.approx(error - pairs / (2 * 16))


@pytest.mark.statistical
def test_fair_crps_has_the_closed_form_of_a_normal_at_any_size() -> None:
    """Mean over 40,000 ensembles within 5 standard errors; fails by chance 1 in a million."""
    rng = np.random.default_rng(1)
    for members in (2, 5, 50):
        x = rng.normal(1.0, 2.0, (40_000, members))
        got = rules.crps(x, np.full(40_000, 2.5))
        want = sr.crps_normal(2.5, 1.0, 2.0)
        assert abs(got.mean() - want) < 5 * got.std() / 200
    biased = rules.crps(x[:, :2], np.full(40_000, 2.5), fair=False).mean()
    assert biased > want + 0.2  # few members are punished by the other estimator


def test_one_member_has_the_absolute_error() -> None:
    x, y = np.array([[0.2], [0.7]]), np.array([0.5, 0.5])
    np.testing.assert_allclose(rules.crps(x, y), [0.3, 0.2])
    for score in (rules.score_agreement, rules.score_hurdle):
        assert np.isfinite(score(x, y)).all()


@pytest.mark.statistical
def test_pit_is_uniform_for_a_perfect_forecast() -> None:
    """Kolmogorov–Smirnov at 0.001 for three kinds of draws: fails by chance 3 in 1,000."""
    rng = np.random.default_rng(2)
    for make in (
        lambda size: rng.normal(size=size),
        lambda size: np.maximum(rng.normal(size=size), 0.0),  # half of it a mass at zero
        lambda size: rng.integers(0, 3, size).astype(float),
    ):
        draws = make((4000, 20))
        pit = rules.transform(draws, make(4000), seed=3)
        assert stats.kstest(pit, "uniform").pvalue > 0.001


@pytest.mark.statistical
def test_pit_tells_a_wrong_forecast() -> None:
    """Too narrow, and too high: rejected at 1e-6; misses with a chance below 1e-6."""
    rng = np.random.default_rng(2)
    y = rng.normal(size=4000)
    for draws in (0.7 * rng.normal(size=(4000, 20)), 0.3 + rng.normal(size=(4000, 20))):
        assert stats.kstest(rules.transform(draws, y), "uniform").pvalue < 1e-6


@pytest.mark.statistical
@pytest.mark.parametrize("coverage", rules.COVERAGES)
def test_coverage_is_what_it_says(coverage: float) -> None:
    """Binomial within 4 standard errors: fails by chance 1 in 16,000 for each."""
    rng = np.random.default_rng(4)
    inside = rules.cover(rng.normal(size=(5000, 199)), rng.normal(size=5000), coverage)
    assert abs(inside.mean() - coverage) < 4 * np.sqrt(coverage * (1 - coverage) / 5000)


@pytest.mark.parametrize("score", [rules.score_agreement, rules.score_hurdle])
def test_log_scores_come_from_densities_that_integrate_to_one(score) -> None:
    rng = np.random.default_rng(5)
    if score is rules.score_agreement:
        draws, low, high = rng.beta(5, 3, 100), 0.005, 0.995
    else:
        draws, low, high = np.where(rng.random(100) < 0.4, 0.0, rng.normal(3, 1, 100)), 1e-6, 40
        draws = np.maximum(draws, 0)
    grid = np.linspace(low, high, 20_001)
    density = np.exp(-score(np.broadcast_to(draws, (len(grid), 100)), grid))
    total = float(np.trapezoid(density, grid))
    if score is rules.score_hurdle:
        total += float(np.exp(-score(draws[None], [0.0]))[0])
    assert 0.97 < total < 1.04  # tails are cut off, and the uniform part of arms reaches beyond 10


@pytest.mark.statistical
def test_log_scores_prefer_the_truth() -> None:
    """Means over 4,000 cases differ by many standard errors."""
    rng = np.random.default_rng(6)
    y = rng.beta(6, 3, 4000)
    good = rules.score_agreement(rng.beta(6, 3, (4000, 100)), y).mean()
    assert good < rules.score_agreement(rng.beta(3, 6, (4000, 100)), y).mean()
    assert good < rules.score_agreement(rng.beta(2, 1, (4000, 100)), y).mean()
    assert good == pytest.approx(stats.beta(6, 3).entropy(), abs=0.08)
