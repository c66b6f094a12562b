"""Pieces that several figures share: bands, observed points, labels beside lines, the time axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patronage.report.observed import Points
from patronage.report.periods import choose_periods
from patronage.report.style import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    PURPLE,
    SKY,
    VERMILLION,
)
from patronage.report.summary import Band, Summary

_FILL: dict[str, Any] = {"high": "full", "medium": "left", "low": "none"}
_KNOWN = {"RUS": VERMILLION, "USA": BLUE, "CHN": GREEN, "CZE": PURPLE, "BOL": ORANGE, "ROW": MUTED}


def choose_colour(summary: Summary, code: str) -> str:
    """The colour of a state, the same in all figures; ink for the focus."""
    if code == summary.focus:
        return INK
    if code in _KNOWN:
        return _KNOWN[code]
    spare = (VERMILLION, BLUE, GREEN, PURPLE, ORANGE, SKY)
    if code in summary.partners:
        return spare[summary.partners.index(code)]
    return spare[summary.states.index(code) % len(spare)]


def draw_band(axes: Any, time: NDArray[Any], band: Band, colour: str, alpha: float = 0.22) -> None:
    """Median as a line, 80 % interval as a shade."""
    axes.fill_between(time, band.low, band.high, color=colour, alpha=alpha, linewidth=0)
    axes.plot(time, band.median, color=colour)


def draw_bars(
    axes: Any,
    x: NDArray[Any],
    height: NDArray[Any],
    colour: str,
    bottom: NDArray[Any] | float = 0.0,
    width: float = 0.82,
) -> None:
    """Upright bars centred on x, as one collection: many times faster than a patch for each."""
    from matplotlib.collections import PolyCollection

    low = np.broadcast_to(bottom, np.shape(height))
    some = np.abs(height) > 0
    x, low, high = x[some], low[some], (low + height)[some]
    if not len(x):
        return
    left, right = x - width / 2, x + width / 2
    corners = ((left, low), (right, low), (right, high), (left, high))
    boxes = np.stack([np.column_stack(c) for c in corners], axis=1)
    axes.add_collection(PolyCollection(list(boxes), facecolors=colour, linewidths=0))
    axes.autoscale_view()


def draw_points(axes: Any, points: Points, colour: str, scale: float = 1.0) -> None:
    """Observed values; the fill of the marker tells the quality."""
    time = points.time()
    for quality, fill in _FILL.items():
        chosen = np.array([q == quality for q in points.quality], dtype=bool)
        if chosen.any():
            axes.plot(
                time[chosen],
                scale * points.value[chosen],
                linestyle="none",
                marker="o",
                markersize=2.9,
                fillstyle=fill,
                color=INK,
                markerfacecolor=colour if fill != "none" else PAPER,
                markerfacecoloralt=PAPER,
                markeredgewidth=0.45,
                zorder=4,
            )


def draw_point_key(figure: Any, y: float = 0.32) -> None:
    """A line that says what the fill of the observed points means; y in inches from below."""
    from matplotlib.lines import Line2D

    width, height = figure.get_size_inches()
    words: tuple[tuple[str, Any], ...] = (
        ("observed, quality:", None),
        ("high", "full"),
        ("medium", "left"),
        ("low", "none"),
    )
    x = 0.06
    for word, fill in words:
        if fill:
            mark = Line2D(
                [x / width + 0.03 / width],
                [(y + 0.035) / height],
                marker="o",
                markersize=2.9,
                fillstyle=fill,
                color=INK,
                markerfacecolor=MUTED if fill != "none" else PAPER,
                markerfacecoloralt=PAPER,
                markeredgewidth=0.45,
                transform=figure.transFigure,
            )
            figure.add_artist(mark)
            x += 0.09
        figure.text(x / width, y / height, word, fontsize=5.2, color=MUTED, va="bottom")
        x += measure(word, 5.2) + 0.12


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions near the wanted ones, in order, `gap` apart, inside [low, high] if they fit."""
    order = sorted(range(len(wanted)), key=lambda k: wanted[k])
    place = [min(max(wanted[k], low), high) for k in order]
    for k in range(1, len(place)):
        place[k] = max(place[k], place[k - 1] + gap)
    if place and place[-1] > high:
        place[-1] = high
        for k in range(len(place) - 2, -1, -1):
            place[k] = min(place[k], place[k + 1] - gap)
    out = [0.0] * len(wanted)
    for k, at in zip(order, place, strict=True):
        out[k] = at
    return out


