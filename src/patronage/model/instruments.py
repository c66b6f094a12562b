"""What governments can do to each other, and how they choose.

One table (instruments.csv) gives each instrument its Goldstein weight, the weights of its drivers,
and its precondition. Per ordered pair (actor, target) a government takes at most one instrument a
month, by conditional logit with 'nothing' as the base option (McFadden 1974), one uniform number
per pair through the inverse distribution function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
from jax import Array

from patronage.model.state import SMALL, root_of, turn

DRIVERS = (
    "affinity",
    "affinity_other",
    "threat",
    "dependence",
    "credibility",
    "credibility_other",
    "value",
    "shortage",
    "rivalry",
    "ideological_distance",
    "tension",
    "militancy",
)
NOTHING = -1
GOLDSTEIN_RANGE = 10.0
HALF = 0.5


def drivers_of(f: Mapping[str, Array]) -> dict[str, Array]:
    """Each driver (actor, target, member), from the fields of the month."""
    hungry = f["shortage"].mean(axis=1) if f["shortage"].shape[1] else 0 * f["support"]
    contested = (f["rivalry"] * (1 - f["affinity"]) / 2).max(axis=1)
    zero = 0 * f["affinity"]
    # the actor's stake in the target as a client, relative to the actor's own output
    value = turn(f["value"]) / jnp.maximum(f["gdp"], SMALL)[:, None]
    value = value / (value + jnp.maximum(value.max(axis=1, keepdims=True), SMALL)) * 2
    return {
        "affinity": f["affinity"],
        "affinity_other": turn(f["affinity"]),
        "threat": f["threat"],
        "dependence": f["dependence"],
        "credibility": f["credibility"],
        "credibility_other": turn(f["credibility"]),
        "value": value,
        "shortage": zero + hungry[:, None],
        "rivalry": zero + contested[None, :],
        "ideological_distance": root_of(f["gap"]) / 2,
        "tension": f["tension"],
        "militancy": zero + jnp.maximum(0, f["place"][:, 1])[:, None],
    }


def _stronger(f: Mapping[str, Array]) -> Array:
    return (f["capability"][:, None] > f["capability"][None, :]) & (f["affinity"] > -2)


PRECONDITIONS: dict[str, Callable[[Mapping[str, Array]], Array]] = {
    "none": lambda f: f["envoy"] >= 0,
    "no-envoy": lambda f: f["envoy"] < 1,
    "charge": lambda f: (f["envoy"] >= 1) & (f["envoy"] < 2),
    "envoy": lambda f: f["envoy"] >= 1,
    "patron": lambda f: _stronger(f) & (f["envoy"] >= 1),
    "pledged": lambda f: turn(f["pledge"]) >= HALF,
    "deployed": lambda f: turn(f["strategic"]) > 0,
    "no-embargo": lambda f: ~_embargoes(f),
    "embargoed": lambda f: _embargoes(f),
    "stronger": _stronger,
    "member": lambda f: _stronger(f) & (turn(f["pledge"]) >= HALF),
    # a weaker state without a trade agreement, or the rest of the world
    "foe": lambda f: (_stronger(f) & (f["agreement"] < HALF)) | (f["market"][None, :] > 0),
}


def _embargoes(f: Mapping[str, Array]) -> Array:
    if not f["embargo"].shape[2]:
        return f["affinity"] > 2
    return turn(f["embargo"]).mean(axis=2) >= HALF


def choose(
    f: Mapping[str, Array],
    table: Mapping[str, Array],
    preconditions: tuple[str, ...],
    choosers: tuple[int, ...],
    draw: Array,
) -> Array:
    """Instrument chosen (chooser, target, member) as its number in the table, −1 for nothing.

    Parameters
    ----------
    f: fields of the month.
    table: `base` (instrument) and `weights` (instrument, driver).
    preconditions: name of each instrument's precondition.
    choosers: numbers of the states that may choose.
    draw: uniform numbers (chooser, target, member).
    """
    rows = jnp.array(choosers)
    drivers = drivers_of(f)
    stacked = jnp.stack([drivers[name][rows] for name in DRIVERS])
    utility = jnp.einsum("kd,drnm->krnm", table["weights"], stacked)
    utility = utility + table["base"][:, None, None, None]
    possible = {name: PRECONDITIONS[name](f)[rows] for name in dict.fromkeys(preconditions)}
    able = jnp.stack([possible[name] for name in preconditions])
    allowed = jnp.moveaxis(f["allowed"][rows], 2, 0)
    others = jnp.where(f["pair"] > 0, 1, 0)[rows][None]
    # the rest of the world has no government to deal with, but has rulers to be overthrown
    abroad = jnp.array([name == "foe" for name in preconditions])[:, None, None, None]
    others = jnp.where(abroad, f["trader"][rows][None], others)
    mask = able & (allowed > 0) & (others > 0) & (f["may_choose"][rows][:, None] > 0)
    weight = jnp.where(mask, jnp.exp(jnp.minimum(utility, 20.0)), 0.0)
    upper = 1 + jnp.cumsum(weight, axis=0)
    point = draw * upper[-1]
    lower = jnp.concatenate([jnp.ones_like(upper[:1]), upper[:-1]])
    picked = (point >= lower).sum(axis=0) - 1
    forced = f["forced"][rows]
    return jnp.where(forced >= 0, forced, picked).astype(jnp.int32)


def spread(choice: Array, choosers: tuple[int, ...], states: int) -> Array:
    """Choices laid out over all actors (actor, target, member); −1 where nobody chose."""
    silent = jnp.full(choice.shape[1:], NOTHING, choice.dtype)
    place = {state: row for row, state in enumerate(choosers)}
    return jnp.stack([choice[place[i]] if i in place else silent for i in range(states)])


def acts_of(imposed: Array, choice: Array, names: tuple[str, ...]) -> Callable[[str], Any]:
    """Intensity of an instrument (actor, target, member): imposed acts plus chosen ones."""

    def act(name: str) -> Array:
        number = names.index(name)
        return imposed[:, :, number] + jnp.where(choice == number, 1.0, 0.0)

    return act


def impulse_of(goldstein: Array, choice: Array, weights: Array) -> Array:
    """Goldstein weight of this month's acts (actor, target, member), −1…1 for a single act."""
    chosen = jnp.concatenate([jnp.zeros(1, weights.dtype), weights])[choice + 1]
    return (goldstein + chosen) / GOLDSTEIN_RANGE
