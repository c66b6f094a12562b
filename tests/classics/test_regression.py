"""Regressions against general-purpose optimisers, and the ROC area against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import linregress, mannwhitneyu

from patronage.classics.regression import area, area_interval, least_squares, logit
from patronage.errors import RunError

RNG = np.random.default_rng(4)
X = RNG.gamma(0.5, size=200)
Y = 1 + 0.5 * X + RNG.normal(size=200)
BINARY = (RNG.random(200) < 1 / (1 + np.exp(1 - X))).astype(float)


def test_least_squares_is_scipys() -> None:
    fit, want = least_squares(X, Y), linregress(X, Y)
    assert fit.slope == pytest.approx(want.slope)
    assert fit.slope_se == pytest.approx(want.stderr)
    assert fit.constant_se == pytest.approx(want.intercept_stderr)
    assert fit.fit == pytest.approx(1 - (1 - want.rvalue**2) * 199 / 198)


def test_logit_maximises_the_likelihood() -> None:
    def cost(b: np.ndarray) -> float:
        z = b[0] + b[1] * X
        return float(-(BINARY * z - np.logaddexp(0, z)).sum())

    want = minimize(cost, [0, 0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    fit = logit(X, BINARY)
    assert [fit.constant, fit.slope] == pytest.approx(want.x, abs=1e-5)
    null = -cost(np.array([np.log(BINARY.mean() / (1 - BINARY.mean())), 0]))
    assert fit.null == pytest.approx(null)
    assert fit.fit == pytest.approx(1 + want.fun / null)
    assert logit(X * 1000, BINARY).slope * 1000 == pytest.approx(fit.slope)


def test_separated_data_are_refused() -> None:
    with pytest.raises(RunError, match="separated"):
        logit(np.arange(20.0), (np.arange(20) > 9).astype(float))


def test_area_is_mann_whitney_with_ties() -> None:
    score = np.round(X, 1)
    u = mannwhitneyu(score[BINARY > 0], score[BINARY == 0]).statistic
    assert area(score, BINARY) == pytest.approx(u / (BINARY.sum() * (1 - BINARY).sum()))
    twice = np.where(np.arange(200) < 5, 2.0, 1.0)
    longer = np.concatenate([np.arange(200), np.arange(5)])
    assert area(score, BINARY, twice) == pytest.approx(area(score[longer], BINARY[longer]))


def test_interval_of_pure_noise_holds_one_half() -> None:
    a, b = np.triu_indices(25, 1)
    rng = np.random.default_rng(1)
    low, high = area_interval(rng.random(len(a)), (rng.random(len(a)) < 0.3) * 1.0, (a, b))
    assert low < 0.5 < high
    assert high - low < 0.4
