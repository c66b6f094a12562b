"""The engine on the same inputs: cases stacked along the member axis, one compilation per world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from patronage.model import observe, step
from patronage.model.instruments import DRIVERS
from patronage.model.mechanism import Mechanism, Parameters, Phase, View
from patronage.model.state import Month, Setting, State

from .choice import ROWS
from .worlds import Array, Arrays, Case, Size, stack

# as a run compiles (run/simulate.py)
COMPILER = {"xla_backend_optimization_level": 1}
KINDS = {row["name"]: k for k, row in enumerate(ROWS)}


@dataclass(frozen=True)
class Inputs:
    """Arguments of `step.step`, members last."""

    state: State
    month: Month
    setting: Setting
    params: dict[str, dict[str, Any]]
    table: dict[str, Any]
    draws: dict[str, dict[str, Any]]


def shape_of(size: Size) -> step.Shape:
    """The engine's static description of a world."""
    return step.Shape(
        states=size.states,
        commodities=size.goods,
        factions=4,
        choosers=size.choosers,
        instruments=tuple(row["name"] for row in ROWS),
        preconditions=tuple(row["precondition"] for row in ROWS),
    )


def inputs_of(cases: list[Case], size: Size, shared: bool, real: Any) -> Inputs:
    """Stack the cases; `shared`: setting and month carry a member axis of length 1."""

    def last(rows: list[Any], kind: Any = None) -> Any:
        return jnp.asarray(stack(rows), kind or real)

    def fixed(name: str) -> tuple[dict[str, Any], ...]:
        return tuple(getattr(case, name) for case in (cases[:1] if shared else cases))

    setting = {k: last([s[k] for s in fixed("setting")]) for k in cases[0].setting}
    rows = fixed("month")
    month = {k: last([m[k] for m in rows]) for k in rows[0] if k != "forced"}
    month["forced"] = last([m["forced"] for m in rows], jnp.int32)
    month["number"] = jnp.uint32(1962 * 12)
    month["switches"] = jnp.ones(len(step.NAMES), real)
    params = {
        m: {k: last([getattr(c.params[m], k) for c in cases]) for k in vars(values)}
        for m, values in cases[0].params.items()
    }
    draws = {
        stream: {k: last([c.draws[stream][k] for c in cases]) for k in parts}
        for stream, parts in cases[0].draws.items()
        if stream != "decide" or size.choosers
    }
    return Inputs(
        state=State(**{k: last([c.state[k] for c in cases]) for k in cases[0].state}),
        month=Month(**month),
        setting=Setting(**setting),
        params=params,
        table={
            "base": jnp.asarray([float(r["base"]) for r in ROWS], real),
            "weights": jnp.asarray([[float(r[d] or 0) for d in DRIVERS] for r in ROWS], real),
            "goldstein": jnp.asarray([float(r["goldstein"]) for r in ROWS], real),
        },
        draws=draws,
    )


def month_program(size: Size) -> Callable[[Inputs, Any], tuple[Any, Any, Any]]:
    """The compiled month: (next state, fields, recorded quantities) for given switches."""
    shape = shape_of(size)

    @partial(jax.jit, compiler_options=COMPILER)
    def run(state: Any, month: Any, setting: Any, params: Any, table: Any, draws: Any) -> Any:
        after, known = step.step(state, month, setting, params, table, draws, shape)
        watch = Parameters("observation", params["observation"])
        seen = {name: observe.observe(known, watch, name) for name in observe.DIMS}
        arrays = {k: v for k, v in known.items() if hasattr(v, "shape")}
        return after, arrays, seen

    def call(inputs: Inputs, switches: Any) -> tuple[Any, Any, Any]:
        month = {n: getattr(inputs.month, n) for n in Month.__dataclass_fields__}
        month["switches"] = jnp.asarray(switches, inputs.month.switches.dtype)
        given = (inputs.state, Month(**month), inputs.setting)
        return run(*given, inputs.params, inputs.table, inputs.draws)

    return call


def run_phases(
    plan: list[tuple[Mechanism, Phase]],
    seen: Mapping[str, list[Arrays]],
    inputs: Inputs,
) -> dict[str, dict[str, Array]]:
    """What every phase of the engine writes, each from the oracle's fields before it."""
    given: dict[str, dict[str, Any]] = {}
    for mechanism, phase in plan:
        name = f"{mechanism.name}.{phase.name}"
        wanted = {r for r in phase.reads if not r.startswith("act.")}
        given[name] = {r: jnp.asarray(stack([f[r] for f in seen[name]])) for r in wanted}
        if any(r.startswith("act.") for r in phase.reads):
            given[name]["acts"] = jnp.asarray(stack([f["intensity"] for f in seen[name]]))

    @partial(jax.jit, compiler_options=COMPILER)
    def run(given: Any, params: Any, draws: Any) -> Any:
        result = {}
        for mechanism, phase in plan:
            name = f"{mechanism.name}.{phase.name}"
            acts = given[name].get("acts")
            fields = {k: v for k, v in given[name].items() if k != "acts"}
            view = View(fields, lambda k, a=acts: a[:, :, KINDS[k]], phase.reads, name)
            values = Parameters(mechanism.name, params[mechanism.name])
            extra = (draws[name],) if phase.draws else ()
            result[name] = phase.function(view, values, *extra)
        return result

    return jax.tree.map(np.asarray, run(given, inputs.params, inputs.draws))
