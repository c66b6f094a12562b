"""Differences as a figure: the mean with its interval, and the spread of members behind it."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage.errors import RunError
from patronage.history.compare import aggregate, period_of
from patronage.history.compare_table import INTERVALS, bootstrap_mean, select
from patronage.report.style import (
    BLUE,
    INK,
    MUTED,
    Drawing,
    add_footer,
    house_style,
    make_panels,
    save,
)

if TYPE_CHECKING:
    import xarray as xr

MOST_PANELS = 4


def draw(differences: xr.Dataset, quantity: str, **labels: Any) -> Drawing:
    """A figure of the differences of one quantity over time, one panel for each cell.

    labels: dimension = label or list of labels. Of more than four cells the four that differ most
    are drawn, and the caption says so.
    Errors: RunError for an unknown quantity, label or dimension.
    """
    if quantity not in differences:
        known = [str(n) for n in differences.data_vars]
        raise RunError("not compared", where=quantity, allowed=known, got=quantity)
    array = aggregate(select(differences[[quantity]], **labels), None)[quantity]
    if period_of(differences) == "month":
        array = aggregate(array.to_dataset(), "year")[quantity]
    period = "window" if "window" in array.dims else "year"
    cells, hidden = _choose_cells(array, period)
    attrs = {**differences.attrs, "units": array.attrs.get("units", "")}
    with house_style():
        figure, axes = make_panels([1.0] * len(cells), left=0.62, right=0.14, bottom=0.6)
        for ax, (name, values) in zip(axes, cells, strict=True):
            _draw_panel(ax, array[period].values, values, period == "window")
            ax.set_title(f"{quantity.replace('_', ' ')}, {name}" if name else quantity)
            ax.set_ylabel(f"difference\n[{attrs['units']}]" if attrs["units"] else "difference")
        for ax in axes[:-1]:
            ax.set_xticklabels([])
        add_footer(figure, _footer(attrs))
    more = f" {hidden} other cells differ less, or equal one that is shown." if hidden else ""
    title = f"Difference in {quantity.replace('_', ' ')}"
    caption = f"{title}: second run minus first. Changed: {attrs.get('changed', '')}.{more}"
    reading = "Line: mean. Dark band: 95 % interval of the mean. Light band: 80 % of members."
    return Drawing(figure, title, caption, reading, f"{caption} {reading}")


def _choose_cells(array: xr.DataArray, period: str) -> tuple[list[tuple[str, np.ndarray]], int]:
    """Name and values (member, period) of the cells that differ most, and how many are left."""
    dims = [str(d) for d in array.dims if d not in ("member", period)]
    array = array.transpose("member", period, *dims)
    values = np.asarray(array.values, np.float64)
    flat = values.reshape(*values.shape[:2], -1)
    names = []
    for place in np.ndindex(*values.shape[2:]):
        codes = [str(array[d].values[i]) for d, i in zip(dims, place, strict=True)]
        own = "client" in dims and "patron" in dims
        same = own and codes[dims.index("client")] == codes[dims.index("patron")]
        names.append(
            None if same else ", ".join(f"{d} {c}" for d, c in zip(dims, codes, strict=True))
        )
    kept = [i for i, name in enumerate(names) if name is not None]
    kept.sort(key=lambda i: -float(np.abs(flat[:, :, i].mean(axis=0)).max()))
    chosen: list[int] = []
    for i in kept:
        # a pair that is the same both ways is drawn once
        if not any(np.array_equal(flat[:, :, i], flat[:, :, j]) for j in chosen):
            chosen.append(i)
        if len(chosen) == MOST_PANELS:
            break
    return [(names[i] or "", flat[:, :, i]) for i in chosen], len(kept) - len(chosen)


def _draw_panel(ax: Any, when: np.ndarray, values: np.ndarray, windows: bool) -> None:
    mean = values.mean(axis=0)
    low, high = bootstrap_mean(values)
    q10, q90 = np.percentile(values, [10, 90], axis=0)
    ax.axhline(0, color=MUTED, linewidth=0.5, zorder=1)
    if windows:
        place = np.arange(len(when))
        ax.vlines(place, q10, q90, color=BLUE, alpha=0.25, linewidth=5, zorder=2)
        ax.vlines(place, low, high, color=BLUE, linewidth=1.6, zorder=3)
        ax.plot(place, mean, "o", color=INK, markersize=2.5, zorder=4)
        ax.set_xticks(place, [str(w) for w in when])
        ax.set_xlim(-0.5, len(when) - 0.5)
        return
    time = when.astype(float) + 0.5
    ax.fill_between(time, q10, q90, color=BLUE, alpha=0.18, linewidth=0)
    ax.fill_between(time, low, high, color=BLUE, alpha=0.4, linewidth=0)
    ax.plot(time, mean, color=BLUE)
    ax.set_xlim(float(when[0]), float(when[-1]) + 1)
    # whole years only, also over a short run
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def _footer(attrs: dict[str, Any]) -> str:
    run = (
        f"patronage {attrs.get('version', '')}, {attrs.get('scenario', '')}, "
        f"{attrs.get('members', '?')} {'paired ' if attrs.get('paired') == 'yes' else ''}members, "
        f"seed {attrs.get('seed', '?')}; second run − first run"
    )
    lines = [run, *textwrap.wrap(INTERVALS, 88)]
    return "\n".join(lines)


def write_figure(drawing: Drawing, folder: Path, quantity: str) -> dict[str, Path]:
    """Save a drawing of `draw` as PNG and SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    with house_style():
        return save(drawing, folder, re.sub(r"[^A-Za-z0-9_-]", "-", quantity))
