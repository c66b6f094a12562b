"""Affinity of clients to a patron, estimated from their votes year by year: the assimilation.

Agreement with the patron is seen through z = logit(f + (1 − 2f) · agreement). For client i and
year t

    z[i,t] = a[t] + d[i,t] + e[i,t]            agenda of the year + affinity + noise of the votes
    d[i,t] = m[i,t] + x[i,t]
    x[i,t] = ρ x[i,t−1] + u[i,t]               passing moods            u ~ s[t]
    m[i,t] = m[i,t−1] + κ (r[i,t−1] − m[i,t−1]) + w[i,t]   the tie      w ~ √drift · s[t]
    r[i,t] = α[region] + β · drivers[i,t]      the level at which affinity rests
    e[i,t] ~ √(noise · 60 / roll calls) · s[t]

Mechanism `affinity` of the model in years and without acts: inertia 1 − κ, a rest level made of
likeness, protection, threat and benefit, and noise. One Kalman filter runs over all clients. In
each year the agenda a[t] is the robust mean of what clients' affinities leave open, β is learnt
from the filtered affinities of this year and, fading, of earlier ones, and s[t] follows the size
of the surprises. The filter goes forward only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patronage.forecast.drivers import mark_regions
from patronage.forecast.history import History, Ints

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_USUAL_VOTES = 60.0
_FEWEST = 5  # clients that make a year
_ROBUST = 4.0  # degrees of freedom of the weights in the year's mean


@dataclass(frozen=True)
class Constants:
    """What clients, patrons and origins share; chosen by cross-validation (docs/forecasting.md).

    floor: f. mood: ρ. noise, drift: shares of s². newcomer: spread of first ties around the rest
    level. size: s at first, worth size_years years; size_memory: weight of the newest year in s²
    later on. pull: κ. ridge, region_ridge: shrinkage of β and α; memory: share of weight that
    earlier years keep in β. agenda_*: see `agenda`; size, of a year's change, drawn towards over
    `years`' worth; memory: weight that an earlier year keeps in it; noise and leader: variances
    in units of q²; return: k; follow: share of their way that clients of a patron that returns
    go in a year. degrees: of Student's t of the forecasts.
    """

    floor: float = 0.15
    mood: float = 0.88
    noise: float = 0.9
    drift: float = 0.35
    newcomer: float = 0.3
    size: float = 0.06
    size_years: float = 6.0
    size_memory: float = 0.035
    pull: float = 0.017
    ridge: float = 17.0
    region_ridge: float = 0.3
    memory: float = 0.3
    agenda_size: float = 0.12
    agenda_years: float = 30.0
    agenda_memory: float = 0.96
    agenda_noise: float = 0.02
    agenda_return: float = 0.2
    agenda_leader: float = 3.0
    agenda_follow: float = 0.04
    degrees: float = 8.0


CONSTANTS = Constants()


def to_scale(agreement: Floats, floor: float) -> Floats:
    """Agreement [0–1] to z."""
    p = floor + (1 - 2 * floor) * agreement
    return np.log(p / (1 - p))


def from_scale(z: Floats, floor: float) -> Floats:
    """Back to agreement, cut off at 0 and 1."""
    return np.clip((1 / (1 + np.exp(-z)) - floor) / (1 - 2 * floor), 0.0, 1.0)


@dataclass
class Affinity:
    """What is known of clients' affinity to a patron after the last year of the panel.

    mood, tie, rest: x, m and r by client; mood_variance, covariance, tie_variance: of x and m.
    agenda: a by year (NaN without votes). scale: s². past: d by year and client (the rest level
    before a client's first votes). surprises: standardised errors by year and client, NaN where
    none. seen: clients with votes. constants: as used. judged: years that s² has learnt from.
    """

    patron: int
    years: Ints
    clients: Ints
    mood: Floats
    tie: Floats
    rest: Floats
    mood_variance: Floats
    covariance: Floats
    tie_variance: Floats
    agenda: Floats
    scale: float
    past: Floats
    surprises: Floats
    seen: Bools
    constants: Constants
    judged: int = 0


def start(history: History, constants: Constants) -> Affinity:
    """Before the first year: nothing is known."""
    n, c = len(history.clients), constants
    zeros = np.zeros(n)
    return Affinity(
        patron=history.patron, years=history.years, clients=history.clients,
        mood=zeros, tie=zeros, rest=zeros,
        mood_variance=np.full(n, c.size**2 / (1 - c.mood**2)), covariance=zeros,
        tie_variance=np.full(n, c.newcomer**2), agenda=np.full(len(history.years), np.nan),
        scale=c.size**2, past=np.zeros(history.values.shape),
        surprises=np.full(history.values.shape, np.nan), seen=np.zeros(n, dtype=bool),
        constants=c,
    )  # fmt: skip


class Rest:
    """Rest levels by ridge regression of affinities on regions and drivers, with fading memory."""

    def __init__(self, regions: Floats, drivers: int, constants: Constants) -> None:
        self.regions, self.memory = regions, constants.memory
        own = np.full(regions.shape[1], constants.region_ridge)
        self.ridge = np.diag(np.concatenate([own, np.full(drivers, constants.ridge)]))
        self.square, self.cross = np.zeros(self.ridge.shape), np.zeros(len(self.ridge))

    def learn(self, affinity: Floats, drivers: Floats, there: Bools) -> Floats:
        """Take in a year (client; client × driver); rest levels of all clients."""
        x = np.concatenate([self.regions, drivers], axis=1)
        self.square = self.memory * self.square + x[there].T @ x[there]
        self.cross = self.memory * self.cross + x[there].T @ affinity[there]
        return x @ np.linalg.solve(self.square + self.ridge, self.cross)


def assimilate(history: History, drivers: Floats, constants: Constants = CONSTANTS) -> Affinity:
    """Affinity after the last year of `history`; drivers: year × client × driver."""
    state = start(history, constants)
    z = to_scale(history.values, constants.floor)
    rest = Rest(mark_regions(history.clients), drivers.shape[-1], constants)
    level = np.nan  # the agenda in the last year that had votes
    for t, row in enumerate(z):
        there = np.isfinite(row)
        if t:
            _go_on(state)
        if there.sum() >= _FEWEST:
            noise = constants.noise * state.scale * _USUAL_VOTES
            level = _take_in(state, t, row, there, noise / np.maximum(history.votes[t], 1.0), level)
            state.rest = rest.learn(state.mood + state.tie, drivers[t], there)
        state.past[t] = np.where(state.seen, state.mood + state.tie, state.rest)
    return state


def _go_on(state: Affinity) -> None:
    """From one year to the next."""
    c = state.constants
    state.tie = np.where(state.seen, state.tie + c.pull * (state.rest - state.tie), state.tie)
    state.tie_variance = state.tie_variance * (1 - c.pull) ** 2 + c.drift * state.scale
    state.covariance = c.mood * (1 - c.pull) * state.covariance
    state.mood = c.mood * state.mood
    state.mood_variance = c.mood**2 * state.mood_variance + state.scale


def _agree(rest: Floats, variance: Floats) -> float:
    """Robust mean of what clients' affinities leave open."""
    first = weight = 1 / (variance + 0.03)
    mean = 0.0
    for _ in range(5):
        mean = float((weight * rest).sum() / weight.sum())
        weight = first / (1 + (rest - mean) ** 2 / (_ROBUST * variance))
    return mean


def _take_in(
    state: Affinity, t: int, z: Floats, there: Bools, noise: Floats, level: float
) -> float:
    """Take in a year's votes; returns its agenda."""
    c, old = state.constants, there & state.seen
    state.tie = np.where(state.seen, state.tie, state.rest)
    xx, xm, mm = state.mood_variance, state.covariance, state.tie_variance
    variance = xx + 2 * xm + mm + noise
    known = state.mood + state.tie
    basis = old if old.sum() >= _FEWEST else there
    level = _agree((z - known)[basis], variance[basis])
    error = np.where(there, z - level - known, 0.0)
    gain_x = np.where(there, (xx + xm) / variance, 0.0)
    gain_m = np.where(there, (xm + mm) / variance, 0.0)
    state.mood, state.tie = state.mood + gain_x * error, state.tie + gain_m * error
    state.mood_variance = xx - gain_x * (xx + xm)
    state.covariance = xm - gain_x * (xm + mm)
    state.tie_variance = mm - gain_m * (xm + mm)
    state.agenda[t] = level
    surprise = error / np.sqrt(variance)
    state.surprises[t] = np.where(old, surprise, np.nan)
    if old.sum() >= _FEWEST:
        weight = max(c.size_memory, 1 / (c.size_years + state.judged))
        state.judged += 1
        square = max(float(np.minimum(surprise[old] ** 2, 9.0).mean()), 0.05)
        state.scale *= float(np.clip(1 - weight + weight * square, 0.3, 3.0))
    state.seen = state.seen | there
    return level
