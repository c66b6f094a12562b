"""Dated events as arrays by month: what history imposes, and who may choose."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patronage import units
from patronage.errors import ScenarioError
from patronage.scenario import dates
from patronage.scenario.catalogue import Instrument
from patronage.scenario.cells import Cells
from patronage.scenario.schema import FACTIONS
from patronage.scenario.script import Event
from patronage.scenario.world import World

TRADE_ACTS = ("embargo", "blockade", "lift")
LEAST_INTENSITY, MOST_INTENSITY = 0.25, 3.0

Single = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Calendar:
    """Imposed history of a span of months, float32; what is between states, as its cells.

    An event acts in the month of its first day; what a state does to itself, only on its regime.
    """

    start: int
    """month number of the first row"""
    act_cells: Cells
    """[month, actor, target, instrument] sum of intensities"""
    goldstein_cells: Cells
    """[month, actor, target] sum of Goldstein weight × intensity"""
    scope_cells: Cells
    """[month, actor, target, commodity] 1 for goods an event names, or all where it names none"""
    regime_weight: Single
    """[month, state] how far new faction shares replace the old"""
    regime_shares: Single
    """[month, state, faction] new shares; 0 where the weight is 0"""
    may_choose: NDArray[np.bool_]
    """[month, state] whether a government chooses for itself"""
    applied: tuple[Event, ...]
    """the events that these arrays hold"""

    @property
    def acts(self) -> Single:
        """`act_cells` in full; of 170 states, 1.6 GB."""
        return self.act_cells.full

    @property
    def goldstein(self) -> Single:
        """`goldstein_cells` in full."""
        return self.goldstein_cells.full

    @property
    def scope(self) -> Single:
        """`scope_cells` in full."""
        return self.scope_cells.full

    def intensity(self, instrument: int) -> Single:
        """Intensity of one instrument [month, actor, target], by its number."""
        cells, kinds = self.act_cells, self.act_cells.shape[3]
        mine = cells.place % kinds == instrument
        place = cells.place[mine] // kinds
        return Cells(cells.shape[:3], cells.month[mine], place, cells.value[mine]).full


def measure_intensity(event: Event, instrument: Instrument | None) -> float:
    """Strength of an event: 1 at the instrument's reference, logarithmic, 0.25 … 3; times `scale`.

    1 where there is nothing to compare: no magnitude, no reference, or units of different kinds.
    """
    if instrument is None or event.magnitude is None or instrument.reference is None:
        return event.scale
    size = abs(event.magnitude)
    if event.unit and instrument.unit and event.unit != instrument.unit:
        if not units.same_kind(event.unit, instrument.unit):
            return event.scale
        size = units.convert(size, event.unit, instrument.unit)
    strength = math.log1p(size / instrument.reference) / math.log(2)
    return event.scale * min(max(strength, LEAST_INTENSITY), MOST_INTENSITY)


def find_free(world: World, first: int, count: int) -> NDArray[np.bool_]:
    """Which governments choose for themselves, [month, state]; a market never does.

    A `mode.until` comes before all else: history on everybody before it, on nobody from it on.
    """
    mode = world.mode
    month = np.arange(first, first + count)
    if mode.until is not None:
        free = np.repeat((month >= dates.parse(mode.until)[0])[:, None], len(world.codes), axis=1)
    elif mode.kind == "free":
        free = np.ones((count, len(world.codes)), dtype=bool)
    else:
        named = np.array([code in mode.free for code in world.codes])
        free = np.broadcast_to(named, (count, len(world.codes)))
    return free & ~world.market & find_present(world, first, count)


def find_present(world: World, first: int, count: int) -> NDArray[np.bool_]:
    """Which states exist, [month, state]."""
    month = np.arange(first, first + count)
    present = np.ones((count, len(world.codes)), dtype=bool)
    for i, state in enumerate(world.states):
        if state.exists:
            spans = [(dates.parse(s.start)[0], dates.parse(s.end)[0]) for s in state.exists]
            present[:, i] = np.any([(month >= a) & (month <= b) for a, b in spans], axis=0)
    return present


def build(world: World, first: int | None = None, count: int | None = None) -> Calendar:
    """The calendar of a world, or of `count` of its months from month number `first` on.

    A market's acts are imposed like anybody's, as long as history is imposed at all.

    Errors: ScenarioError where the span leaves the world's period.
    """
    first = world.start if first is None else first
    count = world.end - first + 1 if count is None else count
    if first < world.start or count < 1 or first + count - 1 > world.end:
        raise ScenarioError(
            f"no months {first} … {first + count - 1} in '{world.name}'",
            allowed=[f"{world.start} … {world.end}"],
        )
    states, goods = len(world.codes), len(world.commodities)
    place = {instrument.name: i for i, instrument in enumerate(world.instruments)}
    free = find_free(world, first, count)
    nobody_imposed = _nobody_imposed(world, first, count)
    acts: dict[tuple[int, ...], Any] = {}
    goldstein: dict[tuple[int, ...], Any] = {}
    scope: dict[tuple[int, ...], Any] = {}
    weight = np.zeros((count, states), dtype=np.float32)
    shares = np.zeros((count, states, FACTIONS), dtype=np.float32)
    applied = []
    for event in world.events:
        month = event.month - first
        if not 0 <= month < count or event.scale == 0 or event.id in world.hidden:
            continue
        actor, target = world.index(event.actor), world.index(event.target)
        chosen = free[month, actor] or nobody_imposed[month]
        if event.role != "exogenous" and (event.role != "decision" or chosen):
            continue
        applied.append(event)
        if event.shares is not None:
            _mix(weight[month], shares[month], target, event)
        if actor == target:
            continue
        at = (month, actor, target)
        instrument = world.instruments[place[event.type]] if event.type in place else None
        strength = measure_intensity(event, instrument)
        if instrument is not None:
            _add(acts, (*at, place[event.type]), strength)
        own = instrument.goldstein if instrument is not None else 0.0
        _add(goldstein, at, strength * (own if event.goldstein is None else event.goldstein))
        if event.type in TRADE_ACTS:
            _widen(scope, at, event, world.commodities)
    pairs = (count, states, states)
    return Calendar(
        first,
        Cells.collect(acts, (*pairs, len(place)), np.float32),
        Cells.collect(goldstein, pairs, np.float32),
        Cells.collect(scope, (*pairs, goods), np.float32),
        weight,
        shares,
        free,
        tuple(applied),
    )


def _add(cells: dict[tuple[int, ...], Any], at: tuple[int, ...], amount: float) -> None:
    """Add to a cell, in float32."""
    cells[at] = cells.get(at, np.float32(0)) + np.float32(amount)


def _widen(
    scope: dict[tuple[int, ...], Any],
    at: tuple[int, int, int],
    event: Event,
    goods: tuple[str, ...],
) -> None:
    """Put the goods that a trade act names, or all where it names none, under it."""
    part = np.float32(event.details.get("part", 1.0))
    for good, name in enumerate(goods):
        if name in event.goods or not event.goods:
            cell = (*at, good)
            scope[cell] = max(scope.get(cell, np.float32(0)), part)


def _nobody_imposed(world: World, first: int, count: int) -> NDArray[np.bool_]:
    """Months, [month], in which no decision of history is imposed, not even a market's."""
    month = np.arange(first, first + count)
    if world.mode.until is not None:
        return month >= dates.parse(world.mode.until)[0]
    return np.full(count, world.mode.kind == "free")


def _mix(weight: Single, shares: Single, state: int, event: Event) -> None:
    """Add an event's new shares to those of its month, [state] and [state, faction].

    Two in one month act one after the other: old × (1 − w₁)(1 − w₂) + s₁ w₁ (1 − w₂) + s₂ w₂.
    """
    new = np.zeros(FACTIONS)
    new[: len(event.shares or ())] = event.shares
    old = float(weight[state])
    total = 1 - (1 - old) * (1 - event.weight)
    if total == 0:
        return
    shares[state] = (shares[state] * old * (1 - event.weight) + new * event.weight) / total
    weight[state] = total
