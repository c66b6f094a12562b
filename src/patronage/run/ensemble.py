"""An ensemble: members in chunks of one width, each chunk one call of one compiled program.

A chunk always has its full width; what a last chunk has too much is computed and dropped. So the
program is compiled once whatever the number of members, and a member's numbers are the same, to the
last bit, in ensembles of any size. Two chunks run side by side in threads on the same compiled
program: measured against two devices and against processes, no slower, and compiled only once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage import months as clock
from patronage.errors import RunError
from patronage.run import record as recording
from patronage.run.store import Store, make_manifest

if TYPE_CHECKING:
    import pandas as pd

    from patronage.run.results import Results
    from patronage.scenario.world import World

CHUNK = 64
"""Members per chunk where nobody asks for another number: wide enough for vector arithmetic, small
enough that the world's arrays stay in the processor's cache."""
_CHUNK_BYTES = 400_000_000  # a wide world has fewer members per chunk
_AT_ONCE_BYTES = 1_600_000_000  # recorded quantities of all chunks in flight

#: called with what is being done, how many members are done, and how many there are
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Ensemble:
    """What is to be run, before it is run: see `plan`."""

    world: World
    members: int
    seed: int
    chunk: int
    quantities: tuple[str, ...]
    until: str | None

    @property
    def bytes(self) -> int:
        """Size of all recorded quantities, before compression."""
        every = self.world.record.every
        return self.members * recording.bytes_per_member(self.world, self.quantities, every)

    @property
    def chunks(self) -> int:
        """Number of chunks."""
        return -(-self.members // self.chunk)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What is run, with what."""
        w = self.world
        return make_manifest(
            scenario_hash=w.hash,
            parameters={key: p.value for key, p in w.parameters.items()},
            seed=self.seed,
            members=self.members,
            chunk=self.chunk,
            quantities=self.quantities,
            scenario=w.name,
            title=w.title,
            period=[clock.format(w.start), clock.format(w.end)],
            every=w.record.every,
            mode=w.mode.model_dump(),
            mechanisms=dict(w.mechanisms),
            branches=[branch.to_dict() for branch in w.branches],
        )

    def span(self, k: int) -> range:
        """Members of chunk `k`."""
        return range(k * self.chunk, min((k + 1) * self.chunk, self.members))

    def run(
        self,
        out: str | Path | None = None,
        *,
        resume: bool = False,
        overwrite: bool = False,
        progress: Progress | None = None,
    ) -> Results:
        """Run it, in memory, or into a folder with bounded memory; see `run`."""
        if out is None:
            if resume:
                raise RunError(
                    "only a run in a folder can be resumed", where="resume=True, out=None"
                )
            return _in_memory(self, progress)
        w = self.world
        if resume:
            store = Store.resume(out, self.manifest)
        else:
            store = Store.create(
                out,
                recording.coordinates(w, w.record.every),
                recording.variables(w, self.quantities),
                members=self.members,
                chunk=self.chunk,
                manifest=self.manifest,
                overwrite=overwrite,
            )
        with store:
            _into_store(self, store, progress)
            return store.results()


def plan(
    world: World | str | Path,
    members: int | None = None,
    seed: int | None = None,
    until: str | None = None,
    chunk: int | None = None,
    record: Iterable[str] | str | None = None,
) -> Ensemble:
    """What a run would do and how large it would be, without running it; arguments as in `run`.

    Errors: RunError for a number out of range or an unknown quantity; ScenarioError for the world.
    """
    if isinstance(world, (str, Path)):
        from patronage.scenario.load import load

        world = load(world)
    if until is not None:
        world = world.until(until)
    members = world.members if members is None else members
    seed = world.seed if seed is None else seed
    for name, number, least, most in (
        ("members", members, 1, 10_000_000),
        ("seed", seed, 0, 2**32 - 1),
        ("chunk", CHUNK if chunk is None else chunk, 1, 1_000_000),
    ):
        if not least <= number <= most:
            raise RunError(f"{number} is out of range", where=name, allowed=[f"{least} … {most}"])
    names = recording.choose_quantities(world, record)
    each = max(1, recording.bytes_per_member(world, names, world.record.every))
    if chunk is None:
        chunk = CHUNK
        while chunk > 1 and chunk * each > _CHUNK_BYTES:
            chunk //= 2
    return Ensemble(world, members, seed, chunk, names, until)


def run(
    world: World | str | Path,
    members: int | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    until: str | None = None,
    chunk: int | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    record: Iterable[str] | str | None = None,
    overwrite: bool = False,
) -> Results:
    """Simulate an ensemble of a world.

    Returns quantities (member, month, …) in float32, flows per month; the event log; the manifest.
    The same scenario, seed and chunk give the same numbers. A member whose numbers stop being
    finite is recorded in the manifest and left out; the others go on.

    Parameters
    ----------
    world: from `load`, or a scenario's name or path.
    members, seed: the scenario's where not given.
    out: a folder for the results, which are then read back from it when used; None keeps them in
        memory.
    until: last month to run, as `1962-12`.
    chunk: members simulated together.
    resume: go on with an interrupted run in `out`.
    progress: called with what is being done, members done, and members in all.
    record: quantities to record, or `all`; the scenario's, or else a default set, if not given.
    overwrite: whether an earlier run in `out` is removed first.

    Errors: ScenarioError for the scenario, RunError for arguments and for the folder.

    >>> run("tiny", members=4, until="1950-02").data["support"].dims       # doctest: +SKIP
    ('member', 'month', 'state')
    """
    ensemble = plan(world, members, seed, until, chunk, record)
    return ensemble.run(out, resume=resume, overwrite=overwrite, progress=progress)


