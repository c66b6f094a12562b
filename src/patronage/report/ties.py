"""Figures of ties: alignment, credibility, and the network at a few dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from patronage import months as clock
from patronage.report.observed import observations, select
from patronage.report.panels import (
    choose_colour,
    draw_band,
    draw_point_key,
    draw_points,
    dress_time,
    label_right,
    label_side,
    measure,
    wrap_name,
)
from patronage.report.style import COLUMN, INK, MUTED, PAPER, TIES, Drawing, add_footer, make_panels
from patronage.report.summary import LINES, Summary, markets

DATES = ("1957-01", "1962-12", "1967-12", "1985-01")


def draw_alignment(s: Summary) -> Drawing | None:
    """Agreement in the United Nations with each partner, with observed points."""
    if not s.has("un_agreement") or not s.partners:
        return None
    figure, axes = make_panels([1.05] * len(s.partners), right=0.12, gap=0.26, bottom=0.66)
    found, seen = observations(s.world), 0
    for k, (ax, p) in enumerate(zip(axes, s.partners, strict=True)):
        colour = choose_colour(s, p)
        draw_band(ax, s.time(), s.band("un_agreement", p), colour)
        points = select(found, "un_agreement", s.focus, p)
        draw_points(ax, points, colour)
        seen += len(points)
        ax.set_ylim(-0.02, 1.04)
        ax.set_yticks([0, 0.5, 1])
        ax.set_title(s.name(p), color=colour)
        dress_time(ax, s, last=k == len(axes) - 1)
    label_side(figure, axes, "share of equal votes")
    if seen:
        draw_point_key(figure)
    add_footer(figure, s.footer(LINES))
    who = ", ".join(s.name(p) for p in s.partners)
    return Drawing(
        figure,
        "Alignment in the United Nations",
        f"Share of votes in the General Assembly on which {s.name(s.focus)} and a partner "
        f"({who}) agree; "
        "an abstention counts half.",
        "Line: median of the members; shade: 80 % of them. Points: observed sessions; a full "
        "marker is "
        "high quality, a half-full one medium, an open one low. A point outside the shade is a "
        "miss of the model. A line begins when both have a seat.",
        f"Lines over time of the share of equal UN votes of {s.name(s.focus)} with {who}, "
        f"with shaded intervals and {seen} observed points.",
    )


def draw_credibility(s: Summary) -> Drawing | None:
    """Belief of the focus state in each partner's word."""
    if not s.has("credibility") or not s.partners:
        return None
    figure, (ax,) = make_panels([1.7])
    labels = []
    ax.set_ylim(0, 1)
    for p in s.partners:
        band, colour = s.band("credibility", p), choose_colour(s, p)
        draw_band(ax, s.time(), band, colour, alpha=0.16)
        labels.append((float(band.median[-1]), wrap_name(s.name(p)), colour))
    label_right(ax, labels)
    ax.set_title(f"How far {s.name(s.focus)} believes each promise")
    ax.set_ylabel("credibility (0–1)")
    dress_time(ax, s)
    add_footer(figure, s.footer(LINES))
    return Drawing(
        figure,
        "Credibility",
        f"Belief of {s.name(s.focus)} that a partner keeps its commitments: kept over all "
        "commitments, "
        "older ones counting less.",
        "Line: median; shade: 80 % of members. A fall marks a promise seen broken, to this state "
        "or to another.",
        f"Lines over time of the credibility of {', '.join(s.name(p) for p in s.partners)} "
        f"in the eyes of {s.name(s.focus)}.",
    )


def choose_dates(s: Summary, wanted: Sequence[str] = DATES) -> list[int]:
    """Row numbers of the wanted dates, or four even ones where fewer than two lie in the run."""
    rows = [
        int(np.flatnonzero(s.months == clock.parse(d))[0])
        for d in wanted
        if clock.parse(d) in s.months
    ]
    if len(rows) >= 2:
        return rows
    return sorted({int(r) for r in np.linspace(0, len(s.months) - 1, 4).round()})


