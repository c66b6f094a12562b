r"""Weights of the instruments from dated decisions: conditional logit (McFadden 1974).

In each month and for each pair of a government with dated decisions and another state, the choice
is among the instruments that occur and doing nothing,
$\upsilon_k=\beta_{k0}+\sum_d\beta_{kd}\,\text{driver}_d$ over those that the preconditions allow.
Priors are normal around the model's own table; the posterior is taken as normal at its mode, which
is the only one, for the logarithm is concave. Drivers are those of the median path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from patronage.errors import DataError, ModelError

if TYPE_CHECKING:
    import pandas as pd

    from patronage.fit.evidence import Choices
    from patronage.scenario.world import World

Floats = NDArray[np.float64]
BASE_SPREAD, WEIGHT_SPREAD = 2.0, 1.0
"""Spreads of the priors of an instrument's base and of each of its weights (assumed)."""
MOST_STEPS, ENOUGH = 60, 1e-8
_SHRINK = 40


class Cells(NamedTuple):
    """Occasions to choose: drivers (cell, driver) with a leading 1, able (cell, instrument),
    chosen (cell): the instrument's index, −1 for nothing.
    """

    drivers: Floats
    able: Floats
    chosen: NDArray[np.int64]


class Mode(NamedTuple):
    """Weights (instrument, driver), their standard deviations, the log posterior, whether it rose
    to its top.
    """

    weights: Floats
    errors: Floats
    height: float
    done: bool


@dataclass(frozen=True)
class FittedWeights:
    """table: instrument, driver (`base` first), acts, prior and its sd, mean, sd, learnt.

    left_out: acts that the preconditions forbid, and second acts of a pair in a month.
    """

    table: pd.DataFrame
    cells: int
    left_out: int


def fit_weights(world: World, until: str | None = None) -> FittedWeights:
    """Weights of each instrument that occurs, from a scenario's dated decisions.

    until: last month that is used, as `1965-12`.
    Errors: DataError where a scenario has no dated decisions.
    """
    import pandas as pd

    from patronage.fit.evidence import read_choices
    from patronage.model import instruments

    world = world if until is None else world.until(until)
    choices = read_choices(world)
    if not len(choices):
        raise DataError("no dated decisions to learn from", where=world.name)
    cells, forbidden = cells_of(*_see(world, choices), choices)
    kinds = [world.instruments[k] for k in choices.instruments]
    names = ("base", *instruments.DRIVERS)
    prior = np.array([[i.base, *(i.drivers.get(d, 0.0) for d in names[1:])] for i in kinds])
    spread = np.where(np.arange(len(names)) == 0, BASE_SPREAD, WEIGHT_SPREAD)
    free = np.ones_like(prior, bool)
    free[:, 1:] = prior[:, 1:] != 0
    found = find_mode(cells, prior, np.where(free, spread, 0.0))
    if not found.done:
        raise ModelError("the weights' likelihood has no top", where=world.name)
    acts = [int((cells.chosen == k).sum()) for k in range(len(kinds))]
    rows = [
        {
            "instrument": kind.name,
            "driver": names[d],
            "acts": acts[k],
            "prior": prior[k, d],
            "prior_sd": spread[d],
            "mean": found.weights[k, d],
            "sd": found.errors[k, d],
            "learnt": 1 - (found.errors[k, d] / spread[d]) ** 2,
            "source": kind.source,
        }
        for k, kind in enumerate(kinds)
        for d in range(len(names))
        if free[k, d]
    ]
    return FittedWeights(pd.DataFrame(rows), len(cells.chosen), choices.crowded + forbidden)


