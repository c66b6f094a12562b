"""Does the rebuilt expected utility model give the published numbers?  The comparison itself.

The published tables rest on 1,000 runs each.  Our runs are therefore cut into ensembles of 1,000,
every statistic is computed in each, and a published number is taken as reproduced if it lies where
the next ensemble would fall (a prediction interval); a table is reproduced if all its numbers are,
at a family error rate of 1 %.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patronage.classics import eum
from patronage.classics.regression import area, area_interval, least_squares, logit
from patronage.errors import DataError, RunError

ENSEMBLE = 1000  # runs behind each published table
FAMILY = 0.01  # chance that a table of a true model fails
FILTER = 0.75  # runs ending below this are left out of the published tables of the Updated variant
ABSENT = ("Czechoslovakia", "Iran", "Sweden", "Thailand")  # not in the alliance data of 1998

UNTESTED = {
    "shares": "no shares are printed for this variant",
    "alliances": "the published table rests on other alliance data, see below",
}

Statistics = dict[str, float]


@dataclass(frozen=True)
class Row:
    """One number: ours with the interval of the next ensemble, the published one, a rerun's."""

    quantity: str
    ours: float
    low: float
    high: float
    published: float | None
    rerun: float | None
    note: str

    @property
    def inside(self) -> bool | None:
        """Whether the published number lies in the interval; None if none was published."""
        return None if self.published is None else self.low <= self.published <= self.high


@dataclass(frozen=True)
class Table:
    """Rows of one published table and what they say together."""

    name: str
    variant: eum.Variant
    rows: list[Row]
    remarks: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """Reproduced, not reproduced (and in what), or that nothing was published."""
        tested = [row for row in self.rows if row.inside is not None]
        if not tested:
            return f"not tested: {UNTESTED.get(self.name, 'nothing published for these inputs')}"
        outside = [row.quantity for row in tested if not row.inside]
        if not outside:
            return f"reproduced ({len(tested)} of {len(tested)} numbers)"
        return (
            f"not reproduced: {len(outside)} of {len(tested)} numbers outside "
            f"({', '.join(outside)})"
        )


@dataclass(frozen=True)
class History:
    """Pairs of countries with their disputes 1948-98 and defence pacts of 1998."""

    names: list[str]
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]]
    disputes: NDArray[np.float64]
    pacts: NDArray[np.float64]
    allied: NDArray[np.bool_]  # pairs of countries that the alliance data know

    def label(self, k: int) -> str:
        i, j = self.pairs[0][k], self.pairs[1][k]
        return f"{self.names[i]} – {self.names[j]}"


def read_history(path: Path, countries: tuple[str, ...]) -> History:
    """Pairs from a CSV with columns a, b, mid401 and atop_def98, in the order of `countries`."""
    if not path.is_file():
        raise DataError("no such file", where=str(path))
    place = {name: k for k, name in enumerate(countries)}
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for line, row in enumerate(rows, 2):
        for end in ("a", "b"):
            if row[end] not in place:
                raise DataError(
                    f"unknown country '{row[end]}'",
                    where=f"{path}:{line}", allowed=countries, got=row[end],
                )  # fmt: skip
    a, b = (np.array([place[row[end]] for row in rows]) for end in ("a", "b"))
    disputes, pacts = (np.array([float(r[c]) for r in rows]) for c in ("mid401", "atop_def98"))
    known = np.array([row["a"] not in ABSENT and row["b"] not in ABSENT for row in rows])
    return History(list(countries), (a, b), disputes, pacts, known)


def published() -> list[dict[str, str]]:
    """The published numbers, one row each (data file eum_published.csv)."""
    text = resources.files("patronage.classics").joinpath("eum_published.csv")
    with text.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def cut(result: eum.Result, size: int = ENSEMBLE) -> list[eum.Result]:
    """The result's runs in consecutive ensembles of `size`.

    Raises RunError for fewer than ten ensembles: the interval would say nothing.
    """
    if result.runs < 10 * size:
        raise RunError(f"{result.runs} runs; intervals need at least {10 * size}", where="report")
    parts = [slice(k, k + size) for k in range(0, result.runs - size + 1, size)]
    return [
        replace(
            result, median=result.median[p], mean=result.mean[p],
            position=result.position[p], rival=result.rival[p],
        )
        for p in parts
    ]  # fmt: skip


def kept(result: eum.Result) -> NDArray[np.bool_] | None:
    """Runs that count in the published tables: all in Baseline, high final medians in Updated."""
    return None if result.variant == "baseline" else result.final_median >= FILTER


def shares(result: eum.Result, history: History) -> Statistics:
    return result.shares()


def positions(result: eum.Result, history: History) -> Statistics:
    change = (result.position - result.inputs.position).mean(0)
    return {
        "mean change": float(change.mean()),
        "least change": float(change.min()),
        "largest change": float(change.max()),
        "mean standard deviation": float(result.position.std(0).mean()),
        "conflicts per run": float(result.conflicts_per_run.mean()),
    }


