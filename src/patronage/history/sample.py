"""A run held in memory for checks: yearly means and dates by state code, per member."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patronage import months as clock
from patronage.model.step import NAMES
from patronage.run.compile import Compiled, compile_world, first_state
from patronage.run.simulate import Chunk, simulate
from patronage.scenario.world import World

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """Something switched or set for a whole run.

    off: mechanisms that are off; params: 'mechanism.name' -> value; unrivalled: pairs of states
    whose rivalry is nought; even_crops: crop yields held at 1; closed: (state, commodity) whose
    surplus for export is nought; since: month from which all but params hold.
    """

    name: str
    off: tuple[str, ...] = ()
    params: tuple[tuple[str, float], ...] = ()
    unrivalled: tuple[tuple[str, str], ...] = ()
    even_crops: bool = False
    closed: tuple[tuple[str, str], ...] = ()
    since: str | None = None


BASELINE = Change("baseline")


@dataclass(frozen=True)
class Sample:
    """Recorded arrays (month, dims…, member) of one run, addressed by codes and years."""

    world: World
    chunk: Chunk

    def axis(self, key: str) -> int:
        """Number of a state or commodity."""
        if key in self.world.place:
            return self.world.place[key]
        return self.world.commodities.index(key)

    def series(self, quantity: str, *keys: str) -> Values:
        """Monthly values (month, member)."""
        at = tuple(self.axis(k) for k in keys)
        return np.asarray(self.chunk.recorded[quantity][(slice(None), *at)], np.float64)

    def span(self, quantity: str, *keys: str, first: str, last: str) -> Values:
        """Mean over the months `first` … `last` (member,)."""
        rows = slice(self.month(first), self.month(last) + 1)
        return self.series(quantity, *keys)[rows].mean(axis=0)

    def year(self, quantity: str, year: int, *keys: str) -> Values:
        """Mean over a calendar year (member,)."""
        return self.span(quantity, *keys, first=f"{year}-01", last=f"{year}-12")

    def month(self, date: str) -> int:
        """Row of a month."""
        return clock.parse(date) - self.world.start

    def reaches(self, values: Values, level: Values | float, since: str) -> Values:
        """First row from `since` on at which values (month, member) reach a level; inf if never."""
        start = self.month(since)
        hit = values[start:] >= level
        first = np.argmax(hit, axis=0).astype(float) + start
        return np.where(hit.any(axis=0), first, np.inf)

    def log(self, name: str) -> NDArray[Any]:
        """An array of the event log (month, …, member)."""
        return self.chunk.log[name]


def changed(world: World, compiled: Compiled, change: Change) -> Compiled:
    """The compiled world with a change applied; arrays keep their shapes, so nothing recompiles."""
    months = compiled.months
    start = 0 if change.since is None else clock.parse(change.since) - world.start
    edit: dict[str, Any] = {}
    if change.off:
        switches = np.array(months.switches)
        switches[start:, [NAMES.index(name) for name in change.off]] = 0
        edit["switches"] = switches
    if change.unrivalled:
        rivalry = np.array(months.rivalry)
        for one, other in change.unrivalled:
            i, j = world.index(one), world.index(other)
            rivalry[start:, i, j] = rivalry[start:, j, i] = 0
        edit["rivalry"] = rivalry
    if change.even_crops or change.closed:
        crops = np.asarray(world.series["yield"], np.float32)[..., None]
        scale = np.where(crops > 0, 1 / np.maximum(crops, 1e-6), 1) if change.even_crops else 1.0
        scale = np.broadcast_to(np.float32(scale), np.shape(months.supply)).copy()
        scale[:start] = 1
        supply, capacity = np.array(months.supply) * scale, np.array(months.capacity) * scale
        for code, good in change.closed:
            at = (slice(start, None), world.index(code), world.commodities.index(good))
            supply[at] = np.minimum(supply[at], np.asarray(months.need)[at])
            capacity[at] = np.minimum(capacity[at], np.asarray(months.need)[at])
        edit |= {"supply": supply, "capacity": capacity}
    params = {m: dict(values) for m, values in compiled.params.items()}
    for key, value in change.params:
        mechanism, name = key.split(".", 1)
        params[mechanism][name] = np.float32(value)
    return replace(compiled, months=replace(months, **edit), params=params)


def draw(
    world: World,
    change: Change = BASELINE,
    *,
    members: int,
    seed: int,
    recorded: tuple[str, ...],
    compiled: Mapping[str, Compiled] | None = None,
) -> Sample:
    """Run a world with a change and keep what was recorded in memory."""
    base = compiled["base"] if compiled else replace(compile_world(world), recorded=recorded)
    ready = changed(world, base, change)
    state = first_state(world, members, ready.params)
    _, chunk = simulate(ready, state, np.arange(members), seed)
    return Sample(world, chunk)
