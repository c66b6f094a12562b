"""The page `docs/classics/same_cases.md`: who forecasts the same cases better, and by how much.

>>> from patronage.classics import same_cases_page                    # doctest: +SKIP
>>> same_cases_page.write("docs/classics/same_cases.md", panel, "path/to/inputs")  # doctest: +SKIP
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from patronage.classics import pacts
from patronage.classics.contention import TERMS, Hazard, fit_hazard
from patronage.classics.same_cases import FIELD, OURS, PLAIN, WAYS, Comparison, compare
from patronage.classics.same_cases_figures import draw_reliability, draw_scores
from patronage.classics.same_cases_tables import (
    SCORES,
    TARGETS,
    WAY_NAMES,
    Line,
    explain_counts,
    margins,
    relevel,
    score_case,
)
from patronage.classics.same_cases_words import CASES, HEAD, LIMITS, METHOD
from patronage.classics.verification import DRAWS, Interval, measure, resample
from patronage.data.panel import Panel


def _number(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}".replace("-", "−")


def _with(interval: Interval) -> str:
    return f"{_number(interval.value)} ({_number(interval.low, 2)} … {_number(interval.high, 2)})"


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    rule = ["---", "---", *["---:" for _ in header[2:]]]
    return ["| " + " | ".join(cells) + " |" for cells in (header, rule, *rows)] + [""]


def _title(comparison: Comparison, number: int) -> str:
    case = comparison.cases[number]
    return f"{case.name}, {case.truth}"


def _score_table(lines: list[Line]) -> list[str]:
    rows = []
    for line in lines:
        cells = [
            "–" if s not in line.scores
            else _with(line.scores[s]) if s in ("AUC", "skill")
            else _number(line.scores[s].value)
            for s in SCORES
        ]  # fmt: skip
        name = line.forecast.model
        rows.append([f"**{name}**" if name == OURS else name, WAY_NAMES[line.forecast.way], *cells])
    header = ["model", "fitted on", "AUC", "AP", "Brier", "Brier skill", "McFadden's R²"]
    return _table(header, rows)


def _margin_table(comparison: Comparison, number: int, draws: int) -> list[str]:
    rows = []
    for over in (FIELD, PLAIN):
        for way, found in margins(comparison, number, draws, over):
            rows.append([f"over the {over}", WAY_NAMES[way], *[_with(v) for v in found.values()]])
    header = ["patronage", "fitted on", "AUC", "AP", "Brier skill", "McFadden's R²"]
    return _table(header, rows)


def _targets(comparison: Comparison, scored: list[list[Line]]) -> list[str]:
    rows = []
    for number, lines in enumerate(scored):
        case = comparison.cases[number]
        for line in lines:
            if line.forecast.model != OURS:
                continue
            for score, target in TARGETS[case.name].items():
                value = line.scores[score].value
                short = target - value
                missed = f"missed by {_number(short)}" if short >= 0.001 else "missed by < 0.001"
                verdict = "reached" if short <= 0 else missed
                rows.append(
                    [_title(comparison, number), WAY_NAMES[line.forecast.way], score,
                     _number(target, 2), _with(line.scores[score]), verdict]
                )  # fmt: skip
    header = ["pairs", "fitted on", "score", "mark", "patronage", "verdict"]
    return _table(header, rows)


def _fit_table(hazard: Hazard) -> list[str]:
    rows = [
        [name, CASES[name], _number(value, 2)]
        for name, value in zip(hazard.names, hazard.slope, strict=True)
    ]
    rows.append(["frailty k", "evenness of unobserved differences", _number(hazard.frailty, 2)])
    return _table(["term", "what it is", "log hazard per standard deviation"], rows)


def _count_table(comparison: Comparison, number: int) -> list[str]:
    rows = [
        [e.model, WAY_NAMES[e.way], _number(e.all_pairs), _number(e.without)]
        for e in explain_counts(comparison, number)
    ]
    return _table(["model", "fitted on", "R², all pairs", "without USA–USSR"], rows)


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
            "–" if s not in scores else _with(scores[s]) if s == "AUC" else _number(scores[s].value)
            for s in SCORES
        ]  # fmt: skip
        rows.append([found.model, WAY_NAMES[found.way], *cells])
    count = int(case.pairs.pacts.sum())
    header = ["model", "fitted on", "AUC", "AP", "Brier", "Brier skill", "McFadden's R²"]
    lead = f"{len(case.pairs)} pairs, {count} with a defence obligation in 1998 (ATOP)."
    return [lead, "", *_table(header, rows)]


@dataclass(frozen=True)
class Page:
    """The text of the page and the comparison behind it."""

    text: str
    comparison: Comparison
    scored: list[list[Line]]


def compose(comparison: Comparison, *, draws: int = DRAWS, repeats: int = 2) -> Page:
    """All sections, in order."""
    scored = [score_case(comparison, k, draws) for k in range(len(comparison.cases))]
    hazard = fit_hazard(comparison.past, TERMS)
    text = [HEAD, "", "## Marks", "", *_targets(comparison, scored)]
    text += ["![AUC and Brier skill of all models](same_cases_scores.png)", ""]
    text += ["## What is compared", "", METHOD, ""]
    for number, lines in enumerate(scored):
        case = comparison.cases[number]
        text += [f"## Any dispute, 1948–98: {_title(comparison, number)}", ""]
        text += [f"{len(case.pairs):,} pairs, {int(case.some.sum())} with a dispute.", ""]
        text += _score_table(lines)
        shift, level = relevel(comparison.find(number, OURS, "past").chance, case.some)
        text += [
            f"Fitted on the past and moved to the observed mean (by {_number(shift, 2)} on the "
            f"logit, which nobody could know), `patronage` has Brier skill {_number(level)}.",
            "",
        ]
        text += ["What `patronage` adds, fitted in the same way:", ""]
        text += _margin_table(comparison, number, draws)
    text += ["![Observed shares by forecast chance](same_cases_reliability.png)", ""]
    text += [
        "## The fitted hazard",
        "",
        f"Fitted on {len(comparison.past):,} pairs of the past.",
        "",
    ]
    text += _fit_table(hazard)
    text += ["## Numbers of disputes", "", *_count_table(comparison, 0)]
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
) -> Page:
    """Write the page and its figures beside it; a page that was there is replaced at the end.

    Errors: DataError if the panel lacks a table or the inputs lack a file.
    """
    out = Path(out_path)
    comparison = compare(panel, peer, repeats=repeats)
    page = compose(comparison, draws=draws, repeats=repeats)
    out.parent.mkdir(parents=True, exist_ok=True)
    shown = [0, len(comparison.cases) - 1]
    titled = [(_title(comparison, k), page.scored[k]) for k in shown]
    draw_scores(titled, out.parent / "same_cases_scores.png")
    draw_reliability(comparison, shown, out.parent / "same_cases_reliability.png")
    part = out.with_name(f".{out.name}.part")
    part.write_text(page.text, encoding="utf-8")
    os.replace(part, out)
    return page


def summarise(comparison: Comparison) -> list[tuple[str, ...]]:
    """Rows for the terminal: case, model, way, AUC, Brier skill."""
    rows = []
    for number, forecasts in enumerate(comparison.forecasts):
        case = comparison.cases[number]
        for found in forecasts:
            if found.way in (*WAYS, "none"):
                scores = measure(found.chance, case.some, probability=found.probability)
                cells = [_number(scores[s]) if s in scores else "–" for s in ("AUC", "skill")]
                rows.append((_title(comparison, number), found.model, WAY_NAMES[found.way], *cells))
    return rows
