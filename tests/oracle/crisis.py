"""Section 10: the ladder from demand to war, state by state."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from .arithmetic import EPSILON, Act, Array, Fields, Written, logistic, one, positive, sh, turn

TOP = 5
COMPLIED, RAN, WAR = 1, 2, 3


def opened(f: Fields, demand: Array) -> Array:
    """Omega[i, j]: 1 where i opens a crisis against j; equal demands share it."""
    states = len(demand)
    weight = one(demand > 0) * demand * (f.threat + EPSILON) * f.pair
    against = np.zeros(demand.shape)
    for i in range(states):
        most = weight[i].max()
        chosen = one((weight[i] >= most) & (most > 0))
        against[i] = chosen / max(1.0, chosen.sum())
    return against


def stakes(f: Fields, p: Fields, against: Array) -> SimpleNamespace:
    """What both sides of each challenger's crisis stand to win and lose."""
    exposure = (against * f.exposure).sum(axis=1)
    hosts = np.einsum("ij,hj->ih", against, f.strategic)  # H[i, h]
    hostile = 0.5 * (1 - turn(f.affinity))  # [i, h]: how far h dislikes i
    host = np.minimum(1, exposure) * sh((hosts * hostile).sum(axis=1), hosts.sum(axis=1))
    promised = sh((f.strategic * f.pledge).sum(axis=0), f.strategic.sum(axis=0))
    gain = p.stake_base + p.stake_threat * (against * f.threat).sum(axis=1)
    gain = gain + p.stake_exposure * exposure
    loss = p.stake_base + p.stake_pledge * (against @ promised) + p.stake_held * exposure
    audience = p.audience * (1 + p.audience_liberal * 0.5 * (1 - f.ideology))
    m = f.capability
    odds = sh(np.broadcast_to(m[None, :], against.shape), m[:, None] + m[None, :])
    return SimpleNamespace(
        hosts=hosts,
        host=host,
        gain=np.minimum(1, gain),
        loss=np.minimum(1, loss),
        challenger_audience=audience,
        defender_audience=against @ audience,
        challenger_war=p.war_cost * (1 + (against * odds).sum(axis=1)),
        defender_war=p.war_cost * (1 + (against * (1 - odds)).sum(axis=1)),
    )


def ends_of(p: Fields, s: SimpleNamespace, i: int) -> list[tuple[float, int, int]]:
    """Ends of challenger i's crisis in the order of the page: (probability, rung, outcome)."""
    gain, loss = s.gain[i], s.loss[i]
    own, other = s.challenger_audience[i], s.defender_audience[i]
    ahead_c, ahead_d = gain, -loss - 4 / TOP * other
    stand, climb, slip = {}, {}, {}
    for r in (4, 3, 2, 1):
        slip[r] = min(1.0, p.accident * ((r + 1) / TOP) ** 2 * (1 + p.host_resolve * s.host[i]))
        climb_c = -slip[r] * s.challenger_war[i] + (1 - slip[r]) * ahead_c
        climb_c = climb_c - p.effort * (r + 1) / TOP
        climb_d = -slip[r] * s.defender_war[i] + (1 - slip[r]) * ahead_d
        run_c, run_d = -r / TOP * own, p.face * loss
        climb[r] = logistic(p.precision * (climb_c - run_c))
        stand_c = climb[r] * climb_c + (1 - climb[r]) * run_c
        stand_d = climb[r] * climb_d + (1 - climb[r]) * run_d
        give_c, give_d = gain, -loss - (r - 1) / TOP * other
        stand[r] = logistic(p.precision * (stand_d - give_d))
        ahead_c = stand[r] * stand_c + (1 - stand[r]) * give_c
        ahead_d = stand[r] * stand_d + (1 - stand[r]) * give_d
    ends, reached = [], 1.0
    for r in (1, 2, 3, 4):
        ends.append((reached * (1 - stand[r]), r, COMPLIED))
        ends.append((reached * stand[r] * (1 - climb[r]), r, RAN))
        ends.append((reached * stand[r] * climb[r] * slip[r], r + 1, WAR))
        reached = reached * stand[r] * climb[r] * (1 - slip[r])
    ends.append((reached, 4, COMPLIED))
    return ends


def played(ends: list[tuple[float, int, int]], number: float) -> tuple[int, int]:
    """The end whose interval holds the number."""
    before = 0.0
    for probability, rung, outcome in ends:
        if before <= number < before + probability:
            return rung, outcome
        before += probability
    return 1, RAN


def settle_crisis(f: Fields, p: Fields, act: Act, end: Array, consult: Array) -> Written:
    """Section 10: who demands of whom, how it ends and what it leaves."""
    against = opened(f, act("demand"))
    on = against.sum(axis=1)
    s = stakes(f, p, against)
    results = [played(ends_of(p, s, i), end[i]) for i in range(len(on))]
    rung = np.array([r for r, _ in results], float) * on
    outcome = np.array([o for _, o in results], float)
    complied, ran, war = (on * one(outcome == o) for o in (COMPLIED, RAN, WAR))
    asked = complied * one(consult < logistic(p.consult_base - p.consult_haste * rung))

    def upon(x: Array) -> Array:
        """Sum over challengers, for each defender."""
        return against.T @ x

    held = f.pair * np.minimum(1, f.strategic)
    breach = held * np.minimum(1, upon(complied - asked))[None, :]
    stood = held * np.minimum(1, upon(ran + war))[None, :]
    strategic = f.strategic * (1 - np.minimum(1, upon(complied)))[None, :]
    stopped = one((s.hosts > EPSILON) & (rung >= 2)[:, None])  # [i, h]
    blockade = np.maximum(f.blockade, turn(stopped)[:, :, None] * f.contraband[None, None, :])
    at_war = against * war[:, None] + turn(against) * war[None, :]
    climbed = against * rung[:, None] + turn(against) * rung[None, :]
    tension = (
        (1 - p.tension_decay) * f.tension
        + p.tension_rung * climbed / TOP
        + p.tension_event * positive(-(f.impulse + turn(f.impulse)))
    )
    return {
        "crisis_rung": rung,
        "crisis_outcome": outcome * on,
        "consulted": asked,
        "breach": breach,
        "stood": stood,
        "strategic": strategic,
        "blockade": blockade,
        "war": at_war,
        "tension": f.pair * np.clip(tension, 0, 1),
        "impulse": f.impulse - p.war_impulse * at_war - p.breach_impulse * turn(breach),
    }
