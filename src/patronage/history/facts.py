"""Measure the stylised facts of the Cuba world, with the changed runs that some of them need."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from patronage.errors import ScenarioError
from patronage.history.cuba_early import lost_market, october, order_of_alignment, split
from patronage.history.cuba_late import collapse, prague, revolution, rift
from patronage.history.fact import Fact
from patronage.history.sample import BASELINE, Change, Sample, draw

Draws = Callable[[Change], Sample]
ACTORS = ("CUB", "RUS", "USA", "CHN", "CZE", "BOL", "ROW")

RECORDED = (
    "un_agreement",
    "trade_share",
    "arms",
    "ideology",
    "exports_value",
    "imports_value",
    "credit",
    "credibility",
    "due",
    "outside",
    "imports",
    "used",
    "deliveries",
    "affinity",
    "insurgency",
    "faction_share",
    "output",
    "production",
)
VARIANTS: dict[str, Change] = {
    "united": Change("no split", unrivalled=(("RUS", "CHN"),)),
    "closed": Change("China cannot supply", closed=(("CHN", "rice"), ("CHN", "machinery"))),
    "loyalty": Change("loyalty", params=(("economy.discipline", 0.0), ("bloc.repay", 0.0))),
    "logistics": Change(
        "logistics", params=(("economy.logistics", 0.0), ("economy.distance_logistics", 0.0))
    ),
    "crop failure": Change("crop failure", even_crops=True),
}
CAUSES = ("loyalty", "logistics", "crop failure")


def measure(run: Draws, change: Change = BASELINE, *, full: bool = True) -> list[Fact]:
    """All facts of a world, or only those that need a single run.

    Parameters
    ----------
    run: makes a sample of the world with a change.
    change: what holds in every run.
    full: also make the runs that the split and the oil question need.
    """
    s = run(change)
    facts = [*order_of_alignment(s), *lost_market(s), *october(s)]
    if full:
        facts += split(s, run(VARIANTS["united"]), run(VARIANTS["closed"]))
        facts += rift(s, {name: run(VARIANTS[name]) for name in CAUSES})
    else:
        facts += rift(s, {})
    return [*facts, *prague(s), *revolution(s), *collapse(s)]


def sampler(world: Any, members: int, seed: int, until: str | None = "1993-12") -> Draws:
    """A function that runs a world with a change; the world is compiled once."""
    from dataclasses import replace

    from patronage.run.compile import compile_world

    missing = [code for code in ACTORS if code not in world.codes]
    if missing:
        raise ScenarioError(
            f"the facts are about states that this scenario lacks: {', '.join(missing)}",
            where=world.name,
            allowed=["cuba", "a scenario with " + ", ".join(ACTORS)],
        )

    longer = world.until(until) if until else world
    compiled = {"base": replace(compile_world(longer), recorded=RECORDED, every=1)}

    def run(change: Change) -> Sample:
        return draw(
            longer, change, members=members, seed=seed, recorded=RECORDED, compiled=compiled
        )

    return run


def moved(base: Iterable[Fact], other: Iterable[Fact]) -> list[str]:
    """Measures whose median a change moves by more than a quarter of the baseline's 80 % range."""
    found = []
    for one, two in zip(base, other, strict=True):
        low, high = one.interval
        finite = np.isfinite([one.median, two.median]).all()
        step = abs(two.median - one.median) if finite else float(one.median != two.median)
        wide = (high - low) if np.isfinite(high - low) else 1.0
        if step > max(0.25 * wide, 0.02 * max(1.0, abs(one.median) if finite else 1.0)):
            found.append(one.measure)
    return found
