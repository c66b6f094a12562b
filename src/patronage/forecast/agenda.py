"""The agenda of the Assembly: what all clients' agreement with a patron has in common in a year.

    a[t] = l[t] + v[t] + e[t]                    e ~ √noise · q
    l[t] = l[t−1] + k (w[t−1] − l[t−1]) + u[t]   w: the mainstream               u ~ q
    v[t] = v[t−1], until a new leader of the patron: v ~ √leader · q

Whether the patron returns to the mainstream (k = `agenda_return`) or stays apart (k = 0) is not
known: each is as likely as the patron's own past makes it, and members differ in it. Of two rivals
one at most returns: the mainstream cannot be on both sides. The size of changes is learnt from
the years up to the origin, newer ones first, and drawn towards the usual one. How long the leader
of the origin stays follows from how long earlier ones did.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patronage.forecast.affinity import Affinity, Constants
from patronage.forecast.course import Course
from patronage.forecast.drivers import rival_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_JUMP = 0.4  # larger changes count as this large
_PRIOR_YEARS = 10.0  # years' worth of independence in the correlation of two agendas
_DEGREES = 2.0  # of Student's t where explanations are compared
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
    score, usual = np.zeros(2), c.agenda_size**2
    first = int(np.argmax(np.isfinite(agenda)))
    level, leader = np.full(2, agenda[first]), np.zeros(2)
    ll, lv, vv = np.full(2, _OPEN + c.agenda_noise), np.zeros(2), new
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
        error = agenda[t] - level - leader
        score = score - (_DEGREES + 1) / 2 * np.log1p(error**2 / variance / usual / _DEGREES)
        score = score - 0.5 * np.log(variance)
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
    same = course.stays(ahead)  # the leader is still there
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


def exclude(returns: dict[int, float]) -> dict[int, float]:
    """How likely patrons are to return, given that of two rivals one at most does.

    returns: the same by patron, each by itself; patrons whose rival is not there keep it.
    """
    out = dict(returns)
    for patron, one in returns.items():
        rival = rival_of(patron)
        if rival in returns and rival_of(rival) == patron:
            two = returns[rival]
            out[patron] = one * (1 - two) / max(1 - one * two, 1e-9)
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
) -> tuple[Floats, Floats, Bools]:  # fmt: skip
    """Agendas of members, joint over patrons.

    Means and deviations (patron, member, year), and whether the patron returns (patron, member).
    As many members hold an explanation as it is likely; no member holds that two rivals return.
    Members are stratified along the main directions of a path.
    """
    mixed = np.linalg.cholesky(correlate(states))
    normals = draw_normals(ahead * len(states), members, rng).reshape(members, ahead, len(states))
    normals = normals @ mixed.T
    means, out = np.empty((2, len(states), members, ahead))
    found = {s.patron: look_ahead(s.agenda, ahead, s.constants, c)
             for s, c in zip(states, courses, strict=True)}  # fmt: skip
    share = exclude({p: outlooks[1].share for p, outlooks in found.items()})
    held = np.zeros((len(states), members), dtype=bool)
    places: dict[int, Floats] = {}
    for k, (patron, outlooks) in enumerate(found.items()):
        # Of two rivals one returns in the first members of an order, the other in the last.
        rival = places.get(rival_of(patron))
        drawn = (rng.permutation(members) + rng.random()) / members
        joint = rival is not None and rival_of(rival_of(patron)) == patron
        places[patron] = 1 - rival if joint and rival is not None else drawn
        held[k] = places[patron] < share[patron]
        for j, outlook in enumerate(outlooks):
            value, vector = np.linalg.eigh(outlook.covariance)
            value, vector = value[::-1], vector[:, ::-1]
            vector = vector * np.where(vector.sum(axis=0) < 0, -1.0, 1.0)
            mine = held[k] == bool(j)
            path = normals[mine, :, k] @ (vector * np.sqrt(np.maximum(value, 0.0))).T
            means[k, mine], out[k, mine] = outlook.mean, path
    return means, out, held
