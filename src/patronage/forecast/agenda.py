"""The agenda of the Assembly: what all clients' agreement with a patron has in common in a year.

    a[t] = l[t] + e[t]                          e ~ noise
    l[t] = l[t−1] + π (ā − l[t−1]) + u[t]       ā: mean of recent years, fading by a half-life

The size of yearly changes is learnt from the years up to the origin, newer ones first, and drawn
towards the usual one. Nothing else was found that tells where the agenda goes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patronage.forecast.affinity import Affinity, Constants

Floats = NDArray[np.float64]

_JUMP = 0.4  # larger changes count as this large
_LEAST = 0.2  # share of the variance of changes that is none of passing noise
_PRIOR_YEARS = 10.0  # years' worth of independence in the correlation of two agendas


@dataclass(frozen=True)
class Outlook:
    """Mean and covariance of the agenda in the years ahead; (year,), (year, year)."""

    mean: Floats
    covariance: Floats


def _change(known: Floats, c: Constants) -> float:
    """Variance of a year's change."""
    change = np.minimum(np.diff(known) ** 2, _JUMP**2)
    weight = c.agenda_memory ** np.arange(len(change))[::-1]
    prior = c.agenda_years * c.agenda_size**2
    return float((prior + (weight * change).sum()) / (c.agenda_years + weight.sum()))


def look_ahead(agenda: Floats, ahead: int, c: Constants) -> Outlook:
    """Outlook from the agenda by year (NaN where there were no votes)."""
    known = agenda[np.isfinite(agenda)]
    change, noise = _change(known, c), c.agenda_noise**2
    step = max(change - 2 * noise, _LEAST * change)
    level, variance = float(known[0]), 1.0
    for value in known[1:]:
        variance += step
        gain = variance / (variance + noise)
        level += gain * (value - level)
        variance *= 1 - gain
    weight = 0.5 ** (np.arange(len(known))[::-1] / c.agenda_half_life)
    usual = float((weight * known).sum() / weight.sum())
    h = np.arange(1, ahead + 1)
    stay = 1 - c.agenda_pull
    power = stay ** np.abs(h[:, None] - h[None, :])
    first = np.minimum(h[:, None], h[None, :])
    shared = np.cumsum(stay ** (2.0 * np.arange(ahead)))[first - 1]
    covariance = variance * stay ** (h[:, None] + h[None, :]) + step * shared * power
    mean = np.asarray(usual + (level - usual) * stay**h, dtype=np.float64)
    return Outlook(mean, covariance + noise * np.eye(ahead))


def correlate(states: list[Affinity]) -> Floats:
    """Correlation of yearly changes of the patrons' agendas, drawn towards none."""
    out = np.eye(len(states))
    for i, one in enumerate(states):
        for j, two in enumerate(states[:i]):
            years = np.intersect1d(one.years, two.years)
            a, b = (np.diff(s.agenda[np.isin(s.years, years)]) for s in (one, two))
            both = np.isfinite(a) & np.isfinite(b)
            if both.sum() >= 3:
                r = float(np.corrcoef(a[both], b[both])[0, 1])
                out[i, j] = out[j, i] = r * both.sum() / (both.sum() + _PRIOR_YEARS)
    return out


def draw_normals(size: int, members: int, rng: np.random.Generator) -> Floats:
    """Standard normals, (members, size): each column stratified, so that few members serve."""
    from scipy.special import ndtri

    strata = np.stack([rng.permutation(members) for _ in range(size)], axis=1)
    return ndtri((strata + rng.random((members, size))) / members)


def draw_agendas(
    states: list[Affinity], ahead: int, members: int, rng: np.random.Generator
) -> Floats:
    """Deviations of agendas from their outlook's mean, joint over patrons: (patron, member, year).

    Members are stratified along the main directions of a path.
    """
    mixed = np.linalg.cholesky(correlate(states))
    normals = draw_normals(ahead * len(states), members, rng).reshape(members, ahead, len(states))
    normals = normals @ mixed.T
    out = np.empty((len(states), members, ahead))
    for k, state in enumerate(states):
        covariance = look_ahead(state.agenda, ahead, state.constants).covariance
        value, vector = np.linalg.eigh(covariance)
        value, vector = value[::-1], vector[:, ::-1]
        vector = vector * np.where(vector.sum(axis=0) < 0, -1.0, 1.0)
        out[k] = normals[:, :, k] @ (vector * np.sqrt(np.maximum(value, 0.0))).T
    return out
