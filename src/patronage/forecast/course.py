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
from patronage.forecast.history import MINIMUM_VOTES, History, Ints

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_LATE = 10  # month from which a new leader counts for the year after: most roll calls are held then
_FEWEST = 5  # values that make a mean
_PRIOR_YEARS = 6.0  # years' worth of one change of leaders in the rate of changes
_PRIOR_LEADERS = 4.0  # leaders' worth of the usual rate in that of every year of a leader
_NEW = 0.4  # weight of the newest year in a client's place


@dataclass(frozen=True)
class Mainstream:
    """Agreement of pairs without the patrons, on the scale of `affinity`.

    mean: of all, by year. place: of each client with all others beyond that mean, newer years
    first.
    """

    mean: dict[int, float]
    place: dict[int, float]

    def pick(self, clients: Ints) -> Floats:
        """Places of these clients; NaN of those not known."""
        return np.array([self.place.get(int(c), np.nan) for c in clients])


@dataclass(frozen=True)
class Course:
    """By the years of a history.

    gap: mainstream minus the mean agreement with the patron, on the scale of `affinity`; NaN where
    not known. fresh: years in which a new leader counts for the first time. turnover: changes of
    leaders a year; 0 if nothing is known of leaders. terms: years that earlier leaders had. tenure:
    years since the last leader's first; negative if that is still to come.
    """

    gap: Floats
    fresh: Bools
    turnover: float
    terms: Ints
    tenure: int

    @classmethod
    def unknown(cls, years: int) -> Course:
        """Of a patron of which nothing but the votes is known."""
        none = np.zeros(years, dtype=bool)
        return cls(np.full(years, np.nan), none, 0.0, np.zeros(0, dtype=np.int64), 0)

    def stays(self, ahead: int) -> Floats:
        """How likely the leader of the last year is still there in each of the years ahead.

        The hazard of every year of a leader is that among the patron's earlier leaders who came
        so far, drawn towards the usual rate.
        """
        if self.tenure < 0:
            return np.zeros(ahead)
        year = self.tenure + np.arange(1, ahead + 1)
        ends = (self.terms[:, None] == year).sum(axis=0)
        came = (self.terms[:, None] >= year).sum(axis=0)
        hazard = (ends + _PRIOR_LEADERS * self.turnover) / (came + _PRIOR_LEADERS)
        return np.cumprod(1 - np.minimum(hazard, 1.0))


def read_mainstream(panel: Panel, patrons: Collection[int], floor: float) -> Mainstream:
    """The mainstream without any of these patrons."""
    frame = panel.table("un_agreement", ["client", "patron", "year", "agreement", "n"])
    keep = (frame["n"] >= MINIMUM_VOTES) & frame["agreement"].notna()
    keep &= ~frame["patron"].isin(list(patrons))
    frame = frame[keep]
    if not len(frame):
        return Mainstream({}, {})
    z = to_scale(frame["agreement"].to_numpy(np.float64), floor)
    years, year = np.unique(frame["year"].to_numpy(np.int64), return_inverse=True)
    clients, client = np.unique(frame["client"].to_numpy(np.int64), return_inverse=True)
    shape = (len(years), len(clients))
    at = year * len(clients) + client
    total, count = (np.bincount(at, w, minlength=shape[0] * shape[1]).reshape(shape)
                    for w in (z, np.ones(len(z))))  # fmt: skip
    there = count > 0
    own = np.where(there, total / np.maximum(count, 1), 0.0)
    own = own - (own.sum(axis=1) / np.maximum(there.sum(axis=1), 1))[:, None]
    place = own[np.argmax(there, axis=0), np.arange(len(clients))]
    for row, known in zip(own, there, strict=True):
        place = np.where(known, place + _NEW * (row - place), place)
    rest = ~np.isin(clients, list(patrons))
    total, count = total[:, rest].sum(axis=1), count[:, rest].sum(axis=1)
    mean = {int(y): float(t / n) for y, t, n in zip(years, total, count, strict=True)
            if n >= _FEWEST}  # fmt: skip
    return Mainstream(mean, dict(zip(map(int, clients), map(float, place), strict=True)))


def read_course(
    panel: Panel, history: History, mainstream: dict[int, float], floor: float
) -> Course:
    """What the panel (or view) tells of a patron's course; mainstream: mean by year."""
    z = to_scale(history.values, floor)
    there = np.isfinite(z)
    count = there.sum(axis=1)
    mean = np.where(there, z, 0.0).sum(axis=1) / np.maximum(count, 1)
    world = np.array([mainstream.get(int(y), np.nan) for y in history.years])
    gap = np.where(count >= _FEWEST, world - mean, np.nan)
    begun, turnover = _leaders(panel, history.patron)
    tenure = int(history.years[-1]) - begun[-1] if begun else 0
    terms = np.diff(np.array(begun, dtype=np.int64))
    return Course(gap, np.isin(history.years, begun), turnover, terms, tenure)


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
