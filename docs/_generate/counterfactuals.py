"""Runs the ten shipped branches and writes their pages: `docs/counterfactuals/`.

    .venv/bin/python docs/_generate/counterfactuals.py --members 200

Numbers, figures and the words on what drives a result are measured; questions and cautions are
those of `counterfactuals.yaml`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "src")]

from counterfactual_cases import Happening, Measure, read_cases  # noqa: E402
from counterfactual_page import Row, write_index, write_page  # noqa: E402

END = "1993-12"
EXPLAINED, PAIRS = 32, 1


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[], help="names of branches")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/counterfactuals")
    parser.add_argument("--explained", type=int, default=EXPLAINED, help="members explained")
    given = parser.parse_args()
    import patronage as pt

    started = time.monotonic()
    cases = read_cases()
    record = sorted({m.quantity for c in cases for m in c.measures if isinstance(m, Measure)})
    world = pt.load("cuba").until(END)
    base = pt.run(world, members=given.members, seed=given.seed, record=record)
    for case in cases:
        if given.only and case.name not in given.only:
            continue
        branch = world.branch(file=case.name)
        run = pt.run(branch, members=given.members, seed=given.seed, record=record)
        rows = [measure(m, base, run) for m in case.measures]
        less = []
        if case.without:
            (whole,) = branch.branches
            kept = [c for i, c in enumerate(whole.changes) if i != case.without[0]]
            part = world.branch(whole.date, changes=kept)
            other = pt.run(part, members=given.members, seed=given.seed, record=record)
            less = [measure(m, base, other) for m in case.measures]
        main = case.main
        parts = pt.explain(
            branch, main.quantity, main.window, against=world, pairs=PAIRS,
            members=min(given.explained, given.members), seed=given.seed, **main.cell,
        )  # fmt: skip
        courses = [yearly(main, r, case.span) for r in (base, run)]
        write_page(given.out, case, branch, rows, parts, courses, base.manifest, less)
        print(f"{case.name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
        write_index(given.out, cases, base.manifest)


def measure(m: Measure | Happening, base: Any, run: Any) -> Row:
    """Levels of a measure in both runs (member,), and its unit."""
    if isinstance(m, Happening):
        one, two = (happens(m, r) for r in (base, run))
        return Row(m.label, m.window, "share of members", one, two)
    one, two = (level(m, r) for r in (base, run))
    unit = base.data[m.quantity].attrs.get("units", "")
    return Row(m.label, m.window, per_year(unit) if m.yearly else unit, one, two)


def per_year(unit: str) -> str:
    """The unit of a monthly flow times twelve."""
    return unit.replace("/ month", "a year").replace("unit a year", "kt a year")


def level(m: Measure, run: Any) -> np.ndarray:
    """Mean over the measure's window (member,)."""
    first, _, last = m.window.partition(":")
    array = cell(m, run).sel(month=slice(first, last or first))
    return array.mean("month", dtype=np.float64).values * (12 if m.yearly else 1)


def yearly(m: Measure, run: Any, span: tuple[int, int]) -> np.ndarray:
    """Means by year (year, member)."""
    array = cell(m, run).sel(month=slice(str(span[0]), str(span[1])))
    values = array.transpose("month", "member").values.astype(np.float64)
    return values.reshape(-1, 12, values.shape[1]).mean(axis=1) * (12 if m.yearly else 1)


def cell(m: Measure, run: Any) -> Any:
    """The quantity in the measure's cell (member, month)."""
    labels: dict[str, Any] = dict(m.cell)
    if "faction" in labels:
        factions = ("old-order", "pro-moscow", "fidelista", "revolutionary")
        labels["faction"] = factions.index(labels["faction"])
    return run.data[m.quantity].sel(labels)


def happens(m: Happening, run: Any) -> np.ndarray:
    """1 for members in whose log it happens (member,)."""
    first, _, last = m.window.partition(":")
    last = last or first
    log = run.log
    end = np.datetime64(f"{last}-12" if len(last) == 4 else last, "M") + 1
    found = log[(log["month"] >= np.datetime64(first, "M")) & (log["month"] < end)]
    found = found[(found["member"] >= 0) & (found["mechanism"] != "decide")]
    if m.what == "consulted":
        found = found[(found["what"] == "outcome: complied") & (found["how_much"] >= 1)]
    else:
        found = found[found["what"] == m.what]
    for column, code in (("who", m.who), ("whom", m.whom)):
        if code is not None:
            found = found[found[column] == code]
    return np.isin(run.data["member"].values, found["member"].unique()).astype(float)


if __name__ == "__main__":
    main()
