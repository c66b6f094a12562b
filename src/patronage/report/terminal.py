"""A table as text for a terminal: three lines a row, never wider than the window."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from patronage.report.tables import Row, Table, format_cell, group_rows


@dataclass(frozen=True)
class _Block:
    """Neighbouring periods that fit side by side; width of each, and of the labels."""

    periods: range
    width: tuple[int, ...]
    first: int

    @property
    def total(self) -> int:
        return self.first + sum(self.width) + len(self.width)


def render(table: Table, most: int) -> Iterable[Any]:
    """The table in blocks of periods that fit in `most` columns; notes after the last."""
    from rich.text import Text

    texts = [[format_cell(c, r.kind) for c in r.cells] for r in table.rows]
    blocks = _split(table, texts, most)
    for block in blocks:
        out = Text(f"{table.title}\n\n", no_wrap=True, overflow="crop")
        out.stylize("bold")
        labels = [table.periods[k].label for k in block.periods]
        out.append(" " * block.first + _columns(labels, block.width), style="bold")
        out.append("\n" + "─" * block.total, style="dim")
        at = 0
        for name, rows in group_rows(table.rows):
            shared = len({r.unit for r in rows}) == 1
            out.append(f"\n{name}", style="bold cyan")
            out.append(f"  [{rows[0].unit}]\n" if shared else "\n", style="dim")
            for row in rows:
                _append_row(out, row, "" if shared else f" {row.unit}", texts[at], block)
                at += 1
        yield out
    width = max(40, min(most, max(b.total for b in blocks)))
    notes = (textwrap.fill(n, width, subsequent_indent="  ") for n in table.notes)
    yield Text("\n".join(notes), style="dim")


def _split(
    table: Table, texts: Sequence[Sequence[tuple[str, str, str]]], most: int
) -> list[_Block]:
    """As few blocks as fit, filled from the left; one period at least in each."""
    names = [r.label for r in table.rows] + [f" {r.unit}" for r in _rows_with_own_unit(table)]
    first = max([16, *(len(n) for n in names)]) + 1
    width = [
        max([9, len(p.label), *(len(part) for row in texts for part in row[k])])
        for k, p in enumerate(table.periods)
    ]
    blocks: list[_Block] = []
    start = 0
    while start < len(width):
        end = start + 1
        while end < len(width) and first + sum(width[start : end + 1]) + end + 1 - start <= most:
            end += 1
        blocks.append(_Block(range(start, end), tuple(width[start:end]), first))
        start = end
    return blocks


def _rows_with_own_unit(table: Table) -> list[Row]:
    """Rows of the sections in which units differ: there the unit stands below the label."""
    groups = [rows for _, rows in group_rows(table.rows)]
    return [r for rows in groups if len({r.unit for r in rows}) > 1 for r in rows]


def _append_row(
    out: Any, row: Row, second: str, texts: Sequence[tuple[str, str, str]], block: _Block
) -> None:
    """Median, interval and, where something was observed, the observed value: a line each."""
    shown = [texts[k] for k in block.periods]
    out.append(f"{row.label:<{block.first}}")
    out.append(_columns([t[0] for t in shown], block.width) + "\n", style="bold")
    out.append(f"{second:<{block.first}}", style="dim")
    out.append(_columns([t[1] for t in shown], block.width) + "\n", style="dim")
    if not any(t[2] for t in shown):
        return
    out.append(" " * block.first)
    for k, (_, _, seen), width in zip(block.periods, shown, block.width, strict=True):
        out.append(f" {seen:>{width}}", style="yellow" if row.cells[k].outside else "green")
    out.append("\n")


def _columns(parts: Iterable[str], width: Iterable[int]) -> str:
    return "".join(f" {part:>{w}}" for part, w in zip(parts, width, strict=True))
