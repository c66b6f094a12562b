"""The untouched check: 1999–2010, which no choice was made on.

The same fits, on 1890–1947 alone, forecast from the world of 1999: pairs of the 72 countries of
1948 that are still there, and all pairs of states.  A second way adds the pairs of 1948–98.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from patronage.classics.contention import Pairs, join
from patronage.classics.same_cases import TRIVIAL, Case, Comparison, Fit, Forecast, fitters
from patronage.classics.standing import Floats
from patronage.classics.training import MEMBERS, mark, read_pairs
from patronage.data.panel import Panel

ORIGIN, LAST = 1999, 2010
WAYS = ("past", "since")


def read_later(panel: Panel, countries: Floats, members: int = MEMBERS) -> list[Case]:
    """Pairs of 1999–2010: those of `countries` (COW numbers), and all."""
    view = panel.until(ORIGIN)
    every = mark(read_pairs(view, ORIGIN, LAST, members=members, truth=panel), False)
    same = every.only(np.isin(every.first, countries) & np.isin(every.second, countries))
    found = [("the 72 that are left", same), ("all states", every)]
    return [Case(name, "GML disputes", pairs, {}) for name, pairs in found]


def _forecasts(case: Case, fits: dict[str, Fit], trained: dict[str, Pairs]) -> list[Forecast]:
    found = []
    for way, pairs in trained.items():
        for model, fit in fits.items():
            made = fit(pairs)(case.pairs)
            expected = None if np.isnan(made[:, 1]).any() else made[:, 1]
            found.append(Forecast(model, way, made[:, 0], expected))
    index = case.pairs.terms["product"] - case.pairs.terms["distance"]
    return [*found, Forecast(TRIVIAL, "none", index, index)]


def compare_later(panel: Panel, comparison: Comparison, members: int = MEMBERS) -> Comparison:
    """All models of a comparison, fitted before 1948 and before 1999, on 1999–2010."""
    world = comparison.cases[-1].pairs
    cases = read_later(panel, np.unique(np.r_[world.first, world.second]).astype(float), members)
    # to 1998 the windows of the past count as one window, and 1948–98 as another
    trained = {"past": comparison.past, "since": join([comparison.past, replace(world)])}
    fits = fitters(comparison.past)
    found = [_forecasts(case, fits, trained) for case in cases]
    return Comparison(cases, found, comparison.past, 1)
