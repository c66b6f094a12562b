"""Whole runs of a world with every field kept, one program per world.

Parameters and switches carry the member axis, so that members may differ in them and a program is
compiled once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from patronage.model import observe, step
from patronage.model.mechanism import Draw, Parameters
from patronage.model.state import CARRIED, State
from patronage.run import keys
from patronage.run.compile import Compiled

Array = np.ndarray
SEED = 1
Params = dict[str, dict[str, Any]]

FLOWS = ("produced", "imported", "exported", "used")
DERIVED = ("affinity", "credibility", "threat", "insecurity", "dependence", "access", "exit")
SEEN = ("un_agreement", "support")
# compiling is most of the work here
COMPILER = {"xla_backend_optimization_level": 0}


@dataclass(frozen=True)
class Path:
    """A run. first: the state before it; fields: name -> (month, dims…, member).

    Carried fields are those at the end of the month; `seen.…` are recorded quantities.
    """

    first: dict[str, Array]
    fields: dict[str, Array]


def draws_of(drawn: Any, number: Any, shape: step.Shape) -> dict[str, dict[str, Any]]:
    """All random numbers of a month."""
    wanted = {f"{m.name}.{p.name}": dict(p.draws) for m, p in step.PLAN if p.draws}
    if shape.choosers:
        wanted["decide"] = {"pick": Draw("uniform", ("chooser", "state"))}
    return {
        name: keys.monthly_draws(
            drawn[name], number, draws, {d: shape.size(v.dims) for d, v in draws.items()}
        )
        for name, draws in wanted.items()
    }


@partial(jax.jit, static_argnames="shape", compiler_options=COMPILER)
def _scan(
    first: State, months: Any, setting: Any, params: Any, table: Any, numbers: Any,
    shape: step.Shape,
) -> dict[str, Any]:  # fmt: skip
    drawn = keys.member_keys(SEED, numbers, step.DRAWN)

    def one(state: State, month: Any) -> tuple[State, dict[str, Any]]:
        draws = draws_of(drawn, month.number, shape)
        after, known = step.step(state, month, setting, params, table, draws, shape)
        kept = {name: getattr(after, name) for name in CARRIED}
        kept |= {name: known[name] for name in (*FLOWS, *DERIVED)}
        watch = Parameters("observation", params["observation"])
        kept |= {f"seen.{name}": observe.observe(known, watch, name) for name in SEEN}
        return after, kept

    return jax.lax.scan(one, first, months)[1]


def copy_params(params: Params, members: int) -> dict[str, dict[str, Array]]:
    """The same values for every member (member,), to be changed at will."""
    return {
        m: {k: np.full(members, x, np.float32) for k, x in values.items()}
        for m, values in params.items()
    }


def run_path(
    compiled: Compiled,
    first: State,
    params: Params,
    numbers: Sequence[int],
    off: Sequence[str | None] | None = None,
) -> Path:
    """Run every member; `off`: the mechanism that is off in each member, if any."""
    switches = np.asarray(compiled.months.switches)[..., None] * np.ones(len(numbers), np.float32)
    for member, name in enumerate(off or ()):
        if name is not None:
            switches[:, step.NAMES.index(name), member] = 0
    months = replace(compiled.months, switches=jnp.asarray(switches))
    given = (months, compiled.setting, jax.tree.map(jnp.asarray, params), compiled.table)
    kept = _scan(first, *given, jnp.asarray(numbers, jnp.uint32), compiled.shape)
    return Path(
        {name: np.asarray(getattr(first, name)) for name in CARRIED},
        {name: np.asarray(x) for name, x in kept.items()},
    )
