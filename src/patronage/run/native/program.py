"""The month as a compiled C++ program: traced from the model, run for groups of members.

The model is written once, in JAX. Here its month is traced, translated and compiled by the machine's
C++ compiler, with sixteen members to a vector; groups of sixteen take turns month by month.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from patronage.model import step
from patronage.model.mechanism import stack
from patronage.model.state import State
from patronage.run import keys, simulate
from patronage.run.compile import Compiled
from patronage.run.native import build, whole
from patronage.run.native.emit import Emitter, Source
from patronage.run.native.expression import Place
from patronage.run.native.graph import Node, UnsupportedError
from patronage.run.native.plan import Planner, sinks_of
from patronage.run.native.read import Reader, dtype_of

LANES = 16
PIECES = 8
STRETCH = 12  # months that a group runs before the next group takes its turn
DRIVER = """
#ifdef __SSE__
#include <xmmintrin.h>
#endif
extern "C" int run(const float *K, const float *M, long words, int months, int every, int groups,
                   const V *G, long gs, V *X, V *Y, long xs, V *R, long rs, B *E, long es, V *H,
                   long hs, float *N0, float *N1, long ns, V *W)
{
#ifdef __SSE__
    const unsigned mode = _mm_getcsr();
    _mm_setcsr(mode | 0x8040); // numbers too small to be normal count as nought
#endif
    const int blocks = months / every;
    once(K, M, N0, N1, X, G, Y, W, R, E, H, 0);
    for (int from = 0; from < months; from += STRETCH) {
        const int to = from + STRETCH < months ? from + STRETCH : months;
        for (int t = from; t < to; t++)
            monthly(K, M + t * words, N0, N1 + (t - from) * ns, X, G, Y, W, R, E, H, 0);
        for (int g = 0; g < groups; g++)
            for (int t = from; t < to; t++) {
                V *now = (t % 2 ? Y : X) + g * xs, *next = (t % 2 ? X : Y) + g * xs;
                const long place = (long)g * months + t;
                wide(K, M + t * words, N0, N1 + (t - from) * ns, now, G + g * gs, next, W,
                     R + ((long)g * blocks + t / every) * rs, E + place * es, H + place * hs,
                     t % every == 0);
            }
    }
#ifdef __SSE__
    _mm_setcsr(mode);
#endif
    return months % 2;
}
"""


@dataclass(frozen=True)
class Field:
    """An array among others in one piece of memory: first element, and shape without members."""

    offset: int
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Elements, a vector of members counted once."""
        return int(np.prod(self.shape, dtype=np.int64))


class Layout:
    """Arrays side by side in one piece of memory."""

    def __init__(self) -> None:
        self.fields: dict[str, Field] = {}
        self.size = 0

    def add(self, name: str, shape: tuple[int, ...]) -> int:
        """Room for an array; its first element."""
        field = Field(self.size, shape)
        self.fields[name] = field
        self.size += field.size
        return field.offset


@dataclass(frozen=True)
class Translation:
    """A month in C++, and where its arrays lie in each piece of memory."""

    source: Source
    layouts: Mapping[str, Layout]


def name_leaves(tree: Any) -> list[tuple[str, Any]]:
    """Leaves of a tree with the path to each."""
    return [
        (jax.tree_util.keystr(path), leaf)
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
    ]


def _form(leaf: Any, lanes: bool) -> jax.ShapeDtypeStruct:
    shape = (*leaf.shape[:-1], LANES) if lanes else tuple(leaf.shape)
    return jax.ShapeDtypeStruct(shape, leaf.dtype)


