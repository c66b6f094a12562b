"""An explanation as a figure: a waterfall from the first level to the second."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage.report.style import (
    BLUE,
    COLUMN,
    INK,
    MUTED,
    VERMILLION,
    Drawing,
    add_footer,
    house_style,
    make_panels,
    save,
)

if TYPE_CHECKING:
    from patronage.history.explain import Explanation

ROW, BAR = 0.145, 0.62  # inches a row; height of a bar in rows
LEFT, LETTER = 1.5, 0.053  # inches: least room for labels; one letter of a label
MOST_BARS = 12
GREY = "#a8a8a8"


def draw(found: Explanation) -> Drawing:
    """A waterfall, one panel for each kind of part; small parts are drawn together as the rest."""
    table = found.table
    panels = []
    for parts in found.parts:
        rows: Any = table[table["kind"] == parts.kind].to_dict("records")
        panels.append((parts.kind, _choose(rows)))
    with house_style():
        heights = [ROW * (len(rows) + 2) for _, rows in panels]
        left = max(LEFT, LETTER * max(len(r["part"]) for _, rows in panels for r in rows))
        figure, axes = make_panels(heights, left=left, right=0.12, bottom=0.8, gap=0.5, top=0.24)
        for ax, (kind, rows) in zip(axes, panels, strict=True):
            _draw_panel(ax, found, rows)
            ax.set_title(f"by {kind}", x=(0.06 - left) / (COLUMN - left - 0.12))
            ax.set_xlabel(found.unit)
        add_footer(figure, _footer(found))
    effect = "What a branch changes in" if found.about.get("effect") else "What moved"
    name = f"{found.quantity.replace('_', ' ')}, {found.place}"
    span = found.windows[1] if found.about.get("effect") else " to ".join(found.windows)
    title = f"{effect} {name}"
    caption = f"{title}, {span}: Shapley shares, which add up to the whole."
    reading = "Bars: shares (blue up, orange down); grey: what moves with none of them. "
    reading += "Whiskers: 95 % interval of the mean over members."
    return Drawing(figure, title, caption, reading, f"{caption} {reading}")


def _choose(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Residual, the largest players, and the rest as one bar without an interval."""
    residual, *parts, _ = rows
    kept = [residual, *parts[:MOST_BARS]]
    rest = parts[MOST_BARS:]
    if rest:
        total = sum(r["share"] for r in rest)
        name = f"{len(rest)} smaller parts"
        kept.append({"part": name, "role": "player", "share": total, "low": total, "high": total})
    return kept


def _draw_panel(ax: Any, found: Explanation, rows: list[dict[str, Any]]) -> None:
    start, end = (float(np.nanmean(x)) for x in (found.start, found.end))
    effect = bool(found.about.get("effect"))
    first, last = (
        ("without the branch", "with it")
        if effect
        else (f"in {found.windows[0]}", f"in {found.windows[1]}")
    )
    names, level = [first], start
    ax.use_sticky_edges = False  # room left of bars that start at the edge
    ax.margins(x=0.06)
    ax.plot([start], [0], "D", color=INK, markersize=2.6, zorder=4)
    for place, row in enumerate(rows, start=1):
        share = row["share"]
        colour = GREY if row["role"] == "residual" else BLUE if share >= 0 else VERMILLION
        ax.barh(place, share, left=level, height=BAR, color=colour, linewidth=0, zorder=2)
        ax.plot([level, level], [place - 1, place], color=MUTED, linewidth=0.4, zorder=1)
        level += share
        ends = [level + row[k] - share for k in ("low", "high")]
        ax.plot(ends, [place, place], color=INK, linewidth=0.7, zorder=3)
        names.append(row["part"])
    place = len(rows) + 1
    ax.plot([level, level], [place - 1, place], color=MUTED, linewidth=0.4, zorder=1)
    ax.plot([end], [place], "D", color=INK, markersize=2.6, zorder=4)
    ax.set_yticks(range(place + 1), [*names, last])
    ax.set_ylim(place + 0.6, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.axvline(start, color=MUTED, linewidth=0.3, linestyle=(0, (3, 3)), zorder=0)


def _footer(found: Explanation) -> str:
    about = found.about
    run = (
        f"patronage {about['version']}, {about['scenario']}, {about['members']} members, seed "
        f"{about['seed']}; whiskers: 95 % interval of the mean, bootstrap over members"
    )
    lines = textwrap.wrap(run, 92)
    for parts in found.parts:
        error = np.nanmax(parts.shares.error) if np.isfinite(parts.shares.error).any() else 0.0
        more = "" if parts.shares.exact else f" ({parts.shares.orders} orders; error ≤ {error:.2g})"
        stays = f"; on throughout: {', '.join(parts.stays)}" if parts.stays else ""
        kind = "exact" if parts.shares.exact else "sampled"
        lines += textwrap.wrap(f"{parts.kind}s: {kind} Shapley shares{more}{stays}", 92)
    return "\n".join(lines)


def name_file(found: Explanation) -> str:
    """A file's name, without ending, for the figure and the table of an explanation."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", f"explain-{found.quantity}-{found.place}")


def write_figure(found: Explanation, folder: Path, name: str | None = None) -> dict[str, Path]:
    """Save the waterfall as PNG and SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    drawing = found.draw()
    with house_style():
        return save(drawing, folder, name or name_file(found))
