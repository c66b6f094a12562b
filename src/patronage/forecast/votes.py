"""Shrinkage autoregression of agreement in the UN: client levels, a common year effect.

On the scale z = logit(f + (1 − 2f) · agreement), for client i of bloc b(i) in year t:

    z[i,t] = a[t] + m[i,t] + x[i,t] + e[i,t]
    m[i,1] ~ N(μ[b(i)], τ²)           level, drawn towards its bloc; drifts as a random walk
    x[i,t] = ρ x[i,t−1] + u[i,t]      u ~ s[i] · t(ν); ρ is shared
    a[t]   = the agenda of the year: level + autoregression + noise of its own

s[i]² has an inverse χ² distribution over clients. All is estimated from years up to the origin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patronage.forecast.filter import (
    Grid,
    State,
    fit_student,
    run_filter,
    shrink_scales,
    student_log_density,
)
from patronage.forecast.history import REGIONS, History, Ints, region

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FLOOR = 0.08
"""How far agreement is kept from 0 and 1 on the logit scale."""

_USUAL_VOTES = 60.0
CLIENTS = Grid.make(
    [0.0, 0.3, 0.5, 0.7, 0.85, 0.95],
    [0.0, 0.3, 1.0, 2.0],
    [0.0, 0.03, 0.1, 0.3],
    [0.2, 0.4, 0.8],
)
AGENDA = Grid.make([0.0, 0.9], [0.0, 0.5, 1.0], [0.0, 0.1, 0.3, 1.0], [0.4])
_PERSISTENT = 0.5  # share of members whose agenda does not revert, whatever the likelihood
_DEGREES = 4.0  # inverse χ² prior of the agenda's variance
_PRIOR = 0.15**2


def to_logit(agreement: Floats) -> Floats:
    """Agreement [0–1] to the scale of the model."""
    p = FLOOR + (1 - 2 * FLOOR) * agreement
    return np.log(p / (1 - p))


def from_logit(z: Floats) -> Floats:
    """Back to agreement, cut off at 0 and 1."""
    return np.clip((1 / (1 + np.exp(-z)) - FLOOR) / (1 - 2 * FLOOR), 0.0, 1.0)


@dataclass(frozen=True)
class Hyper:
    """What clients share: grid point of the filter, pooled scale, degrees of freedom.

    rho, noise, drift, spread: as in `filter`; scale: pooled s; k, s0: inverse χ² of s²;
    degrees, factor: Student's t of standardised errors.
    """

    rho: float
    noise: float
    drift: float
    spread: float
    scale: float
    k: float
    s0: float
    degrees: float
    factor: float

    @property
    def grid(self) -> Grid:
        """As a grid of one point."""
        return Grid.make([self.rho], [self.noise], [self.drift], [self.spread])


def decompose(z: Floats, blocs: Ints, *, ridge: float = 1.5) -> tuple[Floats, Floats]:
    """Year effects and bloc levels of an unbalanced table; year × client to (year,), (bloc,).

    Clients' levels are drawn towards their bloc by `ridge` years' worth of values, so that a
    year's effect hangs little on who was a member.
    """
    there = np.isfinite(z)
    filled = np.where(there, z, 0.0)
    counts, of_year = there.sum(axis=0), there.sum(axis=1)
    a = np.where(of_year > 0, filled.sum(axis=1) / np.maximum(of_year, 1), np.nan)
    levels = np.zeros(z.shape[1])
    bloc = np.zeros(len(REGIONS))
    for _ in range(50):
        rest = np.where(there, z - a[:, None], 0.0).sum(axis=0)
        levels = (rest + ridge * bloc[blocs]) / (counts + ridge)
        for b in range(len(bloc)):
            mine = (blocs == b) & (counts > 0)
            bloc[b] = levels[mine].sum() / (mine.sum() + 1.0)
        rest = np.where(there, z - levels[None, :], 0.0).sum(axis=1)
        new = np.where(of_year > 0, rest / np.maximum(of_year, 1), np.nan)
        if np.nanmax(np.abs(new - a)) < 1e-6:
            break
        a = new
    return a, bloc


def _weights(votes: Floats) -> Floats:
    """Noise of a year's mean: half of it falls with the number of votes."""
    return 0.5 + 0.5 * _USUAL_VOTES / np.maximum(votes, 1.0)


