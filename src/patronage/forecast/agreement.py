"""Draws of future agreement in the UN from estimated affinities and agendas; joint over all.

A member has one agenda towards each patron, moods of its own for every client, and one size of
surprises: Student's t of all clients together. Moods are correlated between patrons and within
regions as surprises were in the past.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patronage.forecast.affinity import Affinity, from_scale
from patronage.forecast.agenda import draw_agendas, draw_normals
from patronage.forecast.course import Course
from patronage.forecast.drivers import mark_regions

Floats = NDArray[np.float64]

_PRIOR_CASES = 50.0  # cases' worth of independence in correlations
_PRIOR_GROUPS = 20.0  # the same, in groups of a region and year
_LATELY = 3  # years


@dataclass(frozen=True)
class Paths:
    """Futures towards one patron; (member, year, client).

    agreement [0–1]; affinity: d, latent, on the scale of `affinity`.
    """

    agreement: Floats
    affinity: Floats


def share_of_region(state: Affinity) -> float:
    """Share of a year's surprises that clients of a region have in common."""
    z = np.where(np.isfinite(state.surprises), np.clip(state.surprises, -3, 3), 0.0)
    there = np.isfinite(state.surprises).astype(np.float64)
    member = mark_regions(state.clients)
    count, total = there @ member, z @ member
    square = (z**2) @ member
    some = count >= 3
    if not some.any():
        return 0.0
    # pairs of different clients: their products have the common part as mean
    pairs = (total**2 - square)[some].sum() / (count * (count - 1))[some].sum()
    own = square[some].sum() / count[some].sum()
    groups = float(some.sum())
    return float(np.clip(pairs / max(own, 1e-6), 0.0, 0.8)) * groups / (groups + _PRIOR_GROUPS)


def correlate_patrons(states: list[Affinity]) -> Floats:
    """Correlation of a client's surprises towards different patrons, drawn towards none."""
    out = np.eye(len(states))
    for i, one in enumerate(states):
        for j, two in enumerate(states[:i]):
            years = np.intersect1d(one.years, two.years)
            a, b = (np.clip(s.surprises[np.isin(s.years, years)], -3, 3) for s in (one, two))
            both = np.isfinite(a) & np.isfinite(b)
            if both.sum() >= 3:
                n, spread = both.sum(), np.sqrt((a[both] ** 2).mean() * (b[both] ** 2).mean())
                r = float((a[both] * b[both]).mean() / max(spread, 1e-6))
                out[i, j] = out[j, i] = 0.95 * r * n / (n + _PRIOR_CASES)
    value, vector = np.linalg.eigh(out)
    out = (vector * np.maximum(value, 1e-3)) @ vector.T
    size = np.sqrt(np.diag(out))
    return out / size[:, None] / size


class Shocks:
    """Standard normals by patron, member and client: correlated over patrons and in regions."""

    def __init__(self, states: list[Affinity], rng: np.random.Generator) -> None:
        self.rng, self.mixed = rng, np.linalg.cholesky(correlate_patrons(states))
        self.shared = np.array([share_of_region(s) for s in states])[:, None, None]
        self.member = mark_regions(states[0].clients)

    def draw(self, members: int) -> Floats:
        """(patron, member, client)."""
        clients, regions = self.member.shape
        patrons = len(self.mixed)
        own = self.rng.standard_normal((patrons, members, clients))
        common = self.rng.standard_normal((patrons, members, regions)) @ self.member.T
        both = np.sqrt(1 - self.shared) * own + np.sqrt(self.shared) * common
        return np.einsum("pq,qmc->pmc", self.mixed, both)


def _tails(patrons: int, members: int, degrees: float, rng: np.random.Generator) -> Floats:
    """Factors on a member's surprises that make normals Student's t of the same variance."""
    from scipy.special import ndtr
    from scipy.stats import chi2

    uniform = np.asarray(ndtr(draw_normals(patrons, members, rng)))
    return np.sqrt((degrees - 2) / np.asarray(chi2.ppf(uniform, degrees))).T


def draw_agreement(
    states: list[Affinity], courses: list[Course], places: Floats, ahead: int, members: int,
    rng: np.random.Generator,
) -> list[Paths]:  # fmt: skip
    """Futures of all clients towards all patrons; the states have the same clients.

    courses: what bears on each patron's agenda. places: of clients in the mainstream (`course`).

    The errors of what is known, of moods, ties and votes, and of the agenda, all count. Where the
    patron returns to the mainstream, every client goes towards its own place there.
    """
    c = states[0].constants
    means, agendas, returns = draw_agendas(states, courses, ahead, members, rng)
    tails = _tails(len(states), members, c.degrees, rng)
    shocks = Shocks(states, rng)
    mood, tie = _draw_known(states, shocks, members)
    size = np.sqrt(np.array([s.scale for s in states]))[:, None, None]
    stay = 1 - c.pull
    affinity = np.empty((len(states), members, ahead, len(states[0].clients)))
    noise = np.empty(affinity.shape)
    for h in range(ahead):
        mood = c.mood * mood + size * shocks.draw(members)
        tie = stay * tie + np.sqrt(c.drift) * size * shocks.draw(members)
        affinity[:, :, h] = mood + tie
        noise[:, :, h] = np.sqrt(c.noise) * size * shocks.draw(members)
    out = []
    years = np.arange(1, ahead + 1)[:, None]
    for k, s in enumerate(states):
        centre = s.rest + (s.tie - s.rest) * stay**years + s.mood * c.mood**years
        way = (1 - (1 - c.agenda_follow) ** years) * (_place(s, places) - centre)
        centre = centre + returns[k][:, None, None] * way
        tail = tails[k][:, None, None]
        spread = affinity[k] + noise[k] + agendas[k][:, :, None]
        z = centre + means[k][:, :, None] + tail * spread
        out.append(Paths(from_scale(z, c.floor), centre + tail * affinity[k]))
    return out


def _place(state: Affinity, places: Floats) -> Floats:
    """Affinity at which each client would vote with the patron as with all others.

    Clients that voted lately keep their median; where no place is known, affinity stays.
    """
    known = np.isfinite(places)
    now = state.mood + state.tie
    late = np.isfinite(state.surprises[-_LATELY:]).any(axis=0) & known
    if not late.any():
        return now
    return np.where(known, places - np.median(places[late]) + np.median(now[late]), now)


def _draw_known(states: list[Affinity], shocks: Shocks, members: int) -> tuple[Floats, Floats]:
    """Draws of what is not known of mood and tie at the origin; (patron, member, client)."""
    one, two = shocks.draw(members), shocks.draw(members)
    mood, tie = [], []
    for k, s in enumerate(states):
        low = np.sqrt(np.maximum(s.tie_variance, 1e-12))
        slope = s.covariance / low
        rest = np.sqrt(np.maximum(s.mood_variance - slope**2, 0.0))
        mood.append(slope * one[k] + rest * two[k])
        tie.append(low * one[k])
    return np.stack(mood), np.stack(tie)
