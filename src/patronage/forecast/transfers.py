"""Draws of future arms transfers: a hurdle on the pair's own past and on drivers of the model.

With y = log(1 + TIV) for client i in year t, from what is known up to t − 1:

    P(y[i,t] > 0)  = logistic(β · f[i,t] + δ · g[i,t−1] + v[t])
    y[i,t] | y > 0 = γ · f[i,t] + ε · g[i,t−1] + u[t] + s[i] · t(ν)

f: the pair's own past (`hurdle`: habit, size, the patron's supply to all; and how long ago the
last transfer was). g: drivers, each for a mechanism (`drivers.SUPPLY`), and regions: affinity to
the patron and to its rival as estimated from votes, threat, protection, capability, what others
deliver. Coefficients are by ridge regression, in which a year counts half as much as one 30 years
later. How far drivers are trusted is not known, so members differ in it. A member's future
affinity is that of its votes: agreement and arms are joint. Other drivers stay as they are at the
origin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patronage.forecast import hurdle
from patronage.forecast.drivers import Drivers, mark_regions
from patronage.forecast.history import History, Ints

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

TRUST = (20.0, 300.0)
"""Ridge of the drivers' coefficients, in standard deviations: groups of members take turns."""

_HALF_LIFE = 30.0  # years after which a year counts half
_OWN = 1.0  # ridge of the pair's own past
_WIDE = 4.0  # drivers count no more than so many standard deviations
_CAP = 12.0  # log(1 + TIV) no greater
_DEGREES = 5.0  # Student errors of the regression of amounts


@dataclass(frozen=True)
class Table:
    """Past of all clients, as regressions see it.

    x: year × client × (own past, then standardised drivers of the year before). y: log(1 + TIV),
    NaN where there is no state. now: drivers of the last year. own: number of columns of the own
    past. mean, size: of the drivers, for new values. memory: own past after the last year.
    """

    x: Floats
    y: Floats
    now: Floats
    own: int
    mean: Floats
    size: Floats
    memory: hurdle.Memory

    @property
    def used(self) -> Bools:
        """Cases that count: year × client. The first years have no past."""
        there = np.isfinite(self.y)
        there[: min(2, len(self.y) - 1)] = False
        return there


@dataclass(frozen=True)
class Fit:
    """Coefficients and spreads; as `hurdle.Fit`, with drivers, and s by client."""

    occur: Floats
    amount: Floats
    year_occur: float
    year_amount: float
    scale: Floats
    counts: Floats
    degrees: float


def tabulate(history: History, drivers: Drivers) -> Table:
    """Own past and drivers (year × client) as one table; regions are added."""
    memory, own, y = hurdle.past(history, spell=True)
    marks = np.broadcast_to(mark_regions(history.clients), (*y.shape, 5))
    g = np.concatenate([drivers.values, marks], axis=-1)
    known = g[:-1][np.isfinite(y[1:])]
    mean, size = known.mean(axis=0), known.std(axis=0) + 1e-3
    g = np.clip((g - mean) / size, -_WIDE, _WIDE)
    before = np.concatenate([g[:1], g[:-1]])
    x = np.concatenate([np.nan_to_num(own), before], axis=-1)
    return Table(x, y, g[-1], own.shape[-1], mean, size, memory)


def _penalty(table: Table, trust: float) -> Floats:
    own = np.full(table.own, _OWN)
    own[0] = 1e-6
    return np.concatenate([own, np.full(table.x.shape[-1] - table.own, trust)])


def _fit_logistic(x: Floats, y: Floats, case: Floats, penalty: Floats) -> Floats:
    """Coefficients by Newton's steps; case: weight of each case."""
    beta = np.zeros(x.shape[1])
    for _ in range(40):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        slope = x.T @ (case * (y - p)) - penalty * beta
        square = (x * (case * p * (1 - p))[:, None]).T @ x
        step = np.linalg.solve(square + np.diag(penalty), slope)
        beta = beta + step
        if np.abs(step).max() < 1e-6:
            break
    return beta


def _fit_amount(x: Floats, y: Floats, case: Floats, penalty: Floats) -> Floats:
    """Coefficients with Student errors, by reweighting; case: weight of each case."""
    weight = np.ones(len(y))
    beta: Floats = np.zeros(x.shape[1])
    for _ in range(15 if len(y) else 0):
        scaled = x * (case * weight)[:, None]
        solved = np.linalg.solve(scaled.T @ x + np.diag(penalty), scaled.T @ y)
        beta = np.asarray(solved, dtype=np.float64)
        rest = y - x @ beta
        variance = max(float(np.average(weight * rest**2, weights=case)), 1e-6)
        weight = (_DEGREES + 1) / (_DEGREES + rest**2 / variance)
    return beta


