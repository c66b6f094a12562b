"""The whole report of a run: a table (CSV and HTML), figures (PNG and SVG), and one page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from patronage.report.figures import FIGURES, write_figures
from patronage.report.html import write_page
from patronage.report.periods import Period
from patronage.report.summary import Run, Summary
from patronage.report.tables import Table, period_table

Progress = Callable[[str, int, int], None]


def write(
    results: Run,
    world: Any,
    out_dir: Path | str,
    progress: Progress | None = None,
    *,
    focus: str | None = None,
    patron: str | None = None,
    rival: str | None = None,
    third: str | None = None,
    periods: Sequence[Period | tuple[int | str, int | str]] | None = None,
    figures: Sequence[str] = tuple(FIGURES),
    summary: Summary | None = None,
    table: Table | None = None,
) -> dict[str, Path]:
    """Write tables, figures and `report.html` of a run into a folder.

    world: the scenario, for names, observed values and references; None does without.
    summary, table: of this run, where there are any already.
    progress: called with what was done, how many steps are done, and how many there are.
    Returns the paths by name: `table.csv`, `table.html`, `alignment.png`, …, `report.html`.
    Errors: RunError for a state that the run does not have, or an unknown figure.
    """
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    steps, done = len(figures) + 2, 0

    def tell(what: str) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(what, done, steps)

    summary = summary or Summary(results, world, focus, patron, rival, third)
    table = table or period_table(results, periods=periods, summary=summary)
    paths = {"table.csv": table.write_csv(out / "table.csv")}
    paths["table.html"] = out / "table.html"
    paths["table.html"].write_text(table.to_html(), encoding="utf-8")
    tell("table")
    drawn = write_figures(summary, out / "figures", figures, tell)
    for name, (_, files) in drawn.items():
        paths |= {f"{name}.{kind}": path for kind, path in files.items()}
    paths["report.html"] = write_page(out / "report.html", summary, table, drawn)
    tell("report")
    return paths
