"""The month of a world as C++: traced, read, planned, written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from patronage.errors import ModelError
from patronage.model import observe, step
from patronage.model.mechanism import stack
from patronage.model.state import Month, State
from patronage.model.thin import Thin
from patronage.run.compile import Compiled
from patronage.run.native import whole
from patronage.run.native.emit import Emitter, Source
from patronage.run.native.expression import Place
from patronage.run.native.graph import Node
from patronage.run.native.layout import LANES, Layout, name_leaves
from patronage.run.native.plan import Planner, sinks_of
from patronage.run.native.read import Reader, dtype_of

PIECES = 4  # of the text, compiled side by side
STRETCH = 12  # months that a group of members runs before the next takes its turn
DRIVER = (Path(__file__).parent / "driver.h").read_text(encoding="utf-8")
WORST = frozenset(observe.CRISIS)


@dataclass(frozen=True)
class Translation:
    """A month in C++, and where its arrays lie in each piece of memory.

    K, M: what lasts, and what is of one month; G, D: the same of a group of members; X: state;
    R: recorded; E, H: the log's small integers and its numbers.
    """

    source: Source
    layouts: Mapping[str, Layout]


def translate(compiled: Compiled, state: State, params: Any, logged: bool) -> Translation:
    """Trace a month and write it as C++.

    Errors: UnsupportedError where the month contains something that cannot be written so.
    """
    closed, out, parts = trace(compiled, state, params, logged)
    reader, places = Reader(), {}
    layouts = {name: Layout() for name in "KMGDXREH"}
    given = []
    for path, leaf in name_leaves(parts):
        memory = path[2]
        wide = memory in "XGD"
        shape = tuple(leaf.shape)
        lane, stage = (len(shape) - 1, 2) if wide else (None, int(memory == "M"))
        at = layouts[memory].add(path, shape[:-1] if wide else shape)
        access = reader.input(path, shape, dtype_of(leaf.dtype), lane, stage)
        places[access.node] = Place(memory, at)
        given.append(access)
    found = reader.run(closed.jaxpr, closed.consts, given)
    outputs: list[Node] = []
    for (path, leaf), access in zip(name_leaves(out), found, strict=True):
        memory, op = _destination(path, leaf)
        shape = tuple(leaf.shape)
        target = Node("output", path, shape, dtype_of(leaf.dtype), lane=len(shape) - 1, stage=2)
        if memory == "X":
            field = layouts["X"].fields[path.replace("[0]", "['X']", 1)]
            if field.shape != shape[:-1]:
                raise ModelError(f"the state{path[3:]} goes from {field.shape} to {shape[:-1]}")
            places[target] = Place("Y", field.offset)
        else:
            pointer = "A" if memory == "R" else memory
            places[target] = Place(pointer, layouts[memory].add(path, shape[:-1]))
        outputs += sinks_of([(access, target)], op)
    planner = Planner(reader.graph(), outputs)
    return Translation(
        Emitter(planner, places).source(f"#define STRETCH {STRETCH}\n{DRIVER}", PIECES), layouts
    )


def trace(compiled: Compiled, state: State, params: Any, logged: bool) -> tuple[Any, Any, Any]:
    """The month as JAX sees it, its results, and its arguments, by the memory they lie in."""
    from patronage.run.simulate import live_month

    values, names = stack(params)
    own = values.shape[1] > 1
    shared, apart = dated_of(compiled)
    parts = {
        "X": (jax.tree.map(_wide, state), jax.ShapeDtypeStruct((LANES,), jnp.int32)),
        "M": jax.tree.map(lambda x: _narrow(x[0]), shared),
        "D": jax.tree.map(lambda x: _wide(x[0]), apart),
        "K": jax.tree.map(_narrow, (compiled.setting, compiled.table, () if own else values)),
        "G": (
            {name: jax.ShapeDtypeStruct((2, LANES), jnp.uint32) for name in step.DRAWN},
            _wide(values) if own else (),
        ),
    }

    def month(parts: Any) -> Any:
        setting, table, same = parts["K"]
        secrets, members = parts["G"]
        lasting = (setting, members if own else same, table, secrets)
        row = jax.tree.map(
            lambda x, y: y if x is None else x, parts["M"], parts["D"], is_leaf=_whole
        )
        return live_month(
            parts["X"], row, lasting, names, compiled.shape, compiled.recorded, logged
        )

    closed, out = jax.make_jaxpr(month, return_shape=True)(parts)
    return closed, out, parts


def dated_of(compiled: Compiled) -> tuple[Any, Any]:
    """What is of one month, with the month first: the same for all members, and with members last.

    Two trees of one form; each has None where the other has an array.
    """
    months = {f.name: getattr(compiled.months, f.name) for f in fields(Month)}
    wide = {name: value for name, value in months.items() if _by_member(name, value)}
    shared = replace(compiled.months, **dict.fromkeys(wide))
    apart = replace(compiled.months, **(dict.fromkeys(months) | wide))
    drift = (compiled.drift[:, 0], compiled.drift[:, 1])
    return (shared, drift), (apart, (None, None))


def _by_member(name: str, value: Any) -> bool:
    """Is it given for each member (trailing axis), and not once for all?"""
    if value is None or isinstance(value, Thin) or name == "number":
        return False
    return value.ndim > 2 if name == "switches" else value.shape[-1] > 1


def _whole(value: Any) -> bool:
    return value is None or isinstance(value, Thin)


def _wide(leaf: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct((*leaf.shape[:-1], LANES), leaf.dtype)


def _narrow(leaf: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(tuple(leaf.shape), leaf.dtype)


def _destination(path: str, leaf: Any) -> tuple[str, str]:
    """Memory and kind of an output, by its path in what `live_month` returns."""
    if path.startswith("[0]"):
        return "X", "state"
    if path.startswith("[1][0]"):
        return "R", "worst" if name_of(path) in WORST else "mean"
    return ("E", "mark") if leaf.dtype == jnp.int8 else ("H", "number")


def name_of(path: str) -> str:
    """The name at the end of a path such as ``[1][0]['support']``."""
    return path.split("'")[-2]


__all__ = ["Translation", "dated_of", "name_of", "translate", "whole"]
