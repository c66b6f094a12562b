"""Simulate a chunk of members: one scan over the months, members along the last axis.

Random keys are derived per member by `vmap`; everything else is arithmetic on arrays whose last
axis is the member, which the compiler vectorises along members without a transpose.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from patronage.model import observe, step
from patronage.model.mechanism import Draw, Parameters, rows_of, stack
from patronage.model.state import Month, Setting, State
from patronage.run import keys, programs
from patronage.run.compile import Compiled
from patronage.run.native import choose_engine

if TYPE_CHECKING:
    from patronage.run.native.program import NativeProgram

_programs: dict[Any, Any] = {}
_building = threading.Lock()
MOST_PROGRAMS = 16
PICK = {"pick": Draw("uniform", ("chooser", "state"))}
# A third less time to compile than at the default level 2, and the code it makes is as fast.
COMPILER = {"xla_backend_optimization_level": 1}
Carry = tuple[State, Array]
WORST = frozenset(observe.CRISIS)  # over a longer interval the worst counts, not the mean


@dataclass(frozen=True)
class Chunk:
    """What a chunk of members left.

    recorded: quantity -> (month, dims…, member); log: name -> (month, …, member) of small integers
    for the event log; broken: month in which a member went non-finite, −1 where it did not.
    """

    recorded: dict[str, np.ndarray]
    log: dict[str, np.ndarray]
    broken: np.ndarray


def draws_of(
    secrets: Mapping[str, Array], month: Array, shape: step.Shape
) -> dict[str, dict[str, Array]]:
    """All random numbers of a month."""
    wanted = {f"{m.name}.{p.name}": dict(p.draws) for m, p in step.PLAN if p.draws}
    if shape.choosers:
        wanted["decide"] = PICK
    sizes = {
        name: {d: shape.size(draw.dims) for d, draw in draws.items()}
        for name, draws in wanted.items()
    }
    return keys.draw_month(secrets, month, wanted, sizes)


def note(known: Mapping[str, Any], shape: step.Shape) -> dict[str, Array]:
    """The month's entries for the event log, as small integers or float16."""
    members = known["support"].shape[-1]
    entry: dict[str, Array] = {}
    if shape.choosers:
        rows = jnp.array(shape.choosers)
        entry["choice"] = known["choice"][rows].astype(jnp.int8)
    for name in ("crisis_rung", "crisis_outcome", "consulted", "fall"):
        entry[name] = jnp.broadcast_to(known[name], (shape.states, members)).astype(jnp.int8)
    for name in ("endorsed", "denounced", "movement_won", "movement_ended"):
        full = (shape.states, shape.states, members)
        entry[name] = jnp.broadcast_to(known[name], full).astype(jnp.int8)
    entry["exit"] = known["exit"].astype(jnp.float16)
    return entry


def live_month(
    carry: Carry,
    row: Any,
    lasting: tuple[Setting, Array, Any, Mapping[str, Array]],
    names: tuple[tuple[str, str], ...],
    shape: step.Shape,
    recorded: tuple[str, ...],
    logged: bool,
) -> tuple[Carry, tuple[dict[str, Array], dict[str, Array]]]:
    """One month of a chunk: what goes on to the next, what is recorded, and the log's entries.

    carry: state, and the month in which each member went non-finite. row: the month and the drift
    of the parameters. lasting: setting, parameters as of `stack`, instrument table, secrets.
    """
    before, broken = carry
    month, (factor, shift) = row
    setting, values, table, secrets = lasting
    now = rows_of(values * factor[:, None] + shift[:, None], names)
    watch = Parameters("observation", now["observation"])
    draws = draws_of(secrets, month.number, shape)
    after, known = step.step(before, month, setting, now, table, draws, shape)
    members = broken.shape[-1]

    def fit(array: Array) -> Array:
        return jnp.broadcast_to(array, (*array.shape[:-1], members)).astype(jnp.float32)

    seen = {name: fit(observe.observe(known, watch, name)) for name in recorded}
    sound = jnp.isfinite(after.disposition).all((0, 1)) & jnp.isfinite(after.stock).all((0, 1))
    sound = sound & jnp.isfinite(after.transfer).all((0, 1))
    broken = jnp.where((broken < 0) & ~sound, month.number.astype(jnp.int32), broken)
    return (after, broken), (seen, note(known, shape) if logged else {})