def _standardised(y: Floats, grid: Grid, scale: Floats, first: Floats, weight: Floats) -> Floats:
    """Errors of one grid point; year × client."""
    return np.stack([s.z[0] for s, _ in run_filter(y, grid, scale, first, weight)])


def _choose(y: Floats, scale: Floats, first: Floats, weight: Floats) -> tuple[int, float]:
    """Best grid point and the factor on all scales there, by a likelihood that jumps do not rule.

    Errors are Student's t with 5 degrees of freedom; at every point the factor is the best one.
    """
    found = [s for s, _ in run_filter(y, CLIENTS, scale, first, weight)]
    z = np.stack([s.z for s in found], axis=1).reshape(len(CLIENTS.rho), -1)
    spread = np.stack([s.variance for s in found], axis=1).reshape(z.shape)
    there = np.isfinite(z[0])
    z, log_f = z[:, there], np.log(spread[:, there]).sum(axis=1)
    square = np.ones((len(z), 1))
    for _ in range(6):
        square = np.mean(6.0 * z**2 / (5.0 + z**2 / square), axis=1, keepdims=True)
        square = np.maximum(square, 1e-4)
    value = student_log_density(z, 5.0, np.sqrt(square)).sum(axis=1) - 0.5 * log_f
    at = int(np.argmax(value))
    return at, float(np.sqrt(square[at, 0] * 5 / 3))


def estimate(d: Floats, first: Floats, weight: Floats) -> Hyper:
    """Parameters that clients share, from deviations d (year × client) from the year effect.

    first: prior mean of each client's level; weight: noise weights.
    """
    change = np.diff(d, axis=0)
    change = change[np.isfinite(change)]
    pooled = float(np.median(np.abs(change))) / 0.95 if len(change) > 5 else 0.2
    pooled = max(pooled, 0.02)
    scale = np.full(d.shape[1], pooled)
    k, s0, at = 8.0, 1.0, 0
    for _ in range(3):
        at, factor = _choose(d, scale, first, weight)
        pooled, scale = pooled * factor, scale * factor
        z = _standardised(d, CLIENTS.pick(at), np.full(d.shape[1], pooled), first, weight)
        factors, k, s0 = _client_factors(z)
        scale = pooled * factors
    point = CLIENTS.pick(at)
    degrees, factor = fit_student(_standardised(d, point, scale, first, weight))
    return Hyper(
        float(point.rho[0]), float(point.noise[0]), float(point.drift[0]),
        float(point.spread[0]), pooled, k, s0, degrees, factor,
    )  # fmt: skip


def _client_factors(z: Floats) -> tuple[Floats, float, float]:
    """Volatility of each client in units of the pooled one; jumps count no more than 3 s."""
    squares = np.where(np.isfinite(z), np.minimum(z**2, 9.0), 0.0).sum(axis=0)
    return shrink_scales(squares, np.isfinite(z).sum(axis=0).astype(np.float64))


def draw_agenda(a: Floats, ahead: int, members: int, rng: np.random.Generator) -> Floats:
    """Paths of the year effect after the last year; (members, ahead).

    Parameters are drawn from their posterior on a grid, the variance from its inverse χ². In half
    of the members the agenda is a random walk: a short series cannot tell that it is none.
    """
    start = int(np.argmax(np.isfinite(a)))
    y = a[start:, None]
    n = float(np.isfinite(y).sum())
    unit = np.sqrt(_PRIOR)
    grid = Grid(AGENDA.rho, AGENDA.noise, AGENDA.drift, AGENDA.spread / unit)
    log_f = np.zeros(len(grid.rho))
    squares = np.zeros(len(grid.rho))
    state: State | None = None
    ones, mean = np.ones(1), np.array([float(np.nanmean(a)) / unit])
    for step, now in run_filter(y / unit, grid, ones, mean, np.ones(y.shape)):
        state = now
        there = np.isfinite(step.z[:, 0])
        log_f += np.where(there, np.log(step.variance[:, 0]), 0.0)
        squares += np.where(there, step.z[:, 0] ** 2, 0.0)
    assert state is not None
    value = -0.5 * log_f - (_DEGREES + n) / 2 * np.log(_DEGREES + squares)
    share = np.exp(value - value.max())
    lasting = np.where((grid.rho == 0) & (grid.drift >= 0.3), share, 0.0) + 1e-300
    share = (1 - _PERSISTENT) * share / share.sum() + _PERSISTENT * lasting / lasting.sum()
    pick = rng.choice(len(share), size=members, p=share / share.sum())
    s = np.sqrt((_DEGREES + squares[pick]) / rng.chisquare(_DEGREES + n, members))
    x, m = _draw_state(state, pick, np.zeros(members, dtype=int), s, rng)
    out = np.empty((members, ahead))
    for h in range(ahead):
        u, w, e = rng.standard_normal((3, members)) * s
        x, m = grid.rho[pick] * x + u, m + np.sqrt(grid.drift[pick]) * w
        out[:, h] = x + m + np.sqrt(grid.noise[pick]) * e
    return out * unit


