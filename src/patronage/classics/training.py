"""What a forecast of disputes may be fitted on: earlier years, or pairs that it does not forecast.

Three ways, from the hardest to the one that published baselines use:

- `past`: windows that end in 1947. Nothing of 1948–1998 enters, not even through a coefficient.
- `countries`: pairs of 1948–1998 that share no country with the pair forecast, with the past.
- `pairs`: all pairs but a tenth, in turn (tenfold cross-validation).
"""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from patronage.classics.camps import drift
from patronage.classics.contention import Pairs, describe_pairs, join
from patronage.classics.standing import (
    GENERAL_WARS,
    SOURCE,
    WAR_YEARS,
    Floats,
    lay_out,
    read_standing,
)
from patronage.data.panel import Panel
from patronage.errors import RunError

if TYPE_CHECKING:
    import pandas as pd

ORIGINS = (1890, 1895, 1900, 1905, 1910, 1920)
"""First years of the windows of the past; each runs to `PAST`."""
PAST = 1947
GROUPS = 9
"""Groups of countries that are held out two at a time."""
FOLDS = 10
MEMBERS = 32
"""Members of the drift.  Between seeds the score of `choice` differs by 0.0005 with 4 members, by
0.0002 with 32."""

Bools = NDArray[np.bool_]
Split = tuple[Bools, Bools]


def count_disputes(
    table: pd.DataFrame, first: NDArray, second: NDArray, span: tuple[int, int]
) -> Floats:
    """Disputes of each pair that began within the years of `span`."""
    from pandas import MultiIndex

    begun = table[table["start_year"].between(*span) & (table["ccode1"] < table["ccode2"])]
    number = begun.groupby(["ccode1", "ccode2"])["dispute"].nunique()
    index = MultiIndex.from_arrays([np.minimum(first, second), np.maximum(first, second)])
    return number.reindex(index).fillna(0).to_numpy(dtype=float)


def years_together(
    table: pd.DataFrame, first: NDArray, second: NDArray, span: tuple[int, int]
) -> Floats:
    """Years of `span` in which both states of each pair were members of the system."""
    inside = table[table["year"].between(*span)]
    lives = {int(c): set(t) for c, t in inside.groupby("ccode")["year"]}
    none: set[int] = set()
    both = zip(first.tolist(), second.tolist(), strict=True)
    return np.array([len(lives.get(a, none) & lives.get(b, none)) for a, b in both], float)


def read_pairs(
    panel: Panel,
    origin: int,
    last: int,
    *,
    source: str = SOURCE,
    general_wars: bool = True,
    members: int = MEMBERS,
    seed: int = 1,
    truth: Panel | None = None,
) -> Pairs:
    """All pairs of the members at `origin`: terms known then, years and disputes up to `last`.

    general_wars: whether the two world wars count as disputes.  truth: panel of what came after,
    `panel` where omitted.  Pairs that never lived in a same year of the span are left out; how long
    the others lived is known to fits (`years`), not to forecasts (`span`).
    """
    standing = read_standing(panel, origin)
    camps = drift(standing, last - origin + 1, members=members, seed=seed)
    first, second, terms = describe_pairs(standing, camps)
    after = truth or panel
    table = after.table("disputes", ["source", "dispute", "ccode1", "ccode2", "start_year"])
    table = table[table["source"] == source]
    lived = after.table("states", ["ccode", "year"])
    if not general_wars:
        table = table[~(table["dispute"].isin(GENERAL_WARS) | table["start_year"].isin(WAR_YEARS))]
        lived = lived[~lived["year"].isin(WAR_YEARS)]
    span = (origin, last)
    calm = [y for y in range(origin, last + 1) if general_wars or y not in WAR_YEARS]
    terms["span"] = np.full(len(first), float(len(calm)))
    years = years_together(lived, first, second, span)
    treaties = after.table("alliances", ["ccode1", "ccode2", "year", "defense"])
    pact = lay_out(treaties[treaties["year"] == last], standing.ccodes, "defense")
    pacts = pact[np.triu_indices(standing.n, 1)]
    pairs = Pairs(first, second, terms, years, count_disputes(table, first, second, span), pacts)
    return pairs.only(years > 0)


def read_past(panel: Panel, origins: tuple[int, ...] = ORIGINS, last: int = PAST) -> Pairs:
    """Pairs of all windows of the past; nothing after `last` is read.

    The years of the two general wars are left out, disputes and time alike: they drew in pairs
    that never quarrel otherwise, and no window of fifty years says how many the next will bring.
    """
    view = panel.until(last)
    windows = (read_pairs(view, origin, last, general_wars=False) for origin in origins)
    return mark(join(windows), True)


def weigh(pairs: Pairs) -> Floats:
    """Weights of pairs: the windows of the past, which overlap, count as one."""
    return np.where(pairs.terms["past"] > 0, 1 / len(ORIGINS), 1.0)


def mark(pairs: Pairs, past: bool) -> Pairs:
    """Pairs with a term that tells whether they belong to the past."""
    return replace(pairs, terms=pairs.terms | {"past": np.full(len(pairs), float(past))})


def split_countries(pairs: Pairs, seed: int, groups: int = GROUPS) -> Iterator[Split]:
    """(train, test) masks: a test pair's two countries are in no training pair."""
    countries = np.unique(np.r_[pairs.first, pairs.second])
    order = np.random.default_rng(seed).permutation(len(countries)) % groups
    group = dict(zip(countries.tolist(), order.tolist(), strict=True))
    a = np.array([group[c] for c in pairs.first.tolist()])
    b = np.array([group[c] for c in pairs.second.tolist()])
    for g in range(groups):
        for h in range(g, groups):
            test = ((a == g) & (b == h)) | ((a == h) & (b == g))
            train = ~(np.isin(a, [g, h]) | np.isin(b, [g, h]))
            if test.any():
                yield train, test


def split_pairs(pairs: Pairs, seed: int, folds: int = FOLDS) -> Iterator[Split]:
    """(train, test) masks of tenfold cross-validation over pairs."""
    fold = np.random.default_rng(seed).permutation(len(pairs)) % folds
    for k in range(folds):
        yield fold != k, fold == k


def forecast(
    pairs: Pairs,
    splits: Callable[[Pairs, int], Iterator[Split]],
    fit: Callable[[Pairs], Callable[[Pairs], Floats]],
    repeats: int = 3,
) -> Floats:
    """Forecasts of every pair by fits that did not see it, averaged over `repeats` partitions.

    A fit takes training pairs and returns what gives one row for each pair it is asked for.
    """
    total: Floats | None = None
    for seed in range(repeats):
        for train, test in splits(pairs, seed):
            found = fit(pairs.only(train))(pairs.only(test))
            if total is None:
                total = np.zeros((len(pairs), *found.shape[1:]))
            total[test] += found
    if total is None:
        raise RunError("no pair is forecast", where="forecast", allowed=["repeats of at least 1"])
    return total / repeats
