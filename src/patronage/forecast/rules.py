"""Scoring rules of ensembles: CRPS, log score, coverage, probability integral transform."""

from __future__ import annotations

from math import lgamma

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

COVERAGES = (0.5, 0.8, 0.95)
"""Central intervals that are checked."""

_DEGREES = 5.0  # of the Student densities fitted to draws
_WIDE = 0.01  # share of a wide density: no event is impossible
_FLOOR = 0.005  # agreement is kept this far from 0 and 1


def crps(draws: ArrayLike, truth: ArrayLike, *, fair: bool = True) -> Floats:
    """Continuous ranked probability score of draws (lower is better; unit of the quantity).

    draws: case × member; truth: case. Returns one score a case.

    `fair` has the expectation of infinitely many members of the same forecast, if members are
    independent (of stratified ones it is lower); a fair score of few members may be negative. The
    other one is that of the empirical distribution.
    Source: Hersbach 2000; Ferro 2014; Zamo and Naveau 2018 (sorted form).
    """
    x = np.sort(np.atleast_2d(np.asarray(draws, dtype=np.float64)), axis=-1)
    y = np.asarray(truth, dtype=np.float64)
    m = x.shape[-1]
    weights = 2.0 * np.arange(1, m + 1) - m - 1.0
    spread = (x @ weights) * 2.0  # sum over all ordered pairs of |x − x′|
    pairs = m * (m - 1) if fair else m * m
    error = np.abs(x - y[..., None]).mean(axis=-1)
    return error - (0.0 if m == 1 else spread / (2.0 * pairs))


def _student(z: Floats) -> Floats:
    """Log density of Student's t with unit variance."""
    v = _DEGREES
    scale = np.sqrt((v - 2.0) / v)
    const = lgamma((v + 1) / 2) - lgamma(v / 2) - 0.5 * np.log(v * np.pi) - np.log(scale)
    return const - (v + 1) / 2 * np.log1p((z / scale) ** 2 / v)


def _mix(log_density: Floats, wide: float) -> Floats:
    return np.logaddexp(np.log1p(-_WIDE) + log_density, np.log(_WIDE * wide))


def score_agreement(draws: ArrayLike, truth: ArrayLike) -> Floats:
    """Log score −log p(truth) of agreement [nats]: Student's t fitted to draws on the logit scale.

    draws: case × member; truth: case. Values are kept 0.005 away from 0 and 1; one part in a
    hundred is uniform on 0–1.
    """
    x = np.clip(np.asarray(draws, dtype=np.float64), _FLOOR, 1 - _FLOOR)
    y = np.clip(np.asarray(truth, dtype=np.float64), _FLOOR, 1 - _FLOOR)
    lx, ly = np.log(x / (1 - x)), np.log(y / (1 - y))
    sd = np.maximum(lx.std(axis=-1, ddof=min(1, x.shape[-1] - 1)), 0.02)
    density = _student((ly - lx.mean(axis=-1)) / sd) - np.log(sd) - np.log(y * (1 - y))
    return -_mix(density, 1.0)


def score_hurdle(draws: ArrayLike, truth: ArrayLike) -> Floats:
    """Log score [nats] of a quantity ≥ 0 with a mass at zero: log(1 + arms).

    draws: case × member; truth: case. The mass is the share of zeros (one half added to each
    side), the density of positive values Student's t fitted to the positive draws; one part in
    a hundred of that is uniform on 0–10.
    """
    x = np.asarray(draws, dtype=np.float64)
    y = np.asarray(truth, dtype=np.float64)
    m, some = x.shape[-1], x > 0
    count = some.sum(axis=-1)
    p = (count + 0.5) / (m + 1)
    # Two members of a wide spread stand in where few or no draws are positive.
    total = np.where(some, x, 0.0).sum(axis=-1) + 2 * 3.0
    mean = total / (count + 2)
    square = np.where(some, (x - mean[..., None]) ** 2, 0.0).sum(axis=-1) + 2 * 4.0
    sd = np.maximum(np.sqrt(square / (count + 2)), 0.05)
    density = _mix(_student((y - mean) / sd) - np.log(sd), 0.1)
    return -np.where(y > 0, np.log(p) + density, np.log1p(-p))


def cover(draws: ArrayLike, truth: ArrayLike, coverage: float) -> NDArray[np.bool_]:
    """Whether the central interval of draws holds the truth (ends count).

    draws: case × member; truth: case; coverage: share of the distribution [0–1].
    """
    low, high = interval(draws, coverage)
    y = np.asarray(truth, dtype=np.float64)
    return (low <= y) & (y <= high)


def interval(draws: ArrayLike, coverage: float) -> tuple[Floats, Floats]:
    """Ends of the central interval of draws; case × member to case.

    Quantiles by Weibull's rule: a draw more of the same forecast lies inside with `coverage`.
    """
    x = np.asarray(draws, dtype=np.float64)
    tail = (1.0 - coverage) / 2.0
    low, high = np.quantile(x, [tail, 1.0 - tail], axis=-1, method="weibull")
    return low, high


def transform(draws: ArrayLike, truth: ArrayLike, *, seed: int = 1) -> Floats:
    """Probability integral transform of the truth [0–1]; uniform if truth is one draw more.

    draws: case × member; truth: case. Rank of the truth among the draws, drawn at random
    between ties, and within its step.
    """
    x = np.asarray(draws, dtype=np.float64)
    y = np.asarray(truth, dtype=np.float64)[..., None]
    below, equal = (x < y).sum(axis=-1), (x == y).sum(axis=-1)
    uniform = np.random.default_rng(seed).random(below.shape)
    return (below + uniform * (equal + 1)) / (x.shape[-1] + 1)
