"""The agenda of the Assembly: what all clients' agreement with a patron has in common in a year.

    a[t] = l[t] + v[t] + e[t]                    e ~ √noise · q
    l[t] = l[t−1] + k (w[t−1] − l[t−1]) + u[t]   w: the mainstream               u ~ q
    v[t] = v[t−1], until a new leader of the patron: v ~ √leader · q

Whether the patron returns to the mainstream (k = `agenda_return`) or stays apart (k = 0) is not
known: each is as likely as the patron's own past makes it, and members differ in it. The size of
changes is learnt from the years up to the origin, newer ones first, and drawn towards the usual
one. How long the leader of the origin stays is drawn from how often leaders changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patronage.forecast.affinity import Affinity, Constants
from patronage.forecast.course import Course

Floats = NDArray[np.float64]

_JUMP = 0.4  # larger changes count as this large
_PRIOR_YEARS = 10.0  # years' worth of independence in the correlation of two agendas
_PRIOR_CHANGES = 10.0  # years' worth of the usual size where explanations are compared
_DEGREES = 4.0  # of Student's t there
_OPEN = 0.1  # variance of the first level, in q²


@dataclass(frozen=True)
class Level:
    """What is known of level l and leader v after the last year; by explanation (stay, return).

    share: how likely each is. target: the mainstream's place, NaN if not known. ll, lv, vv:
    variances in units of q².
    """

    share: Floats
    back: Floats
    level: Floats
    leader: Floats
    ll: Floats
    lv: Floats
    vv: Floats
    target: float


@dataclass(frozen=True)
class Outlook:
    """An explanation's share, and the mean and covariance of the agenda in the years ahead."""

    share: float
    mean: Floats
    covariance: Floats


def _change(known: Floats, c: Constants) -> float:
    """Variance of a year's change."""
    change = np.minimum(np.diff(known) ** 2, _JUMP**2)
    weight = c.agenda_memory ** np.arange(len(change))[::-1]
    prior = c.agenda_years * c.agenda_size**2
    return float((prior + (weight * change).sum()) / (c.agenda_years + weight.sum()))


def explain(agenda: Floats, c: Constants, course: Course) -> Level:
    """Filter the agenda by year (NaN where there were no votes) under both explanations."""
    back = np.array([0.0, c.agenda_return])
    new = (c.agenda_leader if course.turnover > 0 else 0.0) * np.ones(2)
    score = np.log([c.agenda_apart, 1 - c.agenda_apart])
    first = int(np.argmax(np.isfinite(agenda)))
    level, leader = np.full(2, agenda[first]), np.zeros(2)
    ll, lv, vv = np.full(2, _OPEN + c.agenda_noise), np.zeros(2), new
    squares, count = np.full(2, _PRIOR_CHANGES * c.agenda_size**2), _PRIOR_CHANGES
    target = agenda[first] + course.gap[first]
    for t in range(first + 1, len(agenda)):
        pull = np.where(np.isfinite(target), back, 0.0)
        level = level + pull * (np.nan_to_num(target) - level)
        ll, lv = (1 - pull) ** 2 * ll + 1, (1 - pull) * lv
        if course.fresh[t]:
            leader, lv, vv = np.zeros(2), np.zeros(2), new
        if not np.isfinite(agenda[t]):
            continue
        variance = ll + 2 * lv + vv + c.agenda_noise
        error, usual = agenda[t] - level - leader, squares / count
        square = error**2 / variance
        score = score - (_DEGREES + 1) / 2 * np.log1p(square / usual / _DEGREES)
        score = score - 0.5 * np.log(usual * variance)
        squares, count = squares + np.minimum(square, 9 * usual), count + 1
        of_level, of_leader = (ll + lv) / variance, (lv + vv) / variance
        level, leader = level + of_level * error, leader + of_leader * error
        ll, lv, vv = (ll - of_level * (ll + lv), lv - of_level * (lv + vv),
                      vv - of_leader * (lv + vv))  # fmt: skip
        target = agenda[t] + course.gap[t] if np.isfinite(course.gap[t]) else target
    share = np.exp(score - score.max())
    return Level(share / share.sum(), back, level, leader, ll, lv, vv, float(target))


def look_ahead(agenda: Floats, ahead: int, c: Constants, course: Course) -> list[Outlook]:
    """Outlooks from the agenda by year, one for each explanation."""
    known = explain(agenda, c, course)
    new = c.agenda_leader if course.turnover > 0 else 0.0
    change = _change(agenda[np.isfinite(agenda)], c)
    # q² that makes a usual year's change as large as it was
    unit = change / (1 + 2 * c.agenda_noise + 2 * course.turnover * new)
    h = np.arange(1, ahead + 1)
    apart, first = np.abs(h[:, None] - h[None, :]), np.minimum(h[:, None], h[None, :])
    same = np.exp(-course.turnover * h)  # the leader is still there
    out = []
    for k, share in enumerate(known.share):
        pull = known.back[k] if np.isfinite(known.target) else 0.0
        stay = (1 - pull) ** h
        shared = np.cumsum((1 - pull) ** (2.0 * np.arange(ahead)))[first - 1]
        walk = known.ll[k] * stay[:, None] * stay + shared * (1 - pull) ** apart
        both = known.lv[k] * (stay[:, None] * same + same[:, None] * stay)
        own = (
            known.vv[k] * same + new * (1 - same) + known.leader[k] ** 2 / unit * same * (1 - same)
        )
        leaders = own[first - 1] * np.exp(-course.turnover * apart)
        target = known.target if np.isfinite(known.target) else 0.0
        mean = target + (known.level[k] - target) * stay + known.leader[k] * same
        covariance = unit * (walk + both + leaders + c.agenda_noise * np.eye(ahead))
        out.append(Outlook(float(share), mean, covariance))
    return out


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
    states: list[Affinity], courses: list[Course], ahead: int, members: int,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Agendas of members, joint over patrons: means and deviations; (patron, member, year).

    As many members hold an explanation as it is likely. Members are stratified along the main
    directions of a path.
    """
    mixed = np.linalg.cholesky(correlate(states))
    normals = draw_normals(ahead * len(states), members, rng).reshape(members, ahead, len(states))
    normals = normals @ mixed.T
    means, out = np.empty((2, len(states), members, ahead))
    for k, (state, course) in enumerate(zip(states, courses, strict=True)):
        outlooks = look_ahead(state.agenda, ahead, state.constants, course)
        bounds = np.cumsum([o.share for o in outlooks])[:-1]
        places = (rng.permutation(members) + rng.random()) / members
        held = np.searchsorted(bounds, places)
        for j, outlook in enumerate(outlooks):
            value, vector = np.linalg.eigh(outlook.covariance)
            value, vector = value[::-1], vector[:, ::-1]
            vector = vector * np.where(vector.sum(axis=0) < 0, -1.0, 1.0)
            path = normals[held == j, :, k] @ (vector * np.sqrt(np.maximum(value, 0.0))).T
            means[k, held == j], out[k, held == j] = outlook.mean, path
    return means, out
