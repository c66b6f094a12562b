"""Each operation that a month may contain, translated to C++, against JAX."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from patronage.run.native import build, whole
from patronage.run.native.blocks import Blocks
from patronage.run.native.emit import ARGUMENTS, HANDED, Emitter
from patronage.run.native.expression import Place
from patronage.run.native.graph import Node, UnsupportedError
from patronage.run.native.layout import LANES, Layout
from patronage.run.native.plan import Planner, sinks_of
from patronage.run.native.read import Reader

assert whole
needs_compiler = pytest.mark.skipif(build.find_compiler() is None, reason="no C++ compiler")
DRIVER = f"""
extern "C" void run({ARGUMENTS.replace(" __restrict", "")})
{{
    once_all({HANDED});
    monthly_all({HANDED});
    wide_all({HANDED});
}}
"""


def run_translated(
    function: Callable[..., dict[str, Any]], wide: dict[str, np.ndarray], narrow: dict[str, Any]
) -> dict[str, np.ndarray]:
    """Results of a function of arrays with members last, and of arrays without members."""
    lanes = {k: jax.ShapeDtypeStruct(v.shape, v.dtype) for k, v in wide.items()}
    closed, out = jax.make_jaxpr(function, return_shape=True)(lanes, narrow)
    reader, places, x, k = Reader(), {}, Layout(), Layout()
    given = []
    for name in sorted(wide):
        shape = wide[name].shape
        access = reader.input(name, shape, "f", len(shape) - 1, 2)
        places[access.node] = Place("X", x.add(f"['{name}']", shape[:-1]))
        given.append(access)
    for name in sorted(narrow):
        access = reader.input(name, narrow[name].shape, narrow[name].dtype.kind, None, 0)
        places[access.node] = Place("K", k.add(f"['{name}']", narrow[name].shape))
        given.append(access)
    y, outputs = Layout(), []
    found = reader.run(closed.jaxpr, closed.consts, given)
    for name, access in zip(sorted(out), found, strict=True):
        shape = out[name].shape
        target = Node("output", name, shape, "f", lane=len(shape) - 1, stage=2)
        places[target] = Place("Y", y.add(name, shape[:-1]))
        outputs += sinks_of([(access, target)], "state")
    source = Emitter(Planner(reader.graph(), outputs), places).source(DRIVER, 1)
    library = ctypes.CDLL(str(build.build(source.pieces)))
    lend = Blocks().lend
    memory = [
        k.fill_narrow(narrow, 1),
        np.zeros(1, np.float32),
        lend((source.once_words,), np.float32),
        lend((source.monthly_words,), np.float32),
        x.fill_wide(wide, lend((1, x.size, LANES), np.uint32)),
        lend((1, LANES), np.float32),
        lend((1, LANES), np.float32),
        (end := lend((1, y.size, LANES), np.float32)),
        lend((source.scratch, LANES), np.float32),
    ]
    nothing = ctypes.c_void_p(None)
    pointers = [ctypes.c_void_p(m.ctypes.data) for m in memory]
    library.run(*pointers, nothing, nothing, nothing, ctypes.c_long(1), 0)
    return {name: y.take_wide(end, name, LANES) for name in out}


def everything(w: dict[str, Any], n: dict[str, Any]) -> dict[str, Any]:
    """Every operation, in combinations such as the model's."""
    a, b, c, p, u = w["a"], w["b"], w["c"], w["p"], w["u"]
    m = n["m"][..., None]
    both = jnp.stack([a, b], axis=1)
    rank = jnp.where(u > 0.5, 2, jnp.where(u > 0.2, 0, 1))
    big = a[:, :, None] * p[None, :, None] - b[:, None] * m[None]
    found = {
        "sum": big.sum(axis=1),
        "sums": big.sum(axis=(0, 2)) + big.max(axis=(0, 1)),
        "extremes": big.max(axis=2) - big.min(axis=0),
        "product": jnp.prod(1 + 0.1 * big, axis=0),
        "dot": jnp.einsum("ikm,kjm->ijm", a, b),
        "narrow": jnp.einsum("ik,kjm->ijm", n["m"], b),
        "long": jnp.einsum("ik,kjm->ijm", n["w"], w["l"]),
        "turned": jnp.swapaxes(a, 0, 1) / (1 + b**2),
        "powers": p ** jnp.abs(b[0]) + a[0] ** 3 + (1 + p) ** -2,
        "each": jnp.exp(a) + jnp.log(1e-3 + jnp.abs(b)) + jnp.tanh(a * b) + jax.nn.sigmoid(a),
        "more": jnp.log1p(p)
        + jnp.expm1(a[1] / 9)
        + jnp.sqrt(p)
        + jnp.sign(b[0])
        + jnp.floor(3 * b[1]),
        "normal": jax.lax.erf_inv(2 * u - 1),
        "picked": jnp.where(a > b, a, -b) + jnp.where(n["m"][..., None] > 0, a, b),
        "clipped": jnp.clip(a, -0.3, b + 1),
        "whole": (a * 10).astype(jnp.int32).astype(jnp.float32) + (b > 0) * 1.0,
        "any": ((a > 2) | (b < -1)).any(axis=0) * 1.0 + (jnp.isfinite(c).all(axis=0)) * 2.0,
        "joined": jnp.concatenate([a[1:], both[:1, 1], b], axis=0),
        "running": jnp.cumsum(a, axis=0) + a[jnp.array([2, 0, 1])],
        "looked_up": n["t"][rank],
        "branch": jax.lax.cond(n["yes"], lambda: a * 2 + b.sum(axis=0), lambda: 0 * a + 1),
        "other": jax.lax.cond(n["no"], lambda: jnp.exp(a), lambda: jnp.broadcast_to(p, a.shape)),
        "loop": jax.lax.fori_loop(0, 4, lambda _, x: x * p + 1, b),
        "poly": jnp.polyval(jnp.array([0.5, -1.0, 2.0]), a),
        "cells": n["z"].at[n["at"]].set(n["v"], mode="drop")[1:4, None] * p,
        "nan": jnp.maximum(c, 0) + jnp.minimum(1, c) + jnp.maximum(a[0], c),
        "reshaped": both.reshape(6, 3, LANES)[1:4] + n["m"].reshape(-1)[:3, None, None],
    }
    return {name: jnp.asarray(x, jnp.float32) for name, x in found.items()}


