"""The few functions that docs/model.md names, in double precision; no member axis anywhere.

This folder is a second implementation of the month, written from docs/model.md alone: one member,
plain NumPy, one function per phase, the letters of the page spelt out. It shares no code with
the engine, so that an error in either shows.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

Array = np.ndarray
Act = Callable[[str], Array]  # intensity of an instrument, (actor, target)
Fields = SimpleNamespace  # every field of the month by its name in the code
Written = dict[str, Array]

EPSILON = 1e-6


def sh(part: Array, whole: Array) -> Array:
    """u / v where v exceeds epsilon, else 0."""
    part, whole = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    result = np.zeros(part.shape)
    big = whole > EPSILON
    result[big] = part[big] / whole[big]
    return result


def positive(z: Array) -> Array:
    """[z]+"""
    return np.maximum(0.0, z)


def logistic(z: Array) -> Array:
    """1 / (1 + e^-z), written so that neither end overflows."""
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(z, float)))


def one(condition: Array) -> Array:
    """1 where the condition holds, else 0."""
    return np.asarray(condition, float)


def turn(x: Array) -> Array:
    """The dyad seen from the other side."""
    return np.swapaxes(x, 0, 1)


def need_weights(f: Fields) -> Array:
    """nu[i, c]: share of a good in the value of a state's needs (section 7)."""
    value = f.need * f.world_price[None, :]
    return sh(value, value.sum(axis=1, keepdims=True))


def import_need(f: Fields) -> Array:
    """n tilde[i, c]: what a state must import."""
    return positive(f.need - f.supply)


def spare_supply(f: Fields) -> Array:
    """s tilde[j, c]: what a state has to spare."""
    return positive(f.supply - f.need)


def nearest_faction(f: Fields) -> Array:
    """near[i, j, f]: the factions of i that lie nearest to the place of j, in equal parts."""
    states, factions, _ = f.position.shape
    near = np.zeros((states, states, factions))
    for i in range(states):
        for j in range(states):
            away = ((f.position[i] - f.place[j][None, :]) ** 2).sum(axis=1)
            least = one(away == away.min())
            near[i, j] = least / least.sum()
    return near
