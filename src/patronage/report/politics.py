"""Figures of politics: factions, the crisis ladder, and events imposed and chosen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from patronage import months as clock
from patronage.report.panels import dress_time, label_bands
from patronage.report.style import (
    BLUE,
    COLUMN,
    GREEN,
    MUTED,
    ORANGE,
    PAPER,
    PURPLE,
    RUNGS,
    SKY,
    VERMILLION,
    Drawing,
    add_footer,
    make_panels,
)
from patronage.report.summary import Summary, factions, mean_over

RUNG_NAMES = ("demand", "blockade", "ultimatum", "strike", "war")
OUTCOMES = (
    (1, "defender complied", BLUE),
    (2, "challenger backed down", SKY),
    (3, "war", RUNGS[-1]),
)
_FACTION_COLOURS = (MUTED, VERMILLION, SKY, ORANGE, GREEN, PURPLE)
_WHITE_INK = frozenset({MUTED, VERMILLION})
SHARES = "mean over members (means add up to 1; medians need not)"


def draw_factions(s: Summary) -> Drawing | None:
    """Shares of the elite held by each faction."""
    if not s.has("faction_share"):
        return None
    count = int(s.data.sizes["faction"])
    names = factions(s.world, s.focus, count)
    ids = s.data["faction"].values
    means = np.stack([mean_over(s.members("faction_share", str(f)), 0) for f in ids])
    kept = [k for k in range(count) if np.nanmax(means[k]) > 0.005]
    if not kept:
        return None
    figure, (ax,) = make_panels([1.7], right=0.14)
    edges = np.vstack([np.zeros(means.shape[1]), np.cumsum(np.nan_to_num(means[kept]), axis=0)])
    colours = [_FACTION_COLOURS[k % len(_FACTION_COLOURS)] for k in kept]
    for k, colour in enumerate(colours):
        ax.fill_between(
            s.time(), edges[k], edges[k + 1], color=colour, linewidth=0.4, edgecolor=PAPER
        )
    ax.set_ylim(0, 1)
    inks = ["#ffffff" if c in _WHITE_INK else "#1a1a1a" for c in colours]
    thin = label_bands(ax, s.time(), edges, [names[k] for k in kept], inks)
    if thin:  # room for a key at the right
        box = ax.get_position()
        ax.set_position((box.x0, box.y0, box.width - 0.7 / COLUMN, box.height))
    for order, k in enumerate(thin):
        y = 0.1 + 0.12 * order
        ax.plot(
            [1.05],
            [y],
            marker="s",
            markersize=4,
            color=colours[k],
            transform=ax.transAxes,
            clip_on=False,
        )
        ax.text(1.09, y, names[kept[k]], transform=ax.transAxes, fontsize=6, va="center")
    ax.set_title(f"Elite of {s.name(s.focus)}, by faction")
    ax.set_ylabel("share")
    dress_time(ax, s)
    add_footer(figure, s.footer(SHARES))
    return Drawing(
        figure,
        "Factions",
        f"Shares of the elite of {s.name(s.focus)} held by each faction, mean over members.",
        "The height of a band is the faction's share. A jump is a change of regime or a purge; "
        "a slow change is the reward or the failure of a line.",
        f"Stacked areas over time of the shares of {', '.join(names[k] for k in kept)}.",
    )


def draw_crises(s: Summary, most: int = 12) -> Drawing | None:
    """How high members climbed in each crisis month, and how it ended."""
    if not s.has("crisis_rung"):
        return None
    rung = np.nan_to_num(s.members("crisis_rung")).round().astype(int)
    outcome = (
        np.nan_to_num(s.members("crisis_outcome")).round().astype(int)
        if s.has("crisis_outcome")
        else None
    )
    share = (rung > 0).mean(axis=0)
    ranked = np.argsort(-share, kind="stable")[:most]
    rows = np.sort(ranked[share[ranked] > 0])
    left_out = int((share > 0).sum() - len(rows))
    figure, left, right = _crisis_axes(max(len(rows), 1), outcome is not None)
    if len(rows):
        _draw_rungs(left, s, rung, rows)
        if right is not None and outcome is not None:
            _draw_outcomes(right, rung, outcome, rows)
    else:
        left.set_axis_off()
        left.text(0, 0.5, "No crisis in any member.", transform=left.transAxes, fontsize=7)
        if right is not None:
            right.set_axis_off()
    note = f"; {left_out} rarer months not shown" if left_out else ""
    add_footer(
        figure,
        s.footer(f"shares of members, no interval; war by accident can end a low rung{note}"),
    )
    return Drawing(
        figure,
        "The crisis ladder",
        f"Months in which members of the run went through a crisis (the {len(rows)} most "
        "frequent): "
        "the highest rung, and the outcome.",
        "Left: the bar is the share of all members in crisis in that month; darker means a "
        "higher rung. Right: outcomes among the members in crisis. War can come by accident on any "
        "rung from the second, so more members end in war than reach the rung of that name.",
        f"Bars for {len(rows)} crisis months with the share of members by highest rung and by "
        "outcome.",
    )


def _crisis_axes(count: int, both: bool) -> tuple[Any, Any, Any]:
    from matplotlib.figure import Figure

    width, tall = COLUMN, 0.17 * count + 0.1
    total = tall + 1.1
    figure = Figure(figsize=(width, total))
    left = figure.add_axes(
        (0.52 / width, 0.56 / total, (1.62 if both else 2.8) / width, tall / total)
    )
    right = (
        figure.add_axes((2.32 / width, 0.56 / total, 1.06 / width, tall / total)) if both else None
    )
    return figure, left, right


def _stack(ax: Any, shares: NDArray[np.float64], colours: tuple[str, ...]) -> None:
    """Horizontal stacked bars, first row on top; shares: (kind, row) in per cent."""
    y = np.arange(shares.shape[1])[::-1]
    start = np.zeros(shares.shape[1])
    for value, colour in zip(shares, colours, strict=True):
        ax.barh(y, value, 0.72, left=start, color=colour, linewidth=0)
        start = start + value
    ax.set_xlim(0, 100)
    ax.set_ylim(-0.6, shares.shape[1] - 0.4)
    ax.set_xticks([0, 50, 100])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _draw_rungs(ax: Any, s: Summary, rung: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
    shares = np.stack([100 * (rung[:, rows] == k + 1).mean(axis=0) for k in range(5)])
    _stack(ax, shares, RUNGS)
    ax.set_yticks(np.arange(len(rows))[::-1], [clock.format(int(s.months[r])) for r in rows])
    ax.set_xlabel("% of members")
    _key(ax, "highest rung", tuple(zip(RUNG_NAMES, RUNGS, strict=True)))


def _draw_outcomes(
    ax: Any, rung: NDArray[np.int64], outcome: NDArray[np.int64], rows: NDArray[np.int64]
) -> None:
    hit = rung[:, rows] > 0
    of = np.maximum(hit.sum(axis=0), 1)
    shares = np.stack(
        [100 * ((outcome[:, rows] == k) & hit).sum(axis=0) / of for k, _, _ in OUTCOMES]
    )
    _stack(ax, shares, tuple(c for _, _, c in OUTCOMES))
    ax.set_yticks([])
    ax.set_xlabel("% of those in crisis")
    _key(ax, "outcome", tuple((name, colour) for _, name, colour in OUTCOMES))


def _key(ax: Any, title: str, items: tuple[tuple[str, str], ...]) -> None:
    """Swatches above the axes, two to a line where they fit."""
    figure = ax.figure
    box, (width, height) = ax.get_position(), figure.get_size_inches()
    x0, y0 = box.x0 * width, box.y1 * height
    figure.text(x0 / width, (y0 + 0.42) / height, title, fontsize=7, fontweight="bold")
    across = 3 if len(items) > 3 else 1
    step = box.width * width / across
    from matplotlib.lines import Line2D

    for k, (name, colour) in enumerate(items):
        x, y = x0 + (k % across) * step, y0 + 0.33 - 0.12 * (k // across)
        mark = Line2D(
            [(x + 0.03) / width],
            [y / height],
            marker="s",
            markersize=4,
            color=colour,
            transform=figure.transFigure,
        )
        figure.add_artist(mark)
        figure.text((x + 0.09) / width, y / height, name, fontsize=5.4, va="center_baseline")
