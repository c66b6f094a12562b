"""What if: a world in which something is different from a month on.

Before that month the branch is its baseline to the bit. After it, what the change does not touch
sees the same random numbers, because their keys hang on seed, member, name and month alone. So the
difference of the two runs, member by member, is what the change did.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from patronage import months as clock
from patronage.errors import Errors, PatronageError, ScenarioError
from patronage.history import branch_check, branch_effects, branch_file, branch_shipped
from patronage.history.branch_changes import Branch, Drop, Move, Rescale
from patronage.history.branch_events import edit_events
from patronage.history.branch_file import Where
from patronage.history.branch_words import read_call
from patronage.scenario.world import World

__all__ = ["Branch", "apply", "branch"]


def branch(
    world: World | str | Path,
    at: str | None = None,
    *,
    file: str | Path | None = None,
    name: str = "",
    **changes: Any,
) -> World:
    """A world in which something is different from the month `at` on.

    Parameters
    ----------
    world: from `load`, or a scenario's name or path; it stays as it is.
    at: first month that may differ, `YYYY-MM`; not needed with `file` alone.
    file: a branch file, or the name of one that comes with the scenario; its changes come first.
    name: what to call it.
    changes: what is different; several may be given, and apply in the order given.
        drop: id of an event, or a list. move: id → new date. rescale: id → factor on the intensity.
        add: an event as a mapping of its columns, or a list of such.
        parameter: `mechanism.name` → number. series: quantity → number, or cell → number.
        mechanism: name → False or True; also a quantity as in `series`.
        instrument: name → False (nobody chooses it, history does not impose it) or True.
        force, forbid: (actor, target, instrument, since, until), or a list of such.
        changes: a list of changes as in a branch file.
        In place of a number: a mapping of `value` or `factor`, `ramp`, `since`, `until`.

    Errors: ScenarioError or Errors for unknown names, months outside, and values out of range.

    >>> from patronage.scenario.load import load
    >>> dry = branch(load("tiny"), "1951-01", series={"yield": {"CYL-grain": 0.5}}, drop="T05")
    >>> print(dry.branches[0])
    from 1951-01: quantity yield, state CYL, commodity grain, value 0.5; drop T05
    """
    if not isinstance(world, World):
        from patronage.scenario.load import load

        world = load(world)
    if file is not None:
        read, where, date = branch_file.read(branch_shipped.find(file, world.folder))
        world = apply(world, replace(read, name=name or read.name), where, date)
    if file is not None and all(given is None for given in changes.values()):
        return world
    if at is None:
        raise ScenarioError("a branch without a date", where="branch", allowed=["at='1960-01'"])
    place = f"branch('{at}')"
    listed = read_call(world, changes)
    if not listed:
        # nothing changed is a branch too: it must equal its baseline
        return apply(world, Branch(clock.parse(at, place), (), name), (), place)
    body = {"at": at, "name": name, "changes": listed}
    new, where = branch_file.parse(body, branch_file.Call(place))
    return apply(world, new, where, place)


def apply(
    world: World, branch: Branch, where: Where | None = None, date: str = "branch.at"
) -> World:
    """The world after a branch.

    where: the place of each change, and `date` that of its date, for errors.
    Errors: ScenarioError, or Errors where there are several faults.
    """
    if where is None:
        where = tuple(f"branch.changes[{i}]" for i in range(len(branch.changes)))
    branch_check.check_date(world, branch, date)
    found: list[PatronageError] = []
    branch_check.check(world, branch, where, found)
    if found:
        raise Errors(found) if len(found) > 1 else found[0]
    events = edit_events(world, branch, where, found)
    if found:
        raise Errors(found) if len(found) > 1 else found[0]
    series = branch_effects.edit_series(world, world.series, branch)
    notes = (*world.notes, *_list_idle(world, branch, where))
    edited = replace(
        world, events=events, series=series, branches=(*world.branches, branch), notes=notes
    )
    return replace(edited, hidden=branch_effects.find_hidden(edited, events))


def _list_idle(world: World, branch: Branch, where: Where) -> list[str]:
    """Remarks on changes of events that no run imposes."""
    from patronage.scenario import calendar

    imposed = {e.id for e in calendar.build(world).applied}
    notes = []
    for change, place in zip(branch.changes, where, strict=True):
        if not isinstance(change, Drop | Move | Rescale):
            continue
        name = next(getattr(change, k) for k in ("drop", "move", "rescale") if hasattr(change, k))
        event = next(e for e in world.events if e.id == name)
        if name not in imposed:
            notes.append(
                f"{place}: event {name} ({event.role}) is not imposed: the change has no effect"
            )
    return notes
