"""What the benchmarks of size share: the machine in words, plain tables, JSON, fitted exponents."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from patronage.run.manifest import read_versions


def describe_machine() -> dict[str, Any]:
    """Processor, cores, memory, load and versions."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [x for x in cpuinfo.read_text().splitlines() if x.startswith("model name")]
        name = models[0].split(":", 1)[1].strip() if models else name
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": name,
        "cores": os.cpu_count(),
        "memory_gb": round(pages / 1e9, 1),
        "load_before": round(os.getloadavg()[0], 1),
        "versions": read_versions(),
    }


def print_machine(machine: dict[str, Any]) -> None:
    """One line on the machine."""
    words = "{processor}, {cores} cores, {memory_gb} GB; load before the start {load_before}"
    print(words.format(**machine))


def print_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Aligned columns: the first to the left, numbers to the right."""
    text = [[f"{c:,.3g}" if isinstance(c, float) else str(c) for c in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(header), *text]) for i in range(len(header))]
    for row in [list(header), *text]:
        cells = [row[0].ljust(widths[0])]
        cells += [c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)]
        print("  ".join(cells).rstrip())


def fit_exponent(size: Sequence[float], cost: Sequence[float]) -> float:
    """Slope of log cost on log size.

    >>> round(fit_exponent([1, 2, 4], [3, 12, 48]), 6)
    2.0
    """
    return float(np.polyfit(np.log(size), np.log(cost), 1)[0])


def write_json(path: Path | None, found: dict[str, Any]) -> None:
    """Figures to a file, or to the end of what is printed."""
    text = json.dumps(found, indent=1)
    if path is None:
        print(text)
    else:
        path.write_text(text + "\n", encoding="utf-8")