def arguments() -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    random = np.random.default_rng(7)
    wide = {k: random.normal(size=(3, 3, LANES)).astype(np.float32) for k in "ab"}
    wide["p"] = random.uniform(0.1, 2, (3, LANES)).astype(np.float32)
    wide["u"] = random.uniform(1e-6, 1 - 1e-6, (3, LANES)).astype(np.float32)
    wide["l"] = random.normal(size=(30, 3, LANES)).astype(np.float32)
    wide["c"] = random.normal(size=(3, LANES)).astype(np.float32)
    wide["c"][1, ::5] = np.nan
    wide["c"][2, 3] = np.inf
    narrow = {
        "m": random.normal(size=(3, 3)).astype(np.float32),
        "w": random.normal(size=(3, 30)).astype(np.float32),
        "t": np.array([5, 7, 11], np.float32),
        "yes": np.array(True),
        "no": np.array(False),
        "z": np.zeros(5, np.float32),
        "at": np.array([3, 1, 9], np.int32),
        "v": np.array([2, 4, 8], np.float32),
    }
    return wide, narrow


@needs_compiler
def test_operations_agree_with_jax() -> None:
    wide, narrow = arguments()
    mine = run_translated(everything, wide, narrow)
    theirs = jax.jit(everything)(wide, narrow)
    for name, value in theirs.items():
        np.testing.assert_allclose(mine[name], value, rtol=3e-6, atol=3e-6, err_msg=name)


@needs_compiler
@pytest.mark.parametrize(
    ("name", "low", "high", "worst"),
    [("exp", -90, 88.7, 3), ("log", 1e-30, 1e30, 3), ("tanh", -9, 9, 6), ("erf_inv", -1, 1, 60)],
)
def test_elementary_functions_err_by_few_units(
    name: str, low: float, high: float, worst: float
) -> None:
    """Against double precision, in units of the last place."""
    import math

    random = np.random.default_rng(3)
    if name == "log":
        x = np.exp(random.uniform(np.log(low), np.log(high), (200, LANES)))
    else:
        x = random.uniform(low, high, (200, LANES)) * (1 - 1e-6)
    x = x.astype(np.float32)
    function = getattr(jax.lax, name)
    found = run_translated(lambda w, _: {"y": function(w["x"])}, {"x": x}, {})["y"]
    if name == "erf_inv":
        back = np.vectorize(math.erf)(found.astype(np.float64))
        slope = 2 / np.sqrt(np.pi) * np.exp(-(found.astype(np.float64) ** 2))
        assert np.max(np.abs(back - x) / slope / np.spacing(np.abs(found))) < worst
        return
    exact = getattr(np, name)(x.astype(np.float64))
    normal = np.abs(exact) > 1.2e-38
    units = np.abs(found - exact)[normal] / np.spacing(np.abs(exact[normal]).astype(np.float32))
    assert units.max() < worst


def test_what_cannot_be_translated_says_so() -> None:
    with pytest.raises(UnsupportedError, match="over members"):
        run_translated(
            lambda w, _: {"y": w["a"].sum(axis=-1, keepdims=True) + w["a"]},
            {"a": np.ones((2, LANES), np.float32)},
            {},
        )
    with pytest.raises(UnsupportedError, match="operation sort"):
        run_translated(
            lambda w, _: {"y": jnp.sort(w["a"], axis=0)}, {"a": np.ones((2, LANES), np.float32)}, {}
        )


def test_a_compiler_that_fails_is_an_error(tmp_path: Path, monkeypatch: Any) -> None:
    from patronage.errors import RunError

    false = tmp_path / "c++"
    false.write_text("#!/bin/sh\necho no room >&2\nexit 1\n")
    false.chmod(0o755)
    monkeypatch.setattr(build, "find_compiler", lambda: (str(false), "false 1.0"))
    monkeypatch.setattr(build.cache, "folder_in_use", lambda: None)
    with pytest.raises(RunError, match="no room"):
        build.build(("int x;",))
