"""How cost grows with members, months, states and cores: times, ratios and fitted exponents.

    python benchmarks/scaling.py [--json FILE] [--quick]

Members, months and cores: the Cuba world. States: invented worlds without goods in which history is
imposed (benchmarks/invented_panel.py). Compiling is not counted: each size is run once before it is
timed. Processor time is given beside the clock's, since it says more on a machine that is shared.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from invented_panel import invent
from measured import describe_machine, fit_exponent, print_machine, print_table, write_json

import patronage as pt
from patronage import months as clock
from patronage.run.cache import use_cache
from patronage.scenario.schema import Mode, Record
from patronage.scenario.world import World

KEPT = ["transfer", "support"]
REPEATS = 3


def measure(world: World, members: int, **more: Any) -> tuple[float, float]:
    """Least seconds on the clock, and of the processor, of an ensemble in memory."""

    def once(count: int) -> None:
        pt.run(world, members=count, seed=1, record=KEPT, events=False, **more)

    once(min(members, more.get("chunk", 64)))
    best = (np.inf, np.inf)
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        once(members)
        best = min(best, (time.perf_counter() - wall, time.process_time() - cpu))
    return best


def yearly(world: World, years: int) -> World:
    """The first years of a world, recorded by year."""
    short = world.until(clock.format(world.start + 12 * years - 1))
    return replace(short, record=Record(every=12, events=False))


def by_members(sizes: Iterable[int]) -> list[tuple[int, float, float]]:
    """Members, with ten years of the Cuba world."""
    world = yearly(pt.load("cuba"), 10)
    return [(n, *measure(world, n)) for n in sizes]


def by_months(sizes: Iterable[int]) -> list[tuple[int, float, float]]:
    """Months of 1,024 members of the Cuba world."""
    cuba = pt.load("cuba")
    return [(12 * n, *measure(yearly(cuba, n), 1024)) for n in sizes]


def by_states(sizes: Iterable[int]) -> list[tuple[int, float, float]]:
    """States of an invented world over a year, 16 members in one chunk; the size is pairs."""
    from patronage.data.world import new

    found = []
    with tempfile.TemporaryDirectory() as scratch:
        for states in sizes:
            panel = invent(Path(scratch) / f"panel{states}", states)
            folder = Path(scratch) / f"world{states}"
            new(panel, "all", 1970, 1970, folder)
            world = replace(pt.load(folder), record=Record(every=12, events=False), mode=Mode())
            pairs = len(world.codes) ** 2
            found.append((pairs, *measure(world, 16, chunk=16)))
    return found


def by_cores(sizes: Iterable[int]) -> list[tuple[int, float, float]]:
    """Cores for 2,048 members × 49 years of the Cuba world, each in a process bound to so many."""
    found = []
    for cores in sizes:
        script = (
            f"import os; os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:{cores}])\n"
            "import sys; sys.path.insert(0, sys.argv[1])\n"
            "import scaling, patronage as pt\n"
            "scaling.use_cache()\n"
            "print(*scaling.measure(scaling.yearly(pt.load('cuba'), 49), 2048))"
        )
        here = str(Path(__file__).parent)
        told = subprocess.run(
            [sys.executable, "-c", script, here], check=True, capture_output=True, text=True
        )
        wall, cpu = (float(x) for x in told.stdout.split()[-2:])
        found.append((cores, wall, cpu))
    return found


def main() -> None:
    """Measure all four, print a table, fit exponents."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", type=Path, help="a file for the figures")
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    given = parser.parse_args()
    machine = describe_machine()
    print_machine(machine)
    use_cache()
    quick = given.quick
    cores = [n for n in (1, 2, 4, 8, 16) if n <= len(os.sched_getaffinity(0))]
    series = {
        "members": by_members([128, 256, 512] if quick else [256, 1024, 4096, 16_384]),
        "months": by_months([1, 2, 4] if quick else [3, 6, 12, 24, 48]),
        "pairs of states": by_states([12, 24, 48] if quick else [24, 48, 96, 168]),
        "cores": by_cores(cores),
    }
    found: dict[str, Any] = {"machine": machine, "series": {}}
    rows = []
    for name, points in series.items():
        size = [float(p[0]) for p in points]
        slopes = [fit_exponent(size, [p[i] for p in points]) if len(size) > 1 else np.nan
                  for i in (1, 2)]  # fmt: skip
        for number, wall, cpu in points:
            rows.append((name, f"{number:,}", wall, wall / points[0][1], cpu, cpu / points[0][2]))
        rows.append((f"  exponent in {name}", "", slopes[0], "", slopes[1], ""))
        found["series"][name] = {
            "size": size, "seconds": [p[1] for p in points],
            "processor_seconds": [p[2] for p in points],
            "exponent": slopes[0], "exponent_processor": slopes[1],
        }  # fmt: skip
    print_table(("", "size", "seconds", "ratio", "processor s", "ratio"), rows)
    write_json(given.json, found)


if __name__ == "__main__":
    main()
