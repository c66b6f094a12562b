"""An ensemble on a cluster: chunks as tasks of Dask, each worker writing its own regions.

The process that holds the results folder hands out chunks and counts those that are finished; it
alone writes the manifest. Workers need the same versions of everything, and must see the folder
under the same path. A chunk whose worker is lost is run again by another. As a chunk is the same
program on the same numbers wherever it runs, the results are those of a run on one machine, to the
bit between processors of one kind.

| cluster | what starts |
|---|---|
| `local` | one process for each processor of this machine |
| `tcp://host:port` | nothing: a scheduler that runs already |
| `slurm:FILE` | jobs of SLURM; FILE holds, in YAML, `jobs` and the options of dask-jobqueue |
"""

from __future__ import annotations

import contextlib
import inspect
import logging
import platform
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patronage.errors import RunError
from patronage.run.chunks import Engine, count_cores
from patronage.run.store import Store

if TYPE_CHECKING:
    from dask_jobqueue.slurm import SLURMCluster
    from distributed import Client

    from patronage.run.ensemble import Ensemble, Progress

FORMS = ("local", "tcp://HOST:PORT", "tls://HOST:PORT", "slurm:FILE")
TRIES = 3
"""How often a chunk is tried again after its worker was lost, or failed."""
_PATIENCE = 30  # seconds to wait for a scheduler
_NEEDED = ("cores", "memory", "jobs")
# what dask-jobqueue's classes take that is not for people
_OWN = {"self", "args", "kwargs", "job_kwargs", "scheduler", "job_cls", "n_workers", "name"}


class Crew:
    """What every worker of a run carries: the plan, and the program once it is compiled.

    Dask gives it to workers that join later, too.
    """

    def __init__(self, ensemble: Ensemble, folder: Path) -> None:
        # a name of its own, as a scheduler may serve several runs
        self.name = f"patronage-{secrets.token_hex(8)}"
        self.ensemble, self.folder = ensemble, folder
        self.engine: Engine | None = None
        self.store: Store | None = None

    def setup(self, worker: Any) -> None:
        """Nothing: compiling waits for the first chunk, as a worker must answer meanwhile."""

    def run(self, k: int) -> dict[str, Any]:
        """Simulate chunk `k`, write it, and return its manifest line."""
        if self.engine is None or self.store is None:
            self.store = Store.attach(self.folder)
            self.engine = Engine(self.ensemble)
        done = self.engine.run(k)
        line = self.store.put_chunk(k, done.arrays, done.log, done.failed)
        return {**line, "host": platform.node()}