@dataclass(frozen=True)
class _Done:
    """One finished chunk: quantities, events, and why members failed."""

    arrays: dict[str, np.ndarray]
    log: pd.DataFrame | None
    failed: dict[int, str]


class _Engine:
    """The compiled program of an ensemble."""

    def __init__(self, ensemble: Ensemble) -> None:
        from patronage.run import cache, simulate
        from patronage.run.compile import compile_world, first_state
        from patronage.scenario import calendar

        cache.use_cache()
        self.ensemble = ensemble
        world = ensemble.world
        names = recording.to_simulate(ensemble.quantities)
        self.compiled = replace(compile_world(world), recorded=names)
        self.dates = calendar.build(world)
        self.start = first_state(world, ensemble.chunk, self.compiled.params)
        self.program = simulate.build(self.compiled, self.start, logged=world.record.events)

    def run(self, k: int) -> _Done:
        """Simulate chunk `k`."""
        e, span = self.ensemble, self.ensemble.span(k)
        numbers = np.arange(span.start, span.start + e.chunk)
        _, chunk = self.program(self.start, numbers, e.seed)
        broken = recording.find_broken(chunk, e.world.start, e.world.record.every)[: len(span)]
        failed = {
            span[i]: f"not finite from {clock.format(int(broken[i]))} on "
            f"(random key: seed {e.seed}, member {span[i]})"
            for i in np.flatnonzero(broken >= 0)
        }
        log = self._decode(k, chunk.log, span) if e.world.record.events else None
        arrays = recording.pack(chunk, e.quantities, len(span))
        for array in arrays.values() if failed else ():
            array[broken >= 0] = np.nan
        if log is not None and failed:
            log = log[~log["member"].isin(list(failed))].reset_index(drop=True)
        return _Done(arrays, log, failed)

    def _decode(self, k: int, log: dict[str, np.ndarray], span: range) -> pd.DataFrame:
        from patronage.run import eventlog

        world, shape = self.ensemble.world, self.compiled.shape
        cast = eventlog.Cast(world.start, world.codes, shape.choosers, shape.instruments)
        mine = {name: array[..., : len(span)] for name, array in log.items()}
        demands = None
        if "demand" in shape.instruments:
            demands = self.dates.acts[..., shape.instruments.index("demand")]
        own = eventlog.decode(mine, np.asarray(span), cast, demands)
        if k > 0:
            return own
        return eventlog.join([eventlog.list_imposed(world, self.dates), own])


def _run_chunks(
    ensemble: Ensemble, pending: list[int], work: Callable[[_Engine, int], Any], tell: Progress
) -> Iterator[tuple[int, Any]]:
    """What `work` makes of each pending chunk, as they finish."""
    done = ensemble.members - sum(len(ensemble.span(k)) for k in pending)
    if not pending:
        return
    tell("compiling", done, ensemble.members)
    engine = _Engine(ensemble)
    tell("running", done, ensemble.members)
    each = ensemble.chunk * ensemble.bytes // ensemble.members
    threads = min(_cores(), len(pending), max(1, int(_AT_ONCE_BYTES // max(1, each))))
    stop = threading.Event()

    def one(k: int) -> Any:
        return None if stop.is_set() else work(engine, k)

    pool = ThreadPoolExecutor(threads)
    try:
        waiting: dict[Future[Any], int] = {pool.submit(one, k): k for k in pending}
        while waiting:
            finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in sorted(finished, key=waiting.__getitem__):
                k = waiting.pop(future)
                yield k, future.result()
                done += len(ensemble.span(k))
                tell("running", done, ensemble.members)
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1


def _quiet(what: str, done: int, total: int) -> None:
    pass


def _into_store(ensemble: Ensemble, store: Store, progress: Progress | None) -> None:
    def work(engine: _Engine, k: int) -> dict[str, Any]:
        done = engine.run(k)
        return store.put_chunk(k, done.arrays, done.log, done.failed)

    for _, line in _run_chunks(ensemble, store.pending(), work, progress or _quiet):
        store.finish(line)


def _in_memory(ensemble: Ensemble, progress: Progress | None) -> Results:
    import xarray as xr

    from patronage.run import eventlog
    from patronage.run.results import Results

    w, members = ensemble.world, ensemble.members
    coords = {"member": np.arange(members), **recording.coordinates(w, w.record.every)}
    declared = recording.variables(w, ensemble.quantities)
    whole = {
        name: np.empty([len(coords[d]) for d in dims], np.float32)
        for name, (dims, _, _) in declared.items()
    }
    failed: dict[int, str] = {}
    logs: dict[int, pd.DataFrame] = {}

    def work(engine: _Engine, k: int) -> tuple[pd.DataFrame | None, dict[int, str]]:
        done, span = engine.run(k), ensemble.span(k)
        for name, array in done.arrays.items():
            whole[name][span.start : span.stop] = array
        return done.log, done.failed

    chunks = list(range(ensemble.chunks))
    for k, (log, broken) in _run_chunks(ensemble, chunks, work, progress or _quiet):
        failed |= broken
        if log is not None:
            logs[k] = log
    used = {d for dims, _, _ in declared.values() for d in dims} | {"member", "month"}
    data = xr.Dataset(
        {name: (dims, whole[name], attrs) for name, (dims, _, attrs) in declared.items()},
        coords={name: labels for name, labels in coords.items() if name in used or len(labels)},
        attrs={"title": w.title},
    )
    if failed:
        data = data.drop_sel(member=sorted(failed))
    log = eventlog.join([logs[k] for k in sorted(logs)])
    manifest = {**ensemble.manifest, "failed": {str(m): why for m, why in failed.items()}}
    return Results(data, log, manifest)
