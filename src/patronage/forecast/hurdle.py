"""Hurdle autoregression of arms transfers: whether there are any, and how much; joint draws.

With y = log(1 + TIV) for client i in year t, from what years up to t−1 tell:

    P(y > 0)   = logit⁻¹(β · f[i,t] + v[t])         v ~ N(0, σv²), one for all clients in a year
    y | y > 0  = γ · g[i,t] + u[t] + s[i] ε,  ε ~ t(ν)   u ~ N(0, σu²)

f and g hold the last year (traded or not, amount), moving averages, the client's own share of years
and mean amount drawn towards those of its bloc, and last year's share over all clients. Paths
are simulated year by year, so that a draw's own past feeds its future.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from patronage.forecast.filter import fit_student, shrink_scales
from patronage.forecast.history import REGIONS, History, Ints, region

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_SLOW = 0.3  # weight of the newest year in moving averages
_PRIOR_YEARS = 4.0  # years' worth of the bloc in a client's own means
_CAP = 12.0  # log(1 + TIV) no greater
_WIDTH = 9
_LONG_AGO = 5.0  # years since a last transfer, where none is known


@dataclass
class Memory:
    """What the past tells of each client; arrays of any shape that ends in (client,).

    blocs: bloc of each client. last, traded: amount in the last year, and whether there was one.
    often, much: their moving averages. years, yeses, amount: counts and sums. since: years since
    the last transfer. overall: last year's share of clients with transfers.
    """

    blocs: Ints
    last: Floats
    traded: Floats
    often: Floats
    much: Floats
    years: Floats
    yeses: Floats
    amount: Floats
    since: Floats
    overall: Floats = field(default_factory=lambda: np.zeros(()))

    @classmethod
    def start(cls, blocs: Ints, shape: tuple[int, ...]) -> Memory:
        """Before the first year."""
        a, b, c, d, e, f, g = (np.zeros(shape) for _ in range(7))
        since = np.full(shape, _LONG_AGO)
        return cls(blocs, a, b, c, d, e, f, g, since, np.zeros((*shape[:-1], 1)))

    def repeat(self, members: int) -> Memory:
        """The same past for every member: (member, client)."""
        new = Memory(**vars(self))
        for name, value in vars(self).items():
            if name != "blocs":
                setattr(new, name, np.repeat(value[None, :], members, axis=0))
        return new

    def learn(self, y: Floats) -> None:
        """Take in a year; NaN where a client has no value."""
        there = np.isfinite(y)
        value = np.where(there, y, 0.0)
        traded = (value > 0).astype(np.float64)
        new = there & (self.years == 0)
        weight = np.where(new, 1.0, _SLOW) * there
        self.often = self.often + weight * (traded - self.often)
        self.much = self.much + weight * (value - self.much)
        self.last = np.where(there, value, self.last)
        self.traded = np.where(there, traded, self.traded)
        self.years = self.years + there
        self.yeses = self.yeses + traded
        self.amount = self.amount + value
        self.since = np.where(there, np.where(traded > 0, 0.0, self.since + 1), self.since)
        count = there.sum(axis=-1, keepdims=True)
        share = traded.sum(axis=-1, keepdims=True) / np.maximum(count, 1)
        self.overall = np.where(count > 0, share, self.overall)

    def _bloc_means(self) -> tuple[Floats, Floats]:
        """Share of years with transfers and mean amount in them, of each client's bloc."""
        member = np.eye(len(REGIONS))[self.blocs]
        years, yeses, amount = (v @ member for v in (self.years, self.yeses, self.amount))
        all_years, all_yeses = years.sum(-1, keepdims=True), yeses.sum(-1, keepdims=True)
        rate = all_yeses / np.maximum(all_years, 1.0)
        size = amount.sum(-1, keepdims=True) / np.maximum(all_yeses, 1.0)
        share = (yeses + 10 * rate) / (years + 10)
        level = (amount + 5 * size) / (yeses + 5)
        return share[..., self.blocs], level[..., self.blocs]

    def features(self) -> Floats:
        """What explains the coming year; (…, client, feature)."""
        share, level = self._bloc_means()
        own = (self.yeses + _PRIOR_YEARS * share) / (self.years + _PRIOR_YEARS)
        size = (self.amount + 2 * level) / (self.yeses + 2)
        parts = (
            np.ones(own.shape), self.traded, self.often, own, self.traded * self.often,
            self.last, self.much, size, np.broadcast_to(self.overall, own.shape),
        )  # fmt: skip
        return np.stack(parts, axis=-1)

    def features_with_spell(self) -> Floats:
        """The same and, last, how long ago the last transfer was."""
        return np.concatenate([self.features(), np.log1p(self.since)[..., None]], axis=-1)


