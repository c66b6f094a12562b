"""Series with their uncertainty: draws of the record within its tolerance, or members of a run.

Both are the same thing here, values (span, draw), so that one measure serves observation and model.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patronage import units
from patronage.history.claims_names import dims_of
from patronage.history.claims_schema import Place
from patronage.history.claims_time import window_of
from patronage.scenario import dates
from patronage.scenario.world import World

Floats = NDArray[np.float64]
DRAWS = 400
"""Draws of the record; the share of them that agrees is known to 0.01 or so at the edges."""
FEWEST_SPANS = 3
"""Fewer values than this have no trend, peak or trough."""
RANK = {"high": 0, "medium": 1, "low": 2}
SHARE_UNITS = ("share", "probability", "index")
TOLERANCE: dict[str, dict[str, float]] = {
    "amount": {"high": 0.05, "medium": 0.10, "low": 0.30},
    "share": {"high": 0.03, "medium": 0.06, "low": 0.12},
}
"""Standard deviation of a recorded value: of its own size for amounts, of the unit for shares."""


@dataclass(frozen=True)
class Series:
    """Values (span, draw) over the months `first` … `last` (span,), with the quality of each."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    value: Floats
    quality: tuple[str, ...]
    unit: str = ""
    source: tuple[tuple[str, ...], ...] = ()

    def within(self, window: tuple[int, int]) -> NDArray[np.intp]:
        """Spans of which at least half lies in a window."""
        overlap = np.minimum(self.last, window[1]) - np.maximum(self.first, window[0]) + 1
        return np.flatnonzero(2 * overlap >= self.last - self.first + 1)


@dataclass(frozen=True)
class Reading:
    """A measure of a series: a value for each draw (draw,), and the weakest quality it rests on.

    Dated measures are month numbers, infinite where a level is never reached.
    """

    value: Floats
    quality: str
    sources: tuple[str, ...] = ()


def spell(of: Place) -> str:
    """A series in words.

    >>> spell(Place(quantity="credit", client="CUB", patron="RUS"))
    'credit CUB RUS'
    """
    keys = ("quantity", "act", "actor", "target", "state", "client", "patron", "commodity")
    return " ".join(str(w) for k in (*keys, "faction") if (w := getattr(of, k)) is not None)


def cell_of(world: World, of: Place) -> tuple[int, ...]:
    """Index of a series' cell in the order of its quantity's dims."""
    index = []
    for dim in dims_of(world, str(of.quantity)):
        word = str(getattr(of, dim))
        if dim == "commodity":
            index.append(world.commodities.index(word))
        elif dim == "faction":
            index.append(world.faction_names[world.index(str(of.state))].index(word))
        else:
            index.append(world.index(word))
    return tuple(index)


def recorded(world: World, of: Place, least: str = "low") -> Series | None:
    """The record of a series: observed values, else the scenario's exogenous series.

    A value is drawn `DRAWS` times from a normal distribution about itself, with the tolerance of
    its quality, within the quantity's range. Values marked unusable are left out.

    Parameters
    ----------
    least: the least quality that is used.
    """
    if of.quantity not in world.quantities:
        return None
    found = _points(world, of, least)
    if not found:
        return None
    quantity = world.quantities[of.quantity]
    first, last, value, quality, source = (list(x) for x in zip(*found, strict=True))
    centre = np.array(value, float)[:, None]
    kind = "share" if quantity.unit in SHARE_UNITS else "amount"
    each = np.array([TOLERANCE[kind][q] for q in quality])[:, None]
    spread = each if kind == "share" else each * np.abs(centre)
    # the same series has the same draws in every check
    rng = np.random.default_rng(zlib.crc32(spell(of).encode()))
    drawn = centre + spread * rng.standard_normal((len(value), DRAWS))
    drawn = np.clip(drawn, quantity.minimum, quantity.maximum)
    unit = unit_of(world, of, quantity.unit)
    return Series(np.array(first), np.array(last), drawn, tuple(quality), unit, tuple(source))


def unit_of(world: World, of: Place, unit: str) -> str:
    """A unit in which the commodity's own stands for `unit`."""
    if of.commodity is None:
        return unit
    own = world.commodity_units[world.commodities.index(of.commodity)]
    return units.of_commodity(unit, own)


def _points(
    world: World, of: Place, least: str
) -> list[tuple[int, int, float, str, tuple[str, ...]]]:
    """First and last month, value, quality and sources of each recorded value, by date."""
    cell = cell_of(world, of)
    found = [
        (o.first, o.last, o.value, o.quality, o.source)
        for o in world.observed
        if o.quantity == of.quantity and o.index == cell
    ]
    if not found:
        for row in world.rows.get("series", ()):
            if row.quantity == of.quantity and row.index == cell:
                quality = row.quality or "low"
                found.append((*dates.parse(row.date), row.value, quality, row.source))
    usable = [f for f in found if f[3] in RANK and RANK[f[3]] <= RANK[least]]
    return sorted(usable, key=lambda f: (f[0], f[1]))


