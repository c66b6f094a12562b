"""Events after a branch: dropped, moved, rescaled, added, and the acts that a change forces."""

from __future__ import annotations

from dataclasses import replace

from patronage import months as clock
from patronage.errors import PatronageError, ScenarioError
from patronage.history.branch_changes import (
    Add,
    Branch,
    Change,
    Drop,
    Force,
    Move,
    NewEvent,
    Rescale,
)
from patronage.history.branch_effects import span_of
from patronage.history.branch_file import Where
from patronage.scenario import calendar, catalogue, rows, schema, table
from patronage.scenario.script import Event
from patronage.scenario.world import World


def edit_events(
    world: World, branch: Branch, where: Where, found: list[PatronageError]
) -> tuple[Event, ...]:
    """Events of a world after a branch, in the order of their months; faults go to `found`."""
    events = {e.id: e for e in world.events}
    for change, place in zip(branch.changes, where, strict=True):
        try:
            _edit(world, events, branch, change, place, found)
        except PatronageError as error:
            found.append(error)
    return tuple(sorted(events.values(), key=lambda e: e.month))


def _edit(
    world: World,
    events: dict[str, Event],
    branch: Branch,
    change: Change,
    where: str,
    found: list[PatronageError],
) -> None:
    match change:
        case Drop():
            del events[_find(events, change.drop, branch, where).id]
        case Rescale():
            event = _find(events, change.rescale, branch, where)
            weight = min(1.0, event.weight * change.factor)
            scaled = replace(event, scale=event.scale * change.factor, weight=weight)
            events[event.id] = scaled
        case Move():
            event = _find(events, change.move, branch, where)
            month = _month(world, branch, change.to, where)
            end = None if event.end is None else event.end + month - event.month
            events[event.id] = replace(event, month=month, end=end, date=change.to)
        case Add():
            event = _read(world, events, change.add, where, found)
            _month(world, branch, change.add.date, where)
            if event is not None:
                events[event.id] = event
        case Force():
            for event in _acts(world, branch, change, where, found):
                events[event.id] = event


def _find(events: dict[str, Event], name: str, branch: Branch, where: str) -> Event:
    if name not in events:
        raise ScenarioError(f"no event '{name}'", where=where, allowed=events, got=name)
    event = events[name]
    if event.month < branch.at:
        raise ScenarioError(
            f"event {name} ({event.date}) is before the branch",
            where=where,
            allowed=[f"events from {branch.date} on"],
        )
    return event


def _month(world: World, branch: Branch, date: str, where: str) -> int:
    month = clock.parse(date, where)
    if not branch.at <= month <= world.end:
        raise ScenarioError(
            f"{date} is outside the branch",
            where=where,
            allowed=[f"{branch.date} … {clock.format(world.end)}"],
        )
    return month


def _read(
    world: World,
    events: dict[str, Event],
    new: NewEvent,
    where: str,
    found: list[PatronageError],
) -> Event | None:
    """An event as a row of the table would give it."""
    cells = dict.fromkeys(schema.COLUMNS["events"], "")
    for key, value in new.model_dump().items():
        cells[key] = "" if value is None else str(value)
    cells["precision"] = "day" if new.date.count("-") == 2 else "month"
    if new.id in events:
        found.append(ScenarioError(f"there is an event '{new.id}' already", where=where))
    reader = rows.Reader(
        catalogue=catalogue.read(),
        codes=world.codes,
        commodities=dict(zip(world.commodities, world.commodity_units, strict=True)),
        factions={s.code: len(s.factions) for s in world.states},
        references=world.references,
        found=found,
    )
    read = rows.read_events([table.Line(where, cells.items())], reader)
    return read[0] if read else None


def _acts(
    world: World, branch: Branch, change: Force, where: str, found: list[PatronageError]
) -> list[Event]:
    """The acts forced on a government that never chooses: events, one a month.

    A government that chooses in some months is forced in its choice (`find_choices`).
    """
    if not {change.actor, change.target} <= set(world.codes):
        return []  # said by the check of names
    free = calendar.find_free(world, world.start, world.months)
    if free[:, world.place[change.actor]].any():
        return []
    first, last = span_of(change, branch)
    made = []
    for month in range(max(first, branch.at), min(last, world.end) + 1):
        date = clock.format(month)
        name = f"{change.force} {change.actor} {change.target} {date}"
        new = NewEvent(
            id=name, date=date, actor=change.actor, target=change.target, type=change.force
        )
        event = _read(world, {}, new, where, found)
        made += [] if event is None else [event]
    return made
