"""What bears on where a patron's agenda goes: the Assembly's mainstream, and its own leaders.

The mainstream is the mean agreement of all other pairs of states. Some patrons are drawn back to
it, others stay apart. A leader has an agenda of its own that ends with it.
"""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# (pandas types a column as Series or DataFrame)

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patronage.data.panel import Panel
from patronage.forecast.affinity import to_scale
from patronage.forecast.history import MINIMUM_VOTES, History

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_LATE = 10  # month from which a new leader counts for the year after: most roll calls are held then
_FEWEST = 5  # values that make a mean
_PRIOR_YEARS = 6.0  # years' worth of one change of leaders in the rate of changes


@dataclass(frozen=True)
class Course:
    """By the years of a history.

    gap: mainstream minus the mean agreement with the patron, on the scale of `affinity`; NaN where
    not known. fresh: years in which a new leader counts for the first time. turnover: changes of
    leaders a year; 0 if nothing is known of leaders.
    """

    gap: Floats
    fresh: Bools
    turnover: float

    @classmethod
    def unknown(cls, years: int) -> Course:
        """Of a patron of which nothing but the votes is known."""
        return cls(np.full(years, np.nan), np.zeros(years, dtype=bool), 0.0)


def read_mainstream(panel: Panel, patrons: Collection[int], floor: float) -> dict[int, float]:
    """Mean agreement by year, on the scale of `affinity`, of pairs without any of these patrons."""
    frame = panel.table("un_agreement", ["client", "patron", "year", "agreement", "n"])
    keep = (frame["n"] >= MINIMUM_VOTES) & frame["agreement"].notna()
    for side in ("client", "patron"):
        keep &= ~frame[side].isin(list(patrons))
    frame = frame[keep]
    z = to_scale(frame["agreement"].to_numpy(np.float64), floor)
    year = frame["year"].to_numpy(np.int64)
    if not len(year):
        return {}
    total, count = np.bincount(year, weights=z), np.bincount(year)
    return {int(y): float(total[y] / count[y]) for y in np.flatnonzero(count >= _FEWEST)}


def read_course(
    panel: Panel, history: History, mainstream: dict[int, float], floor: float
) -> Course:
    """What the panel (or view) tells of a patron's course."""
    z = to_scale(history.values, floor)
    there = np.isfinite(z)
    count = there.sum(axis=1)
    mean = np.where(there, z, 0.0).sum(axis=1) / np.maximum(count, 1)
    world = np.array([mainstream.get(int(y), np.nan) for y in history.years])
    gap = np.where(count >= _FEWEST, world - mean, np.nan)
    begun, turnover = _leaders(panel, history.patron)
    return Course(gap, np.isin(history.years, begun), turnover)


def _leaders(panel: Panel, patron: int) -> tuple[list[int], float]:
    """First years of the patron's leaders, and how many come a year."""
    if "leaders" not in panel.names:
        return [], 0.0
    frame = panel.table("leaders", ["ccode", "year", "start"])
    frame = frame[(frame["ccode"] == patron) & frame["start"].notna()]
    if not len(frame):
        return [], 0.0
    start = frame["start"].drop_duplicates()
    begun = sorted(set((start.dt.year + (start.dt.month >= _LATE)).astype(int)))
    span = int(frame["year"].max()) - begun[0]
    return begun, len(begun) / (span + _PRIOR_YEARS)