def of_months(start: int, value: Floats, unit: str) -> Series:
    """A series of single months (month, member), as a run gives it."""
    months = np.arange(start, start + len(value))
    return Series(months, months, value, ("",) * len(value), unit)


def measure(of: Series, check: Any, versus: Series | None = None) -> Reading | None:
    """The measure that a check asks for; None where the series says nothing of its window.

    Parameters
    ----------
    check: has `measure`, `window`, and where needed `base`, `level` and `falling`.
    versus: the other series of a change or ratio.
    """
    rows = of.within(window_of(check.window))
    if not rows.size:
        return None
    if check.measure in ("change", "ratio"):
        return _against(of, rows, check, versus)
    value, used = of.value[rows], weakest([of.quality[r] for r in rows])
    match check.measure:
        case "level":
            found = _mean(of, rows)
        case "total":
            found = value.sum(axis=0)
        case "highest":
            found = value.max(axis=0)
        case "lowest":
            found = value.min(axis=0)
        case "reaches":
            _, found, used = crossing(of, check.window, check.level, check.falling)
        case _ if len(rows) < FEWEST_SPANS:
            return None
        case "trend":
            found = _slope(of, rows)
        case _:
            at = value.argmax(axis=0) if check.measure == "peak" else value.argmin(axis=0)
            found = ((of.first[rows] + of.last[rows]) // 2)[at].astype(float)
    return Reading(found, used, cited(of, rows))


def cited(of: Series, rows: NDArray[np.intp]) -> tuple[str, ...]:
    """Sources of some spans, each once."""
    return tuple(dict.fromkeys(k for r in rows if of.source for k in of.source[r]))


def crossing(of: Series, window: str, level: float, falling: bool) -> tuple[Floats, Floats, str]:
    """Earliest and latest month (draw,) of first reaching a level, and the weakest quality.

    The month lies after the end of the last span below the level, and not after the end of the
    first span at it; infinite where no span reaches it.
    """
    rows = of.within(window_of(window))
    value, level = (-of.value[rows], -level) if falling else (of.value[rows], level)
    hit = value >= level
    at = hit.argmax(axis=0)
    ever = hit.any(axis=0)
    late = np.where(ever, of.last[rows][at], np.inf)
    before = np.where(at > 0, of.last[rows][at - 1] + 1, of.first[rows][at])
    early = np.where(ever, np.minimum(before, late), np.inf)
    last = int(np.median(at)) if ever.any() else len(rows) - 1
    return early, late, weakest([of.quality[r] for r in rows[: last + 1]])


def _against(
    of: Series, rows: NDArray[np.intp], check: Any, versus: Series | None
) -> Reading | None:
    """A change or ratio from another window, or from another series in the same window."""
    if check.base is not None:
        other, place = of, of.within(window_of(check.base))
    elif versus is not None:
        other, place = versus, versus.within(window_of(check.window))
    else:
        return None
    if not place.size:
        return None
    one, two = _mean(of, rows), _mean(other, place)
    used = [of.quality[r] for r in rows] + [other.quality[r] for r in place]
    if check.measure == "change":
        found = one - two
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.where(two == 0, np.where(one == 0, 1.0, np.inf), one / two)
    keys = tuple(dict.fromkeys((*cited(of, rows), *cited(other, place))))
    return Reading(found, weakest(used), keys)


def _mean(of: Series, rows: NDArray[np.intp]) -> Floats:
    """Mean over spans, each weighted by its months."""
    weight = (of.last[rows] - of.first[rows] + 1).astype(float)
    return np.average(of.value[rows], axis=0, weights=weight)


def _slope(of: Series, rows: NDArray[np.intp]) -> Floats:
    """Least-squares slope per year."""
    time = (of.first[rows] + of.last[rows]) / 24.0
    centred = time - time.mean()
    return centred @ of.value[rows] / max(float((centred**2).sum()), 1e-12)


def weakest(qualities: Iterable[str]) -> str:
    """The weakest of several qualities; nothing for a run's own values."""
    named = [q for q in qualities if q in RANK]
    return max(named, key=lambda q: RANK[q]) if named else ""


def holds(value: Floats, check: Any) -> NDArray[np.bool_]:
    """Whether each value (draw,) lies within a check's bounds."""
    inside = np.isfinite(value) | (np.abs(value) == np.inf)
    if check.above is not None:
        inside &= value > check.above
    if check.below is not None:
        inside &= value < check.below
    if check.since is not None:
        inside &= value >= window_of(check.since)[0]
    if check.until is not None:
        inside &= value <= window_of(check.until)[1]
    return inside
