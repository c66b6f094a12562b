"""What happened, by period: medians and 80 % intervals, with observed values beside."""

from __future__ import annotations

import csv
import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patronage.report.observed import Points, mean_within, observations, select
from patronage.report.periods import Period, choose_periods
from patronage.report.summary import INTERVAL, Run, Summary, mean_over, quantiles, unit_of

_Z80 = 1.2815515655446004  # normal quantile of the 80 % interval
_COLUMNS = (
    "section",
    "quantity",
    "unit",
    "period",
    "start",
    "end",
    "median",
    "low",
    "high",
    "observed",
    "quality",
    "observations",
    "matched",
    "outside",
)
BLOCKADE, TOP_RUNG = 2, 5  # rungs of the crisis ladder
WAR = 3  # outcome of a crisis
UN = "Alignment: equal votes in the UN with"


@dataclass(frozen=True)
class Cell:
    """One number of the table, and what was observed in the same period.

    matched: model's median over the observed months only; outside: whether the observed value
    lies outside the model's 80 % interval over those months.
    """

    median: float
    low: float
    high: float
    observed: float | None = None
    quality: str = ""
    count: int = 0
    matched: float | None = None
    outside: bool = False


@dataclass(frozen=True)
class Row:
    """A quantity by period. kind: share, percent, money or count (how it is printed)."""

    section: str
    label: str
    unit: str
    kind: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """Rows by period, with what a reader needs to judge them."""

    title: str
    periods: tuple[Period, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = field(default=())

    def __rich_console__(self, console: Any, options: Any) -> Iterable[Any]:
        from patronage.report.terminal import render

        yield from render(self, options.max_width)

    def write_csv(self, path: Path | str) -> Path:
        """One line for each quantity and period; numbers unrounded; provenance in `#` lines."""
        path = Path(path)
        with path.open("w", newline="", encoding="utf-8") as out:
            for note in (self.title, *self.notes):
                out.write(f"# {note}\n")
            lines = csv.writer(out, lineterminator="\n")
            lines.writerow(_COLUMNS)
            for row in self.rows:
                for period, cell in zip(self.periods, row.cells, strict=True):
                    lines.writerow(_record(row, period, cell))
        return path

    def to_html(self) -> str:
        """The table as an HTML fragment with header scopes."""
        head = "".join(f'<th scope="col">{html.escape(p.label)}</th>' for p in self.periods)
        body: list[str] = []
        for name, rows in group_rows(self.rows):
            span = len(self.periods) + 1
            units = sorted({r.unit for r in rows})
            unit = f" <small>{html.escape(units[0])}</small>" if len(units) == 1 else ""
            body.append(
                f'<tbody><tr class="section"><th scope="rowgroup" colspan="{span}">'
                f"<span>{html.escape(name)}{unit}</span></th></tr>"
            )
            for row in rows:
                cells = "".join(f"<td>{_html_cell(c, row.kind)}</td>" for c in row.cells)
                label = html.escape(row.label)
                if len(units) > 1:
                    label += f" <small>{html.escape(row.unit)}</small>"
                body.append(f'<tr><th scope="row">{label}</th>{cells}</tr>')
            body.append("</tbody>")
        return (
            f"<table><caption>{html.escape(self.title)}</caption>"
            f'<thead><tr><th scope="col">Quantity</th>{head}</tr></thead>{"".join(body)}</table>'
        )


def period_table(
    results: Run,
    focus: str | None = None,
    patron: str | None = None,
    rival: str | None = None,
    periods: Sequence[Period | tuple[int | str, int | str]] | None = None,
    *,
    third: str | None = None,
    world: Any = None,
    summary: Summary | None = None,
) -> Table:
    """What happened to one state, period by period.

    Each number is a member's mean over the months of the period; then the median and the 10th to
    90th percentile over members [units in the rows]. Errors: RunError for an unknown state.
    """
    s = summary or Summary(results, world, focus, patron, rival, third)
    spans = choose_periods(s.months, s.focus, periods)
    maker = _Maker(s, spans, observations(s.world))
    rows = [*maker.ties(), *maker.goods(), *maker.shortages(), *maker.support(), *maker.crises()]
    years = f"{spans[0].start // 12}–{spans[-1].end // 12}"
    title = f"{s.name(s.focus)} {years}: what the model says happened"
    return Table(title, tuple(spans), tuple(rows), _notes(s, rows))


class _Maker:
    """Makes the rows of one table."""

    def __init__(self, summary: Summary, spans: Sequence[Period], observed: Iterable[Any]) -> None:
        self.s, self.spans, self.observed = summary, spans, list(observed)

    def row(
        self, section: str, label: str, unit: str, kind: str, name: str, item: str | None
    ) -> Row:
        scale = 100.0 if kind == "percent" else 1.0
        values = self.s.members(name, item) * scale
        dims = self.s.data[name].dims
        patron, commodity = (item if d in dims else None for d in ("patron", "commodity"))
        points = select(self.observed, name, self.s.focus, patron, commodity)
        cells = [make_cell(values, self.s.months, p, points, scale) for p in self.spans]
        return Row(section, label, unit, kind, tuple(cells))

    def ties(self) -> Iterable[Row]:
        plan = (
            ("un_agreement", UN, "share, 0–1", "share"),
            ("transfer", "Transfers received from", "million US$ a year", "money"),
            ("trade_share", "Share in trade of", "%", "percent"),
            ("dependence", "Dependence on", "index, 0–1", "share"),
        )
        for name, section, unit, kind in plan:
            if self.s.has(name):
                for p in self.s.partners:
                    yield self.row(section, self.s.name(p), unit, kind, name, p)

    def goods(self) -> Iterable[Row]:
        """Trade and the goods that the report follows, in yearly amounts."""
        for name, label in (("exports_value", "exports, all"), ("imports_value", "imports, all")):
            if self.s.has(name):
                yield self.row("Goods", label, "million US$ a year", "money", name, None)
        for name, item, label in self.s.goods():
            unit = f"{unit_of(self.s.world, item)} a year"
            yield self.row("Goods", label, unit, "money", name, item)

    def shortages(self) -> Iterable[Row]:
        if self.s.has("shortage"):
            for c in self.s.commodities():
                yield self.row("Shortage of", c, "% of need unmet", "percent", "shortage", c)

    def support(self) -> Iterable[Row]:
        if self.s.has("support"):
            yield self.row(
                "At home", "support of the ruler", "share, 0–1", "share", "support", None
            )

    def crises(self) -> Iterable[Row]:
        if not self.s.has("crisis_rung"):
            return
        rung = self.s.members("crisis_rung")
        tops = [np.nanmax(rung[:, within(self.s.months, p)], axis=1) for p in self.spans]
        section = "Crises in the run"
        cells = tuple(Cell(*_spread(top)) for top in tops)
        yield Row(section, "highest rung", "rung, 0–5", "count", cells)
        cells = tuple(Cell(*share_interval(top >= BLOCKADE)) for top in tops)
        yield Row(section, "blockade or higher", "% of members", "percent", cells)
        # a war by accident ends a climb below the top rung: the outcome tells, not the rung
        ended = self.s.has("crisis_outcome")
        end, least = (self.s.members("crisis_outcome"), WAR) if ended else (rung, TOP_RUNG)
        worst = [np.nanmax(end[:, within(self.s.months, p)], axis=1) for p in self.spans]
        cells = tuple(Cell(*share_interval(top >= least)) for top in worst)
        yield Row(section, "war", "% of members", "percent", cells)


def within(months: NDArray[np.int64], period: Period) -> NDArray[np.bool_]:
    """Which months lie in a period."""
    return (months >= period.start) & (months <= period.end)


def _spread(values: NDArray[np.float64]) -> tuple[float, float, float]:
    low, median, high = quantiles(values)
    return float(median), float(low), float(high)


def share_interval(hit: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Share of members in per cent, with the 80 % Wilson interval (error of a finite ensemble)."""
    n, p = hit.size, float(hit.mean())
    centre = (p + _Z80**2 / (2 * n)) / (1 + _Z80**2 / n)
    half = _Z80 / (1 + _Z80**2 / n) * np.sqrt(p * (1 - p) / n + _Z80**2 / (4 * n * n))
    return 100 * p, 100 * max(0.0, float(centre - half)), 100 * min(1.0, float(centre + half))


def make_cell(
    values: NDArray[np.float64],
    months: NDArray[np.int64],
    period: Period,
    points: Points,
    scale: float = 1.0,
) -> Cell:
    """One cell: values (member, month), and the observed points of the same quantity."""
    inside = within(months, period)
    chosen = values[:, inside]
    median, low, high = _spread(mean_over(chosen, 1))
    seen = mean_within(points, months[inside])
    if seen is None:
        return Cell(median, low, high)
    weight = np.where(np.isnan(chosen), 0.0, seen.weight)
    total = weight.sum(axis=1)
    matched = np.where(total > 0, (np.nan_to_num(chosen) * weight).sum(axis=1), np.nan)
    mid, below, above = _spread(matched / np.maximum(total, 1e-12))
    value = seen.value * scale
    outside = bool(value < below or value > above)
    return Cell(median, low, high, value, seen.quality, seen.count, mid, outside)


def _notes(s: Summary, rows: Sequence[Row]) -> tuple[str, ...]:
    lines = s.footer().splitlines()
    notes = [
        lines[0],
        f"Median, and below it the {INTERVAL}, of each member's mean over the period.",
    ]
    if any(r.unit == "% of members" for r in rows):
        notes.append(
            "Shares of members: 80 % Wilson interval. Rungs: 1 demand, 2 blockade, 3 ultimatum, "
            "4 strike, 5 war; a war by accident can end a climb on a lower rung."
        )
    if any(c.median != c.median for r in rows for c in r.cells if r.section.startswith(UN)):
        notes.append("–: one of the two has no seat in the UN.")
    if any(c.observed is not None for r in rows for c in r.cells):
        notes.append(
            "= observed: mean of the observed values in the period; weakest quality used: "
            "A high, B medium, C low; * outside the model's interval over the observed months."
        )
    return tuple(notes)


def format_number(value: float, kind: str) -> str:
    """A number as printed: shares to two places, money to three figures, the rest whole.

    >>> format_number(0.934, "share"), format_number(4583.2, "money")
    ('0.93', '4580')
    """
    if value != value:
        return "–"
    if kind == "share":
        text = f"{value:.2f}"
    elif kind == "money" and abs(value) >= 1000:
        digits = -2 if abs(value) >= 9995 else -1
        text = f"{round(value, digits):.0f}"
    elif kind == "money" and 0 < abs(value) < 9.95:
        text = f"{value:.1f}"
    else:
        text = f"{value:.0f}"
    zero = text.strip("-0.") == ""
    return text.lstrip("-") if zero else text.replace("-", "−")


def format_cell(cell: Cell, kind: str) -> tuple[str, str, str]:
    """Median, interval and observed value as text; the last is empty where nothing was observed."""
    low, high = format_number(cell.low, kind), format_number(cell.high, kind)
    word = " to " if "−" in low + high else "–"
    interval = "" if cell.low != cell.low else (low if low == high else f"{low}{word}{high}")
    seen = ""
    if cell.observed is not None:
        seen = f"= {format_number(cell.observed, kind)} {cell.quality}{'*' if cell.outside else ''}"
    return format_number(cell.median, kind), interval, seen


def _html_cell(cell: Cell, kind: str) -> str:
    median, interval, seen = format_cell(cell, kind)
    text = f"<b>{median}</b><span>{interval}</span>"
    if seen:
        n = f"{cell.count} observed value{'s' if cell.count > 1 else ''}"
        style = "seen out" if cell.outside else "seen"
        text += f'<span class="{style}" title="{n}">{seen}</span>'
    return text


def _record(row: Row, period: Period, cell: Cell) -> list[Any]:
    from patronage import months as clock

    def show(value: float | None) -> str:
        return "" if value is None or value != value else f"{value:.6g}"

    span = [period.label, clock.format(period.start), clock.format(period.end)]
    numbers = [show(v) for v in (cell.median, cell.low, cell.high, cell.observed)]
    seen = cell.observed is not None
    tail = [cell.count, show(cell.matched), int(cell.outside)] if seen else ["", "", ""]
    return [row.section, row.label, row.unit, *span, *numbers, cell.quality, *tail]


def group_rows(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    """Rows by section, in order."""
    out: dict[str, list[Row]] = {}
    for row in rows:
        out.setdefault(row.section, []).append(row)
    return list(out.items())
