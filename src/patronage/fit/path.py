"""The median path of a world in which history is imposed on all: what likelihoods compare.

The engine's own mechanisms, month after month, with every normal draw at nought and every uniform
draw at one half, as a function of parameters that JAX can differentiate. Mechanisms that are off
in all months are left out of the program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from patronage.errors import ModelError
from patronage.fit.priors import put
from patronage.model import instruments, observe, step
from patronage.model.mechanism import Parameters, View
from patronage.model.state import CARRIED, Month, Setting, State
from patronage.run.compile import Compiled, compile_world, first_state
from patronage.scenario.schema import Mode

if TYPE_CHECKING:
    from patronage.scenario.world import World

MIDDLE = {"normal": 0.0, "uniform": 0.5}
"""What stands for a draw on the median path."""

Params = Mapping[str, Mapping[str, Any]]
Look = Callable[[Mapping[str, Any], Params], Any]


def middle_draws(shape: step.Shape, members: int) -> dict[str, dict[str, Array]]:
    """The draws of a month on the median path."""
    return {
        f"{m.name}.{p.name}": {
            name: jnp.full((*shape.size(d.dims), members), MIDDLE[d.kind], jnp.float32)
            for name, d in p.draws.items()
        }
        for m, p in step.PLAN
        if p.draws
    }


def one_month(
    state: State,
    month: Month,
    setting: Setting,
    params: Params,
    shape: step.Shape,
    draws: Mapping[str, dict[str, Array]],
    on: frozenset[str],
    seen: Look | None = None,
) -> tuple[State, dict[str, Any], Any]:
    """`step.step` where nobody chooses, without the mechanisms that are off.

    seen: called with the fields as governments see them when they decide; its result is returned.
    """
    month = step.fill(month)
    state, upheaval = step.apply_calendar(state, month, setting)
    known = step.fields_of(state, month, setting, params)
    known["upheaval"] = upheaval
    silent = jnp.full((shape.states, shape.states, 1), instruments.NOTHING, jnp.int32)
    acts = instruments.acts_of(month.acts, silent, shape.instruments)
    fields = [(m, p) for m, p in step.PLAN if p.name == "perceive"]
    later = [(m, p) for m, p in step.PLAN if p.name != "perceive"]
    for mechanism, phase in fields:
        _run(known, mechanism, phase, params, acts, draws, on)
    told = None if seen is None else seen(known, params)
    known["choice"] = silent
    known["impulse"] = month.goldstein / instruments.GOLDSTEIN_RANGE
    for mechanism, phase in later:
        _run(known, mechanism, phase, params, acts, draws, on)
    return State(**{name: known[name] for name in CARRIED}), known, told


def _run(
    known: dict[str, Any], mechanism: Any, phase: Any, params: Params, acts: Any, draws: Any,
    on: frozenset[str],
) -> None:  # fmt: skip
    if mechanism.name in on:
        who = f"{mechanism.name}.{phase.name}"
        view = View(known, acts, phase.reads, who)
        own = (view, Parameters(mechanism.name, params[mechanism.name]))
        known.update(phase.function(*own, *([draws[who]] if phase.draws else [])))
        return
    for name in phase.writes:
        if name not in known:
            # a single number in place of an array: it spreads where it is used
            known[name] = _spread(phase.neutral[name], name, known)


def _spread(value: float, name: str, known: Mapping[str, Any]) -> Array:
    """A neutral field in the shape that others expect of it."""
    pair, good = known["affinity"], known["stock"]
    trade = known["contract"]
    likes = {
        "access": trade, "goods": trade, "charged": trade,
        "produced": good, "imported": good, "exported": good, "used": good,
        "protection": known["support"], "insecurity": known["support"],
        "crisis_rung": known["support"], "crisis_outcome": known["support"],
        "consulted": known["support"], "output": known["support"], "exit": known["support"],
        "fall": known["support"],
    }  # fmt: skip
    return jnp.full_like(likes.get(name, pair), value)


@dataclass(frozen=True)
class Paths:
    """Median paths of a world.

    compiled: the world with history imposed on all. on: mechanisms that are on in some month.
    """

    world: World
    compiled: Compiled
    on: frozenset[str]

    @classmethod
    def of(cls, world: World) -> Paths:
        """The paths of a world; nobody chooses in it.

        Errors: ModelError for a branch (its parameters move over time).
        """
        if world.branches:
            raise ModelError("a branch cannot be fitted", where=world.name)
        imposed = replace(world, mode=Mode(kind="replay", free=[]))
        on = frozenset(n for n in step.NAMES if world.mechanisms.get(n, True))
        return cls(imposed, compile_world(imposed), on)

    def run(
        self,
        values: Mapping[str, Any],
        quantities: tuple[str, ...],
        look: Look | None = None,
        members: int = 1,
    ) -> tuple[dict[str, Array], Any]:
        """Quantities (month, dims…, member) and what `look` saw (month, …), as JAX arrays.

        values: parameters by dotted name, scalar or (member,); others as in the scenario.
        """
        shape = self.compiled.shape
        params = put(self.compiled.params, values)
        start = first_state(self.world, members, self.compiled.params)
        draws = middle_draws(shape, members)

        def one(before: State, month: Month) -> tuple[State, Any]:
            after, known, told = one_month(
                before, month, self.compiled.setting, params, shape, draws, self.on, look
            )
            watch = Parameters("observation", params["observation"])
            told_off = {name: observe.observe(known, watch, name) for name in quantities}
            return after, (told_off, told)

        # what a month computes is computed again on the way back: memory stays that of the states
        _, (seen, told) = jax.lax.scan(jax.checkpoint(one), start, self.compiled.months)
        return seen, told


def months_mean(series: Array, first: np.ndarray, last: np.ndarray) -> Array:
    """Means over months `first` … `last` (observation) of a (month, observation, …) array."""
    total = jnp.cumsum(series, axis=0)
    total = jnp.concatenate([jnp.zeros_like(total[:1]), total])
    index = jnp.arange(len(first))
    span = jnp.asarray(last - first + 1, jnp.float32)
    span = span.reshape(-1, *([1] * (series.ndim - 2)))
    return (total[last + 1, index] - total[first, index]) / span
