"""Timing contestants side by side: in turn, several rounds, medians and ratios round by round.

On a machine that others use too, wall time says little. So each contestant also gives the processor
time that it took, the contestants take turns, and ratios are formed within a round.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("patronage", "jax", "jaxlib", "numpy", "mesa")


@dataclass
class Contestant:
    """One way to run the month.

    work: runs some months and returns member-months and, where child processes did the work, their
    processor seconds; cores: how many it may use at once.
    """

    name: str
    cores: int
    work: Callable[[], tuple[int, float]]
    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def take_turn(self) -> None:
        """Run once and note member-months per second, of the clock and of a processor."""
        busy, start = time.process_time(), time.perf_counter()
        months, children = self.work()
        took = time.perf_counter() - start
        used = time.process_time() - busy + children
        self.wall.append(months / took)
        self.processor.append(months / used)


def race(contestants: list[Contestant], rounds: int) -> None:
    """Let all run once unmeasured, then `rounds` times in turn."""
    for contestant in contestants:
        contestant.work()
    for _ in range(rounds):
        for contestant in contestants:
            contestant.take_turn()


def spread(values: list[float]) -> dict[str, float]:
    """Median, least and largest."""
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def compare(mine: Contestant, other: Contestant) -> dict[str, dict[str, float]]:
    """How many times the other's speed mine is, by the clock and by processor time."""
    return {
        "wall": spread([a / b for a, b in zip(mine.wall, other.wall, strict=True)]),
        "processor": spread([a / b for a, b in zip(mine.processor, other.processor, strict=True)]),
    }


def describe_machine() -> dict[str, Any]:
    """Processor, cores, load and versions."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8").splitlines()
        model = next((x.split(": ", 1)[1] for x in lines if x.startswith("model name")), model)
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "missing"
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "load": [round(x, 1) for x in os.getloadavg()],
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": versions,
    }


def number(x: float) -> str:
    """Three significant figures with thousands apart.

    >>> number(234567.0), number(0.3456)
    ('235,000', '0.346')
    """
    if x >= 1000:
        digits = len(str(int(x)))
        return f"{round(x, 3 - digits):,.0f}"
    return f"{x:.3g}"


def write(folder: Path, name: str, result: dict[str, Any], text: str) -> None:
    """NAME.json and NAME.md in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for ending, content in (("json", json.dumps(result, indent=1) + "\n"), ("md", text)):
        partial = folder / f"{name}.{ending}.part"
        partial.write_text(content, encoding="utf-8")
        partial.replace(folder / f"{name}.{ending}")