@dataclass(frozen=True)
class Fit:
    """What clients share.

    occur, amount: coefficients by feature. year_occur, year_amount: σv, σu. pooled: s of all
    clients together. k, s0: inverse χ² of s². degrees, factor: Student's t of standardised errors.
    """

    occur: Floats
    amount: Floats
    year_occur: float
    year_amount: float
    pooled: float
    k: float
    s0: float
    degrees: float
    factor: float


def _logistic(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def _fit_logistic(x: Floats, y: Floats, ridge: float = 1.0) -> Floats:
    """Coefficients by Newton's steps; the first (constant) is not shrunk."""
    beta = np.zeros(x.shape[1])
    penalty = ridge * np.eye(x.shape[1])
    penalty[0, 0] = 1e-6
    for _ in range(50):
        p = _logistic(x @ beta)
        slope = x.T @ (y - p) - penalty @ beta
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + penalty, slope)
        beta = beta + step
        if np.abs(step).max() < 1e-8:
            break
    return beta


def _fit_linear(x: Floats, y: Floats, degrees: float = 5.0, ridge: float = 1.0) -> Floats:
    """Coefficients of a regression with Student errors, by reweighting."""
    penalty = ridge * np.eye(x.shape[1])
    penalty[0, 0] = 1e-6
    weight = np.ones(len(y))
    beta: Floats = np.zeros(x.shape[1])
    for _ in range(15):
        scaled = x * weight[:, None]
        beta = np.asarray(np.linalg.solve(scaled.T @ x + penalty, scaled.T @ y), dtype=np.float64)
        rest = y - x @ beta
        variance = max(float(np.mean(weight * rest**2)), 1e-6)
        weight = (degrees + 1) / (degrees + rest**2 / variance)
    return beta


def excess(rest: Floats, variance: Floats, years: Ints) -> float:
    """Standard deviation of a year effect: spread of yearly means beyond that of chance."""
    found, chance = [], []
    for year in np.unique(years):
        mine = years == year
        if mine.sum() >= 3:
            total = variance[mine].sum()
            found.append(rest[mine].sum() / total)
            chance.append(1.0 / total)
    if len(found) < 3:
        return 0.2
    beyond = float(np.mean(np.square(found)) - np.mean(chance))
    return float(np.sqrt(max(beyond, 0.0)))


@dataclass(frozen=True)
class Spread:
    """Spread of amounts around what was expected.

    pooled: s of all clients. scale: s by client, drawn towards it, `factor` included. counts:
    degrees of freedom by client. k, s0: inverse χ² of (s / pooled)². degrees, factor: Student's t
    of standardised errors. year: standard deviation of what a year's amounts have in common.
    """

    pooled: float
    scale: Floats
    counts: Floats
    k: float
    s0: float
    degrees: float
    factor: float
    year: float


def fit_spread(rest: Floats) -> Spread:
    """Spread of errors by year and client; NaN where there is none."""
    there = np.isfinite(rest)
    known = rest[there]
    pooled = max(float(np.sqrt(np.mean(known**2))), 0.1) if len(known) else 1.0
    counts = there.sum(axis=0).astype(np.float64)
    z = rest / pooled
    squares = np.where(there, np.minimum(z**2, 9.0), 0.0).sum(axis=0)
    scale, k, s0 = shrink_scales(squares, counts)
    degrees, factor = fit_student((z / scale)[there])
    years = np.broadcast_to(np.arange(len(rest))[:, None], rest.shape)[there]
    year = excess(known / pooled**2, np.full(len(known), pooled**-2), years)
    return Spread(pooled, factor * pooled * scale, k + counts, k, s0, degrees, factor, year)