def draw_network(s: Summary, dates: Sequence[str] = DATES) -> Drawing | None:
    """Ties between states at a few dates, on one fixed layout."""
    width_from = next((n for n in ("trade_share", "transfer") if s.has(n)), None)
    if not s.has("affinity"):
        return None
    rows = choose_dates(s, dates)
    codes = _choose_nodes(s, width_from)
    friendly = _median_pairs(s, "affinity", rows, codes)
    heavy = _median_pairs(s, width_from, rows, codes) if width_from else np.zeros_like(friendly)
    friendly = (friendly + friendly.transpose(0, 2, 1)) / 2
    heavy = np.maximum(heavy, heavy.transpose(0, 2, 1))
    if width_from == "transfer":
        heavy = heavy / (np.nanmax(heavy) or 1.0)
    place = _lay_out(codes, s.focus, friendly, heavy)
    figure = _draw_maps(s, rows, codes, friendly, heavy, place)
    _draw_tie_key(figure, "share in trade" if width_from == "trade_share" else "transfer")
    add_footer(
        figure,
        s.footer(
            "medians over members; share: the larger of the two in the other's trade"
            if width_from == "trade_share"
            else "medians over members"
        ),
    )
    when = ", ".join(name_month(int(s.months[r])) for r in rows)
    return Drawing(
        figure,
        "The network of ties",
        f"Ties between {len(codes)} states at {when}; medians over members; the place of a state "
        "is the same in each.",
        "Colour: how two states are disposed towards each other (mean of both sides), hostile "
        "ties dashed. "
        "Width: the larger of the two shares in the other's trade. Ties that are both faint and "
        "thin are left out.",
        f"Four network diagrams of ties among {', '.join(s.name(c) for c in codes)} at {when}.",
    )


def name_month(month: int) -> str:
    """A month as a reader writes it.

    >>> name_month(1962 * 12 + 9)
    'Oct 1962'
    """
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return f"{names[month % 12]} {month // 12}"


def _choose_nodes(s: Summary, weight_name: str | None, most: int = 10) -> list[str]:
    """The focus and its strongest partners; pure markets have no politics and are left out."""
    codes = [c for c in s.states if c not in markets(s.world)]
    if len(codes) <= most:
        return codes
    rank = dict.fromkeys(codes, 0.0)
    for name in filter(None, (weight_name, "affinity")):
        for c in codes:
            rank[c] += float(np.nanmean(np.abs(s.members(name, c))))
    others = sorted(
        (c for c in codes if c != s.focus), key=lambda c: (c not in s.partners, -rank[c])
    )
    return [s.focus, *others[: most - 1]]


def _median_pairs(s: Summary, name: str, rows: Sequence[int], codes: Sequence[str]) -> np.ndarray:
    """(date, client, patron) medians over members."""
    found = s.data[name].isel(month=list(rows)).sel(client=list(codes), patron=list(codes))
    values = found.transpose("member", "month", "client", "patron").values
    return np.nan_to_num(np.median(values, axis=0))


def _lay_out(
    codes: Sequence[str], focus: str, friendly: np.ndarray, heavy: np.ndarray
) -> dict[str, Any]:
    """The focus in the middle, the others on a ring, close states side by side."""
    close = (np.abs(friendly) * 0.3 + friendly.clip(min=0) + heavy).mean(axis=0)
    others = [c for c in codes if c != focus]
    ring, rest = others[:1], others[1:]
    while rest:
        last = codes.index(ring[-1])
        nearest = max(rest, key=lambda c: close[last, codes.index(c)])
        ring.append(nearest)
        rest.remove(nearest)
    angles = np.pi / 2 + 2 * np.pi * np.arange(len(ring)) / max(len(ring), 1)  # first at the top
    points = np.column_stack([np.cos(angles), np.sin(angles)])
    return dict(zip(ring, points, strict=True)) | {focus: np.zeros(2)}