def run_there(
    ensemble: Ensemble, pending: list[int], folder: Path, cluster: str, tell: Progress
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Manifest lines of the pending chunks, as workers finish them.

    Errors: RunError for a cluster that cannot be reached, or a chunk that failed `TRIES` times.
    """
    if not pending:
        return
    done = ensemble.members - sum(len(ensemble.span(k)) for k in pending)
    tell("starting", done, ensemble.members)
    with connect(cluster) as client:
        from distributed import as_completed

        crew = _join(client, ensemble, folder)
        tell("compiling", done, ensemble.members)
        tasks = {
            client.submit(_run_chunk, crew, k, key=f"{crew}-{k}", retries=TRIES, pure=False): k
            for k in pending
        }
        try:
            for task in as_completed(tasks, loop=client.loop):
                k = tasks.pop(task)
                yield k, _result(task, k)
                done += len(ensemble.span(k))
                tell("running", done, ensemble.members)
        finally:
            client.cancel(list(tasks))
            client.unregister_worker_plugin(crew)


def _join(client: Client, ensemble: Ensemble, folder: Path) -> str:
    """Give every worker the plan; returns the name of the crew."""
    from distributed import WorkerPlugin

    kind = type("Crew", (Crew, WorkerPlugin), {"__module__": __name__})
    crew = kind(ensemble, folder.resolve())
    client.register_plugin(crew, name=crew.name)
    return crew.name


def _run_chunk(crew: str, k: int) -> dict[str, Any]:
    from distributed import get_worker

    found: Any = get_worker().plugins[crew]
    return found.run(k)


def _result(task: Any, k: int) -> dict[str, Any]:
    from distributed import KilledWorker

    try:
        return task.result()
    except KilledWorker as error:
        raise RunError(
            f"chunk {k} lost its worker {TRIES + 1} times (is there enough memory?); "
            "finished chunks are kept: resume the run",
            where=f"chunk {k}",
        ) from error


def check_cluster(cluster: str) -> None:
    """Whether a cluster is named in a known form, its file can be read, and somebody listens.

    Errors: RunError where it is not so.
    """
    kind, _, rest = cluster.partition(":")
    if not (cluster == "local" or (kind in ("tcp", "tls", "slurm") and rest.strip("/"))):
        raise RunError("no such cluster", where="cluster", allowed=FORMS, got=cluster)
    if kind == "slurm":
        read_slurm(Path(rest))
    if kind in ("tcp", "tls"):
        host, _, port = rest.strip("/").rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE).close()
        except (OSError, ValueError, OverflowError) as error:
            raise RunError(
                f"no scheduler answers: {error}", where=f"cluster={cluster}",
                allowed=["tcp://HOST:PORT of a running scheduler"],
            ) from error  # fmt: skip


@contextlib.contextmanager
def connect(cluster: str) -> Iterator[Client]:
    """A client of the cluster, and the cluster itself where it is ours, closed at the end.

    Errors: RunError for an unknown form, a missing extra, a wrong file, or nobody who answers.
    """
    check_cluster(cluster)
    kind, _, rest = cluster.partition(":")
    try:
        import distributed
        from dask import config
    except ModuleNotFoundError as error:
        raise RunError(
            "a cluster needs packages that are not installed: pip install 'patronage[cluster]'",
            where=f"cluster={cluster}",
        ) from error
    settings = {"distributed.scheduler.allowed-failures": TRIES}
    with config.set(settings), contextlib.ExitStack() as stack:
        if cluster == "local":
            place: Any = stack.enter_context(
                distributed.LocalCluster(
                    n_workers=count_cores(),
                    threads_per_worker=1,
                    processes=True,
                    memory_limit=0,
                    silence_logs=logging.ERROR,
                    dashboard_address=None,  # pyright: ignore[reportArgumentType]
                )
            )
        elif kind == "slurm":
            place = stack.enter_context(start_slurm(Path(rest)))
        else:
            place = cluster
        try:
            client = distributed.Client(place, timeout=_PATIENCE, set_as_default=False)
        except OSError as error:
            raise RunError(
                f"no scheduler answers within {_PATIENCE} s", where=f"cluster={cluster}"
            ) from error
        yield stack.enter_context(client)


def start_slurm(file: Path) -> SLURMCluster:
    """A SLURM cluster by a YAML file of options, scaled to its `jobs`.

    Errors: RunError for a file that cannot be read, an option that does not exist or is missing.
    """
    options = read_slurm(file)
    jobs = options.pop("jobs")
    from dask_jobqueue.slurm import SLURMCluster

    try:
        cluster = SLURMCluster(**options)
        cluster.scale(jobs=jobs)
    except (TypeError, ValueError, OSError) as error:
        raise RunError(f"SLURM cannot be started: {error}", where=str(file)) from error
    return cluster


def read_slurm(file: Path) -> dict[str, Any]:
    """Options of a SLURM cluster from a YAML file, checked by name.

    Errors: RunError as `start_slurm`.
    """
    import yaml

    try:
        options = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(f"cannot be read: {error.strerror}", where=str(file)) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise RunError(f"not YAML: {error}", where=str(file)) from error
    if not isinstance(options, dict):
        raise RunError("not a list of options", where=str(file), allowed=["cores: 16", "jobs: 4"])
    known = _slurm_options()
    for name in options:
        if name not in known:
            raise RunError("no such option", where=f"{file}: {name}", allowed=known, got=str(name))
    for name in _NEEDED:
        if not options.get(name):
            raise RunError(f"'{name}' is missing", where=str(file), allowed=["a value"])
    if not isinstance(options["jobs"], int) or options["jobs"] < 1:
        raise RunError(
            f"jobs is {options['jobs']!r}", where=str(file), allowed=["a number from 1 on"]
        )
    return options


def _slurm_options() -> list[str]:
    """`jobs`, and what dask-jobqueue takes for a job of SLURM."""
    try:
        from dask_jobqueue.core import Job, JobQueueCluster
        from dask_jobqueue.slurm import SLURMJob
    except ModuleNotFoundError as error:
        raise RunError(
            "SLURM needs packages that are not installed: pip install 'patronage[cluster]'",
            where="cluster",
        ) from error
    names = {"jobs"}
    for kind in (Job, JobQueueCluster, SLURMJob):
        names |= set(inspect.signature(kind.__init__).parameters)
    return sorted(
        names - {"self", "args", "kwargs", "job_kwargs", "scheduler", "job_cls", "n_workers"}
    )
