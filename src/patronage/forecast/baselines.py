"""Naive forecasts, made from nothing later than the origin: what a model has to beat.

Each takes the history up to the origin and gives draws for the years after it, joint over
clients and years: (member, year, client).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from patronage.errors import DataError
from patronage.forecast.history import History, Ints
from patronage.forecast.votes import draw_votes

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

Method = Callable[..., Floats]
"""method(history, clients, ahead, members, rng, *, trains=None) -> (member, year, client)."""


def _last(values: Floats) -> Floats:
    """Last value of each column, NaN if it has none."""
    out = np.full(values.shape[1], np.nan)
    for row in values:
        out = np.where(np.isfinite(row), row, out)
    return out


def _scaled(history: History, values: Floats) -> Floats:
    return np.log1p(values) if history.quantity == "arms" else values


def _unscaled(history: History, draws: Floats) -> Floats:
    if history.quantity == "arms":
        return np.expm1(np.clip(draws, 0.0, 12.0))
    return np.clip(draws, 0.0, 1.0)


def _year_values(history: History) -> Floats:
    """All clients' values in the last year that has some."""
    for row in history.values[::-1]:
        if np.isfinite(row).sum() > 1:
            return row[np.isfinite(row)]
    return history.values[np.isfinite(history.values)]


def draw_year_mean(
    history: History, clients: Ints, ahead: int, members: int, rng: np.random.Generator,
    *, trains: Bools | None = None,
) -> Floats:  # fmt: skip
    """Every client is as any client was in the last year: the yearly mean, with its spread."""
    values = _year_values(history)
    return rng.choice(values, size=(members, ahead, len(clients)))


def draw_random_walk(
    history: History, clients: Ints, ahead: int, members: int, rng: np.random.Generator,
    *, trains: Bools | None = None,
) -> Floats:  # fmt: skip
    """The last value, and normal errors as large as past changes over the same number of years.

    Errors of a horizon with fewer than 20 past changes grow with its root from the last one known.
    A client without a past has the draws of `draw_year_mean`.
    """
    past = _scaled(history, history.values)
    spread = np.zeros(ahead)
    for h in range(1, ahead + 1):
        change = past[h:] - past[:-h] if h < len(past) else np.empty(0)
        change = change[np.isfinite(change)]
        if len(change) >= 20:
            spread[h - 1] = np.sqrt(np.mean(change**2))
        else:
            spread[h - 1] = spread[h - 2] * np.sqrt(h / (h - 1)) if h > 1 else past[
                np.isfinite(past)
            ].std()  # fmt: skip
    # One normal walk whose variance at each horizon is the measured one: draws are joint.
    steps = np.sqrt(np.maximum(np.diff(np.concatenate([[0.0], spread**2])), 0.0))
    walk = (rng.standard_normal((members, ahead, len(clients))) * steps[None, :, None]).cumsum(1)
    total = np.maximum(np.sqrt(np.cumsum(steps**2)), 1e-12)
    walk *= (spread / total)[None, :, None]
    last = _scaled(history, _last(history.pick(clients).values))
    draws = _unscaled(history, last[None, None, :] + walk)
    unknown = draw_year_mean(history, clients, ahead, members, rng)
    return np.where(np.isfinite(last)[None, None, :], draws, unknown)


def draw_autoregression(
    history: History, clients: Ints, ahead: int, members: int, rng: np.random.Generator,
    *, trains: Bools | None = None,
) -> Floats:  # fmt: skip
    """Shrinkage autoregression with a common year effect: `votes` and `hurdle`."""
    if history.quantity == "un_agreement":
        return draw_votes(history, clients, ahead, members, rng, trains=trains)
    from patronage.forecast.hurdle import draw_arms

    return draw_arms(history, clients, ahead, members, rng, trains=trains)


METHODS: dict[str, Method] = {
    "random_walk": draw_random_walk,
    "autoregression": draw_autoregression,
    "year_mean": draw_year_mean,
}


def find_method(method: str | Method) -> Method:
    """A method by its name, or itself. Errors: DataError for an unknown name."""
    if not isinstance(method, str):
        return method
    if method not in METHODS:
        raise DataError(f"no method '{method}'", where="method", allowed=METHODS, got=method)
    return METHODS[method]