def label_right(axes: Any, labels: Sequence[tuple[float, str, str]], size: float = 6.2) -> None:
    """Labels (value, text, colour) beside the right end of lines, kept apart."""
    figure = axes.figure
    tall = axes.get_position().height * figure.get_size_inches()[1]
    low, high = axes.get_ylim()
    fractions = [(v - low) / (high - low) if v == v else 0.5 for v, _, _ in labels]
    lines = [text.count("\n") + 1 for _, text, _ in labels]
    gap = max(lines, default=1) * size * 1.25 / 72 / tall
    for at, value, (_, text, colour) in zip(
        spread(fractions, gap, 0.0, 1.0), fractions, labels, strict=True
    ):
        if abs(at - value) > 0.3 * gap:
            axes.plot(
                [1.005, 1.03],
                [value, at],
                transform=axes.transAxes,
                color=colour,
                linewidth=0.5,
                clip_on=False,
            )
        axes.text(
            1.04,
            at,
            text,
            transform=axes.transAxes,
            fontsize=size,
            color=colour,
            va="center",
            linespacing=1.0,
        )


def measure(text: str, size: float) -> float:
    """Width of a text [inches] in the house font at `size` points."""
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), text, size=size).get_extents().x1) / 72


def label_side(figure: Any, axes: Sequence[Any], text: str) -> None:
    """One axis label for all panels, beside the middle of the stack."""
    boxes = [ax.get_position() for ax in axes]
    middle = (boxes[0].y1 + boxes[-1].y0) / 2
    figure.text(
        0.1 / figure.get_size_inches()[0], middle, text, rotation=90, ha="center", va="center"
    )


def wrap_name(name: str, width: int = 12) -> str:
    """A state's name on at most two lines."""
    import textwrap

    return "\n".join(textwrap.wrap(name, width)[:2])


def dress_time(axes: Any, summary: Summary, *, last: bool = True) -> None:
    """Years below, and a faint line where each period of the table begins."""
    first, final = summary.months[0] / 12, (summary.months[-1] + 1) / 12
    axes.set_xlim(first, final)
    for period in choose_periods(summary.months, summary.focus)[1:]:
        axes.axvline(period.start / 12, color=FAINT, linewidth=0.5, zorder=0)
    axes.set_xticks(choose_ticks(first, final))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0f}")
    if not last:
        axes.tick_params(axis="x", labelbottom=False)


def choose_ticks(first: float, final: float) -> NDArray[np.float64]:
    """Round years, four to seven of them."""
    step = next((s for s in (1, 2, 5, 10, 20, 50) if (final - first) / s <= 7), 100)
    return np.arange(np.ceil(first / step) * step, final + 1e-9, step)


def label_bands(
    axes: Any, x: NDArray[Any], edges: NDArray[Any], texts: Sequence[str], inks: Sequence[str]
) -> list[int]:
    """Write each band's name where the band is thickest; returns the bands too thin for it.

    edges: (band + 1, x), lower edge of the first band to the upper edge of the last.
    """
    tall = axes.get_position().height * axes.figure.get_size_inches()[1]
    low, high = axes.get_ylim()
    need, thin = 8.0 / 72 / tall * (high - low), []
    reach = max(1, len(x) // 9)
    for k, (text, ink) in enumerate(zip(texts, inks, strict=True)):
        # a word needs room to both sides: find the widest clear lane, not only the thickest point
        floor = np.array([edges[k, max(0, i - reach) : i + reach + 1].max() for i in range(len(x))])
        roof = np.array(
            [edges[k + 1, max(0, i - reach) : i + reach + 1].min() for i in range(len(x))]
        )
        room = roof - floor
        room[:reach] = room[len(x) - reach :] = -np.inf
        best = int(np.argmax(room))
        if room[best] < need:
            thin.append(k)
            continue
        axes.text(
            x[best],
            (floor[best] + roof[best]) / 2,
            text,
            ha="center",
            va="center",
            fontsize=6.2,
            color=ink,
        )
    return thin