def translate(compiled: Compiled, state: State, params: Any, logged: bool) -> Translation:
    """Trace a month and write it as C++.

    Errors: UnsupportedError where the month contains something that cannot be written so.
    """
    values, names = stack(params)
    own = values.shape[1] > 1
    secrets = {name: jax.ShapeDtypeStruct((2, LANES), jnp.uint32) for name in step.DRAWN}
    row = jax.tree.map(lambda x: x[0], (compiled.months, (compiled.drift[:, 0], compiled.drift[:, 1])))
    parts = {
        "X": (jax.tree.map(lambda x: _form(x, True), state), jax.ShapeDtypeStruct((LANES,), jnp.int32)),
        "M": jax.tree.map(lambda x: _form(x, False), row),
        "K": jax.tree.map(lambda x: _form(x, False), (compiled.setting, compiled.table)),
        "V": _form(values, own),
        "G": secrets,
    }

    def month(parts: Any) -> Any:
        setting, table = parts["K"]
        lasting = (setting, parts["V"], table, parts["G"])
        return simulate.live_month(
            parts["X"], parts["M"], lasting, names, compiled.shape, compiled.recorded, logged
        )

    closed, out = jax.make_jaxpr(month, return_shape=True)(parts)
    reader, layouts, places = Reader(LANES), {k: Layout() for k in "XMKGRE"} | {"H": Layout()}, {}
    given = []
    for path, leaf in name_leaves(parts):
        pointer = path[2]
        lanes = pointer in "XG" or (pointer == "V" and own)
        memory = {"V": "G" if own else "K"}.get(pointer, pointer)
        shape = tuple(leaf.shape)
        at = layouts[memory].add(path, shape[:-1] if lanes else shape)
        stage = 2 if lanes else int(memory == "M")
        access = reader.input(path, shape, dtype_of(leaf.dtype), len(shape) - 1 if lanes else None, stage)
        places[access.node] = Place(memory, at)
        given.append(access)
    found = reader.run(closed.jaxpr, closed.consts, given)
    outputs = []
    for (path, leaf), access in zip(name_leaves(out), found, strict=True):
        memory, op = _destination(path, leaf)
        shape = tuple(leaf.shape)
        key = path.replace("[0]", "['X']", 1) if memory == "X" else path
        target = Node("output", path, shape, dtype_of(leaf.dtype), lane=len(shape) - 1, stage=2)
        if memory == "X":
            offset = layouts["X"].fields[key].offset
        else:
            offset = layouts[memory].add(path, shape[:-1])
        places[target] = Place("Y" if memory == "X" else memory, offset)
        outputs += sinks_of([(access, target)], op)
    planner = Planner(reader.graph({}), outputs)
    driver = DRIVER.replace("STRETCH", str(STRETCH))
    return Translation(Emitter(planner, places).source(driver, PIECES), layouts)


def _destination(path: str, leaf: Any) -> tuple[str, str]:
    """Memory and kind of an output, by its path in what `live_month` returns."""
    if path.startswith("[0]"):
        return "X", "state"
    if path.startswith("[1][0]"):
        return "R", "worst" if path[8:-2] in simulate.WORST else "mean"
    return ("E", "mark") if leaf.dtype == jnp.int8 else ("H", "state")


@jax.jit
def _secrets(seed: Any, numbers: Any) -> Any:
    return keys.secrets_of(keys.member_keys(seed, numbers, step.DRAWN))