def estimate(table: Table, trust: float, trains: Bools | None = None) -> Fit:
    """Coefficients and spreads from the past, with this ridge of the drivers.

    trains: clients from which what clients share is estimated; None for all.
    """
    used = table.used if trains is None else table.used & trains
    penalty = _penalty(table, trust)
    year = np.broadcast_to(np.arange(len(table.y))[:, None], table.y.shape)
    case = 0.5 ** ((year[-1, 0] - year) / _HALF_LIFE)
    yes = (table.y[used] > 0).astype(np.float64)
    occur = _fit_logistic(table.x[used], yes, case[used], penalty)
    p = 1 / (1 + np.exp(-np.clip(table.x[used] @ occur, -30, 30)))
    some = used & (table.y > 0)
    amount = _fit_amount(table.x[some], table.y[some], case[some], penalty)
    rest = table.y - table.x @ amount
    spread = hurdle.fit_spread(np.where(some, rest, np.nan))
    known = np.where(table.used & (table.y > 0), rest, np.nan)
    scale, counts = hurdle.scale_clients(known, spread)
    return Fit(
        occur, amount, hurdle.excess(yes - p, p * (1 - p), year[used]), spread.year,
        scale, counts, spread.degrees,
    )  # fmt: skip


@dataclass(frozen=True)
class Push:
    """What drivers add in the years ahead: columns of `g` that move, and their future values.

    columns: of the drivers. values: (member, year, client, column); the first year is the first
    ahead. A year's values act in the year after.
    """

    columns: tuple[int, ...]
    values: Floats


def _pushes(table: Table, coefficients: Floats, push: Push | None, ahead: int) -> Floats:
    """β of drivers times drivers; (member or 1, year, client)."""
    beta = coefficients[table.own :]
    still = table.now @ beta
    if push is None:
        return np.broadcast_to(still, (1, ahead, len(still)))
    columns = list(push.columns)
    first = table.now[:, columns]
    future = (push.values - table.mean[columns]) / table.size[columns]
    change = np.clip(future[:, : ahead - 1], -_WIDE, _WIDE) - first
    return np.concatenate(
        [np.broadcast_to(still, (len(future), 1, len(still))), still + change @ beta[columns]],
        axis=1,
    )


def draw_transfers(
    history: History, drivers: Drivers, clients: Ints, ahead: int, members: int,
    rng: np.random.Generator, *, push: Push | None = None, trust: tuple[float, ...] = TRUST,
    trains: Bools | None = None,
) -> Floats:  # fmt: skip
    """Draws of TIV [million] for the years after the last of `history`; (member, year, client).

    drivers: those of `history`'s years and clients. push: drivers that move in the future.
    clients: whose draws are returned. trains: those of `history` from which what clients share is
    estimated; None for all.
    """
    table = tabulate(history, drivers)
    place = np.searchsorted(history.clients, clients)
    out = np.empty((members, ahead, len(clients)))
    alive = np.isfinite(table.y[-1]) | np.isin(history.clients, clients)
    for k, ridge in enumerate(trust):
        mine = np.arange(k, members, len(trust))
        if not len(mine):
            continue
        fit = estimate(table, ridge, trains)
        moved = None if push is None else Push(push.columns, push.values[mine])
        out[mine] = _simulate(table, fit, moved, alive, ahead, len(mine), rng)[:, :, place]
    return np.expm1(out)


def _simulate(
    table: Table, fit: Fit, push: Push | None, alive: Bools, ahead: int, members: int,
    rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """Paths of log(1 + TIV), each on its own past; (member, year, client)."""
    yes, much = (_pushes(table, b, push, ahead) for b in (fit.occur, fit.amount))
    counts = fit.counts
    scale = fit.scale * np.sqrt(counts / rng.chisquare(counts, (members, len(counts))))
    paths = table.memory.repeat(members)
    out = np.empty((members, ahead, len(counts)))
    for h in range(ahead):
        f = paths.features_with_spell()
        v, u = rng.standard_normal((2, members, 1))
        eta = f @ fit.occur[: table.own] + yes[:, h] + fit.year_occur * v
        p = 1 / (1 + np.exp(-np.clip(eta, -30, 30)))
        error = rng.standard_t(fit.degrees, scale.shape) * scale
        amount = f @ fit.amount[: table.own] + much[:, h] + fit.year_amount * u + error
        new = np.where(rng.random(p.shape) < p, np.clip(amount, np.log1p(0.5), _CAP), 0.0)
        paths.learn(np.where(alive, new, np.nan))
        out[:, h] = new
    return out
