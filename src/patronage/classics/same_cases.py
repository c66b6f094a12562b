"""The same cases, our model: the pairs and years of the expected utility model's tests.

For the 630 pairs of 36 countries and the 2,556 of 72, 1948–1998, what the world of 1948 says of
disputes: `patronage` (threat and affinity from the engine, disputes from `contention`), a logit on
the field's covariates, the trivial index log(c·c') − log(distance), and the expected utility model.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patronage.classics import eum
from patronage.classics.contention import BEFORE, COVARIATES, TERMS, Pairs, fit_hazard, join
from patronage.classics.logit import fit_logit
from patronage.classics.standing import Floats
from patronage.classics.training import (
    MEMBERS,
    forecast,
    mark,
    read_pairs,
    read_past,
    split_countries,
    split_pairs,
    weigh,
)
from patronage.data.panel import Panel
from patronage.errors import DataError

ORIGIN, LAST = 1948, 1998
SUPERPOWERS = (2, 365)
OURS, PLAIN = "patronage", "covariates, our likelihood"
EARLIER = "patronage, terms before"
FIELD, TRIVIAL = "covariate logit", "trivial"
WAYS = ("past", "countries", "both", "pairs")
Chance = Callable[[Pairs], Floats]
Fit = Callable[[Pairs], Chance]


@dataclass(frozen=True)
class Case:
    """Pairs with their disputes 1948–1998, and indices of other models by name."""

    name: str
    truth: str
    pairs: Pairs
    indices: dict[str, Floats]

    @property
    def some(self) -> Floats:
        """1 for a pair with a dispute."""
        return (self.pairs.disputes > 0).astype(float)

    @property
    def dominant(self) -> NDArray[np.bool_]:
        """The one pair USA–USSR."""
        a, b = self.pairs.first, self.pairs.second
        return (np.minimum(a, b) == SUPERPOWERS[0]) & (np.maximum(a, b) == SUPERPOWERS[1])


@dataclass(frozen=True)
class Forecast:
    """What a model, fitted in one way, says of every pair of a case.

    chance: probability of any dispute, or an index where nothing was fitted.  expected: number of
    disputes, where the model has one.
    """

    model: str
    way: str
    chance: Floats
    expected: Floats | None = None

    @property
    def probability(self) -> bool:
        """Whether `chance` is a probability."""
        return self.way != "none"


def read_countries() -> dict[str, int]:
    """COW numbers of the 36 countries by the names of the model's inputs."""
    text = resources.files("patronage.classics").joinpath("same_cases.csv")
    with text.open(encoding="utf-8") as file:
        return {row["country"]: int(row["ccode"]) for row in csv.DictReader(file)}


def _keys(pairs: Pairs) -> list[tuple[int, int]]:
    ends = zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    return [(min(a, b), max(a, b)) for a, b in ends]


def read_published(path: Path, pairs: Pairs, column: str = "mid401") -> Floats:
    """A column of the published pairs (CSV with a, b by name) in the order of `pairs`.

    Errors: DataError for a missing file or pair.
    """
    if not path.is_file():
        raise DataError("no such file", where=str(path))
    number = read_countries()
    values: dict[tuple[int, int], float] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            a, b = number[row["a"]], number[row["b"]]
            values[min(a, b), max(a, b)] = float(row[column])
    missing = [key for key in _keys(pairs) if key not in values]
    if missing:
        raise DataError(f"no pair {missing[0]} among the published ones", where=str(path))
    return np.array([values[key] for key in _keys(pairs)])


def simulate_eum(path: Path, ccodes: list[int], pairs: Pairs, runs: int) -> dict[str, Floats]:
    """Mean conflicts per run and initial distance of every pair, both variants; all runs count."""
    inputs = eum.read_inputs(path)
    place = {c: k for k, c in enumerate(ccodes)}
    i, j = (np.array([place[int(c)] for c in end]) for end in (pairs.first, pairs.second))
    found = {"EUM initial distance": np.abs(inputs.position[i] - inputs.position[j])}
    for variant in eum.VARIANTS:
        result = eum.run(inputs, variant=variant, runs=runs, seed=1)
        found[f"EUM {variant}"] = result.conflicts()[i, j]
        found[f"EUM {variant} distance"] = result.distances()[i, j]
    return found


