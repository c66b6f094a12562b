"""Time to the first result: `patronage run cuba --members 500`, with and without compiled programs.

    python benchmarks/first_result.py [--members 500] [--scenario cuba] [--json FILE]

Cold: an empty cache of compiled programs. Warm: the cache that the cold run left. Counted from the
start of the command to the first line of a table, to its last line of tables, and to its end, with
figures and report; and `validate`, `--help` beside them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measured import describe_machine, print_machine, print_table, write_json

MARK = "Median, and below it"  # the line that ends every table


def follow(command: list[str], cwd: Path, cache: Path) -> dict[str, float]:
    """Seconds to the first table, to the last, and to the end."""
    environment = {**os.environ, "PATRONAGE_CACHE": str(cache), "PYTHONUNBUFFERED": "1"}
    started = time.perf_counter()
    found: dict[str, float] = {}
    with subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            now = time.perf_counter() - started
            if MARK in line:
                found.setdefault("first table", now)
                found["last table"] = now
    found["end"] = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return found


def main() -> None:
    """Measure, print, compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--members", type=int, default=500)
    parser.add_argument("--scenario", default="cuba")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    given = parser.parse_args()
    machine = describe_machine()
    print_machine(machine)
    verb = str(Path(sys.executable).parent / "patronage")
    run = [verb, "run", given.scenario, "--members", str(given.members)]
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        place, cache = Path(scratch), Path(scratch) / "cache"
        found["cold"] = follow([*run, "--out", "cold"], place, cache)
        found["warm"] = follow([*run, "--out", "warm"], place, cache)
        found["warm, no report"] = follow([*run, "--out", "bare", "--no-report"], place, cache)
        for words in (["validate", given.scenario], ["--help"]):
            best = min(follow([verb, *words], place, cache)["end"] for _ in range(5))
            found[" ".join(words)] = {"end": best}
    rows = [
        (name, *(times.get(k, "") for k in ("first table", "last table", "end")))
        for name, times in found.items()
    ]
    print_table(("seconds to the", "first table", "last table", "end"), rows)
    write_json(given.json, {"machine": machine, "first_result": found})


if __name__ == "__main__":
    main()
