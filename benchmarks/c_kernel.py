"""The month written by hand in C (benchmarks/kernel): build it, hand it a world, run it.

One member at a time, eight floats to a vector, members shared out over the cores with OpenMP.
Needs gcc and a processor with AVX2; `find_lack` says what is missing.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np
from c_build import build, find_lack, header_of

from patronage.model import step
from patronage.model.instruments import PRECONDITIONS
from patronage.model.state import Month, Setting, State

Array = np.ndarray
__all__ = ["Kernel", "find_lack", "flatten_draws", "flatten_states", "open_kernel", "open_month"]
WIDE = 8
BLOCKS = ("Setting", "Dated", "Member", "Draws", "Record", "Parameters", "Month")

STEPS = (
    *("draws", "calendar", "threat.perceive", "coercion.perceive", "dependence.perceive"),
    *("bargain.perceive", "decide", "diplomacy.settle", "coercion.settle", "threat.settle"),
    *("crisis.settle", "bloc.settle", "bargain.settle", "economy.deliver", "domestic.react"),
    *("revolution.react", "credibility and affinity.react", "record"),
)

# Streams of draws in the order of struct Draws; `decide` has a row for every state.
SHOCKS = (
    ("crisis.settle", "end"),
    ("crisis.settle", "consult"),
    ("bloc.settle", "answer"),
    ("bargain.settle", "budget"),
    ("economy.deliver", "logistics"),
    ("economy.deliver", "season"),
    ("domestic.react", "mood"),
    ("domestic.react", "exit"),
    ("domestic.react", "fall"),
    ("revolution.react", "where"),
    ("revolution.react", "luck"),
    ("revolution.react", "win"),
)

RECORDED = {
    "support output reserves insecurity ideology militancy imports_value exports_value": "unit",
    "production imports exports used stock shortage": "goods",
    "faction_share": "factions",
    "affinity credibility un_agreement dependence trade_share transfer credit premium arms "
    "compliance orientation tension grievance threat pledge envoy strategic embargo "
    "insurgency": "dyad",
    "crisis_rung crisis_outcome consulted": "unit",
}
QUANTITIES = tuple(name for names in RECORDED for name in names.split())


def widen(array: Any) -> Array:
    """Float32 with the last axis filled up to eight with noughts."""
    array = np.asarray(array, np.float32)
    spare = WIDE - array.shape[-1]
    return np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, spare)])


def align(shape: tuple[int, ...]) -> Array:
    """Float32 array that starts at a multiple of 64 bytes, as vectors of eight want it."""
    size = int(np.prod(shape))
    raw = np.empty(size + 16, np.float32)
    start = (-raw.ctypes.data % 64) // 4
    return raw[start : start + size].reshape(shape)


def drop_member(array: Any, member: int = 0) -> Array:
    """One member of an engine array (members last)."""
    array = np.asarray(array)
    return array[..., min(member, array.shape[-1] - 1)]


#: fields whose faction axis comes before the states in the kernel
def lay_out(name: str, array: Array) -> Array:
    """A field of the engine (without members) as the kernel keeps it, flat."""
    if name == "position":  # (state, faction, axis) -> (axis, faction, state)
        array = array.transpose(2, 1, 0)
    elif name == "looks_to":  # (state, faction, patron) -> (faction, patron, state)
        array = array.transpose(1, 2, 0)
    elif name in ("share", "regime_shares"):
        array = array.T
    return widen(array).ravel()


SETTING = tuple(f.name for f in fields(Setting))
DATED = (
    *("capability", "gdp", "capacity", "supply", "need", "world_price", "rivalry", "goldstein"),
    *("scope", "regime_weight", "regime_shares", "may_choose", "south", "southern"),
)
SETTING_ORDER = (
    *("distance", "pair", "trader", "actor", "market", "convertible", "autonomy", "position"),
    *("looks_to", "substitutability", "storage", "essential", "input_lag", "gestation"),
    *("contraband", "grant"),
)
assert set(SETTING) == set(SETTING_ORDER)


def flatten_state(state: State, member: int) -> Array:
    """One member's state as struct Member."""
    parts = [lay_out(f.name, drop_member(getattr(state, f.name), member)) for f in fields(State)]
    return np.concatenate(parts)


def flatten_states(state: State) -> Array:
    """All members (member, floats)."""
    members = state.disposition.shape[-1]
    arrays: dict[str, Any] = {f.name: np.asarray(getattr(state, f.name)) for f in fields(State)}
    whole = State(**arrays)
    return np.stack([flatten_state(whole, k) for k in range(members)])


