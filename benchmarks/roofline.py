"""One month of the Cuba world against what the machine can do: operations, bytes, draws, ceilings.

    python benchmarks/roofline.py [--width 256] [--out FOLDER] [--no-engine]

Operations and bytes are what XLA counts in the engine's compiled month; ceilings are measured on
one core, in C, in processor time; where the C kernel's time goes is measured step by step.
"""

from __future__ import annotations

import argparse
import ctypes
import math
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import c_kernel
from contest import describe_machine, number, write

ROUNDS = 5
SIZES = {"L1": 2_000, "L2": 30_000, "L3": 600_000, "memory": 40_000_000}  # floats an array
EVERY = 12


def count_month(width: int) -> dict[str, float]:
    """What XLA counts in one month of the engine, per member: draws, step and record."""
    import jax

    import patronage
    from patronage.model import observe, step
    from patronage.model.mechanism import Parameters
    from patronage.run import keys, record, simulate
    from patronage.run.compile import compile_world, first_state

    world = patronage.load("cuba")
    c = compile_world(world)
    names = record.to_simulate(record.choose_quantities(world))
    month = jax.tree.map(lambda x: x[0], c.months)

    def one(state: Any, month: Any, seed: Any, numbers: Any) -> Any:
        drawn = keys.member_keys(seed, numbers, step.DRAWN)
        draws = simulate.draws_of(keys.secrets_of(drawn), month.number, c.shape)
        after, known = step.step(state, month, c.setting, c.params, c.table, draws, c.shape)
        watch = Parameters("observation", c.params["observation"])
        return after, {name: observe.observe(known, watch, name) for name in names}

    given = (first_state(world, width, c.params), month, np.uint32(1), np.arange(width, dtype="u4"))
    options = dict(getattr(simulate, "COMPILER", {}))
    compiled = jax.jit(one, compiler_options=options).lower(*given).compile()
    costs = compiled.cost_analysis() or {}
    sizes = {"state": math.prod(c.shape.size(("state",))), "chooser": len(c.shape.choosers)}
    draws = (
        sum(math.prod(c.shape.size(d.dims)) for m, p in step.PLAN for d in p.draws.values())
        + sizes["chooser"] * sizes["state"]
    )
    return {
        "flops": costs.get("flops", math.nan) / width,
        "transcendentals": costs.get("transcendentals", math.nan) / width,
        "bytes": costs.get("bytes accessed", math.nan) / width,
        "draws": float(draws),
        "state floats": sum(x.size for x in jax.tree.leaves(given[0])) / width,
    }


def measure_ceilings(kernel: c_kernel.Kernel) -> dict[str, float]:
    """Most that one core does in a second of its time: median of a few rounds."""
    library, sink = kernel.library, ctypes.c_float()
    names = ("measure_fma", "measure_triad", "measure_exp", "measure_draws")
    for name in names:
        getattr(library, name).restype = ctypes.c_double
    at, many = ctypes.byref(sink), ctypes.c_int64

    def triad(floats: int) -> float:
        return library.measure_triad(many(floats), ctypes.c_int(max(2, 400_000_000 // floats)))

    measures = {
        "fused multiply-adds": lambda: library.measure_fma(many(20_000_000), at),
        "exponentials": lambda: library.measure_exp(many(2_000_000), at),
        "random numbers": lambda: library.measure_draws(kernel.world, many(300_000), at),
    }
    measures |= {f"triad bytes, {name}": lambda n=n: triad(n) for name, n in SIZES.items()}
    return {name: statistics.median(m() for _ in range(ROUNDS)) for name, m in measures.items()}


def split_kernel(compiled: Any, states: Any) -> tuple[float, dict[str, float]]:
    """Microseconds of one core per member-month: in all, and step by step."""
    plain = c_kernel.open_kernel(compiled)
    timed = c_kernel.open_kernel(compiled, timed=True)
    work = len(states) * plain.months
    total = []
    for _ in range(ROUNDS):
        start = time.process_time()
        plain.run(states, every=EVERY)
        total.append((time.process_time() - start) / work * 1e6)
        timed.run(states, every=EVERY)
    ticks = timed.take_ticks()
    whole = sum(ticks.values())
    middle = statistics.median(total)
    return middle, {name: middle * x / whole for name, x in ticks.items()}


def tabulate(result: dict[str, Any]) -> str:
    """Three tables, as Markdown."""
    lines = ["| one core | per second |", "|---|---|"]
    for name, x in result["ceilings"].items():
        lines.append(f"| {name} | {x / 1e9:.2f} · 10⁹ |")
    month = result["month"]
    if month:
        lines += ["", "| one member's month | | at the ceiling, µs |", "|---|---|---|"]
        top = result["ceilings"]
        bounds = {
            "flops": 2 * top["fused multiply-adds"],
            "transcendentals": top["exponentials"],
            "draws": top["random numbers"],
            "bytes": top["triad bytes, L2"],
        }
        for name, x in month.items():
            bound = f"{x / bounds[name] * 1e6:.2f}" if name in bounds else ""
            lines.append(f"| {name} | {number(x)} | {bound} |")
    lines += ["", "| C kernel, step | µs per member-month |", "|---|---|"]
    lines += [f"| {name} | {x:.2f} |" for name, x in result["steps"].items()]
    lines.append(f"| in all | {result['kernel']:.2f} |")
    machine = result["machine"]
    lines += ["", f"{machine['processor']}, load {machine['load'][0]}.", ""]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, write roofline.json and roofline.md."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--width", type=int, default=256, help="members of the compiled month")
    parser.add_argument("--no-engine", action="store_true", help="leave out XLA's counts")
    parser.add_argument("--out", type=Path, default=Path("runs/benchmarks"))
    given = parser.parse_args()
    if lack := c_kernel.find_lack():
        sys.exit(f"the ceilings are measured in C: {lack}")
    import patronage
    from patronage.run.compile import compile_world, first_state

    world = patronage.load("cuba")
    compiled = compile_world(world)
    start = c_kernel.flatten_states(first_state(world, 1, compiled.params))
    kernel, steps = split_kernel(compiled, np.repeat(start, 64, axis=0))
    result = {
        "machine": describe_machine(),
        "ceilings": measure_ceilings(c_kernel.open_kernel(compiled)),
        "month": {} if given.no_engine else count_month(given.width),
        "kernel": kernel,
        "steps": steps,
    }
    text = tabulate(result)
    write(given.out, "roofline", result, text)
    print(text)


if __name__ == "__main__":
    main()
