"""Expected utility model: vectorised runs against the per-agent reading, as a table of ratios.

    python benchmarks/eum_literal.py [--inputs FILE] [--runs 4096] [--steps 5]

The per-agent side is tests/classics/literal.py (Python loops over agents, NumPy over voters), timed
over a few steps of one run and scaled to 25.  Compilation is left out.  Both sides are timed by the
processor time they use, so other programs disturb little; the clock and the load are printed too.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np

from patronage.classics import eum


def load_literal() -> ModuleType:
    path = Path(__file__).parents[1] / "tests" / "classics" / "literal.py"
    spec = importlib.util.spec_from_file_location("literal", path)
    if spec is None or spec.loader is None:
        sys.exit(f"cannot load {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules["literal"] = module
    spec.loader.exec_module(module)
    return module


def invented(n: int) -> eum.Inputs:
    """n countries, a third of them at one place as in the original inputs."""
    rng = np.random.default_rng(0)
    x = np.where(rng.random(n) < 0.35, 0.5065, np.round(rng.random(n), 3))
    return eum.Inputs(
        tuple(f"country {k}" for k in range(n)), rng.lognormal(0, 1.4, n), x, np.full(n, np.nan)
    )


def seconds_per_run_literal(inputs: eum.Inputs, variant: str, steps: int) -> float:
    literal = load_literal()
    rng, x = np.random.default_rng(1), inputs.position
    start = time.process_time()
    for _ in range(steps):
        s, u = rng.random((2, inputs.n))
        x = literal.step(x, s, u, inputs.capability, variant).position
    return (time.process_time() - start) / steps * eum.STEPS


def seconds_per_run_fast(
    inputs: eum.Inputs, variant: eum.Variant, runs: int
) -> tuple[float, float]:
    """Processor time and clock time a run, the best of six."""
    eum.run(inputs, variant=variant, runs=eum.CHUNK)  # compiles
    used, clock = [], []
    for seed in range(6):
        start, began = time.process_time(), time.perf_counter()
        eum.run(inputs, variant=variant, runs=runs, seed=seed)
        used.append((time.process_time() - start) / runs)
        clock.append((time.perf_counter() - began) / runs)
    return min(used), min(clock)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--inputs", help="CSV of countries; default 36 invented ones")
    parser.add_argument("--runs", type=int, default=4096)
    parser.add_argument("--steps", type=int, default=5)
    args = parser.parse_args()
    inputs = eum.read_inputs(args.inputs) if args.inputs else invented(36)
    load = os.getloadavg()[0]
    print(f"{inputs.n} countries, {os.cpu_count()} cores, load before the start {load:.1f}")
    head = (
        "per agent, s/run",
        "vectorised, runs/s a core",
        "by the clock, all cores",
        "ratio a core",
    )
    print(f"{'variant':10} " + " ".join(f"{name:>{len(name) + 2}}" for name in head))
    for variant in eum.VARIANTS:
        slow = seconds_per_run_literal(inputs, variant, args.steps)
        fast, clock = seconds_per_run_fast(inputs, variant, args.runs)
        row = (f"{slow:.3f}", f"{1 / fast:,.0f}", f"{1 / clock:,.0f}", f"{slow / fast:,.0f}")
        cells = (f"{c:>{len(n) + 2}}" for c, n in zip(row, head, strict=True))
        print(f"{variant:10} " + " ".join(cells))


if __name__ == "__main__":
    main()
