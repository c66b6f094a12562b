"""Chunks of members: how wide they are, the compiled program they run on, and running them.

A chunk always has its full width; what a last chunk has too much is computed and dropped. So the
program is compiled once whatever the number of members, and a member's numbers are the same, to the
last bit, in ensembles of any size. Two chunks run side by side in threads on the same compiled
program: measured against two devices and against processes, no slower, and compiled only once.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from patronage import months as clock
from patronage.run import record as recording
from patronage.run.cores import count_cores

if TYPE_CHECKING:
    import pandas as pd

    from patronage.run.ensemble import Ensemble, Progress
    from patronage.scenario.world import World

CHUNK = 64
"""Members per chunk where nobody asks for another number: wide enough for vector arithmetic, small
enough that the world's arrays stay in the processor's cache."""
VECTOR = 16
MOST_CHUNKS = 200  # of a large ensemble: each is a file for every quantity, and a line
_LARGE_CHUNK_BYTES = 125_000_000
CHUNK_BYTES = 1_000_000_000  # a wide world has fewer members per chunk
_AT_ONCE_BYTES = 4_000_000_000  # all chunks in flight
_FLOAT = 4
_DYADS, _OPTIONS, _MARKS = 250, 6, 4  # arrays alive at once in a month; kinds of marks in the log

What = TypeVar("What")


def bytes_at_work(world: World, names: tuple[str, ...]) -> int:
    """Memory of one member while its chunk runs: what it records, its log, a month's arrays.

    A rough sum of the largest parts, the same on every machine, so that chunks are too.
    """
    states, goods, kinds = len(world.codes), len(world.commodities), len(world.instruments)
    choosers = states if world.mode.kind == "free" or world.mode.until else len(world.mode.free)
    recorded = 2 * recording.bytes_per_member(world, names, world.record.every)
    log = world.months * states * (choosers + _MARKS * states) if world.record.events else 0
    dyads = states * states * (_DYADS + 10 * goods) * _FLOAT
    return recorded + 2 * log + dyads + choosers * states * kinds * _OPTIONS * _FLOAT


def choose_width(world: World, names: tuple[str, ...], members: int, engine: str) -> int:
    """Members per chunk: `CHUNK`, halved until the chunk fits into `CHUNK_BYTES`.

    Not below a vector of the C++ month, unless a single one would fill the memory. In C++, which
    does not mind, chunks of large ensembles that record little are doubled.
    """
    width, each = CHUNK, bytes_at_work(world, names)
    while (
        engine == "native"
        and members > MOST_CHUNKS * width
        and 2 * width * each <= _LARGE_CHUNK_BYTES
    ):
        width *= 2
    while width > VECTOR and width * each > CHUNK_BYTES:
        width //= 2
    while width > 1 and width * each > _AT_ONCE_BYTES:
        width //= 2
    return width


@dataclass(frozen=True)
class Done:
    """One finished chunk: quantities, events, and why members failed."""

    arrays: dict[str, np.ndarray]
    log: pd.DataFrame | None
    failed: dict[int, str]


class Engine:
    """The compiled program of an ensemble."""

    def __init__(self, ensemble: Ensemble) -> None:
        from patronage.run import cache, simulate
        from patronage.run.compile import compile_world, first_state
        from patronage.scenario import calendar

        cache.use_cache()
        self.ensemble = ensemble
        self.turns = threading.Semaphore(count_cores())
        world = ensemble.world
        names = recording.to_simulate(ensemble.quantities)
        self.compiled = replace(compile_world(world), recorded=names)
        self.dates = calendar.build(world)
        self.start = first_state(world, ensemble.chunk, self.compiled.params)
        self.demands = None
        if world.record.events and "demand" in self.compiled.shape.instruments:
            number = self.compiled.shape.instruments.index("demand")
            self.demands = self.dates.intensity(number)
        params = self._params(np.arange(ensemble.chunk))
        self.program = simulate.build(
            self.compiled, self.start, params, logged=world.record.events, engine=ensemble.engine
        )

    def _params(self, numbers: np.ndarray) -> Any:
        """Each member's own parameters where there is a posterior; else None: the scenario's."""
        e = self.ensemble
        if e.posterior is None:
            return None
        from patronage.fit.priors import put

        return put(self.compiled.params, e.posterior.draw(numbers, e.seed))

    def run(self, k: int) -> Done:
        """Simulate chunk `k`."""
        e, span = self.ensemble, self.ensemble.span(k)
        numbers = np.arange(span.start, span.start + e.chunk)
        with self.turns:
            _, chunk = self.program(self.start, numbers, e.seed, self._params(numbers))
        broken = recording.find_broken(chunk, e.world.start, e.world.record.every)[: len(span)]
        failed = {
            span[i]: f"not finite from {clock.format(int(broken[i]))} on "
            f"(random key: seed {e.seed}, member {span[i]})"
            for i in np.flatnonzero(broken >= 0)
        }
        log = self._decode(k, chunk.log, span) if e.world.record.events else None
        arrays = recording.pack(chunk, e.quantities, len(span))
        if failed:
            arrays = {name: array.copy(order="K") for name, array in arrays.items()}
            for array in arrays.values():
                array[broken >= 0] = np.nan
        if log is not None and failed:
            log = log[~log["member"].isin(list(failed))].reset_index(drop=True)
        return Done(arrays, log, failed)

    def _decode(self, k: int, log: dict[str, np.ndarray], span: range) -> pd.DataFrame:
        from patronage.run import eventlog

        world, shape = self.ensemble.world, self.compiled.shape
        cast = eventlog.Cast(world.start, world.codes, shape.choosers, shape.instruments)
        mine = {name: array[..., : len(span)] for name, array in log.items()}
        own = eventlog.decode(mine, np.asarray(span), cast, self.demands)
        if k > 0:
            return own
        return eventlog.join([eventlog.list_imposed(world, self.dates), own])


def run_here(
    ensemble: Ensemble, pending: list[int], work: Callable[[Engine, int], What], tell: Progress
) -> Iterator[tuple[int, What]]:
    """What `work` makes of each pending chunk, as they finish, in threads of this process."""
    done = ensemble.members - sum(len(ensemble.span(k)) for k in pending)
    if not pending:
        return
    tell("compiling", done, ensemble.members)
    engine = Engine(ensemble)
    tell("running", done, ensemble.members)
    each = ensemble.chunk * bytes_at_work(ensemble.world, ensemble.quantities)
    # one more than there are turns at simulating: it writes, and waits for the disk
    threads = min(count_cores() + 1, len(pending), max(1, int(_AT_ONCE_BYTES // max(1, each))))
    stop = threading.Event()

    def one(k: int) -> Any:
        return None if stop.is_set() else work(engine, k)

    pool = ThreadPoolExecutor(threads)
    queue = iter(pending)
    waiting: dict[Future[Any], int] = {}
    try:
        while True:
            # a few chunks ahead only: a thousand that wait to be counted would fill the memory
            for k in itertools.islice(queue, 2 * threads - len(waiting)):
                waiting[pool.submit(one, k)] = k
            if not waiting:
                break
            finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in sorted(finished, key=waiting.__getitem__):
                k = waiting.pop(future)
                yield k, future.result()
                done += len(ensemble.span(k))
                tell("running", done, ensemble.members)
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
