"""The table of stylised facts and the ablation table, as Markdown written by one command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special

from patronage.history import facts
from patronage.history.fact import Fact, share_where
from patronage.history.facts import Draws
from patronage.history.sample import Change, Sample

FIRST_YEAR, LAST_YEAR = 1959, 1990
VOTED_WITH = ("RUS", "USA")
SESSION = ("09", "12")


def crps(draws: np.ndarray, value: float) -> float:
    """Continuous ranked probability score of a sample [the quantity's unit], biased form."""
    ordered = np.sort(np.asarray(draws, float))
    count = len(ordered)
    ranks = 2 * np.arange(1, count + 1) - count - 1
    return float(np.abs(ordered - value).mean() - (ranks * ordered).sum() / count**2)


def predictive(mean: np.ndarray, dispersion: float, levels: np.ndarray) -> np.ndarray:
    """Draws of observed agreement given the model's: a beta of given dispersion around each member.

    Taken at fixed quantile levels, so that no further random numbers are needed.
    """
    centre = np.clip(mean, 0.005, 0.995)[:, None]
    return special.betaincinv(centre * dispersion, (1 - centre) * dispersion, levels).ravel()


def fit_of_votes(s: Sample) -> list[Fact]:
    """CRPS and coverage of yearly UN agreement of Cuba with its patrons, 1959–1990."""
    dispersion = s.world.parameters["observation.dispersion"].value
    levels = (np.arange(8) + 0.5) / 8
    scores, inside = [], []
    for seen in s.world.observed:
        year = seen.first // 12
        wanted = seen.quantity == "un_agreement" and seen.client == "CUB"
        if not wanted or seen.patron not in VOTED_WITH or not FIRST_YEAR <= year <= LAST_YEAR:
            continue
        first, last = (f"{year}-{month}" for month in SESSION)
        mean = s.span("un_agreement", "CUB", seen.patron, first=first, last=last)
        draws = predictive(mean, dispersion, levels)
        scores.append(crps(draws, seen.value))
        low, high = np.quantile(draws, [0.1, 0.9])
        inside.append(low <= seen.value <= high)
    group = "UN votes 1959–90, with the USSR and the USA"
    score, covered = share_where(scores), share_where(inside)
    return [
        Fact(group, "mean CRPS of yearly agreement", "at most 0.06", 0, 0.06, score),
        Fact(group, "points inside the 80 % interval", "0.65–0.95", 0.65, 0.95, covered, "share"),
    ]


def ablate(run: Draws, names: tuple[str, ...], tick: Callable[[str], Any]) -> dict[str, list[str]]:
    """For each mechanism, the measures that switching it off moves (see facts.moved)."""
    base = facts.measure(run, full=False)
    found = {}
    for name in names:
        tick(f"without {name}")
        found[name] = facts.moved(base, facts.measure(run, Change(name, off=(name,)), full=False))
    return found


def _number(value: float) -> str:
    if np.isnan(value):
        return "no member"
    if not np.isfinite(value):
        return "never"
    return f"{value:.0f}" if abs(value) >= 20 else f"{value:.2f}"


def _median(fact: Fact) -> str:
    """One digit more where a miss would read as the edge that it misses."""
    text = _number(fact.median)
    if not fact.met and text in (_number(fact.low), _number(fact.high)):
        return f"{fact.median:.3f}"
    return text


def _lay_facts(measured: list[Fact]) -> list[str]:
    """A table for each group of facts."""
    lines = []
    for group in dict.fromkeys(f.group for f in measured):
        lines += [f"## {group}", "", "| measure | history | model | 80 % range | counts as met | |"]
        lines += ["|---|---|---|---|---|---|"]
        for f in (f for f in measured if f.group == group):
            low, high = f.interval
            spread = "" if len(f.values) == 1 else f"{_number(low)} … {_number(high)}"
            unit = f" {f.unit}" if f.unit and f.unit != "share" else ""
            verdict = "met" if f.met else "**missed**"
            lines.append(
                f"| {f.measure} | {f.target} | {_median(f)}{unit} | {spread} "
                f"| {_number(f.low)} … {_number(f.high)} | {verdict} |"
            )
        lines.append("")
    return lines


def _lay_ablation(found: dict[str, list[str]]) -> list[str]:
    """A line for each mechanism that was switched off."""
    return [
        "## Ablation: each mechanism switched off",
        "",
        "Same random draws, one mechanism off from the first month. A measure counts as moved",
        "when its median shifts by more than a quarter of its 80 % range (and by more than",
        "2 %). The lines that need several runs are left out here.",
        "",
        "| without | moved | which (first six) |",
        "|---|---|---|",
        *(f"| {name} | {len(names)} | {'; '.join(names[:6])} |" for name, names in found.items()),
        "",
    ]


def write(
    world: Any,
    out: Path,
    *,
    members: int = 200,
    seed: int = 1,
    ablation: bool = True,
    tick: Callable[[str], Any] = lambda _: None,
) -> list[Fact]:
    """Measure the facts of a world and write the page; returns the facts.

    Parameters
    ----------
    out: Markdown file to write.
    ablation: also switch off each mechanism in turn.
    tick: called with a word on what is being run.
    """
    from patronage import __version__
    from patronage.model.step import NAMES

    run = facts.sampler(world, members, seed)
    tick("facts")
    measured = [*fit_of_votes(run(facts.BASELINE)), *facts.measure(run)]
    met = sum(f.met for f in measured)
    lines = [
        "# Stylised facts",
        "",
        "Made by `patronage facts " + world.name + "`; do not edit by hand.",
        "",
        "What history shows, beside what the model makes of it when the decisions of the other",
        "states and the exogenous series are imposed and Cuba chooses for itself. Nothing in this",
        "table is imposed on Cuba, except where a line says so. The value is the median over",
        "members, the range holds 80 % of them; a line is met when the median lies in the range",
        "given for it. Lines in units of `share` are shares of members and have no range.",
        "",
        f"{members} members, seed {seed}, version {__version__}, scenario `{world.name}` "
        f"({world.hash[:12]}). **{met} of {len(measured)} met.**",
        "",
    ]
    lines += _lay_facts(measured)
    if ablation:
        lines += _lay_ablation(ablate(run, NAMES, tick))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("\n".join(lines), encoding="utf-8")
    return measured
