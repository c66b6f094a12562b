"""Figures of goods and money: transfers by kind, shortages by commodity."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from patronage.report.observed import Points, observations, select
from patronage.report.panels import (
    choose_colour,
    choose_ticks,
    draw_band,
    draw_bars,
    draw_point_key,
    draw_points,
    dress_time,
    label_side,
)
from patronage.report.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PURPLE,
    SKY,
    Drawing,
    add_footer,
    make_panels,
)
from patronage.report.summary import LINES, Band, Summary, unit_of

KINDS = (
    ("premium", "price premium", ORANGE),
    ("credit", "credit", SKY),
    ("grants", "grants", GREEN),
    ("arms", "arms", PURPLE),
)
EARLY = 1972  # the years before it get their own scale where later ones dwarf them


def draw_transfers(s: Summary) -> Drawing | None:
    """What the patron gave, by kind and year, and what the others gave."""
    if not s.has("transfer") or not s.partners:
        return None
    years, total = s.yearly("transfer", s.patron)
    least = 0.004 * np.nanmax(np.abs(total.high))
    kinds = [
        (n, label, c)
        for n, label, c in KINDS
        if s.has(n) and np.nanmax(np.abs(s.yearly(n, s.patron)[1].median)) > least
    ]
    others = [
        p for p in s.partners[1:] if np.nanmax(np.abs(s.yearly("transfer", p)[1].median)) > 0.5
    ]
    early = years < EARLY
    split = bool(early.any() and not early.all())
    split = split and bool(np.nanmax(total.high[early]) < 0.35 * np.nanmax(total.high))
    heights = [1.25] + [1.25] * split + [0.8] * bool(others)
    figure, axes = make_panels(heights, gap=0.36, bottom=0.66, left=0.5, right=0.85)
    points = select(observations(s.world), "transfer", s.focus, s.patron)
    name = s.name(s.patron)
    _draw_kinds(axes[0], s, years, total, kinds, points)
    axes[0].set_title(f"{name}, by kind")
    if split:
        _draw_kinds(axes[1], s, years[early], _cut(total, early), kinds, points, names=False)
        axes[1].set_title(f"{name} up to {EARLY - 1}, larger scale")
        _cut_axis(axes[1], years[early], total.high[early])
    if others:
        _draw_others(axes[-1], s, others)
    label_side(figure, axes, "million US$ a year")
    if len(points):
        draw_point_key(figure)
    add_footer(
        figure,
        s.footer(
            "bars: medians of kinds; whiskers, shade: 80 % interval, 10th to 90th percentile of "
            "members"
        ),
    )
    return Drawing(
        figure,
        "Transfers by kind",
        f"Net transfers to {s.name(s.focus)} from {name} by year and kind (stacked medians)"
        + (f", and in all from {', '.join(s.name(p) for p in others)}." if others else "."),
        "Bars: median of each kind, below zero where the client paid. Dot and whisker: median "
        "and 80 % interval of "
        "the total (medians of parts need not add up to it). Circles: observed totals.",
        f"Stacked bars of yearly transfers from {name} to {s.name(s.focus)} by kind, with the "
        "total's interval.",
    )


def _cut(band: Band, keep: NDArray[np.bool_]) -> Band:
    return Band(band.low[keep], band.median[keep], band.high[keep])


def _cut_axis(ax: Any, years: NDArray[np.int64], high: NDArray[np.float64]) -> None:
    """Leave out the years before anything passed."""
    some = np.flatnonzero(np.abs(high) > 0.004 * np.nanmax(np.abs(high)))
    first = int(years[max(0, some[0] - 1)]) if some.size else int(years[0])
    ax.set_xlim(first, EARLY)
    ax.set_xticks(choose_ticks(first, EARLY))


def _draw_kinds(
    ax: Any,
    s: Summary,
    years: NDArray[np.int64],
    total: Band,
    kinds: list[tuple[str, str, str]],
    points: Points,
    names: bool = True,
) -> None:
    """Stacked bars a year: what was given above zero, what was taken below."""
    up, down, last = np.zeros(len(years)), np.zeros(len(years)), years[-1] + 1
    for kind, _, colour in kinds:
        value = np.nan_to_num(s.yearly(kind, s.patron)[1].median[: len(years)])
        above, below = value.clip(min=0), value.clip(max=0)
        draw_bars(ax, years + 0.5, above, colour, up)
        draw_bars(ax, years + 0.5, below, colour, down)
        up, down = up + above, down + below
    # years in which nothing passed get no dot: a row of dots on the axis reads as data
    some = np.maximum(np.abs(total.low), np.abs(total.high)) > 0.004 * np.nanmax(np.abs(total.high))
    years, total = years[some], _cut(total, some)
    ax.vlines(years + 0.5, total.low, total.high, color=INK, linewidth=0.5)
    ax.plot(years + 0.5, total.median, linestyle="none", marker=".", markersize=2.2, color=INK)
    inside = points.time() < last
    kept = Points(
        points.start[inside],
        points.end[inside],
        points.value[inside],
        tuple(q for q, i in zip(points.quality, inside, strict=True) if i),
    )
    draw_points(ax, kept, "#ffffff" if not len(kept) else MUTED)
    dress_time(ax, s)
    ax.axhline(0, color=MUTED, linewidth=0.5)
    ax.yaxis.set_major_formatter(lambda v, _: f"{v:,.0f}".replace(",", " ").replace("-", "−"))
    ax.yaxis.get_major_locator().set_params(nbins=5)
    if names:
        _name_kinds(ax, kinds)


def _name_kinds(ax: Any, kinds: list[tuple[str, str, str]]) -> None:
    """Names at the right, in the order of the stack: thin bars cannot carry words."""
    step = 0.135
    for k, (_, label, colour) in enumerate(kinds):
        y = 0.32 + k * step
        ax.plot(
            [1.045],
            [y],
            marker="s",
            markersize=3.6,
            color=colour,
            transform=ax.transAxes,
            clip_on=False,
        )
        ax.text(1.085, y, label, transform=ax.transAxes, fontsize=6, va="center")
    y = 0.32 + len(kinds) * step
    ax.plot(
        [1.045], [y], marker=".", markersize=2.4, color=INK, transform=ax.transAxes, clip_on=False
    )
    ax.plot(
        [1.045] * 2,
        [y - 0.05, y + 0.05],
        color=INK,
        linewidth=0.5,
        transform=ax.transAxes,
        clip_on=False,
    )
    ax.text(1.085, y, "total", transform=ax.transAxes, fontsize=6, va="center")


def _draw_others(ax: Any, s: Summary, others: list[str]) -> None:
    found, names = observations(s.world), []
    for p in others:
        years, band = s.yearly("transfer", p)
        colour = choose_colour(s, p)
        draw_band(ax, years + 0.5, band, colour)
        draw_points(ax, select(found, "transfer", s.focus, p), colour)
        names.append((s.name(p), colour))
    ax.axhline(0, color=MUTED, linewidth=0.5)
    ax.yaxis.get_major_locator().set_params(nbins=4)
    dress_time(ax, s)
    for k, (name, colour) in enumerate(names):  # beside the panel: lines cross, ends lie on zero
        y = 0.9 - 0.19 * k
        ax.plot([1.03, 1.06], [y, y], color=colour, transform=ax.transAxes, clip_on=False)
        ax.text(1.085, y, name, transform=ax.transAxes, fontsize=6, va="center", color=colour)
    ax.set_title("Others, in all")


def draw_shortages(s: Summary) -> Drawing | None:
    """Unmet need by commodity and month."""
    goods = s.commodities()
    if not s.has("shortage") or not goods:
        return None
    figure, axes = make_panels([0.72] * len(goods), right=0.12, gap=0.24)
    top = max(float(np.nanmax(s.band("shortage", c).high)) for c in goods)
    found = observations(s.world)
    for k, (ax, c) in enumerate(zip(axes, goods, strict=True)):
        band = s.band("shortage", c)
        shown = Band(100 * band.low, 100 * band.median, 100 * band.high)
        draw_band(ax, s.time(), shown, BLUE, alpha=0.28)
        draw_points(ax, select(found, "shortage", s.focus, None, c), BLUE, 100)
        ax.set_ylim(0, max(10.0, 105 * top))
        ax.yaxis.get_major_locator().set_params(nbins=3)
        ax.set_title(c)
        dress_time(ax, s, last=k == len(axes) - 1)
    label_side(figure, axes, "need unmet, %")
    add_footer(figure, s.footer(LINES))
    return Drawing(
        figure,
        "Shortages",
        f"Share of need unmet in {s.name(s.focus)}, by commodity and month; one scale for all.",
        "Line: median; shade: 80 % of members. 0 % means that all need was met, from stores or "
        "deliveries.",
        f"Lines over time of the shortage of {', '.join(goods)} in {s.name(s.focus)}.",
    )


def draw_goods(s: Summary) -> Drawing | None:
    """Yearly trade, the main crop and the main imports, with observed values."""
    plan = [
        (n, None, label, "million US$")
        for n, label in (("exports_value", "exports"), ("imports_value", "imports"))
        if s.has(n)
    ]
    plan += [(n, c, label, unit_of(s.world, c)) for n, c, label in s.goods()]
    if not plan:
        return None
    figure, axes = make_panels([0.72] * len(plan), left=0.5, right=0.12, gap=0.26, bottom=0.66)
    found, seen = observations(s.world), 0
    for k, (ax, (name, item, label, unit)) in enumerate(zip(axes, plan, strict=True)):
        years, band = s.yearly(name, item)
        points = select(found, name, s.focus, None, item)
        draw_band(ax, years + 0.5, band, BLUE, alpha=0.28)
        draw_points(ax, points, BLUE)
        seen += len(points)
        dress_time(ax, s, last=k == len(axes) - 1)
        ax.set_ylim(bottom=0)
        ax.yaxis.get_major_locator().set_params(nbins=4)
        ax.yaxis.set_major_formatter(lambda v, _: f"{v:,.0f}".replace(",", " "))
        ax.set_title(f"{label}, {unit} a year")
    if seen:
        draw_point_key(figure)
    add_footer(figure, s.footer(LINES))
    names = ", ".join(label for _, _, label, _ in plan)
    return Drawing(
        figure,
        "Goods",
        f"What {s.name(s.focus)} traded and produced each year: {names}.",
        "Line: median of the yearly totals; shade: 80 % of members. Points: observed years, the "
        "fuller the better "
        "the quality.",
        f"Lines over time of yearly {names} of {s.name(s.focus)}, with {seen} observed points.",
    )
