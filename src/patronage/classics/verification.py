"""Scores of forecasts of pairs, with intervals that draw countries and not pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patronage.classics.regression import area
from patronage.classics.standing import Floats

EDGE = 1e-6
DRAWS = 500
PROBABILITY = ("Brier", "skill", "McFadden")
"""Scores that need a probability; a mere index has the others."""


def average_precision(score: Floats, some: Floats, weight: Floats | None = None) -> float:
    """Mean precision at the cases, ties taken together.

    >>> import numpy as np
    >>> average_precision(np.array([0.9, 0.8, 0.1]), np.array([1.0, 0.0, 1.0]))
    0.8333333333333333
    """
    w = np.ones(len(some)) if weight is None else weight
    _, group = np.unique(-score, return_inverse=True)
    case, every = np.bincount(group, w * (some > 0)), np.bincount(group, w)
    found, looked = np.cumsum(case), np.cumsum(every)
    if found[-1] <= 0:
        return float("nan")
    precision = found / np.maximum(looked, EDGE)
    return float((case * precision).sum() / found[-1])


def measure(
    chance: Floats, some: Floats, weight: Floats | None = None, probability: bool = True
) -> dict[str, float]:
    """AUC, AP, Brier score, Brier skill and McFadden's R² against the observed share alone.

    some: 1 where it happened.  probability: False for an index, which has AUC and AP only.
    """
    w = np.ones(len(some)) if weight is None else weight
    scores = {"AUC": area(chance, some, w), "AP": average_precision(chance, some, w)}
    if not probability:
        return scores
    total = w.sum()
    share = float((w * some).sum() / total)
    brier = float((w * (chance - some) ** 2).sum() / total)
    p = np.clip(chance, EDGE, 1 - EDGE)
    like = float((w * (some * np.log(p) + (1 - some) * np.log(1 - p))).sum())
    scores["Brier"] = brier
    if not 0 < share < 1:  # nothing to be better than
        return scores | {"skill": float("nan"), "McFadden": float("nan")}
    null = total * (share * np.log(share) + (1 - share) * np.log(1 - share))
    scores["skill"] = 1 - brier / (share * (1 - share))
    scores["McFadden"] = 1 - like / null
    return scores


def explained(expected: Floats, count: Floats) -> float:
    """Squared correlation of expected and observed numbers (R² of the line through them)."""
    return float(np.corrcoef(expected, count)[0, 1] ** 2)


def correct(expected: Floats, count: Floats) -> float:
    """1 − squared errors / variance: `explained` without a fitted line; may be negative."""
    return float(1 - ((count - expected) ** 2).sum() / ((count - count.mean()) ** 2).sum())


@dataclass(frozen=True)
class Interval:
    """A value and its central 95 % of draws."""

    value: float
    low: float
    high: float


def resample(
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    of: Callable[[Floats], Mapping[str, float]],
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Interval]:
    """Intervals of statistics by drawing countries anew (with replacement).

    A pair counts as often as its two countries' times drawn, multiplied: pairs that share a
    country are related, and drawing pairs would give intervals that are far too narrow.
    """
    countries, place = np.unique(np.r_[pairs[0], pairs[1]], return_inverse=True)
    a, b = place[: len(pairs[0])], place[len(pairs[0]) :]
    n = len(countries)
    rng = np.random.default_rng(seed)
    point = of(np.ones(len(a)))
    found: dict[str, list[float]] = {name: [] for name in point}
    for _ in range(draws):
        times = np.bincount(rng.integers(0, n, n), minlength=n).astype(float)
        for name, value in of(times[a] * times[b]).items():
            found[name].append(value)
    ends = {name: np.nanquantile(values, [0.025, 0.975]) for name, values in found.items()}
    return {
        name: Interval(value, float(ends[name][0]), float(ends[name][1]))
        for name, value in point.items()
    }
