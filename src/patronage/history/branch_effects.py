"""What branches do to a world's arrays: series, switches, choices and parameters by month.

Every function leaves the months before the branch as they are, to the bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from patronage import months as clock
from patronage import units
from patronage.history.branch_changes import (
    Branch,
    Change,
    Forbid,
    Force,
    Instrument,
    Mechanism,
    Parameter,
    Series,
)
from patronage.scenario.catalogue import SYMMETRIC

if TYPE_CHECKING:
    from patronage.scenario.script import Event
    from patronage.scenario.world import World

Floats = NDArray[np.float64]
FOREVER = 10**6
"""A month number after all others."""


def span_of(change: Change, branch: Branch) -> tuple[int, int]:
    """First and last month number of a change."""
    since, until = getattr(change, "since", None), getattr(change, "until", None)
    first = branch.at if since is None else clock.parse(since)
    return first, FOREVER if until is None else clock.parse(until)


def list_changes(world: World) -> Iterator[tuple[Branch, Change]]:
    """Every change of every branch, first to last."""
    for branch in world.branches:
        for change in branch.changes:
            yield branch, change


def rows_of(world: World, change: Change, branch: Branch) -> slice:
    """Rows of month arrays in which a change holds."""
    first, last = span_of(change, branch)
    low = max(0, first - world.start)
    return slice(low, max(low, min(world.months, last + 1 - world.start)))


def course(
    change: Parameter | Series, branch: Branch, start: int, count: int
) -> tuple[Floats, Floats]:
    """Factor and shift by month: the changed value is the old one × factor + shift.

    A ramp moves by equal steps from the old value to the new one, which it reaches in its last
    month and keeps; anything else holds in its span alone.
    """
    first, last = span_of(change, branch)
    month = np.arange(start, start + count)
    if change.ramp:
        weight = np.clip((month - first + 1) / (last - first + 1), 0.0, 1.0)
    else:
        weight = ((month >= first) & (month <= last)).astype(float)
    if change.factor is not None:
        return 1 - weight + weight * change.factor, np.zeros(count)
    target = 0.0 if change.value is None else change.value
    return 1 - weight, weight * target


def cell_of(world: World, change: Series) -> tuple[slice | int, ...]:
    """Index of the cells that a change of a series names; all along what it does not name."""
    client, patron = change.pair.split("-") if change.pair else (change.state, None)
    given = {"state": client, "client": client, "patron": patron}
    index: list[slice | int] = []
    for dim in world.quantities[change.quantity].dims:
        word = change.commodity if dim == "commodity" else given[dim]
        if word is None:
            index.append(slice(None))
        else:
            place = world.commodities if dim == "commodity" else world.codes
            index.append(place.index(word))
    return tuple(index)


def convert(world: World, change: Series) -> Series:
    """The change with its value in the quantity's own unit.

    Errors: PatronageError for a unit that does not convert.
    """
    if change.unit is None or change.value is None:
        return change
    own = world.quantities[change.quantity].unit
    if change.commodity is not None:
        place = world.commodities.index(change.commodity)
        own = units.of_commodity(own, world.commodity_units[place])
    return change.model_copy(
        update={"value": float(units.convert(change.value, change.unit, own)), "unit": None}
    )


def edit_series(world: World, series: dict[str, Floats], branch: Branch) -> dict[str, Floats]:
    """Series after a branch; those that it does not name are the same objects."""
    edited = dict(series)
    for change in branch.changes:
        if not isinstance(change, Series):
            continue
        name = change.quantity
        factor, shift = course(convert(world, change), branch, world.start, world.months)
        rows = slice(rows_of(world, change, branch).start, None)
        index = cell_of(world, change)
        both = [index] if name not in SYMMETRIC else [index, index[::-1]]
        old = np.array(edited[name])
        new = old.copy()
        for cell in both:
            at = (rows, *cell)
            deep = (slice(None),) + (None,) * (old[at].ndim - 1)
            new[at] = old[at] * factor[rows][deep] + shift[rows][deep]
        if name in SYMMETRIC:
            # nobody rivals himself, also where a change names all
            each = np.arange(len(world.codes))
            new[:, each, each] = old[:, each, each]
        edited[name] = new
    return edited


def find_hidden(world: World, events: Sequence[Event]) -> frozenset[str]:
    """Ids of events whose instrument is off, or forbidden to their actor, in their month."""
    hidden = set()
    for event in events:
        off = False
        for branch, change in list_changes(world):
            first, last = span_of(change, branch)
            if not first <= event.month <= last:
                continue
            if isinstance(change, Instrument) and change.instrument == event.type:
                off = not change.switch
            elif isinstance(change, Forbid) and change.forbid == event.type:
                whom = change.target in (None, event.target)
                off = off or (change.actor == event.actor and whom)
        if off:
            hidden.add(event.id)
    return frozenset(hidden)


def find_choices(world: World) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """What may be chosen, 1 or 0 (month, actor, target, instrument), and what must be.

    The second (month, actor, target) is an instrument's number, −1 where the choice is free.
    """
    names = [i.name for i in world.instruments]
    states = len(world.codes)
    allowed = np.ones((world.months, states, states, len(names)), np.float32)
    forced = np.full((world.months, states, states), -1, np.int32)
    for branch, change in list_changes(world):
        rows = rows_of(world, change, branch)
        if isinstance(change, Instrument):
            allowed[rows, :, :, names.index(change.instrument)] = change.switch
        elif isinstance(change, Forbid):
            target = slice(None) if change.target is None else world.place[change.target]
            at = (rows, world.place[change.actor], target, names.index(change.forbid))
            allowed[at] = 0
        elif isinstance(change, Force):
            at = (rows, world.place[change.actor], world.place[change.target])
            forced[at] = names.index(change.force)
    return allowed, forced


def find_switches(
    world: World, names: Sequence[str], on: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Whether each mechanism of `names` is on (month, mechanism), 1 or 0; `on` without branches."""
    switches = np.repeat(on[None], world.months, axis=0)
    for branch, change in list_changes(world):
        if isinstance(change, Mechanism):
            rows = rows_of(world, change, branch)
            switches[rows, names.index(change.mechanism)] = change.switch
    return switches


def find_drift(world: World, names: Sequence[str]) -> NDArray[np.float32]:
    """Factor and shift of each parameter of `names` (month, 2, parameter)."""
    drift = np.zeros((world.months, 2, len(names)))
    drift[:, 0] = 1
    for branch, change in list_changes(world):
        if isinstance(change, Parameter):
            i = names.index(change.parameter)
            factor, shift = course(change, branch, world.start, world.months)
            drift[:, 0, i] *= factor
            drift[:, 1, i] = drift[:, 1, i] * factor + shift
    return drift.astype(np.float32)
