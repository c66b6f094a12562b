"""An ensemble: what is run, planned before it is run, and its results in memory or in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage import months as clock
from patronage.errors import RunError
from patronage.run import quantiles
from patronage.run import record as recording
from patronage.run.chunks import Engine, choose_width, run_here
from patronage.run.native import choose_engine
from patronage.run.store import Store, make_manifest

if TYPE_CHECKING:
    import pandas as pd

    from patronage.fit.posterior import Posterior
    from patronage.run.results import Results
    from patronage.scenario.world import World

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
    posterior: Posterior | None = None
    engine: str = "xla"

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
            engine=self.engine,
            quantities=self.quantities,
            scenario=w.name,
            title=w.title,
            period=[clock.format(w.start), clock.format(w.end)],
            every=w.record.every,
            quantiles=w.record.quantiles,
            events=w.record.events,
            mode=w.mode.model_dump(),
            mechanisms=dict(w.mechanisms),
            factions=dict(zip(w.codes, map(list, w.faction_names), strict=True)),
            branches=[branch.to_dict() for branch in w.branches],
            posterior=None if self.posterior is None else self.posterior.digest,
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
        cluster: str | None = None,
    ) -> Results:
        """Run it, in memory, or into a folder with bounded memory; see `run`."""
        if out is None:
            for word, asked in (("resume", resume), ("cluster", cluster)):
                if asked:
                    raise RunError(f"{word} needs a folder for the results", where="out=None")
            return _in_memory(self, progress)
        if cluster is not None:  # before anything is removed
            from patronage.run.cluster import check_cluster

            check_cluster(cluster)
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
            _into_store(self, store, progress or _quiet, cluster)
            results = store.results()
            if w.record.quantiles:
                quantiles.write(results, w.record.quantiles)
            return results


def plan(
    world: World | str | Path,
    members: int | None = None,
    seed: int | None = None,
    until: str | None = None,
    chunk: int | None = None,
    record: Iterable[str] | str | None = None,
    every: int | str | None = None,
    quantiles: Sequence[float] | None = None,
    events: bool | None = None,
    posterior: Posterior | str | Path | None = None,
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
        ("chunk", 1 if chunk is None else chunk, 1, 1_000_000),
    ):
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
            span = [f"{least} … {most}"]
            raise RunError(f"{number!r} is no whole number", where=name, allowed=span)
        if not least <= number <= most:
            raise RunError(f"{number} is out of range", where=name, allowed=[f"{least} … {most}"])
    names = recording.choose_quantities(world, record)
    given = {"every": every, "quantiles": quantiles, "events": events}
    world = replace(world, record=recording.choose_spans(world.record, given))
    recording.coordinates(world, world.record.every)  # refuses spans that do not fit
    engine = choose_engine()
    members, seed = int(members), int(seed)
    chunk = choose_width(world, names, members, engine) if chunk is None else chunk
    if isinstance(posterior, (str, Path)):
        from patronage.fit.posterior import read_posterior

        posterior = read_posterior(posterior)
    if posterior is not None:
        posterior.check(world)
    return Ensemble(world, members, seed, chunk, names, until, posterior, engine)


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
    every: int | str | None = None,
    quantiles: Sequence[float] | None = None,
    events: bool | None = None,
    cluster: str | None = None,
    posterior: Posterior | str | Path | None = None,
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
    every: months per record, or `month` or `year`: means, of crises the worst; the scenario's.
    quantiles: levels, 0 to 1, of quantiles over members to keep in `out`; the scenario's.
    events: whether to keep the event log; the scenario's.
    cluster: `local`, `tcp://…` or `slurm:FILE`, to run chunks as tasks of Dask (docs/running.md).
    posterior: from `fit`, or its file: each member has one of its draws of the parameters.

    Errors: ScenarioError for the scenario, RunError for arguments and for the folder.

    >>> run("tiny", members=4, until="1950-02").data["support"].dims       # doctest: +SKIP
    ('member', 'month', 'state')
    """
    ensemble = plan(world, members, seed, until, chunk, record, every, quantiles, events, posterior)
    return ensemble.run(out, resume=resume, overwrite=overwrite, progress=progress, cluster=cluster)


def _quiet(what: str, done: int, total: int) -> None:
    pass


def _into_store(ensemble: Ensemble, store: Store, progress: Progress, cluster: str | None) -> None:
    def work(engine: Engine, k: int) -> dict[str, Any]:
        done = engine.run(k)
        return store.put_chunk(k, done.arrays, done.log, done.failed)

    if cluster is None:
        lines = run_here(ensemble, store.pending(), work, progress)
    else:
        from patronage.run.cluster import run_there

        lines = run_there(ensemble, store.pending(), store.path, cluster, progress)
    for _, line in lines:
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

    def work(engine: Engine, k: int) -> tuple[pd.DataFrame | None, dict[int, str]]:
        done, span = engine.run(k), ensemble.span(k)
        for name, array in done.arrays.items():
            recording.fill(whole[name][span.start : span.stop], array)
        return done.log, done.failed

    chunks = list(range(ensemble.chunks))
    for k, (log, broken) in run_here(ensemble, chunks, work, progress or _quiet):
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
