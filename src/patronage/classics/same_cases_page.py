"""The page `docs/classics/same_cases.md`: who forecasts the same cases better, and by how much.

>>> from patronage.classics import same_cases_page                    # doctest: +SKIP
>>> same_cases_page.write("docs/classics/same_cases.md", panel, "path/to/inputs")  # doctest: +SKIP
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from patronage.classics import pacts
from patronage.classics.choice import Choice, choose, vary_members
from patronage.classics.contention import TERMS, Hazard, fit_hazard
from patronage.classics.later import WAYS as LATER_WAYS
from patronage.classics.later import compare_later
from patronage.classics.markdown import lay_table
from patronage.classics.same_cases import (
    EARLIER,
    FIELD,
    OURS,
    PLAIN,
    WAYS,
    Comparison,
    compare,
)
from patronage.classics.same_cases_figures import draw_reliability, draw_scores
from patronage.classics.same_cases_tables import (
    SCORES,
    TARGETS,
    WAY_NAMES,
    Line,
    explain_counts,
    margins,
    relevel,
    say,
    say_with,
    score_case,
)
from patronage.classics.same_cases_words import (
    CASES,
    CHOICE,
    COUNTS,
    DRAWN,
    HEAD,
    LATER,
    LIMITS,
    METHOD,
)
from patronage.classics.training import MEMBERS, weigh
from patronage.classics.verification import DRAWS, measure, resample
from patronage.data.panel import Panel


def _title(comparison: Comparison, number: int) -> str:
    case = comparison.cases[number]
    return f"{case.name}, {case.truth}"


def _score_table(lines: list[Line]) -> list[str]:
    rows = []
    for line in lines:
        cells = [
            "–" if s not in line.scores
            else say_with(line.scores[s]) if s in ("AUC", "skill")
            else say(line.scores[s].value)
            for s in SCORES
        ]  # fmt: skip
        name = line.forecast.model
        rows.append([f"**{name}**" if name == OURS else name, WAY_NAMES[line.forecast.way], *cells])
    header = ["model", "fitted on", "AUC", "AP", "Brier", "Brier skill", "McFadden's R²"]
    return lay_table(header, rows)


def _margin_table(
    comparison: Comparison, number: int, draws: int, ways: tuple[str, ...]
) -> list[str]:
    rows = []
    for over in (FIELD, PLAIN):
        for way, found in margins(comparison, number, draws, over, ways):
            rows.append(
                [f"over the {over}", WAY_NAMES[way], *[say_with(v) for v in found.values()]]
            )
    header = ["patronage", "fitted on", "AUC", "AP", "Brier skill", "McFadden's R²"]
    return lay_table(header, rows)


def _targets(comparison: Comparison, scored: list[list[Line]]) -> list[str]:
    rows: list[list[str]] = []
    sums: dict[tuple[str, str], list[str]] = {}
    for number, lines in enumerate(scored):
        case = comparison.cases[number]
        for line in lines:
            model, way = line.forecast.model, WAY_NAMES[line.forecast.way]
            if model not in (OURS, EARLIER):
                continue
            for score, target in TARGETS[case.name].items():
                value = line.scores[score].value
                short = target - value
                missed = f"missed by {say(short)}" if short >= 0.001 else "missed by < 0.001"
                verdict = "reached" if short <= 0 else missed
                rows.append(
                    [_title(comparison, number), model, way, score, say(target, 2),
                     say_with(line.scores[score]), verdict]
                )  # fmt: skip
                here = "" if short <= 0 else f"{_title(comparison, number)}, {score}: {missed}"
                sums.setdefault((model, way), []).append(here)
    header = ["pairs", "model", "fitted on", "score", "mark", "value", "verdict"]
    return [*_sum_up(sums), "", *lay_table(header, rows, left=4)]


def _sum_up(sums: dict[tuple[str, str], list[str]]) -> list[str]:
    """A line for each model and way of fitting: marks reached, and which are not."""
    return [
        f"- *{model}, fitted on {way}*: {found.count('')} of {len(found)} reached"
        + "".join(f"; {missed}" for missed in found if missed)
        for (model, way), found in sums.items()
    ]


def _fit_table(hazard: Hazard) -> list[str]:
    rows = [
        [name, CASES[name], say(value, 2)]
        for name, value in zip(hazard.names, hazard.slope, strict=True)
    ]
    rows.append(["frailty k", "evenness of unobserved differences", say(hazard.frailty, 2)])
    return lay_table(["term", "what it is", "log hazard per standard deviation"], rows)


def _count_table(comparison: Comparison, number: int) -> list[str]:
    rows = [
        [e.model, WAY_NAMES[e.way], *map(say, (e.all_pairs, e.without, e.logs)),
         "–" if np.isnan(e.level) else say(e.level, 2)]
        for e in explain_counts(comparison, number)
    ]  # fmt: skip
    header = ["model", "fitted on", "R², all pairs", "without USA–USSR", "of log(1 + number)"]
    return lay_table([*header, "expected / observed"], rows)


def _pact_table(comparison: Comparison, number: int, draws: int, repeats: int) -> list[str]:
    case = pacts.choose_pairs(comparison.cases[number])
    world = comparison.cases[-1].pairs
    rows = []
    for found in pacts.forecast_pacts(case, world, comparison.past, repeats):
        probability = found.way != "none"
        scores = resample(
            (case.pairs.first, case.pairs.second),
            lambda w, f=found, p=probability: measure(f.chance, case.pairs.pacts, w, p),
            draws,
        )
        cells = [
            "–" if s not in scores else say_with(scores[s]) if s == "AUC" else say(scores[s].value)
            for s in SCORES
        ]  # fmt: skip
        rows.append([found.model, WAY_NAMES[found.way], *cells])
    count = int(case.pairs.pacts.sum())
    header = ["model", "fitted on", "AUC", "AP", "Brier", "Brier skill", "McFadden's R²"]
    lead = f"{len(case.pairs)} pairs, {count} with a defence obligation in 1998 (ATOP)."
    return [lead, "", *lay_table(header, rows)]


@dataclass(frozen=True)
class Page:
    """The text of the page and the comparison behind it."""

    text: str
    comparison: Comparison
    scored: list[list[Line]]


def _case_section(comparison: Comparison, number: int, lines: list[Line], draws: int) -> list[str]:
    case = comparison.cases[number]
    shift, level = relevel(comparison.find(number, OURS, "past").chance, case.some)
    return [
        f"## Any dispute, 1948–98: {_title(comparison, number)}",
        "",
        f"{len(case.pairs):,} pairs, {int(case.some.sum())} with a dispute.",
        "",
        *_score_table(lines),
        f"Fitted on the past and moved to the observed mean (by {say(shift, 2)} on the "
        f"logit, which nobody could know), `patronage` has Brier skill {say(level)}.",
        "",
        "What `patronage` adds, fitted in the same way:",
        "",
        *_margin_table(comparison, number, draws, WAYS),
    ]


def _later_section(later: Comparison, draws: int) -> list[str]:
    text = ["## The untouched check: disputes of 1999–2010", "", LATER, ""]
    for number, case in enumerate(later.cases):
        text += [
            f"**{case.name.capitalize()}**: {len(case.pairs):,} pairs, "
            f"{int(case.some.sum())} with a dispute.",
            "",
            *_score_table(score_case(later, number, draws)),
            *_margin_table(later, number, draws, LATER_WAYS),
        ]
    return text


def _choice_table(first: str, choices: list[Choice]) -> list[str]:
    rows = [
        [f"**{c.name}**" if k == 0 else c.name, *map(say, (*c.fit, c.score, *c.rank))]
        for k, c in enumerate(choices)
    ]
    header = [first, "1920–47", "1930–47", "other countries", "mean"]
    header += ["AUC 1920–47", "AUC 1930–47", "AUC other countries"]
    return lay_table(header, rows, 1)


def _choice_section(choices: list[Choice], members: list[Choice]) -> list[str]:
    used = replace(choices[0], name=f"{MEMBERS}, seed 1")
    text = ["## How the terms were chosen", "", CHOICE, "", *_choice_table("terms", choices)]
    return [*text, DRAWN, "", *_choice_table("members", [used, *members])]


def compose(
    comparison: Comparison,
    later: Comparison | None = None,
    choices: tuple[list[Choice], list[Choice]] | None = None,
    *,
    draws: int = DRAWS,
    repeats: int = 2,
) -> Page:
    """All sections, in order; without `later` and `choices` those two are left out."""
    scored = [score_case(comparison, k, draws) for k in range(len(comparison.cases))]
    past = comparison.past
    text = [HEAD, "", "## Marks", "", *_targets(comparison, scored)]
    text += ["![AUC and Brier skill of all models](same_cases_scores.png)", ""]
    text += ["## What is compared", "", METHOD, ""]
    text += _choice_section(*choices) if choices else []
    for number, lines in enumerate(scored):
        text += _case_section(comparison, number, lines, draws)
    text += ["![Observed shares by forecast chance](same_cases_reliability.png)", ""]
    text += _later_section(later, draws) if later else []
    text += ["## The fitted hazard", "", f"Fitted on {len(past):,} pairs of the past.", ""]
    text += _fit_table(fit_hazard(past, TERMS, weight=weigh(past)))
    text += ["## Numbers of disputes", "", COUNTS, ""]
    for number in range(len(comparison.cases)):
        text += [f"**{_title(comparison, number)}**", "", *_count_table(comparison, number)]
    text += ["## Defence pacts of 1998", "", *_pact_table(comparison, 0, draws, repeats)]
    text += ["## Limits", "", LIMITS, ""]
    return Page("\n".join(text).rstrip() + "\n", comparison, scored)


def write(
    out_path: str | Path,
    panel: Panel,
    peer: str | Path | None = None,
    *,
    repeats: int = 2,
    draws: int = DRAWS,
    checks: bool = True,
) -> Page:
    """Write the page and its figures beside it; a page that was there is replaced at the end.

    checks: whether the choice of terms and the years 1999–2010 are worked out too.

    Errors: DataError if the panel lacks a table or the inputs lack a file.
    """
    out = Path(out_path)
    comparison = compare(panel, peer, repeats=repeats)
    later = compare_later(panel, comparison) if checks else None
    choices = (choose(panel), vary_members(panel)) if checks else None
    page = compose(comparison, later, choices, draws=draws, repeats=repeats)
    draw_and_write(page, out)
    return page


def draw_and_write(page: Page, out: Path) -> None:
    """The figures beside the page, then the page."""
    comparison = page.comparison
    out.parent.mkdir(parents=True, exist_ok=True)
    shown = [0, len(comparison.cases) - 1]
    titled = [(_title(comparison, k), page.scored[k]) for k in shown]
    draw_scores(titled, out.parent / "same_cases_scores.png")
    draw_reliability(comparison, shown, out.parent / "same_cases_reliability.png")
    part = out.with_name(f".{out.name}.part")
    part.write_text(page.text, encoding="utf-8")
    os.replace(part, out)


def summarise(comparison: Comparison) -> list[tuple[str, ...]]:
    """Rows for the terminal: case, model, way, AUC, Brier skill."""
    rows = []
    for number, forecasts in enumerate(comparison.forecasts):
        case = comparison.cases[number]
        for found in forecasts:
            if found.way in (*WAYS, "none"):
                scores = measure(found.chance, case.some, probability=found.probability)
                cells = [say(scores[s]) if s in scores else "–" for s in ("AUC", "skill")]
                rows.append((_title(comparison, number), found.model, WAY_NAMES[found.way], *cells))
    return rows
