"""Figures of the page on the same cases: scores with intervals, and reliability."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from patronage.classics.same_cases import OURS, WAYS, Comparison
from patronage.classics.same_cases_tables import MODELS, TARGETS, Line, reliability
from patronage.report.style import BLUE, FAINT, GREEN, INK, MUTED, ORANGE, PURPLE, house_style

COLOURS = {"past": INK, "countries": BLUE, "both": GREEN, "pairs": ORANGE, "none": MUTED}
LABELS = {
    "past": "fitted on 1890–1947 only", "countries": "on other countries' pairs and the past",
    "both": "on other pairs (tenfold) and the past",
    "pairs": "on other pairs (tenfold)", "none": "an index, not fitted",
}  # fmt: skip
DPI = 160
EDGES = np.array([0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0])


def _dots(axes: Any, lines: Sequence[Line], score: str, target: float) -> None:
    """Score of every model and way with its interval, one row a model."""
    shift = {"past": -0.3, "countries": -0.1, "both": 0.1, "pairs": 0.3, "none": -0.1}
    for line in lines:
        if score not in line.scores:
            continue
        found = line.scores[score]
        y = MODELS.index(line.forecast.model) + shift[line.forecast.way]
        colour = COLOURS[line.forecast.way]
        axes.plot([max(found.low, axes.get_xlim()[0]), found.high], [y, y], color=colour, lw=0.9)
        axes.plot(found.value, y, "o", ms=3, color=colour)
    axes.axvline(target, color=PURPLE, lw=0.8, ls="--")
    axes.set_ylim(len(MODELS) - 0.5, -0.5)


def draw_scores(cases: Sequence[tuple[str, Sequence[Line]]], path: Path) -> None:
    """AUC and Brier skill of all models, with 95 % intervals over countries."""
    from matplotlib.figure import Figure

    with house_style():
        figure = Figure(figsize=(6.6, 2.1 * len(cases) + 0.75))
        grid = figure.subplots(len(cases), 2, sharey=True, squeeze=False)
        for row, (title, lines) in zip(grid, cases, strict=True):
            target = TARGETS[title.split(",")[0]]
            for axes, score, low, high in zip(
                row, ("AUC", "skill"), (0.4, -0.25), (0.95, 0.5), strict=True
            ):
                axes.set_xlim(low, high)
                chance = 0.5 if score == "AUC" else 0.0
                axes.axvline(chance, color=FAINT, lw=0.8)
                _dots(axes, lines, score, target[score])
                axes.set_title(f"{title}: {'AUC' if score == 'AUC' else 'Brier skill'}")
                axes.set_yticks(range(len(MODELS)), MODELS)
        handles = [
            figure.axes[0].plot([], [], "o-", ms=3, lw=0.9, color=COLOURS[w], label=LABELS[w])[0]
            for w in COLOURS
        ]
        handles.append(
            figure.axes[0].plot([], [], "--", lw=0.8, color=PURPLE, label="mark to reach")[0]
        )
        figure.legend(handles=handles, loc="lower center", ncol=3, frameon=False, fontsize=6)
        figure.tight_layout(rect=(0, 0.07, 1, 1))
        figure.savefig(path, dpi=DPI, metadata={"Software": None})


def draw_reliability(comparison: Comparison, numbers: Sequence[int], path: Path) -> None:
    """Observed share against forecast chance, ours, each way of fitting."""
    from matplotlib.figure import Figure

    with house_style():
        figure = Figure(figsize=(3.1 * len(numbers), 2.9))
        for axes, number in zip(
            figure.subplots(1, len(numbers), squeeze=False)[0], numbers, strict=True
        ):
            case = comparison.cases[number]
            axes.plot([0, 1], [0, 1], color=FAINT, lw=0.8)
            for way in WAYS:
                chance = comparison.find(number, OURS, way).chance
                bins = reliability(chance, case.some, EDGES)
                x, y, n = (np.array(v) for v in zip(*bins, strict=True))
                axes.plot(x, y, color=COLOURS[way], lw=0.9, label=LABELS[way])
                axes.scatter(x, y, s=4 + 36 * np.sqrt(n / n.max()), color=COLOURS[way], lw=0)
            axes.set_title(f"{case.name}, {case.truth}")
            axes.set_xlabel("forecast chance of a dispute, 1948–98")
            axes.set_ylabel("share of pairs with one")
            axes.set_xlim(0, 1)
            axes.set_ylim(0, 1)
            axes.legend(frameon=False, fontsize=5.5, loc="upper left")
        figure.tight_layout()
        figure.savefig(path, dpi=DPI, metadata={"Software": None})