@functools.partial(
    jax.jit,
    static_argnames=("shape", "recorded", "every", "logged"),
    compiler_options=COMPILER,
)
def _scan(
    state: State,
    dated: tuple[Month, Array],
    setting: Setting,
    params: Any,
    table: Any,
    seed: Array,
    numbers: Array,
    shape: step.Shape,
    recorded: tuple[str, ...],
    every: int,
    logged: bool,
) -> tuple[State, dict[str, Array], dict[str, Array], Array]:
    values, names = stack(params)
    secrets = keys.secrets_of(keys.member_keys(seed, numbers, step.DRAWN))
    members = state.disposition.shape[-1]

    def one(carry: Carry, row: Any) -> tuple[Carry, Any]:
        return live_month(
            carry, row, (setting, values, table, secrets), names, shape, recorded, logged
        )

    def several(carry: Any, block: Any) -> tuple[Any, Any]:
        carry, (seen, entry) = jax.lax.scan(one, carry, block)
        folded = {n: x.max(axis=0) if n in WORST else x.mean(axis=0) for n, x in seen.items()}
        return carry, (folded, entry)

    start = (state, jnp.full(members, -1, jnp.int32))
    if every == 1:
        (state, broken), (seen, entry) = jax.lax.scan(one, start, dated)
    else:
        blocks = jax.tree.map(lambda x: x.reshape(x.shape[0] // every, every, *x.shape[1:]), dated)
        (state, broken), (seen, entry) = jax.lax.scan(several, start, blocks)
        entry = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), entry)
    return state, seen, entry, broken


@dataclass(frozen=True)
class Program:
    """The months of a scenario, compiled for one width of chunk; may be called from threads."""

    compiled: Compiled
    width: int
    _run: Any

    def __call__(
        self, state: State, members: np.ndarray, seed: int, params: Any | None = None
    ) -> tuple[State, Chunk]:
        """As `simulate`, for exactly `width` members."""
        end, seen, entry, broken = self._run(
            *_arguments(self.compiled, state, members, seed, params)
        )
        return end, Chunk(*jax.device_get((seen, entry, broken)))

    def on(self, compiled: Compiled) -> Program:
        """The same program on other months of the same form."""
        return replace(self, compiled=compiled)


def build(
    compiled: Compiled,
    state: State,
    params: Any | None = None,
    logged: bool = True,
    engine: str | None = None,
) -> Program | NativeProgram:
    """Compile the months for as many members as `state` has (the slow part of a first run).

    Worlds of the same form (sizes, names, what is recorded) share one compiled program. engine:
    `native` or `xla`; what `choose_engine` says where not given.
    """
    if (engine or choose_engine()) == "native":
        from patronage.run.native.program import NativeProgram

        given = compiled.params if params is None else params
        with _building:
            return NativeProgram(compiled, state, given, logged)
    width = int(state.disposition.shape[-1])
    given = _arguments(compiled, state, np.arange(width), 0, params)
    fixed = (compiled.shape, compiled.recorded, compiled.every, logged)
    leaves, tree = jax.tree.flatten(given)
    form = (fixed, tree, tuple((x.shape, x.dtype) for x in leaves))
    with _building:
        if form not in _programs:
            if len(_programs) >= MOST_PROGRAMS:
                del _programs[next(iter(_programs))]
            make = _scan.lower
            _programs[form] = programs.obtain(form, lambda: make(*given, *fixed).compile())
        return Program(compiled, width, _programs[form])


def simulate(
    compiled: Compiled,
    state: State,
    members: np.ndarray,
    seed: int,
    params: Any | None = None,
    logged: bool = True,
) -> tuple[State, Chunk]:
    """Run the months of `compiled` for the members named, from `state`.

    Parameters
    ----------
    state: first state, members last.
    members: their numbers; a member's random numbers depend on its number and `seed` only.
    params: mechanism -> parameter -> scalar or (member,); the scenario's values where omitted.
    """
    return build(compiled, state, params, logged)(state, members, seed, params)


def _arguments(
    compiled: Compiled, state: State, members: np.ndarray, seed: int, params: Any | None
) -> tuple[Any, ...]:
    values = jax.tree.map(_number, params if params is not None else compiled.params)
    numbers = jax.device_put(np.asarray(members, np.uint32))
    root = jax.device_put(np.uint32(seed))
    dated = (compiled.months, compiled.drift)
    return state, dated, compiled.setting, values, compiled.table, root, numbers


def _number(x: Any) -> Array:
    """Float32 on the device; NumPy's are put there as they are, where jax would compile a copy."""
    if isinstance(x, Array):
        return jnp.asarray(x, jnp.float32)
    return jax.device_put(np.asarray(x, np.float32))
