"""What the page on the same cases says, as numbers: scores, margins, targets, counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from patronage.classics.same_cases import (
    EARLIER,
    FIELD,
    OURS,
    PLAIN,
    TRIVIAL,
    WAYS,
    Case,
    Comparison,
    Forecast,
)
from patronage.classics.standing import Floats
from patronage.classics.verification import Interval, explained, measure, resample

TARGETS = {
    "36 countries": {"AUC": 0.82, "skill": 0.25},
    "72 countries": {"AUC": 0.86, "skill": 0.24},
}
MODELS = (OURS, EARLIER, FIELD, PLAIN, TRIVIAL, "EUM updated", "EUM baseline")
WAY_NAMES = {
    "past": "1890–1947 only", "since": "1890–1998", "countries": "other countries",
    "both": "other pairs and the past", "pairs": "other pairs", "none": "not fitted",
}  # fmt: skip
SCORES = ("AUC", "AP", "Brier", "skill", "McFadden")


def say(value: float, digits: int = 3) -> str:
    """A number with a true minus."""
    return f"{value:.{digits}f}".replace("-", "−")


def say_with(interval: Interval) -> str:
    """A value with its interval."""
    return f"{say(interval.value)} ({say(interval.low, 2)} … {say(interval.high, 2)})"


@dataclass(frozen=True)
class Line:
    """Scores of one forecast with intervals over countries."""

    forecast: Forecast
    scores: dict[str, Interval]


def _scores(case: Case, found: Forecast, draws: int) -> dict[str, Interval]:
    def of(weight: Floats) -> dict[str, float]:
        return measure(found.chance, case.some, weight, found.probability)

    return resample((case.pairs.first, case.pairs.second), of, draws)


def score_case(comparison: Comparison, number: int, draws: int) -> list[Line]:
    """Every forecast of a case, ours first; of an index that is not fitted, only AUC and AP."""
    case, found = comparison.cases[number], comparison.forecasts[number]
    order = {name: k for k, name in enumerate(MODELS)}
    ways = {name: k for k, name in enumerate(WAY_NAMES)}
    listed = sorted(found, key=lambda f: (ways[f.way], order[f.model]))
    return [Line(f, _scores(case, f, draws)) for f in listed]


def margins(
    comparison: Comparison,
    number: int,
    draws: int,
    over: str = FIELD,
    ways: tuple[str, ...] = WAYS,
) -> Iterator[tuple[str, dict[str, Interval]]]:
    """Way and our scores less those of another model fitted in the same way."""
    case = comparison.cases[number]
    for way in ways:
        ours, other = (comparison.find(number, m, way).chance for m in (OURS, over))

        def of(weight: Floats, a: Floats = ours, b: Floats = other) -> dict[str, float]:
            one, two = measure(a, case.some, weight), measure(b, case.some, weight)
            return {k: one[k] - two[k] for k in ("AUC", "AP", "skill", "McFadden")}

        yield way, resample((case.pairs.first, case.pairs.second), of, draws)


@dataclass(frozen=True)
class Explained:
    """R² on the number of disputes, with and without the pair USA–USSR.

    logs: of log(1 + number), all pairs.  level: sum of expected over sum of observed numbers, NaN
    where no number is expected.
    """

    model: str
    way: str
    all_pairs: float
    without: float
    logs: float
    level: float


def explain_counts(comparison: Comparison, place: int) -> list[Explained]:
    """Squared correlation of numbers expected and observed, for all models that give a number."""
    case = comparison.cases[place]
    count, rest = case.pairs.disputes, ~case.dominant
    power = np.exp(case.pairs.terms["product"])
    found = [("product of capabilities", "none", power, False)]
    for f in comparison.forecasts[place]:
        if f.expected is not None and f.model != TRIVIAL:
            found.append((f.model, f.way, f.expected, f.probability))
        if f.model == OURS:
            found.append((f"{OURS}, probability", f.way, f.chance, False))
    return [
        Explained(
            model, way, explained(x, count), explained(x[rest], count[rest]),
            explained(np.log1p(x) if number else x, np.log1p(count)),
            float(x.sum() / count.sum()) if number else float("nan"),
        )
        for model, way, x, number in found
    ]  # fmt: skip


def relevel(chance: Floats, some: Floats) -> tuple[float, float]:
    """Shift of the logit that gives forecasts the observed mean, and the Brier skill then."""
    z = logit(np.clip(chance, 1e-9, 1 - 1e-9))
    shift = float(brentq(lambda s: expit(z + s).mean() - some.mean(), -20, 20))  # pyright: ignore[reportArgumentType]
    return shift, measure(expit(z + shift), some)["skill"]


def reliability(chance: Floats, some: Floats, edges: Floats) -> list[tuple[float, float, int]]:
    """Mean forecast, observed share and number of pairs between `edges`."""
    place = np.clip(np.digitize(chance, edges) - 1, 0, len(edges) - 2)
    found = []
    for k in range(len(edges) - 1):
        inside = place == k
        if inside.any():
            found.append(
                (float(chance[inside].mean()), float(some[inside].mean()), int(inside.sum()))
            )
    return found