def _draw_state(
    state: State, points: Ints, series: Ints, scale: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draws of (x, m) as known in the last year."""
    xx, xm, mm = (v[points, series] for v in (state.xx, state.xm, state.mm))
    one, two = rng.standard_normal((2, *xx.shape))
    lower = np.sqrt(np.maximum(mm, 1e-12))
    slope = xm / np.maximum(mm, 1e-12)
    rest = np.sqrt(np.maximum(xx - slope * xm, 0.0))
    x = state.x[points, series] + scale * (slope * lower * one + rest * two)
    return x, state.m[points, series] + scale * lower * one


def draw_clients(
    d: Floats, first: Floats, weight: Floats, hyper: Hyper, ahead: int, members: int,
    rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """Paths of clients' deviations after the last year; (members, ahead, client)."""
    n = d.shape[1]
    pooled = np.full(n, hyper.scale)
    z = _standardised(d, hyper.grid, pooled, first, weight)
    counts = np.isfinite(z).sum(axis=0)
    squares = np.where(np.isfinite(z), np.minimum(z**2, 9.0), 0.0).sum(axis=0)
    mean = hyper.k * hyper.s0 + squares
    scale = hyper.scale * np.sqrt(mean / (hyper.k + counts))
    state: State | None = None
    for _, now in run_filter(d, hyper.grid, scale, first, weight):
        state = now
    assert state is not None
    # The volatility itself is known no better than its number of years allows.
    doubt = np.sqrt((hyper.k + counts) / rng.chisquare(hyper.k + counts, (members, n)))
    size = hyper.factor * scale * doubt
    x, m = _draw_state(
        state, np.zeros((members, n), dtype=int), np.broadcast_to(np.arange(n), (members, n)),
        hyper.factor * doubt, rng,
    )  # fmt: skip
    out = np.empty((members, ahead, n))
    for h in range(ahead):
        tail = np.sqrt(hyper.degrees / rng.chisquare(hyper.degrees, (members, n)))
        u, w, e = rng.standard_normal((3, members, n)) * (size * tail)
        x, m = hyper.rho * x + u, m + np.sqrt(hyper.drift) * w
        out[:, h] = x + m + np.sqrt(hyper.noise) * e
    return out


def draw_votes(
    history: History, clients: Ints, ahead: int, members: int, rng: np.random.Generator,
    *, trains: Bools | None = None,
) -> Floats:  # fmt: skip
    """Draws of agreement for the years after the last of `history`; (member, year, client).

    trains: clients of `history` from which the shared parameters are estimated; None for all.
    """
    z = to_logit(history.values)
    blocs = np.array([REGIONS.index(region(int(c))) for c in history.clients])
    a, levels = decompose(z, blocs)
    weight = _weights(history.votes)
    chosen = np.ones(len(blocs), dtype=bool) if trains is None else trains
    d = z - a[:, None]
    hyper = estimate(d[:, chosen], levels[blocs[chosen]], weight[:, chosen])
    mine = history.pick(clients)
    own = np.array([REGIONS.index(region(int(c))) for c in clients])
    d = to_logit(mine.values) - a[:, None]
    paths = draw_clients(d, levels[own], _weights(mine.votes), hyper, ahead, members, rng)
    return from_logit(paths + draw_agenda(a, ahead, members, rng)[:, :, None])
