"""A script's values as arrays: what holds at the start, and what is given month by month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import numpy as np

from patronage.scenario.catalogue import Quantity
from patronage.scenario.rows import mirror
from patronage.scenario.schema import FACTIONS
from patronage.scenario.script import Row, Script
from patronage.scenario.world import Floats, World

EARTH_RADIUS = 6371.0
"""Mean radius [km]."""
MEAN_DISTANCE = EARTH_RADIUS * np.pi / 2
"""Mean distance of two points of the globe [km]: that of a market, which is nowhere."""


def build(script: Script) -> World:
    """The world of a script."""
    static = describe_states(script) | describe_commodities(script)
    initial = build_initial(script, static["capital"])
    series = build_series(script, initial)
    written = {f.name: getattr(script, f.name) for f in fields(Script)}
    return World(**written, **static, initial=initial, series=series)


def describe_states(script: Script) -> dict[str, Any]:
    """Fields of a world that describe its states and their factions."""
    count = len(script.states)
    position = np.zeros((count, FACTIONS, 2))
    share = np.zeros((count, FACTIONS))
    looks_to = np.full((count, FACTIONS), -1)
    for i, state in enumerate(script.states):
        if not state.factions:
            share[i, 0] = 1.0
        for j, faction in enumerate(state.factions):
            position[i, j] = faction.position
            share[i, j] = faction.share
            looks_to[i, j] = -1 if faction.looks_to is None else script.index(faction.looks_to)
    blank = (np.nan, np.nan)
    return {
        "capital": np.array([s.capital or blank for s in script.states], dtype=float),
        "market": np.array([s.kind == "market" for s in script.states]),
        "convertible": np.array([s.convertible for s in script.states]),
        "autonomy": np.array([s.autonomy for s in script.states], dtype=float),
        "major": np.array([s.major for s in script.states]),
        "faction_position": position,
        "faction_share": share / share.sum(axis=1, keepdims=True),
        "faction_looks_to": looks_to,
    }


def describe_commodities(script: Script) -> dict[str, Any]:
    """Fields of a world that describe its commodities."""
    season = np.array([c.season for c in script.goods]).reshape(len(script.goods), 12)
    named = (
        "substitutability",
        "storage",
        "essential",
        "input_lag",
        "gestation",
        "contraband",
        "grant",
    )
    return {
        "season": season / season.sum(axis=1, keepdims=True),
        **{n: np.array([getattr(c, n) for c in script.goods], dtype=float) for n in named},
    }


def great_circle(capitals: Floats) -> Floats:
    """Distances between capitals [state, state] in km, from [state, 2] in degrees.

    A state without a capital is at the mean distance of two points of the globe.
    Source: haversine formula (R. W. Sinnott, Sky and Telescope 68, 1984).
    """
    latitude, longitude = np.radians(capitals).T
    north = np.sin((latitude[:, None] - latitude) / 2) ** 2
    east = np.sin((longitude[:, None] - longitude) / 2) ** 2
    half = north + np.cos(latitude[:, None]) * np.cos(latitude) * east
    distance = 2 * EARTH_RADIUS * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    distance = np.where(np.isnan(distance), MEAN_DISTANCE, distance)
    np.fill_diagonal(distance, 0.0)
    return distance


def _shape(quantity: Quantity, script: Script) -> tuple[int, ...]:
    return tuple(
        len(script.goods) if d == "commodity" else len(script.states) for d in quantity.dims
    )


def interpolate(points: list[Row], quantity: Quantity, start: int, count: int) -> Floats:
    """Values of [month] from dated rows; held flat before the first and after the last."""
    points = sorted(points, key=lambda r: r.position)
    at = np.array([p.position for p in points])
    values = np.array([p.value for p in points])
    month = np.arange(start, start + count, dtype=float)
    if quantity.interpolate == "linear":
        return np.interp(month, at, values)
    return values[np.maximum(np.searchsorted(at, month, side="right") - 1, 0)]


def _by_cell(rows: Iterable[Row]) -> dict[str, dict[tuple[int, ...], list[Row]]]:
    cells: dict[str, dict[tuple[int, ...], list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in mirror(rows, []):
        cells[row.quantity][row.index].append(row)
    return cells


def build_initial(script: Script, capitals: Floats) -> dict[str, Floats]:
    """Values at the start, by quantity, each an array of the quantity's dims in its unit.

    Where a quantity is not given at the start, its series is; else its default; else, for distance
    and price, what capitals and world prices say.
    """
    given, dated = _by_cell(script.rows["initial"]), _by_cell(script.rows["series"])
    initial: dict[str, Floats] = {}
    for name, quantity in script.quantities.items():
        if "initial" not in quantity.roles:
            continue
        blank = np.nan if quantity.default is None else quantity.default
        values = np.full(_shape(quantity, script), blank)
        for index, points in dated[name].items():
            values[index] = interpolate(points, quantity, script.start, 1)[0]
        for index, single in given[name].items():
            values[index] = single[0].value
        initial[name] = values
    initial["distance"] = _fill(initial["distance"], great_circle(capitals))
    initial["price"] = _fill(initial["price"], initial["world_price"])
    return initial


def _fill(values: Floats, other: Floats) -> Floats:
    return np.where(np.isnan(values), other, values)


def build_series(script: Script, initial: dict[str, Floats]) -> dict[str, Floats]:
    """Values by month of every quantity with role series, [month, *dims].

    A cell that the series does not give stays at its initial value. A quantity without any series
    is one month repeated without copying (read-only): a dyadic one would else take 170 MB for
    190 states over 50 years.
    """
    dated = _by_cell(script.rows["series"])
    series: dict[str, Floats] = {}
    for name, quantity in script.quantities.items():
        if "series" not in quantity.roles:
            continue
        constant = np.broadcast_to(initial[name], (script.months, *_shape(quantity, script)))
        if not dated[name]:
            series[name] = constant
            continue
        values = constant.copy()
        for index, points in dated[name].items():
            line = interpolate(points, quantity, script.start, script.months)
            values[(slice(None), *index)] = line
        series[name] = values
    return series
