"""The runs that a ledger needs: the baseline and each branch once, and of each only what is asked.

All runs have the same months and record the same quantities, so they share one compiled program;
of what they record, only the cells that a check names are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage import months as clock
from patronage.history.claims_schema import MARKS, Claim, Effect, Model, Order, Place
from patronage.history.claims_series import Floats, Series, cell_of, of_months, unit_of
from patronage.history.claims_time import window_of
from patronage.scenario.world import World

if TYPE_CHECKING:
    from patronage.history.claims_file import Ledger
    from patronage.run.compile import Compiled
    from patronage.run.simulate import Chunk

BASELINE = ""
CHUNK = 64
"""Most members simulated together."""
AT_ONCE = 2
"""Chunks simulated side by side."""
MILLION, MONTHS = 1e6, 12.0
_LOGGED = {"endorse": "endorsed", "denounce": "denounced"}
Tick = Callable[[str], Any]


@dataclass(frozen=True)
class Needs:
    """What the checks ask of runs: series of each branch, and the last month of any."""

    series: dict[str, tuple[Place, ...]]
    last: int

    @property
    def quantities(self) -> tuple[str, ...]:
        """Names of results, in order."""
        names = {p.quantity for places in self.series.values() for p in places if p.quantity}
        return tuple(sorted(names))


@dataclass(frozen=True)
class Runs:
    """Series of each branch ('' for the baseline), members last; members that went wrong are out.

    failed: numbers of the members that went wrong in any run, left out of all of them.
    """

    series: dict[str, dict[Place, Series]]
    members: int
    seed: int
    last: str
    failed: tuple[int, ...]
    notes: tuple[str, ...] = ()


def needs_of(claims: Iterable[Claim], start: int) -> Needs:
    """What a ledger's checks ask of runs; a branch's effect also needs the baseline."""
    wanted: dict[str, dict[Place, None]] = {BASELINE: {}}
    last = start
    for claim in claims:
        for check in claim.checks:
            names = (BASELINE, check.branch) if isinstance(check, Effect) else (BASELINE,)
            for place, window in _series_of(check):
                last = max(last, window_of(window)[1])
                for name in names:
                    wanted.setdefault(name, {})[place] = None
    return Needs({k: tuple(v) for k, v in wanted.items() if v}, last)


def _series_of(check: Any) -> Iterator[tuple[Place, str]]:
    """Series and windows that a check asks of a run."""
    if isinstance(check, Order) and check.by == "model":
        yield from ((s.of, s.window) for s in check.steps if s.of and s.window)
    elif isinstance(check, Model | Effect):
        yield from _measured(check)
    for condition in getattr(check, "among", ()):
        yield from _measured(condition)


def _measured(check: Any) -> Iterator[tuple[Place, str]]:
    yield check.of, check.window
    if check.base is not None:
        yield check.of, check.base
    if check.versus is not None:
        yield check.versus, check.window


def branch_worlds(
    world: World, ledger: Ledger, names: Iterable[str]
) -> Iterator[tuple[str, World]]:
    """The world of each branch named.

    Errors: ScenarioError or Errors for what a branch may not say, with file and line.
    """
    from patronage.history.branch import apply

    for name in names:
        if name == BASELINE:
            yield name, world
        else:
            planned = ledger.branches[name]
            yield name, apply(world, planned.branch, planned.where, planned.date)


def check_branches(world: World, ledger: Ledger) -> None:
    """Check what a file alone cannot tell: whether every branch fits the world.

    Errors: ScenarioError or Errors, with file and line.
    """
    for _ in branch_worlds(world, ledger, ledger.branches):
        pass


def run(world: World, ledger: Ledger, members: int, seed: int, tick: Tick = lambda _: None) -> Runs:
    """Simulate what a ledger needs, and keep the series that its checks name.

    Parameters
    ----------
    tick: called with a word on what is being run.

    Errors: ScenarioError or Errors for branches that do not fit the world.
    """
    needs = needs_of(ledger.claims, world.start)
    if not needs.series:
        return Runs({}, members, seed, clock.format(world.end), ())
    longer = world.until(clock.format(needs.last))
    # all branches first: a fault in the last of them should not cost the runs of the others
    worlds = dict(branch_worlds(longer, ledger, needs.series))
    notes = [n for w in worlds.values() for n in w.notes[len(world.notes) :]]
    kept: dict[str, dict[Place, Floats]] = {}
    broken = np.zeros(members, bool)
    for name, changed in worlds.items():
        tick(name or "baseline")
        kept[name], wrong = _simulate(changed, needs, needs.series[name], members, seed)
        broken |= wrong
    units = {p: _unit(world, p) for places in needs.series.values() for p in places}
    series = {
        name: {p: of_months(world.start, v[:, ~broken], units[p][0]) for p, v in found.items()}
        for name, found in kept.items()
    }
    failed = tuple(int(m) for m in np.flatnonzero(broken))
    return Runs(series, members, seed, clock.format(needs.last), failed, tuple(notes))


def _simulate(
    world: World, needs: Needs, places: Collection[Place], members: int, seed: int
) -> tuple[dict[Place, Floats], np.ndarray]:
    """Series (month, member) of one world, and which members went wrong."""
    from patronage.run.compile import compile_world, first_state
    from patronage.run.record import to_simulate
    from patronage.run.simulate import build

    compiled = replace(compile_world(world), recorded=to_simulate(needs.quantities), every=1)
    width = -(-members // -(-members // CHUNK))  # chunks of one size, with little to spare
    state = first_state(world, width, compiled.params)
    program = build(compiled, state)

    def one(first: int) -> tuple[dict[Place, Floats], np.ndarray]:
        own = np.arange(first, first + width)
        _, chunk = program(state, own, seed)
        inside = own < members
        found = {p: _extract(world, compiled, chunk, p)[:, inside] for p in places}
        return found, chunk.broken[inside] >= 0

    # two chunks at once, as in an ensemble: a chunk keeps one core busy
    with ThreadPoolExecutor(AT_ONCE) as pool:
        parts = list(pool.map(one, range(0, members, width)))
    joined = {p: np.concatenate([found[p] for found, _ in parts], axis=1) for p in places}
    return joined, np.concatenate([broken for _, broken in parts])


def _extract(world: World, compiled: Compiled, chunk: Chunk, of: Place) -> Floats:
    """One series (month, member) of a chunk; flows per year."""
    if of.act is not None:
        return _count(world, compiled, chunk, of)
    array = chunk.recorded[str(of.quantity)][(slice(None), *cell_of(world, of))]
    return np.asarray(array, np.float64) * _unit(world, of)[1]


def _unit(world: World, of: Place) -> tuple[str, float]:
    """Unit of a run's series, and the factor that brings it there; flows count per year."""
    from patronage.run.record import describe

    if of.act is not None:
        return "count", 1.0
    unit = unit_of(world, of, describe(world, str(of.quantity))["units"])
    if unit.endswith("/ month"):
        return unit.replace("/ month", "/ year"), MONTHS
    # the engine counts money in millions
    return unit, MILLION if unit.startswith("US$") else 1.0


def _count(world: World, compiled: Compiled, chunk: Chunk, of: Place) -> Floats:
    """Whether an act took place (month, member), 1 or 0: chosen, or a bloc's answer."""
    actor = world.index(str(of.actor))
    target = slice(None) if of.target is None else world.index(of.target)
    name = str(of.act)
    hit = np.zeros((len(chunk.log["fall"]), len(chunk.broken)), bool)
    if name in ("exit", "fall"):
        return (chunk.log[name][:, actor].astype(float) > 0).astype(float)
    if name in MARKS:
        found = chunk.log[name.replace("-", "_")][:, target, actor] > 0
        return _any(found).astype(float)
    if actor in compiled.shape.choosers and "choice" in chunk.log:
        row = compiled.shape.choosers.index(actor)
        number = compiled.shape.instruments.index(name)
        hit |= _any(chunk.log["choice"][:, row, target] == number)
    if name in _LOGGED:
        hit |= _any(chunk.log[_LOGGED[name]][:, actor, target] > 0)
    return hit.astype(float)


def _any(found: np.ndarray) -> np.ndarray:
    """Over targets, where there is more than one: (month, member)."""
    return np.asarray(found.any(axis=1) if found.ndim == 3 else found)