def flatten_draws(draws: dict[str, dict[str, Any]], shape: step.Shape, member: int) -> Array:
    """One member's draws of one month as struct Draws."""
    pick = np.full((shape.states, shape.states), 0.5, np.float32)
    for row, state in enumerate(shape.choosers):
        pick[state] = drop_member(draws["decide"]["pick"], member)[row]
    units = [drop_member(draws[stream][name], member) for stream, name in SHOCKS]
    mood = drop_member(draws["affinity.react"]["mood"], member)
    return widen(np.concatenate([np.stack(units), mood, pick])).ravel()


@dataclass(frozen=True)
class Kernel:
    """A world opened in C; `close` when done."""

    library: ctypes.CDLL
    world: ctypes.c_void_p
    shape: step.Shape
    floats: dict[str, int]
    months: int

    def run(
        self,
        states: Array,
        months: int | None = None,
        seed: int = 0,
        first: int = 0,
        draws: Array | None = None,
        every: int = 0,
        threads: int = 1,
    ) -> tuple[Array, Array | None, float]:
        """States after `months`, records (member, span, floats) if `every` > 0, and seconds.

        draws: (member, month, floats), or None: drawn in C.
        """
        count = self.months if months is None else months
        members = len(states)
        after = align(states.shape)
        after[:] = states
        given = records = None
        if draws is not None:
            given = align(draws.shape)
            given[:] = draws
        if every:
            records = align((members, -(-count // every), self.floats["Record"]))
        took = self.library.run_world(
            self.world,
            _pointer(after),
            ctypes.c_int(members),
            ctypes.c_uint32(first),
            ctypes.c_int(count),
            ctypes.c_uint32(seed),
            _pointer(given),
            _pointer(records),
            ctypes.c_int(max(1, every)),
            ctypes.c_int(threads),
        )
        return after, records, took

    def draw(self, seed: int, member: int, month: int) -> Array:
        """The kernel's own random numbers of one month (row, lane), as struct Draws."""
        into = align((self.floats["Draws"] // WIDE, WIDE))
        into[:] = 0.5
        numbers = (ctypes.c_uint32(n) for n in (seed, member, month))
        self.library.draw(self.world, *numbers, _pointer(into))
        return into

    def take_ticks(self) -> dict[str, float]:
        """Processor ticks by step since the last call (a timed build only)."""
        into = np.zeros(len(STEPS))
        self.library.take_ticks(_pointer(into))
        return dict(zip(STEPS, into.tolist(), strict=True))

    def close(self) -> None:
        """Give the memory back."""
        self.library.close_world(self.world)

    def unpack_state(self, flat: Array) -> dict[str, Array]:
        """Fields of (…, floats) in the engine's layout, without members: (…, dims)."""
        return unpack(flat, self.shape, [(f.name, _kind(f.name)) for f in fields(State)])

    def unpack_records(self, flat: Array) -> dict[str, Array]:
        """Recorded quantities of (…, floats): (…, dims)."""
        table = [(name, kind) for names, kind in RECORDED.items() for name in names.split()]
        return unpack(flat, self.shape, table)


def _pointer(array: Array | None) -> Any:
    return None if array is None else array.ctypes.data_as(ctypes.c_void_p)


def _kind(name: str) -> str:
    if name in ("embargo", "blockade", "contract", "price"):
        return "trade"
    if name in ("reserves", "support"):
        return "unit"
    if name in ("stock", "vigour", "tended", "shortage", "shipped", "custom"):
        return "goods"
    return {"share": "factions", "norm_price": "commodity"}.get(name, "dyad")


def unpack(flat: Array, shape: step.Shape, table: list[tuple[str, str]]) -> dict[str, Array]:
    """Blocks of eight lanes back into named arrays; `table`: (name, kind) in order."""
    n, goods, slots = shape.states, shape.commodities, shape.factions
    rows = {
        "dyad": ((n,), n),
        "trade": ((n, n), goods),
        "goods": ((n,), goods),
        "factions": ((slots,), n),
        "unit": ((), n),
        "commodity": ((), goods),
    }
    found, start = {}, 0
    for name, kind in table:
        lead, lanes = rows[kind]
        size = int(np.prod(lead, dtype=int)) * WIDE
        block = flat[..., start : start + size].reshape(*flat.shape[:-1], *lead, WIDE)[..., :lanes]
        found[name] = np.swapaxes(block, -1, -2) if kind == "factions" else block
        start += size
    assert start == flat.shape[-1]
    return found


@cache
def _load(header: str, timed: bool) -> ctypes.CDLL:
    library = ctypes.CDLL(str(build(header, timed)))
    library.open_world.restype = ctypes.c_void_p
    library.run_world.restype = ctypes.c_double
    return library


def open_kernel(compiled: Any, timed: bool = False) -> Kernel:
    """Hand a compiled scenario to C: its setting, months, acts, instruments and parameters.

    Errors: ValueError where mechanisms are switched off or parameters drift (branches).
    """
    return open_month(
        compiled.setting, compiled.months, compiled.params, compiled.table, compiled.shape, timed
    )


def open_month(
    setting: Setting,
    months: Month,
    params: dict[str, dict[str, Any]],
    table: dict[str, Any],
    shape: step.Shape,
    timed: bool = False,
) -> Kernel:
    """The same from the engine's arrays; `months` with a leading month axis, one member."""
    if not (np.asarray(months.switches) > 0).all():
        raise ValueError("the kernel runs all twelve mechanisms")
    if months.present is not None:
        raise ValueError("the kernel runs worlds whose states exist throughout")
    params = {m: {k: np.float32(v) for k, v in values.items()} for m, values in params.items()}
    library = _load(header_of(shape, params), timed)
    floats = np.zeros(len(BLOCKS), np.int64)
    library.sizes(_pointer(floats))
    count = len(np.asarray(months.number))
    blocks = {
        "Setting": np.concatenate(
            [lay_out(n, drop_member(getattr(setting, n))) for n in SETTING_ORDER]
        ),
        "Dated": _dated(months, count),
        "Parameters": np.array([x for v in params.values() for x in v.values()], np.float32),
    }
    sizes: dict[str, int] = dict(zip(BLOCKS, floats.tolist(), strict=True))
    assert blocks["Setting"].size == sizes["Setting"]
    assert blocks["Dated"].shape[1] == sizes["Dated"]
    assert blocks["Parameters"].size == sizes["Parameters"]
    acts = _acts(months)
    bits = 1 << np.arange(len(shape.instruments), dtype=np.uint32)
    allowed = ((drop_member(months.allowed) > 0) * bits).sum(axis=-1).astype(np.uint32)
    forced = np.ascontiguousarray(drop_member(months.forced), np.int32)
    world = library.open_world(
        _pointer(blocks["Setting"]),
        _pointer(blocks["Parameters"]),
        _pointer(_table(table, shape)),
        _pointer(blocks["Dated"]),
        ctypes.c_int(count),
        _pointer(acts),
        ctypes.c_int(len(acts)),
        _pointer(np.ascontiguousarray(allowed)),
        _pointer(forced),
    )
    return Kernel(library, ctypes.c_void_p(world), shape, sizes, count)


def _dated(months: Month, count: int) -> Array:
    rows = []
    for t in range(count):
        parts = [lay_out(n, drop_member(np.asarray(getattr(months, n))[t])) for n in DATED]
        parts += [
            np.full(WIDE, drop_member(np.asarray(of_world)[t]), np.float32)
            for of_world in (months.agenda, months.caucus)
        ]
        rows.append(np.concatenate(parts))
    return np.stack(rows)


def _acts(months: Month) -> Array:
    """Imposed acts as struct Act, in the order of months."""
    given = drop_member(months.acts)
    kind = np.dtype(
        [("month", "i4"), ("actor", "i4"), ("target", "i4"), ("kind", "i4"), ("intensity", "f4")]
    )
    where = np.nonzero(given)
    acts = np.zeros(len(where[0]), kind)
    for name, index in zip(kind.names or (), where, strict=False):
        acts[name] = index
    acts["intensity"] = given[where]
    return acts


def _table(table: dict[str, Any], shape: step.Shape) -> Array:
    """struct Table as bytes."""
    numbers = [np.asarray(table[k], np.float32).ravel() for k in ("base", "weights", "goldstein")]
    order = list(PRECONDITIONS)
    conditions = np.array([order.index(name) for name in shape.preconditions], np.int32)
    choosers = np.zeros(1 + shape.states, np.int32)
    choosers[0] = len(shape.choosers)
    choosers[1 : 1 + len(shape.choosers)] = shape.choosers
    flat = [np.concatenate(numbers).view(np.int32), conditions, choosers]
    return np.concatenate(flat)
