"""Kalman filter of many short series at once: a level that drifts, a tie to it, and noise.

    y[t] = m[t] + x[t] + e[t]      e ~ (0, noise · s² · v[t])
    x[t] = ρ x[t−1] + u[t]         u ~ (0, s²)
    m[t] = m[t−1] + w[t]           w ~ (0, drift · s²)

All series share ρ, noise and drift; s is each series' own. Parameters are tried on a grid, all
at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import lgamma

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """Points of a parameter grid: ρ, noise and drift (shares of s²), spread of first levels."""

    rho: Floats
    noise: Floats
    drift: Floats
    spread: Floats

    @classmethod
    def make(
        cls, rho: list[float], noise: list[float], drift: list[float], spread: list[float]
    ) -> Grid:
        """All combinations."""
        points = np.array(list(product(rho, noise, drift, spread)), dtype=np.float64)
        return cls(*points.T)

    def pick(self, at: int) -> Grid:
        """One point."""
        one = slice(at, at + 1)
        return Grid(self.rho[one], self.noise[one], self.drift[one], self.spread[one])


@dataclass(frozen=True)
class State:
    """Mean and covariance of (x, m) after the last year; point × series."""

    x: Floats
    m: Floats
    xx: Floats
    xm: Floats
    mm: Floats


@dataclass(frozen=True)
class Step:
    """What a year's values told: standardised errors (NaN where none) and their variances."""

    z: Floats
    variance: Floats


def run_filter(
    y: Floats, grid: Grid, scale: Floats, first: Floats, weight: Floats
) -> Iterator[tuple[Step, State]]:
    """Filter all series at all grid points, year by year.

    y: year × series, NaN where missing; scale: s by series; first: prior mean of m by series;
    weight: year × series, v of the noise.
    """
    shape = (len(grid.rho), y.shape[1])
    rho, q = grid.rho[:, None], scale[None, :] ** 2
    noise, drift = grid.noise[:, None] * q, grid.drift[:, None] * q
    x, m = np.zeros(shape), np.broadcast_to(first, shape).copy()
    xx = np.broadcast_to(q / np.maximum(1 - rho**2, 0.02), shape).copy()
    xm = np.zeros(shape)
    mm = np.broadcast_to(grid.spread[:, None] ** 2, shape).copy()
    for t in range(len(y)):
        if t:
            x, xm, xx, mm = rho * x, rho * xm, rho**2 * xx + q, mm + drift
        there = np.isfinite(y[t])[None, :]
        f = xx + 2 * xm + mm + noise * weight[t]
        error = np.where(there, y[t] - x - m, 0.0)
        kx, km = np.where(there, (xx + xm) / f, 0.0), np.where(there, (xm + mm) / f, 0.0)
        z = np.where(there, error / np.sqrt(f), np.nan)
        x, m = x + kx * error, m + km * error
        hx, hm = xx + xm, xm + mm
        xx, xm, mm = xx - kx * hx, xm - kx * hm, mm - km * hm
        yield Step(z, f), State(x, m, xx, xm, mm)


def student_log_density(z: Floats, degrees: float, scale: Floats | float = 1.0) -> Floats:
    """Log density of `scale` times a Student t."""
    const = lgamma((degrees + 1) / 2) - lgamma(degrees / 2) - 0.5 * np.log(degrees * np.pi)
    return const - np.log(scale) - (degrees + 1) / 2 * np.log1p((z / scale) ** 2 / degrees)


def fit_student(z: Floats) -> tuple[float, float]:
    """Degrees of freedom and scale of Student's t by maximum likelihood on a grid."""
    z = z[np.isfinite(z)]
    if len(z) < 10:
        return 5.0, 1.0
    best = (-np.inf, 5.0, 1.0)
    for degrees in (2.5, 3.0, 3.5, 4.0, 5.0, 6.5, 8.0, 12.0, 20.0, 50.0):
        for scale in np.exp(np.linspace(-1.2, 0.7, 39)):
            value = float(student_log_density(z, degrees, scale).sum())
            best = max(best, (value, degrees, float(scale)))
    return best[1], best[2]


def shrink_scales(squares: Floats, counts: Floats) -> tuple[Floats, float, float]:
    """Volatility of each series [multiple of 1], shrunk to the pooled one.

    squares, counts: sum and number of squared standardised errors by series. The variances have
    an inverse χ² distribution; its degrees of freedom k and scale s0² by maximum likelihood.
    Returns scales, k, s0².
    """
    have = counts > 0
    if not have.any():
        return np.ones(len(counts)), 8.0, 1.0
    n, s = counts[have], squares[have]
    best = (-np.inf, 8.0, 1.0)
    pooled = float(s.sum() / n.sum())
    log_gamma = np.vectorize(lgamma)
    for k in (2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 20.0, 40.0, 100.0):
        for s0 in pooled * np.exp(np.linspace(-1.5, 0.7, 23)):
            value = log_gamma((k + n) / 2) - lgamma(k / 2) + k / 2 * np.log(k * s0)
            value = float((value - (k + n) / 2 * np.log(k * s0 + s)).sum())
            best = max(best, (value, k, float(s0)))
    k, s0 = best[1:]
    return np.sqrt((k * s0 + squares) / (k + counts)), k, s0
