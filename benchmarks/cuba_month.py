"""The Cuba world in the engine, in Mesa and in C: member-months per second, and ratios.

    python benchmarks/cuba_month.py [--members 256] [--rounds 5] [--mesa-months 588] [--out FOLDER]

All three run the same months from the same inputs and record yearly; tests/benchmarks says that
their numbers agree. The engine and C keep yearly means of the same 36 quantities; Mesa's collector
takes them once a year.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from contest import Contestant, compare, describe_machine, number, race, spread, write

SPAN = 12
SEED = 1
_inputs: Any = None


def enter_engine(members: int, cores: int) -> Contestant:
    """The engine: chunks side by side in threads, yearly records, no event log, as in a run."""
    import patronage
    from patronage.run.chunks import Engine
    from patronage.run.ensemble import plan

    world = patronage.load("cuba")
    whole = plan(world, members=members, seed=SEED, every=SPAN, events=False)
    engine = Engine(whole)
    pool = ThreadPoolExecutor(cores)

    def work() -> tuple[int, float]:
        list(pool.map(engine.run, range(whole.chunks)))
        return members * world.months, 0.0

    return Contestant("engine", cores, work)


def enter_recording(members: int, cores: int) -> Contestant:
    """The engine's whole command, into a folder on disk, with checksums and the event log."""
    import patronage

    world = patronage.load("cuba")

    def work() -> tuple[int, float]:
        with tempfile.TemporaryDirectory() as folder:
            patronage.run(world, members=members, seed=SEED, every=SPAN, out=Path(folder) / "run")
        return members * world.months, 0.0

    return Contestant("engine, whole run to disk with event log", cores, work)


def enter_kernel(members: int, threads: int) -> Contestant:
    """The C kernel with its own random numbers."""
    import c_kernel

    import patronage
    from patronage.run.compile import compile_world, first_state

    compiled = compile_world(patronage.load("cuba"))
    kernel = c_kernel.open_kernel(compiled)
    start = c_kernel.flatten_states(first_state(patronage.load("cuba"), 1, compiled.params))
    states = np.repeat(start, members, axis=0)

    def work() -> tuple[int, float]:
        kernel.run(states, seed=SEED, every=SPAN, threads=threads)
        return members * kernel.months, 0.0

    return Contestant(f"C kernel, {threads} thread{'s' * (threads > 1)}", threads, work)


def read_world() -> Any:
    """The Cuba world for Mesa."""
    from mesa_model import read_inputs

    import patronage
    from patronage.run.compile import compile_world, first_state

    world = patronage.load("cuba")
    c = compile_world(world)
    return read_inputs(
        c.setting, c.months, first_state(world, 1, c.params), c.params, c.table, c.shape
    )


def _prepare(inputs: Any) -> None:
    global _inputs
    sys.path.insert(0, str(Path(__file__).parent))
    _inputs = inputs


def run_mesa(task: tuple[int, int]) -> tuple[int, float]:
    """One run of (months, seed); months done and processor seconds, from the first month on."""
    from mesa_model import Alliances

    months, seed = task
    model = Alliances(_inputs, seed=seed)
    start = time.process_time()
    for _ in range(months):
        model.step()
    return months, time.process_time() - start


def enter_mesa(months: int, cores: int) -> Contestant:
    """One run to each core, in processes, as Mesa's batch runs do."""
    pool = ProcessPoolExecutor(
        cores, multiprocessing.get_context("spawn"), initializer=_prepare, initargs=(read_world(),)
    )

    def work() -> tuple[int, float]:
        done = list(pool.map(run_mesa, [(months, SEED + k) for k in range(cores)]))
        return sum(n for n, _ in done), sum(used for _, used in done)

    return Contestant(f"Mesa, {cores} process{'es' * (cores > 1)}", cores, work)


def enter_accelerator(members: int) -> Contestant | None:
    """The engine on a GPU, where jax sees one."""
    import jax

    import patronage
    from patronage.run import record, simulate
    from patronage.run.compile import compile_world, first_state

    try:
        device = jax.devices("gpu")[0]
    except RuntimeError:
        return None
    from dataclasses import replace

    world = patronage.load("cuba")
    with jax.default_device(device):
        names = record.to_simulate(record.choose_quantities(world))
        compiled = replace(compile_world(world), recorded=names, every=SPAN)
        state = first_state(world, members, compiled.params)
        program = simulate.build(compiled, state, logged=False)

    def work() -> tuple[int, float]:
        with jax.default_device(device):
            program(state, np.arange(members), SEED)
        return members * world.months, 0.0

    return Contestant(f"engine on {device.device_kind}", 1, work)


def tabulate(contestants: list[Contestant], lacks: list[str], machine: dict[str, Any]) -> str:
    """The table, as Markdown."""
    engine = contestants[0]
    lines = [
        "| | cores | member-months / s | per second of one core | engine's speed, times this |",
        "|---|---|---|---|---|",
    ]
    for c in contestants:
        wall, one = spread(c.wall), spread(c.processor)
        ratio = compare(engine, c)["processor"]
        times = "" if c is engine else number(ratio["median"])
        if c is not engine:
            times += f" ({number(ratio['least'])} … {number(ratio['most'])})"
        lines.append(
            f"| {c.name} | {c.cores} | {number(wall['median'])} "
            f"({number(wall['least'])} … {number(wall['most'])}) | {number(one['median'])} "
            f"({number(one['least'])} … {number(one['most'])}) | {times} |"
        )
    lines += [f"| {lack} | | | | |" for lack in lacks]
    versions = ", ".join(f"{k} {v}" for k, v in machine["versions"].items())
    lines += [
        "",
        f"{machine['processor']}, {machine['cores']} cores, load {machine['load'][0]}, "
        f"Python {machine['python']}; {versions}. Medians (least … most) of "
        f"{len(engine.wall)} rounds; ratios by processor time, round by round.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Race, print the table, write cuba_month.json and cuba_month.md."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--members", type=int, default=256, help="members a turn")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mesa-months", type=int, default=588)
    parser.add_argument("--disk", action="store_true", help="the whole command to disk, too")
    parser.add_argument("--out", type=Path, default=Path("runs/benchmarks"))
    given = parser.parse_args()
    import c_kernel

    cores = len(os.sched_getaffinity(0))
    contestants = [enter_engine(given.members, cores)]
    lacks = []
    if given.disk:
        contestants.append(enter_recording(given.members, cores))
    if lack := c_kernel.find_lack():
        lacks.append(f"C kernel: {lack}")
    else:
        contestants += [enter_kernel(given.members, k) for k in sorted({1, cores})]
    if importlib.util.find_spec("mesa"):
        contestants += [enter_mesa(given.mesa_months, k) for k in sorted({1, cores})]
    else:
        lacks.append("Mesa: not installed")
    if accelerated := enter_accelerator(given.members):
        contestants.append(accelerated)
    else:
        lacks.append("GPU: none")
    race(contestants, given.rounds)
    machine = describe_machine()
    text = tabulate(contestants, lacks, machine)
    result = {
        "machine": machine,
        "members": given.members,
        "contestants": [
            {"name": c.name, "cores": c.cores, "wall": c.wall, "processor": c.processor}
            for c in contestants
        ],
        "ratios": {c.name: compare(contestants[0], c) for c in contestants[1:]},
        "missing": lacks,
    }
    write(given.out, "cuba_month", result, text)
    print(text)


if __name__ == "__main__":
    main()