def _draw_maps(
    s: Summary,
    rows: Sequence[int],
    codes: Sequence[str],
    friendly: np.ndarray,
    heavy: np.ndarray,
    place: dict[str, Any],
) -> Any:
    from matplotlib.figure import Figure

    side, across = (COLUMN - 0.1) / 2, 2
    down = -(-len(rows) // across)
    total = 0.64 + down * (side - 0.02)
    figure = Figure(figsize=(COLUMN, total))
    for k, row in enumerate(rows):
        x, y = 0.05 + (k % across) * side, total - 0.05 - (k // across + 1) * (side - 0.02)
        ax = figure.add_axes((x / COLUMN, y / total, side / COLUMN, side / total))
        ax.set_axis_off()
        ax.set_xlim(-1.3, 1.3)
        ax.set_ylim(-1.2, 1.4)
        ax.text(
            -1.25, 1.28, name_month(int(s.months[row])), fontsize=7, fontweight="bold", va="center"
        )
        _draw_ties(ax, codes, friendly[k], heavy[k], place)
        _draw_nodes(ax, s, codes, place)
    return figure


def _tie_colours() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("ties", TIES)


def _tie_width(share: float) -> float:
    return 0.5 + 6.5 * float(np.clip(share, 0, 1))


def _draw_ties(
    ax: Any, codes: Sequence[str], friendly: np.ndarray, heavy: np.ndarray, place: dict[str, Any]
) -> None:
    colours = _tie_colours()
    for i, a in enumerate(codes):
        for j in range(i + 1, len(codes)):
            value, share = float(friendly[i, j]), float(heavy[i, j])
            if abs(value) < 0.12 and share < 0.03:
                continue
            xs, ys = zip(place[a], place[codes[j]], strict=True)
            width = _tie_width(share)
            dash = (0, (3.2 / max(width, 1), 2.0 / max(width, 1))) if value < -0.12 else "-"
            ax.plot(
                xs,
                ys,
                color=colours((value + 1) / 2),
                linewidth=width,
                linestyle=dash,
                solid_capstyle="butt",
                dash_capstyle="butt",
                zorder=1 + abs(value),
            )


def _draw_nodes(ax: Any, s: Summary, codes: Sequence[str], place: dict[str, Any]) -> None:
    for code in codes:
        x, y = place[code]
        own = code == s.focus
        ax.plot(
            [x],
            [y],
            marker="o",
            markersize=15,
            color=INK if own else PAPER,
            markeredgecolor=INK,
            markeredgewidth=0.6,
            zorder=5,
        )
        ax.text(
            x,
            y,
            code,
            ha="center",
            va="center_baseline",
            fontsize=5.6,
            color=PAPER if own else INK,
            zorder=6,
        )


def _draw_tie_key(figure: Any, weight: str) -> None:
    """Keys for colour and width, below the maps."""
    width, height = figure.get_size_inches()
    ax = figure.add_axes((0.1 / width, 0.27 / height, 1 - 0.2 / width, 0.26 / height))
    ax.set_axis_off()
    ax.set_xlim(0, width - 0.2)
    ax.set_ylim(0, 0.26)
    colours = _tie_colours()
    x = 0.0
    for value, word in ((-0.8, "hostile"), (0.0, "indifferent"), (0.8, "friendly")):
        ax.plot(
            [x, x + 0.16],
            [0.13] * 2,
            color=colours((value + 1) / 2),
            linewidth=1.6,
            linestyle=(0, (2, 1.25)) if value < 0 else "-",
        )
        ax.text(x + 0.2, 0.13, word, fontsize=5.4, va="center", color=MUTED)
        x += 0.2 + measure(word, 5.4) + 0.1
    ax.text(x + 0.04, 0.13, weight, fontsize=5.4, va="center", color=MUTED)
    x += 0.12 + measure(weight, 5.4)
    for share in (0.1, 0.5):
        ax.plot(
            [x, x + 0.16],
            [0.13] * 2,
            color=MUTED,
            linewidth=_tie_width(share),
            solid_capstyle="butt",
        )
        ax.text(
            x + 0.2, 0.13, f"{share:.0%}".replace("%", " %"), fontsize=5.4, va="center", color=MUTED
        )
        x += 0.47
