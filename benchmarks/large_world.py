"""All states of 1946–1991, invented: seconds and memory of an ensemble without goods.

    python benchmarks/large_world.py [--members 100] [--years 46] [--states 170] [--free]

Makes a panel (benchmarks/invented_panel.py), a scenario of it by `patronage new --states all`, and
runs it into a folder in a fresh process, whose largest memory is read at its end. `--free`: all
governments choose; otherwise history is imposed on them.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from invented_panel import FIRST, invent
from measured import describe_machine, print_machine, print_table, write_json

import patronage as pt
from patronage.data.world import new
from patronage.run.ensemble import plan


def run(scenario: Path, members: int, until: str, free: bool, out: Path) -> dict[str, Any]:
    """Run the scenario here, and say what it took."""
    started = time.perf_counter()
    world = pt.load(scenario)
    if free:
        world = replace(world, mode=world.mode.model_copy(update={"kind": "free"}))
    ensemble = plan(world, members, 1, until)
    loaded = time.perf_counter()
    marks: list[tuple[str, float]] = []

    def tell(what: str, done: int, total: int) -> None:
        marks.append((what, time.perf_counter()))
        print(f"  {what} {done}/{total} after {marks[-1][1] - loaded:.0f} s", file=sys.stderr)

    results = ensemble.run(out, overwrite=True, progress=tell)
    ended = time.perf_counter()
    compiled = next(t for what, t in marks if what == "running")
    seconds = ended - compiled
    return {
        "states": len(world.codes), "members": members, "months": ensemble.world.months,
        "chunk": ensemble.chunk, "failed": len(results.failed),
        "seconds_load": loaded - started, "seconds_compile": compiled - loaded,
        "seconds_run": seconds, "seconds": ended - started,
        "processor_seconds": time.process_time(),
        "member_months_per_second": members * ensemble.world.months / seconds,
        "memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "recorded_mb": ensemble.bytes / 1e6,
    }  # fmt: skip


def main() -> None:
    """Read the command line, measure in a fresh process, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--members", type=int, default=100)
    parser.add_argument("--years", type=int, default=46)
    parser.add_argument("--states", type=int, default=170)
    parser.add_argument("--free", action="store_true", help="all governments choose")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    parser.add_argument("--scenario", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    until = f"{FIRST + given.years - 1}-12"
    if given.scenario is not None:
        out = given.scenario.parent / "run"
        print(json.dumps(run(given.scenario, given.members, until, given.free, out)))
        return
    machine = describe_machine()
    print_machine(machine)
    with tempfile.TemporaryDirectory() as scratch:
        panel = invent(Path(scratch) / "panel", given.states)
        made = new(panel, "all", FIRST, FIRST + 45, Path(scratch) / "world")
        print(f"{len(made.states)} states over the whole period, rows: {made.rows}")
        command = [sys.executable, __file__, "--scenario", str(made.folder)]
        command += ["--members", str(given.members), "--years", str(given.years)]
        told = subprocess.run(
            command + ["--free"] * given.free, check=True, stdout=subprocess.PIPE, text=True
        )
    found = json.loads(told.stdout.splitlines()[-1])
    print_table(("", "measured"), [(k.replace("_", " "), float(v)) for k, v in found.items()])
    write_json(given.json, {"machine": machine, "large_world": found})


if __name__ == "__main__":
    main()