def read_cases(
    panel: Panel, peer: Path | None, *, runs: int = 4000, members: int = MEMBERS
) -> list[Case]:
    """The two cases; without `peer` the disputes of the 36 are those of the panel, and no EUM."""
    world = read_pairs(panel.until(ORIGIN), ORIGIN, LAST, members=members, truth=panel)
    numbers = read_countries()
    listed = list(numbers.values())
    few = world.only(np.isin(world.first, listed) & np.isin(world.second, listed))
    cases = [Case("36 countries", "GML disputes", few, {})]
    if peer is not None:
        published = read_published(peer / "dyads.csv", few)
        inputs = peer / "bdm1998_inputs.csv"
        order = [numbers[name] for name in eum.read_inputs(inputs).countries]
        indices = simulate_eum(inputs, order, few, runs)
        cases.insert(0, Case("36 countries", "MID 4.01", replace(few, disputes=published), indices))
        cases[1] = replace(cases[1], indices=indices)
    cases.append(Case("72 countries", "GML disputes", world, {}))
    if peer is not None:
        inputs = peer / "updated_inputs_full.csv"
        with inputs.open(newline="", encoding="utf-8") as file:
            order = [int(float(row["ccode"])) for row in csv.DictReader(file)]
        cases[-1] = replace(
            cases[-1], indices=simulate_eum(inputs, order, world, max(runs // 4, 100))
        )
    return cases


def fitters(past: Pairs) -> dict[str, Fit]:
    """How each model is fitted on given pairs; forecasts are (pair, [chance, expected number])."""

    def hazard(names: tuple[str, ...]) -> Fit:
        first = fit_hazard(past, names, weight=weigh(past))

        def fit(pairs: Pairs) -> Chance:
            found = fit_hazard(pairs, names, weight=weigh(pairs), near=first)
            return lambda test: np.column_stack([found.chance(test), found.expect(test)])

        return fit

    def field(pairs: Pairs) -> Chance:
        some = (pairs.disputes > 0).astype(float)
        found = fit_logit(pairs, COVARIATES, some, weight=weigh(pairs))
        return lambda test: np.column_stack([found.chance(test), np.full(len(test), np.nan)])

    return {
        OURS: hazard(TERMS),
        EARLIER: hazard(BEFORE),
        PLAIN: hazard((*COVARIATES, "crowd")),
        FIELD: field,
    }


def forecast_case(
    case: Case, fits: dict[str, Fit], past: Pairs, others: dict[str, Floats], repeats: int
) -> Iterator[Forecast]:
    """All models fitted in all ways, for the pairs of a case.

    others: forecasts of the way `countries` for these pairs, by model.
    """
    for model, fit in fits.items():

        def pooled(train: Pairs, fit: Fit = fit) -> Chance:
            return fit(join([past, train]))

        made = {"past": fit(past)(case.pairs), "countries": others[model]}
        made["both"] = forecast(case.pairs, split_pairs, pooled, repeats)
        made["pairs"] = forecast(case.pairs, split_pairs, fit, repeats)
        for way, found in made.items():
            expected = None if np.isnan(found[:, 1]).any() else found[:, 1]
            yield Forecast(model, way, found[:, 0], expected)
    trivial = case.pairs.terms["product"] - case.pairs.terms["distance"]
    for name, index in {TRIVIAL: trivial, **case.indices}.items():
        if not name.endswith("distance"):
            yield from _forecast_index(case.pairs, name, index, repeats)


def forecast_countries(
    world: Pairs, fits: dict[str, Fit], past: Pairs, repeats: int
) -> dict[str, Floats]:
    """Forecasts of all pairs by fits on pairs that share no country with them, and the past."""
    found: dict[str, Floats] = {}
    for model, fit in fits.items():

        def pooled(train: Pairs, fit: Fit = fit) -> Chance:
            return fit(join([past, train]))

        found[model] = forecast(world, split_countries, pooled, repeats)
    return found


def number_pairs(pairs: Pairs) -> NDArray[np.int64]:
    """One number a pair."""
    low, high = np.minimum(pairs.first, pairs.second), np.maximum(pairs.first, pairs.second)
    return low * 10_000 + high


def _forecast_index(pairs: Pairs, name: str, index: Floats, repeats: int) -> Iterator[Forecast]:
    """An index as it is, and a logit on it alone, fitted in the way `pairs`."""
    yield Forecast(name, "none", index, index)
    with_index = replace(pairs, terms=pairs.terms | {"index": index})

    def fit(train: Pairs) -> Chance:
        some = (train.disputes > 0).astype(float)
        return fit_logit(train, ("index",), some, exposed=False).chance

    yield Forecast(name, "pairs", forecast(with_index, split_pairs, fit, repeats))


@dataclass(frozen=True)
class Comparison:
    """Cases in order, the forecasts of each, and the past that fits used."""

    cases: list[Case]
    forecasts: list[list[Forecast]]
    past: Pairs
    repeats: int

    def find(self, case: int, model: str, way: str) -> Forecast:
        """The forecast of a model for a case.

        Errors: DataError if there is none.
        """
        for found in self.forecasts[case]:
            if (found.model, found.way) == (model, way):
                return found
        raise DataError(f"no forecast of '{model}' in the way '{way}'", allowed=WAYS, got=way)


def compare(
    panel: Panel,
    peer: str | Path | None = None,
    *,
    repeats: int = 2,
    runs: int = 4000,
    members: int = MEMBERS,
) -> Comparison:
    """Forecast the cases with every model, in every way.

    panel: with the tables of `standing.TABLES`.  peer: folder with the expected utility model's
    inputs and published pairs.  repeats: partitions that out-of-sample forecasts are averaged over.
    """
    past = read_past(panel)
    cases = read_cases(panel, None if peer is None else Path(peer), runs=runs, members=members)
    cases = [replace(case, pairs=mark(case.pairs, False)) for case in cases]
    world = cases[-1].pairs
    fits = fitters(past)
    whole = forecast_countries(world, fits, past, repeats)
    found = []
    for case in cases:
        inside = np.isin(number_pairs(world), number_pairs(case.pairs))
        others = {model: chance[inside] for model, chance in whole.items()}
        found.append(list(forecast_case(case, fits, past, others, repeats)))
    return Comparison(cases, found, past, repeats)