def _see(world: World, choices: Choices) -> tuple[Floats, Floats]:
    """Drivers (month, actor, target, driver) and preconditions (…, instrument) on the path."""
    import jax
    import jax.numpy as jnp

    from patronage.fit.path import Paths
    from patronage.model import instruments

    paths = Paths.of(world)
    rows, kinds = np.array(choices.actors), np.array(choices.instruments)
    needs = [paths.compiled.shape.preconditions[k] for k in kinds]

    def look(known: Mapping[str, Any], _: Any) -> tuple[Any, Any]:
        own = instruments.drivers_of(known)
        drivers = jnp.stack([own[d][rows] for d in instruments.DRIVERS], axis=2)
        able = [instruments.PRECONDITIONS[n](known)[rows] for n in needs]
        return drivers[..., 0], jnp.stack(able, axis=2)[..., 0].astype(jnp.float32)

    _, (drivers, able) = jax.jit(lambda: paths.run({}, (), look))()
    return np.asarray(drivers, float), np.asarray(able, float)


def cells_of(drivers: Floats, able: Floats, choices: Choices) -> tuple[Cells, int]:
    """Occasions to choose, and the number of acts left out because they were not possible."""
    chosen = choices.chosen
    at = np.maximum(chosen, 0)[..., None]
    possible = np.take_along_axis(able, at, axis=-1)[..., 0] > 0
    there = choices.open > 0
    forbidden = there & (chosen >= 0) & ~possible
    keep = there & ~forbidden & (able.max(axis=-1) > 0)
    one = np.ones((int(keep.sum()), 1))
    return Cells(np.hstack([one, drivers[keep]]), able[keep], chosen[keep]), int(forbidden.sum())


def find_mode(cells: Cells, prior: Floats, spread: Floats) -> Mode:
    """The mode of a conditional logit with normal priors, by Newton's steps.

    prior, spread (instrument, driver): mean and standard deviation; spread 0 keeps the mean.
    """
    free = spread > 0
    pull = np.where(free, 1 / np.where(free, spread, 1.0) ** 2, 0.0)
    weights = prior.copy()
    value, p = _height(cells, weights, prior, pull)
    done = False
    for _ in range(MOST_STEPS):
        slope = _slope(cells, p) - pull * (weights - prior)
        bend = _bend(cells, p, free) + np.diag(pull[free])
        step = np.zeros_like(weights)
        step[free] = np.linalg.solve(bend, slope[free])
        gain = float((step * slope).sum())
        for k in range(_SHRINK):
            tried = weights + step * 0.5**k
            new, new_p = _height(cells, tried, prior, pull)
            if new >= value:
                weights, value, p = tried, new, new_p
                break
        if gain < ENOUGH * max(1.0, abs(value)):
            done = True
            break
    errors = np.zeros_like(weights)
    errors[free] = np.sqrt(np.diag(np.linalg.inv(_bend(cells, p, free) + np.diag(pull[free]))))
    return Mode(weights, errors, value, done)


def _height(cells: Cells, weights: Floats, prior: Floats, pull: Floats) -> tuple[float, Floats]:
    """Log posterior, and the probability of each instrument (cell, instrument)."""
    u = cells.drivers @ weights.T
    best = np.maximum(0.0, np.where(cells.able > 0, u, 0.0).max(axis=1))
    weight = np.where(cells.able > 0, np.exp(u - best[:, None]), 0.0)
    whole = np.exp(-best) + weight.sum(axis=1)
    acted = cells.chosen >= 0
    gain = np.where(acted, u[np.arange(len(u)), np.maximum(cells.chosen, 0)], 0.0)
    value = float((gain - best - np.log(whole)).sum())
    return value - 0.5 * float((pull * (weights - prior) ** 2).sum()), weight / whole[:, None]


def _slope(cells: Cells, p: Floats) -> Floats:
    rest = -p
    acted = np.flatnonzero(cells.chosen >= 0)
    rest[acted, cells.chosen[acted]] += 1
    return rest.T @ cells.drivers


def _bend(cells: Cells, p: Floats, free: NDArray[np.bool_]) -> Floats:
    """Information (free weight, free weight)."""
    kinds, drivers = free.shape
    whole = np.zeros((kinds, drivers, kinds, drivers))
    for k in range(kinds):
        for j in range(k + 1):
            w = p[:, k] * ((k == j) - p[:, j])
            block = cells.drivers.T @ (cells.drivers * w[:, None])
            whole[k, :, j], whole[j, :, k] = block, block.T
    flat = free.ravel()
    return whole.reshape(free.size, free.size)[np.ix_(flat, flat)]
