"""What a world is fitted to: votes, arms and dated choices, from a scenario or a panel."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false
# (pandas types a column as Series or DataFrame)

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from patronage.errors import DataError

if TYPE_CHECKING:
    from patronage.data.panel import Panel
    from patronage.scenario.world import World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

QUALITY_VOTES = {"high": 60, "medium": 30, "low": 15}
"""Roll calls taken for a year whose number is not told, by quality (assumed)."""
LEAST_VOTES = 10
_NUMBER = re.compile(r"\bn=(\d+)")


@dataclass(frozen=True)
class Votes:
    """Observed agreement: client, patron (state), first, last (month of the run), year (index of
    `years`), n: roll calls; equal: n × share of equal votes. All (observation).
    """

    client: Ints
    patron: Ints
    first: Ints
    last: Ints
    year: Ints
    n: Floats
    equal: Floats
    years: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.n)


@dataclass(frozen=True)
class Arms:
    """Observed arms [million US$ / year]: client, patron, first, last, value (observation)."""

    client: Ints
    patron: Ints
    first: Ints
    last: Ints
    value: Floats

    def __len__(self) -> int:
        return len(self.value)

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Client and patron of all pairs, in order."""
        return tuple(sorted(set(zip(self.client.tolist(), self.patron.tolist(), strict=True))))

    @property
    def pair(self) -> Ints:
        """Index of `pairs` (observation)."""
        place = {pair: k for k, pair in enumerate(self.pairs)}
        both = zip(self.client.tolist(), self.patron.tolist(), strict=True)
        return np.array([place[pair] for pair in both], np.int64)


@dataclass(frozen=True)
class Choices:
    """Dated choices among the instruments that occur.

    actors: states with a dated choice. instruments: numbers in the world's table.
    chosen: (month, actor, target) index into `instruments`, −1 for nothing.
    open: (month, actor, target) 1 where there was somebody to choose for.
    crowded: acts left out because the pair had another in the same month.
    """

    actors: tuple[int, ...]
    instruments: tuple[int, ...]
    chosen: Ints
    open: Floats
    crowded: int

    def __len__(self) -> int:
        return int((self.chosen >= 0).sum())


@dataclass(frozen=True)
class Evidence:
    """All that a world is compared with."""

    votes: Votes
    arms: Arms
    choices: Choices

    def counts(self) -> dict[str, int]:
        """Number of observations by kind."""
        return {"votes": len(self.votes), "arms": len(self.arms), "choices": len(self.choices)}


def read_evidence(world: World, panel: Panel | None = None) -> Evidence:
    """The observations of a scenario; votes and arms from a panel instead, where one is given.

    Errors: DataError where there is nothing to fit.
    """
    rows = _from_panel(world, panel) if panel is not None else _from_scenario(world)
    votes, arms = _collect_votes(world, rows), _collect_arms(world, rows)
    found = Evidence(votes, arms, read_choices(world))
    if not any(found.counts().values()):
        raise DataError("there is nothing to fit: no votes, arms or choices", where=world.name)
    return found


Row = tuple[str, int, int, int, int, float, float]
"""quantity, client, patron, first and last month of the run, value, roll calls"""


def _from_scenario(world: World) -> list[Row]:
    rows: list[Row] = []
    for o in world.observed:
        if o.quantity not in ("un_agreement", "arms") or o.quality == "unusable":
            continue
        first, last = o.first - world.start, o.last - world.start
        if not 0 <= first <= last < world.months:
            continue
        told = _NUMBER.search(o.note)
        n = int(told[1]) if told else QUALITY_VOTES.get(o.quality, QUALITY_VOTES["low"])
        if o.quantity == "un_agreement" and n < LEAST_VOTES:
            continue
        rows.append((o.quantity, o.index[0], o.index[1], first, last, o.value, n))
    return rows


def _from_panel(world: World, panel: Panel) -> list[Row]:
    """Votes of a pair once, and arms with nought between pairs that have any."""
    place = {number: i for i, number in enumerate(world.cow) if number and not world.market[i]}
    years = range(-(-world.start // 12), (world.end + 1) // 12)
    rows: list[Row] = []
    if "un_agreement" in panel.names:
        t = panel.table("un_agreement", ["client", "patron", "year", "agreement", "n"])
        t = t[t["client"].isin(place) & t["patron"].isin(place) & t["year"].isin(years)]
        t = t[(t["client"] < t["patron"]) & (t["n"] >= LEAST_VOTES)]
        for r in t.itertuples():
            first = int(r.year) * 12 + 8 - world.start
            pair = (place[int(r.client)], place[int(r.patron)])
            rows.append(("un_agreement", *pair, first, first + 3, float(r.agreement), float(r.n)))
    if "arms" in panel.names:
        t = panel.table("arms", ["client", "patron", "year", "tiv"])
        t = t[t["client"].isin(place) & t["patron"].isin(place) & t["year"].isin(years)]
        for (a, b), own in t.groupby(["client", "patron"]):
            given = dict(zip(own["year"], own["tiv"], strict=True))
            for year in years:
                first = year * 12 - world.start
                value = float(given.get(year, 0.0))
                rows.append(("arms", place[int(a)], place[int(b)], first, first + 11, value, 0))
    return rows


def _collect_votes(world: World, rows: list[Row]) -> Votes:
    own = [r for r in rows if r[0] == "un_agreement"]
    years = tuple(sorted({(world.start + r[3]) // 12 for r in own}))
    place = {year: k for k, year in enumerate(years)}
    n = np.array([r[6] for r in own], float)
    client, patron, first, last = _columns(own)
    return Votes(
        client,
        patron,
        first,
        last,
        np.array([place[(world.start + r[3]) // 12] for r in own], np.int64),
        n,
        n * np.array([r[5] for r in own], float),
        years,
    )


def _collect_arms(world: World, rows: list[Row]) -> Arms:
    own = [r for r in rows if r[0] == "arms"]
    client, patron, first, last = _columns(own)
    return Arms(client, patron, first, last, np.array([r[5] for r in own], float))


def _columns(rows: list[Row]) -> list[Any]:
    return [np.array([r[k] for r in rows], np.int64) for k in (1, 2, 3, 4)]


def read_choices(world: World) -> Choices:
    """Dated decisions of governments as choices by month, actor and target."""
    number = {row.name: k for k, row in enumerate(world.instruments)}
    acts = [
        (e.month - world.start, world.index(e.actor), world.index(e.target), number[e.type])
        for e in world.events
        if e.role == "decision" and e.type in number and e.actor != e.target
    ]
    acts = [a for a in acts if 0 <= a[0] < world.months and not world.market[a[1]]]
    actors = tuple(sorted({a[1] for a in acts}))
    kinds = tuple(sorted({a[3] for a in acts}))
    chosen = np.full((world.months, len(actors), len(world.codes)), -1, np.int64)
    crowded = 0
    for month, actor, target, kind in acts:
        at = (month, actors.index(actor), target)
        if chosen[at] >= 0:
            crowded += 1
        else:
            chosen[at] = kinds.index(kind)
    return Choices(actors, kinds, chosen, _find_open(world, actors), crowded)


def _find_open(world: World, actors: tuple[int, ...]) -> Floats:
    """Where both exist, and the target is another state."""
    from patronage.scenario import calendar

    present = calendar.find_present(world, world.start, world.months).astype(float)
    apart = (1 - np.eye(len(world.codes)))[list(actors)] * ~world.market
    return present[:, list(actors), None] * present[:, None, :] * apart[None]
