"""Expected utility model: vectorised runs against the per-agent reading, as a table of ratios.

    python benchmarks/eum_literal.py [--inputs FILE] [--runs 4096] [--steps 5]

The per-agent side is tests/classics/literal.py (Python loops over agents, NumPy over voters), timed
over a few steps of one run and scaled to 25.  Compilation is left out, and the machine's load is
printed, for both sides suffer from company.
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
    start = time.perf_counter()
    for _ in range(steps):
        s, u = rng.random((2, inputs.n))
        x = literal.step(x, s, u, inputs.capability, variant).position
    return (time.perf_counter() - start) / steps * eum.STEPS


def seconds_per_run_fast(inputs: eum.Inputs, variant: eum.Variant, runs: int) -> float:
    eum.run(inputs, variant=variant, runs=eum.CHUNK)  # compiles
    best = float("inf")
    for seed in range(3):
        start = time.perf_counter()
        eum.run(inputs, variant=variant, runs=runs, seed=seed)
        best = min(best, (time.perf_counter() - start) / runs)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--inputs", help="CSV of countries; default 36 invented ones")
    parser.add_argument("--runs", type=int, default=4096)
    parser.add_argument("--steps", type=int, default=5)
    args = parser.parse_args()
    inputs = eum.read_inputs(args.inputs) if args.inputs else invented(36)
    load = os.getloadavg()[0]
    print(f"{inputs.n} countries, {os.cpu_count()} cores, load before the start {load:.1f}")
    print(f"{'variant':10} {'per agent, s/run':>17} {'vectorised, runs/s':>19} {'ratio':>8}")
    for variant in eum.VARIANTS:
        slow = seconds_per_run_literal(inputs, variant, args.steps)
        fast = seconds_per_run_fast(inputs, variant, args.runs)
        print(f"{variant:10} {slow:17.3f} {1 / fast:19,.0f} {slow / fast:8,.0f}")


if __name__ == "__main__":
    main()