def pairs(result: eum.Result, history: History) -> Statistics:
    met = result.conflicts(kept(result))[history.pairs]
    return {history.label(k): float(met[k]) for k in range(len(met))}


def disputes(result: eum.Result, history: History, filtered: bool = True) -> Statistics:
    met = result.conflicts(kept(result) if filtered else None)[history.pairs]
    some = (history.disputes > 0).astype(float)
    line, curve = least_squares(met, history.disputes), logit(met, some)
    return {
        "OLS constant": line.constant,
        "OLS constant, s.e.": line.constant_se,
        "OLS slope": line.slope,
        "OLS slope, s.e.": line.slope_se,
        "OLS adjusted R²": line.fit,
        "logit constant": curve.constant,
        "logit slope": curve.slope,
        "logit slope, s.e.": curve.slope_se,
        "logit McFadden R²": curve.fit,
        "logit null log-likelihood": curve.null,
        "AUC": area(met, some),
    }


def alliances(result: eum.Result, history: History) -> Statistics:
    near = result.distances(kept(result))[history.pairs][history.allied]
    pact = history.pacts[history.allied]
    curve = logit(near, pact)
    return {
        "logit constant": curve.constant,
        "logit slope on distance": curve.slope,
        "AUC": area(-near, pact),
    }


MEASURES: dict[str, Callable[[eum.Result, History], Statistics]] = {
    "shares": shares,
    "positions": positions,
    "pairs": pairs,
    "disputes": disputes,
    "alliances": alliances,
}


def _interval(values: NDArray[np.float64], level: float) -> tuple[float, float]:
    """Where the next ensemble's value falls with probability `level` (normal, Student's t)."""
    from scipy.stats import t

    n = len(values)
    reach = t.ppf((1 + level) / 2, n - 1) * values.std(ddof=1) * np.sqrt(1 + 1 / n)
    return float(values.mean() - reach), float(values.mean() + reach)


def compare(name: str, result: eum.Result, history: History) -> Table:
    """One table: our statistics of ensembles beside the published numbers and a rerun's."""
    found = [MEASURES[name](part, history) for part in cut(result)]
    wanted = [
        row
        for row in published()
        if row["table"] == name and row["variant"] == result.variant and row["quantity"] in found[0]
    ]
    tested = sum(1 for row in wanted if row["published"])
    level = 1 - FAMILY / max(tested, 1)
    listed = {row["quantity"]: row for row in wanted}
    names = [*listed] + ([] if name == "pairs" else [q for q in found[0] if q not in listed])
    rows = []
    for quantity in names:
        values = np.array([statistics[quantity] for statistics in found])
        low, high = _interval(values, level)
        known = listed.get(quantity, {})
        said, again = known.get("published"), known.get("rerun")
        half = 0.5 * 10.0 ** -int(known["digits"]) if said else 0.0
        rows.append(
            Row(
                quantity, float(values.mean()), low - half, high + half,
                float(said) if said else None, float(again) if again else None,
                known.get("note", ""),
            )
        )  # fmt: skip
    return Table(name, result.variant, rows)


def filter_bounds(
    result: eum.Result, history: History, filtered: bool
) -> dict[str, tuple[float, float]]:
    """Where the next ensemble's regressions of disputes fall (99 %), with or without the filter."""
    found = [disputes(part, history, filtered) for part in cut(result)]
    return {q: _interval(np.array([f[q] for f in found]), 0.99) for q in found[0]}


def area_bounds(result: eum.Result, history: History) -> tuple[float, tuple[float, float]]:
    """AUC of simulated conflicts for disputes, and its 95 % interval over countries."""
    met = result.conflicts(kept(result))[history.pairs]
    some = (history.disputes > 0).astype(float)
    return area(met, some), area_interval(met, some, history.pairs)


def read_sample(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Final medians and means of a reference sample (columns run, median, mean)."""
    if not path.is_file():
        raise DataError("no such file", where=str(path))
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return np.array([float(r["median"]) for r in rows]), np.array([float(r["mean"]) for r in rows])


def same_distribution(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[float, float]:
    """Two-sample Kolmogorov-Smirnov distance and p, after rounding to 1e-5.

    Single and double precision copies of one position must count as ties.
    """
    from scipy.stats import ks_2samp

    found: Any = ks_2samp(np.round(a.astype(float), 5), np.round(b.astype(float), 5))
    return float(found.statistic), float(found.pvalue)


def golden_shares(result: eum.Result, case: str) -> list[tuple[float, float, float]]:
    """Share of runs at or below each value of the shipped golden summary: value, ours, golden.

    case: `bdm1998` (the 36 countries) or `invented` (the test inputs); file eum_golden.csv.
    """
    text = resources.files("patronage.classics").joinpath("eum_golden.csv")
    with text.open(encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["case"] == case and row["variant"] == result.variant
        ]
    final = np.round(result.final_median.astype(float), 5)
    return [
        (float(r["value"]), float((final <= float(r["value"])).mean()), float(r["share"]))
        for r in rows
    ]
