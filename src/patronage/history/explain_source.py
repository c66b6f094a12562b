"""What is to be explained: the world of a scenario or of a finished run, a cell, two windows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage.errors import PatronageError, RunError
from patronage.scenario import dates

if TYPE_CHECKING:
    from patronage.scenario.world import World

MEMBERS = 64
"""Members where nobody asks for another number."""
Window = tuple[int, int]
"""First and last month number."""


@dataclass(frozen=True)
class Source:
    """A world with the members and the seed that it is run with; the folder, if it was run."""

    world: World
    members: int
    seed: int
    folder: Path | None = None


def find_source(
    run: Any, members: int | None, seed: int | None, scenario: str | Path | None = None
) -> Source:
    """The world of a scenario's name or path, of a world, of results, or of a results folder.

    Errors: RunError where a run cannot be made again: its scenario has changed or is not at hand.
    """
    from patronage.run.manifest import MANIFEST
    from patronage.run.results import Results
    from patronage.scenario.load import load
    from patronage.scenario.world import World

    if isinstance(run, World):
        return Source(run, members or MEMBERS, run.seed if seed is None else seed)
    folder = None
    if isinstance(run, Results):
        manifest, folder = run.manifest, run.path
    elif (Path(run) / MANIFEST).is_file():
        from patronage.run.manifest import read_manifest

        folder = Path(run)
        manifest = read_manifest(folder)
    else:
        world = load(run)
        return Source(world, members or MEMBERS, world.seed if seed is None else seed)
    world = rebuild(manifest, scenario)
    most = int(manifest["members"])
    if members is not None and members > most:
        raise RunError(f"the run has {most} members", where="members", allowed=[f"1 … {most}"])
    if seed is not None and seed != int(manifest["seed"]):
        raise RunError("another seed is another run", where="seed", allowed=[str(manifest["seed"])])
    return Source(world, members or min(most, MEMBERS), int(manifest["seed"]), folder)


def rebuild(manifest: dict[str, Any], scenario: str | Path | None = None) -> World:
    """The world that a run was made of, branches and all.

    scenario: where it is; found by its name where shipped.
    Errors: RunError where it has changed since.
    """
    from patronage.history.branch import apply
    from patronage.history.branch_file import Call, parse
    from patronage.scenario.load import load

    name = str(scenario or manifest.get("scenario"))
    try:
        world = load(name)
    except PatronageError as error:
        raise RunError(
            f"the scenario of the run is not at hand: {error.what}",
            where=name,
            allowed=["--scenario FOLDER"],
        ) from None
    if world.hash != manifest.get("scenario_hash"):
        raise RunError("the scenario has changed since this run; run it again", where=name)
    ran = manifest.get("parameters", {})
    for key, value in ran.items():
        if key not in world.parameters or not np.isclose(world.parameters[key].value, value):
            raise RunError("the run has another value than the scenario", where=key)
    world = world.until(str(manifest["period"][1]))
    for entry in manifest.get("branches", []):
        if entry["changes"]:
            branch, where = parse(entry, Call("manifest"))
            world = apply(world, branch, where)
    return world


def find_cell(world: World, quantity: str, labels: dict[str, Any]) -> tuple[int, ...]:
    """Index of one cell of a quantity.

    labels: dimension → label; those that are None count as not given.
    Errors: RunError for an unknown quantity or label, and for a dimension too few or too many.
    """
    from patronage.model.observe import DIMS

    if quantity not in DIMS:
        raise RunError("not a result", where=quantity, allowed=DIMS, got=quantity)
    given = {dim: str(label) for dim, label in labels.items() if label is not None}
    dims = DIMS[quantity]
    for dim in given:
        if dim not in dims:
            raise RunError(f"has no {dim}", where=quantity, allowed=dims)
    index = []
    for dim in dims:
        if dim not in given:
            raise RunError(f"of which {dim}?", where=quantity, allowed=_labels(world, dim, index))
        known = _labels(world, dim, index)
        if given[dim] not in known:
            raise RunError(f"no such {dim}", where=given[dim], allowed=known, got=given[dim])
        index.append(known.index(given[dim]))
    if dims == ("client", "patron") and index[0] == index[1]:
        raise RunError(f"{quantity} of {given['client']} with itself", where=quantity)
    return tuple(index)


def _labels(world: World, dim: str, before: list[int]) -> list[str]:
    if dim == "commodity":
        return list(world.commodities)
    if dim == "faction":
        return list(world.faction_names[before[0]])
    return list(world.codes)


def read_window(text: str, where: str = "when") -> Window:
    """First and last month of `1960`, `1960-01`, `1960:1964` or `1960-01:1961-06`.

    >>> [n % 12 for n in read_window("1960-03:1961")]
    [2, 11]
    """
    first, sign, last = str(text).partition(":")
    start = dates.parse(first.strip(), where)[0]
    end = dates.parse((last if sign else first).strip(), where)[1]
    if end < start:
        raise RunError(f"the window {text} ends before it starts", where=where)
    return start, end


def read_windows(when: str | None, start: str | None, end: str | None) -> tuple[Window, Window]:
    """The two windows of `when` (`FROM:TO`, a month or a year each), or of `start` and `end`.

    Errors: RunError where there is none, or where they overlap.
    """
    if when is not None:
        if start is not None or end is not None:
            raise RunError("dates are given twice", where="when", allowed=["when", "start and end"])
        start, sign, end = when.partition(":")
        if not sign:
            raise RunError(
                f"'{when}' is not of this form", where="when", allowed=["1960-01:1970-12"]
            )
    if not start or not end:
        forms = ["when='1960-01:1970-12'", "start and end"]
        raise RunError("between which dates?", where="when", allowed=forms)
    first, second = read_window(start, "from"), read_window(end, "to")
    if second[0] <= first[1]:
        raise RunError(f"{end} does not come after {start}", where="when")
    return first, second


def check_inside(world: World, windows: tuple[Window, ...]) -> None:
    """Errors: RunError for a window that leaves the world's period."""
    from patronage import months as clock

    for first, last in windows:
        if first < world.start or last > world.end:
            raise RunError(
                f"{clock.format(first)} … {clock.format(last)} leaves the period of '{world.name}'",
                where="when",
                allowed=[f"{clock.format(world.start)} … {clock.format(world.end)}"],
            )