class NativeProgram:
    """A translated and compiled month; may be called from threads."""

    def __init__(self, compiled: Compiled, state: State, params: Any, logged: bool) -> None:
        self.compiled = compiled
        self.logged = logged
        self.translation = translate(compiled, state, params, logged)
        library = build.build(self.translation.source.pieces)
        if library is None:
            raise UnsupportedError("no C++ compiler that works")
        self._run = library.run
        self._run.restype = ctypes.c_int

    def __call__(
        self, compiled: Compiled, state: State, members: np.ndarray, seed: int, params: Any
    ) -> tuple[State, simulate.Chunk]:
        """As `simulate`."""
        layouts = self.translation.layouts
        width = len(members)
        groups = -(-width // LANES)
        full = np.resize(np.asarray(members, np.uint32), groups * LANES)
        full[width:] = full[width - 1]
        months, every = len(compiled.months.number), compiled.every
        values = np.asarray(stack(params)[0])
        lasting = {"K": (compiled.setting, compiled.table), "V": values}
        memory = {
            "K": self._fill_narrow("K", lasting, months=None),
            "M": self._fill_narrow(
                "M",
                {"M": (compiled.months, (compiled.drift[:, 0], compiled.drift[:, 1]))},
                months=months,
            ),
            "X": self._fill_wide("X", {"X": (state, np.full(width, -1, np.int32))}, groups),
            "G": self._fill_wide(
                "G", {"G": _secrets(seed, jnp.asarray(full)), "V": values}, groups
            ),
        }
        source = self.translation.source
        memory["Y"] = aligned(memory["X"].shape, np.uint32)
        sizes = {"R": months // every, "E": months, "H": months}
        for name, rows in sizes.items():
            dtype = np.int8 if name == "E" else np.float32
            memory[name] = aligned((groups, rows, layouts[name].size, LANES), dtype)
        memory["N0"] = aligned((source.once_words,), np.float32)
        memory["N1"] = aligned((STRETCH, source.monthly_words), np.float32)
        memory["W"] = aligned((source.scratch, LANES), np.float32)
        odd = self._call(memory, months, every, groups)
        end = memory["Y"] if odd else memory["X"]
        return self._gather(end, memory, state, width, every)

    def _call(self, memory: dict[str, np.ndarray], months: int, every: int, groups: int) -> int:
        def at(name: str) -> Any:
            return ctypes.c_void_p(memory[name].ctypes.data)

        def long(value: int) -> Any:
            return ctypes.c_long(value)

        size = {name: long(layout.size) for name, layout in self.translation.layouts.items()}
        source = self.translation.source
        return self._run(
            at("K"), at("M"), size["M"], months, every, groups, at("G"), size["G"], at("X"),
            at("Y"), size["X"], at("R"), size["R"], at("E"), size["E"], at("H"), size["H"],
            at("N0"), at("N1"), long(source.monthly_words), at("W"),
        )  # fmt: skip

    def _fill_narrow(self, name: str, parts: Any, months: int | None) -> np.ndarray:
        layout = self.translation.layouts[name]
        rows = 1 if months is None else months
        words = np.zeros((rows, layout.size), np.uint32)
        for path, leaf in name_leaves(parts):
            if path not in layout.fields:
                continue
            field = layout.fields[path]
            array = np.asarray(leaf)
            four = array.astype(np.int32) if array.dtype.kind == "b" else array
            words[:, field.offset : field.offset + field.size] = (
                np.ascontiguousarray(four).view(np.uint32).reshape(rows, -1)
            )
        return words

    def _fill_wide(self, name: str, parts: Any, groups: int) -> np.ndarray:
        layout = self.translation.layouts[name]
        memory = aligned((groups, layout.size, LANES), np.uint32)
        for path, leaf in name_leaves(parts):
            if path not in layout.fields:
                continue
            field = layout.fields[path]
            array = np.asarray(leaf)
            flat = np.ascontiguousarray(array).view(np.uint32).reshape(field.size, -1)
            lanes = groups * LANES
            if flat.shape[1] < lanes:
                flat = np.concatenate([flat, np.repeat(flat[:, -1:], lanes - flat.shape[1], 1)], 1)
            split = flat.reshape(field.size, groups, LANES)
            memory[:, field.offset : field.offset + field.size] = np.moveaxis(split, 1, 0)
        return memory

    def _gather(
        self, end: np.ndarray, memory: dict[str, np.ndarray], state: State, width: int, every: int
    ) -> tuple[State, simulate.Chunk]:
        """Arrays with members last, from the memory of the groups."""
        layouts = self.translation.layouts

        def take(array: np.ndarray, field: Field) -> np.ndarray:
            part = array[..., field.offset : field.offset + field.size, :]
            moved = np.moveaxis(part, 0, -2)  # groups beside their members
            rows = moved.shape[:-3]
            return moved.reshape(*rows, *field.shape, -1)[..., :width]

        fields = layouts["X"].fields
        state_names = [path for path, _ in name_leaves({"X": (state, np.zeros(1, np.int32))})]
        leaves = [take(end.view(np.float32), fields[path]) for path in state_names[:-1]]
        broken = take(end.view(np.int32), fields[state_names[-1]])
        after = jax.tree.unflatten(jax.tree.structure(state), leaves)
        recorded = {}
        for path, field in layouts["R"].fields.items():
            name = path[8:-2]
            array = take(memory["R"], field)
            recorded[name] = array if every == 1 or name in simulate.WORST else array / every
        log = {path[8:-2]: take(memory["E"], f) for path, f in layouts["E"].fields.items()}
        log |= {
            path[8:-2]: take(memory["H"], f).astype(np.float16)
            for path, f in layouts["H"].fields.items()
        }
        return after, simulate.Chunk(recorded, log, broken)


def aligned(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Zeroed memory that starts where a vector may."""
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(dtype).reshape(shape)


__all__ = ["NativeProgram", "translate", "whole"]