def scale_clients(rest: Floats, spread: Spread) -> tuple[Floats, Floats]:
    """s and its degrees of freedom by client, from errors by year and client."""
    there = np.isfinite(rest)
    counts = spread.k + there.sum(axis=0)
    squares = np.where(there, np.minimum((rest / spread.pooled) ** 2, 9.0), 0.0).sum(axis=0)
    scale = np.sqrt((spread.k * spread.s0 + squares) / counts)
    return spread.factor * spread.pooled * scale, counts


def past(history: History, *, spell: bool = False) -> tuple[Memory, Floats, Floats]:
    """The memory after the last year, and features and values: year × client (× feature).

    spell: with how long ago the last transfer was.
    """
    y = np.log1p(history.values)
    blocs = np.array([REGIONS.index(region(int(c))) for c in history.clients], dtype=np.int64)
    memory = Memory.start(blocs, (y.shape[1],))
    x = np.full((*y.shape, _WIDTH + spell), np.nan)
    for t, row in enumerate(y):
        x[t] = memory.features_with_spell() if spell else memory.features()
        memory.learn(row)
    return memory, x, y


def estimate(x: Floats, y: Floats) -> Fit:
    """Coefficients and spreads from features and values, year × client (× feature)."""
    there = np.isfinite(y)
    there[: min(2, len(y) - 1)] = False  # the first years have no past
    year = np.broadcast_to(np.arange(len(y))[:, None], y.shape)
    occur = _fit_logistic(x[there], (y[there] > 0).astype(np.float64))
    p = _logistic(x[there] @ occur)
    year_occur = excess((y[there] > 0) - p, p * (1 - p), year[there])
    some = there & (y > 0)
    amount = _fit_linear(x[some], y[some])
    rest = np.where(some, y - np.nan_to_num(x) @ amount, np.nan)
    s = fit_spread(rest)
    return Fit(occur, amount, year_occur, s.year, s.pooled, s.k, s.s0, s.degrees, s.factor)


def draw_arms(
    history: History, clients: Ints, ahead: int, members: int, rng: np.random.Generator,
    *, trains: Bools | None = None,
) -> Floats:  # fmt: skip
    """Draws of TIV [million] for the years after the last of `history`; (member, year, client).

    trains: clients of `history` from which the shared parameters are estimated; None for all.
    """
    extra = np.setdiff1d(clients, history.clients)
    history = history.pick(np.concatenate([history.clients, extra]))
    memory, x, y = past(history)
    chosen = np.ones(y.shape[1], dtype=bool)
    if trains is not None:
        chosen[: len(trains)] = trains
    fit = estimate(x[:, chosen], y[:, chosen])
    rest = np.where(y > 0, y - np.nan_to_num(x) @ fit.amount, np.nan)[2:] / fit.pooled
    counts = fit.k + np.isfinite(rest).sum(axis=0)
    squares = np.where(np.isfinite(rest), np.minimum(rest**2, 9.0), 0.0).sum(axis=0)
    scale = fit.factor * fit.pooled * np.sqrt((fit.k * fit.s0 + squares) / counts)
    scale = scale * np.sqrt(counts / rng.chisquare(counts, (members, len(counts))))
    paths = memory.repeat(members)
    # States that are gone in the last year neither trade nor count.
    alive = np.isfinite(y[-1]) | np.isin(history.clients, clients)
    place = np.array([int(np.flatnonzero(history.clients == c)[0]) for c in clients])
    out = np.empty((members, ahead, len(clients)))
    for h in range(ahead):
        f = paths.features()
        v, u = rng.standard_normal((2, members, 1))
        p = _logistic(f @ fit.occur + fit.year_occur * v)
        error = rng.standard_t(fit.degrees, scale.shape) * scale
        amount = np.clip(f @ fit.amount + fit.year_amount * u + error, np.log1p(0.5), _CAP)
        new = np.where(rng.random(p.shape) < p, amount, 0.0)
        paths.learn(np.where(alive, new, np.nan))
        out[:, h] = new[:, place]
    return np.expm1(out)
