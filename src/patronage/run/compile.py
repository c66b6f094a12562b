"""From a scenario to the engine's arrays: setting, months, first state, parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from patronage.history import branch_effects
from patronage.model import observe
from patronage.model.instruments import DRIVERS
from patronage.model.state import SMALL, Month, Setting, State
from patronage.model.step import NAMES, Shape
from patronage.model.thin import Thin
from patronage.scenario import calendar
from patronage.scenario.cells import Cells
from patronage.scenario.world import World

MILLION = 1e6
MONTHS = 12
THICK = 32_000_000  # bytes above which what is imposed month by month is carried as cells
LEAST_CELLS = 64
FAR = 9.0  # where an empty faction slot is put, out of everybody's reach
EDGE = 0.97  # largest initial affinity, so that its latent value is finite

Params = dict[str, dict[str, Any]]

_put = jax.device_put  # `jnp.asarray` compiles a program for every new shape


@dataclass(frozen=True)
class Compiled:
    """A scenario ready to run; `months` carries a leading month axis.

    drift: (month, 2, parameter), parameters in the order of the leaves of `params`: in a month a
    parameter is its value × the first number + the second. It is 1 and 0 but in a branch. As every
    world has it, a branch runs the program of its baseline, and is the same to the bit before it.
    """

    setting: Setting
    months: Month
    table: dict[str, jax.Array]
    params: Params
    shape: Shape
    recorded: tuple[str, ...]
    every: int
    drift: jax.Array


def _tail(array: Any) -> jax.Array:
    """Float32 with a last axis of length 1 for the members."""
    return _put(np.asarray(array, np.float32)[..., None])


def _spread(array: Any, members: int) -> np.ndarray:
    """Float32, the same for every member; copied by NumPy, where jax would compile each shape."""
    single = np.asarray(array, np.float32)[..., None]
    return np.ascontiguousarray(np.broadcast_to(single, (*single.shape[:-1], members)))


def _dated(cells: Cells) -> Any:
    """What is imposed month by month, members last: in full, or as cells where that is large."""
    if cells.bytes <= THICK:
        return _tail_of(cells.full)
    # wider than need be, so that branches with some acts more share the compiled program
    place, value = cells.rows(LEAST_CELLS)
    return Thin(_put(place), _put(value), cells.shape[1:], cells.fill)


def _tail_of(array: np.ndarray) -> jax.Array:
    return _put(array[..., None])


def _choices(world: World) -> tuple[Cells, Cells]:
    """Which acts a branch allows, and which it forces, as cells."""
    pairs = (world.months, len(world.codes), len(world.codes))
    if not world.branches:
        none = np.zeros(0, np.int64)
        allowed = Cells((*pairs, len(world.instruments)), none, none, np.zeros(0, np.float32), 1)
        return allowed, Cells(pairs, none, none, np.zeros(0, np.int32), -1)
    allowed, forced = branch_effects.find_choices(world)
    return Cells.of(allowed, 1), Cells.of(forced, -1)


def setting_of(world: World) -> Setting:
    """Everything about the world that does not change."""
    states = len(world.codes)
    actor = (~world.market).astype(np.float32)
    apart = 1 - np.eye(states, dtype=np.float32)
    slots = world.faction_position.shape[1]
    named = np.array([[f < len(names) for f in range(slots)] for names in world.faction_names])
    # an empty slot lies out of everybody's reach, but not the one slot of a state without factions
    named[:, 0] = True
    position = np.where(named[..., None], world.faction_position, FAR)
    looks_to = np.zeros((states, slots, states), np.float32)
    for i, f in zip(*np.nonzero(world.faction_looks_to >= 0), strict=True):
        looks_to[i, f, world.faction_looks_to[i, f]] = 1
    return Setting(
        distance=_tail(world.initial["distance"]),
        pair=_tail(apart * actor[:, None] * actor[None, :]),
        trader=_tail(apart),
        actor=_tail(actor),
        market=_tail(1 - actor),
        convertible=_tail(world.convertible),
        autonomy=_tail(world.autonomy),
        position=_tail(position),
        looks_to=_tail(looks_to),
        substitutability=_tail(world.substitutability),
        storage=_tail(world.storage),
        essential=_tail(world.essential),
        input_lag=_tail(world.input_lag),
        gestation=_tail(world.gestation),
        contraband=_tail(world.contraband),
        grant=_tail(world.grant),
    )


def months_of(world: World, dates: calendar.Calendar) -> Month:
    """The calendar and the exogenous series, a row per month."""
    series, count = world.series, world.months
    number = np.arange(world.start, world.start + count)
    season = world.season.T[number % MONTHS][:, None, :] * MONTHS
    per_month = {name: series[name] / MONTHS for name in ("capacity", "need", "gdp")}
    supply = per_month["capacity"] * series["yield"]
    on = np.array([world.mechanisms.get(name, True) for name in NAMES], np.float32)
    allowed, forced = _choices(world)
    rivalry = Cells.of(series["rivalry"].astype(np.float32))
    present = calendar.find_present(world, world.start, count)
    return Month(
        number=_put(number.astype(np.uint32)),
        capability=_tail(series["capability"]),
        gdp=_tail(per_month["gdp"]),
        capacity=_tail(supply * season),
        supply=_tail(supply),
        need=_tail(per_month["need"]),
        world_price=_tail(series["world_price"] / MILLION),
        rivalry=_dated(rivalry),
        agenda=_tail(series["agenda"]),
        caucus=_tail(series["caucus"]),
        south=_tail(series["south"]),
        southern=_tail(series["southern"]),
        acts=_dated(dates.act_cells),
        goldstein=_dated(dates.goldstein_cells),
        scope=_dated(dates.scope_cells),
        regime_weight=_tail(dates.regime_weight),
        regime_shares=_tail(dates.regime_shares),
        may_choose=_tail(dates.may_choose),
        allowed=_dated(allowed),
        forced=_dated(forced),
        switches=_put(branch_effects.find_switches(world, NAMES, on)),
        present=None if present.all() else _tail(present),
    )


def params_of(world: World) -> Params:
    """Values of all parameters, mechanism by mechanism, as float32 scalars."""
    values: Params = {name: {} for name in (*NAMES, "observation")}
    for key, parameter in world.parameters.items():
        mechanism, name = key.split(".", 1)
        values[mechanism][name] = np.float32(parameter.value)
    return values


def drift_of(world: World, params: Params) -> jax.Array:
    """How branches move parameters (month, 2, parameter); see `Compiled`."""
    leaves = sorted((m, n) for m, values in params.items() for n in values)
    return _put(branch_effects.find_drift(world, [f"{m}.{n}" for m, n in leaves]))


def customary_shares(world: World, value: np.ndarray, reserves: np.ndarray, params: Params) -> Any:
    """Share of convertible money (state, commodity) that the contracts of the start take.

    value: of contracts (client, patron, commodity) [million US$ / month]; reserves: [million US$].
    """
    hard = np.maximum(world.convertible, world.market)
    earned = (value.sum(axis=2) * hard[:, None]).sum(axis=0)
    fund = earned + float(params["economy"]["reserve_use"]) * reserves
    spent = (value * hard[None, :, None]).sum(axis=1)
    share = np.where(fund[:, None] > SMALL, spent / np.maximum(fund, SMALL)[:, None], 0)
    return np.minimum(1, share)


def first_state(world: World, members: int, params: Params) -> State:
    """The state of the world before its first month, the same for every member."""
    start = world.initial
    price = start["price"] / MILLION
    contract = start["contract"] / MONTHS
    price = np.where(np.isfinite(price), price, 0) * (1 - world.grant)
    value = (contract * price).sum(axis=2)
    affinity = np.clip(start["affinity"], -EDGE, EDGE)
    apart = 1 - np.eye(len(world.codes))
    pull = np.exp(float(params["bargain"]["affinity_pull"]) * affinity)
    pull = pull * apart * (start["envoy"] > 0) * ~world.market[None, :] * ~world.market[:, None]
    own = np.exp(float(params["bargain"]["independence"]))
    allegiance = pull / (pull.sum(axis=1, keepdims=True) + own)
    support = np.clip(start["support"], 0.01, 0.99)
    goods = start["stock"].shape
    trade = contract.shape
    pairs = affinity.shape
    fields = {
        "disposition": np.arctanh(affinity) * apart,
        "kept": start["kept"],
        "broken": start["broken"],
        "envoy": start["envoy"],
        "agreement": start["agreement"] * apart,
        "information": 0.3 * (start["envoy"] / 2),
        "pledge": start["pledge"],
        "orientation": allegiance,
        "compliance": allegiance,
        "trade": value,
        "contract": contract,
        "price": price,
        "reserves": start["reserves"],
        "support": np.log(support / (1 - support)),
        "share": world.faction_share,
        "stock": start["stock"],
        "vigour": np.ones(goods),
        "tended": np.ones(goods),
        "shipped": contract.sum(axis=0),
        "custom": customary_shares(world, contract * price, start["reserves"], params),
        "norm_price": world.series["world_price"][0] / MILLION,
    }
    zero_pairs = ("deployed", "strategic", "tension", "grievance", "transfer", "line", "debt")
    fields |= {name: np.zeros(pairs) for name in (*zero_pairs, "favour", "insurgency")}
    fields |= {name: np.zeros(trade) for name in ("embargo", "blockade")}
    fields |= {"shortage": np.zeros(goods)}
    return State(**{name: _put(_spread(array, members)) for name, array in fields.items()})


def compile_world(world: World) -> Compiled:
    """Arrays for `world`; which states may ever choose is fixed at compilation, when is not."""
    dates = calendar.build(world)
    choosers = tuple(int(i) for i in np.nonzero(dates.may_choose.any(axis=0))[0])
    weights = [[float(row.drivers.get(d, 0.0)) for d in DRIVERS] for row in world.instruments]
    table = {
        "base": _put(np.array([row.base for row in world.instruments], np.float32)),
        "weights": _put(np.array(weights, np.float32).reshape(-1, len(DRIVERS))),
        "goldstein": _put(np.array([row.goldstein for row in world.instruments], np.float32)),
    }
    shape = Shape(
        states=len(world.codes),
        commodities=len(world.commodities),
        factions=world.faction_share.shape[1],
        choosers=choosers,
        instruments=tuple(row.name for row in world.instruments),
        preconditions=tuple(row.precondition for row in world.instruments),
    )
    wanted = tuple(world.record.quantities) or tuple(observe.DIMS)
    params = params_of(world)
    return Compiled(
        setting=setting_of(world),
        months=months_of(world, dates),
        table=table,
        params=params,
        shape=shape,
        recorded=wanted,
        every=world.record.every,
        drift=drift_of(world, params),
    )
