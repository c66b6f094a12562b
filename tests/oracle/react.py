"""React: sections 13 (domestic), 14 (revolution), 15 (credibility) and 16 (affinity)."""

from __future__ import annotations

import numpy as np

from .arithmetic import (
    EPSILON,
    Act,
    Array,
    Fields,
    Written,
    logistic,
    nearest_faction,
    need_weights,
    one,
    positive,
    sh,
    turn,
)


def fitness(f: Fields, p: Fields) -> Array:
    """phi[i, f] of section 13: what each faction's line has delivered."""
    coerced = (f.embargo * need_weights(f)[:, None, :]).sum(axis=2)
    paid = np.tanh(positive(f.transfer) / (p.benefit_scale * np.maximum(EPSILON, f.gdp)[:, None]))
    served = p.paid * paid + p.trusted * (f.credibility - 0.5) - p.hurt * (f.threat + coerced)
    served = served * np.minimum(1, f.envoy + p.absent)
    belief = sh((f.orientation * f.credibility).sum(axis=1), f.orientation.sum(axis=1))
    cause = f.insurgency.sum(axis=0)
    militant = positive(f.position[:, :, 1])
    alone = 1 - np.minimum(1, f.looks_to.sum(axis=2))
    fear = np.minimum(1, f.insecurity)
    unshielded = p.unshielded * fear * (1 - belief) + p.cause * cause
    alone_pays = p.alone * fear + p.resentment * f.compliance.max(axis=1)
    line = np.einsum("ifj,ij->if", f.looks_to, served)
    return line + militant * unshielded[:, None] + alone * alone_pays[:, None]


def contest(f: Fields, p: Fields, act: Act) -> Array:
    """pi^4 of section 13: replication, purge and mutation."""
    fit = fitness(f, p)
    mean = (f.share * fit).sum(axis=1, keepdims=True)
    share = f.share * np.exp(p.selection * (fit - mean))
    purged = np.einsum("ifj,ij->if", f.looks_to, np.minimum(1, act("purge")))
    share = share * (1 - p.purge * np.minimum(1, purged))
    share = share / np.maximum(EPSILON, share.sum(axis=1, keepdims=True))
    alive = one(f.share > 0)
    spread = alive / np.maximum(1, alive.sum(axis=1, keepdims=True))
    return (1 - p.mutation) * share + p.mutation * spread


def leave(f: Fields, p: Fields, share: Array, number: Array) -> tuple[Array, Array]:
    """pi^5 of section 13 and what left: militant minorities that go abroad."""
    away = np.sqrt(((f.position - f.place[:, None, :]) ** 2).sum(axis=2))
    able = one((p.exit_minimum < share) & (share < 0.5))
    hazard = p.exit_rate * positive(away - p.exit_distance) * positive(f.position[:, :, 1]) * able
    total = hazard.sum(axis=1, keepdims=True)
    gone = p.exit_share * share * one(number[:, None] < total) * sh(hazard, total)
    left = share - gone
    left = left / np.maximum(EPSILON, left.sum(axis=1, keepdims=True))
    return left, gone.sum(axis=1)


def react_domestic(
    f: Fields, p: Fields, act: Act, mood: Array, exit_number: Array, fall_number: Array
) -> Written:
    """Section 13: support, factions, exits, falls."""
    hardship = (need_weights(f) * f.shortage).sum(axis=1)
    rest = (
        p.content
        + p.growth * (f.output - 1)
        - p.hardship * hardship
        + p.rally * np.minimum(1, f.insecurity)
    )
    support = f.support + p.support_pace * (rest - f.support) + p.noise * mood
    free = f.may_choose * f.actor
    share, gone = leave(f, p, contest(f, p, act), exit_number)
    share = np.where(free[:, None] == 1, share, f.share)  # imposed leaders stay as they are
    risk = p.fall_rate * logistic(-p.fall_slope * support) * free
    fall = f.actor * one(fall_number < risk)
    keeps = np.where(share == share.max(axis=1, keepdims=True), p.fall_keeps, 1.0)
    after = share * keeps
    whole = after.sum(axis=1, keepdims=True)
    after = np.where(whole > EPSILON, after / np.maximum(EPSILON, whole), share)
    return {
        "exit": free * gone,
        "fall": fall,
        "share": np.where(fall[:, None] > 0, after, share),
        "support": f.actor * np.where(fall > 0, p.content, support),
    }


def destination(f: Fields, p: Fields, where: Array) -> Array:
    """dest[k, j] of section 14: the one target of those who left j."""
    m = f.capability
    weak = 1 - logistic(f.support)
    weight = (
        f.pair
        * weak[:, None]
        * np.exp(-p.affinity_choice * turn(f.affinity))
        * positive(p.reach_choice * m[None, :] - m[:, None])
    )
    weight = weight / np.maximum(EPSILON, weight.sum(axis=0, keepdims=True))
    chosen = np.zeros(weight.shape)
    for j in range(len(m)):
        before = 0.0
        for k in range(len(m)):
            chosen[k, j] = one(before <= where[j] < before + weight[k, j])
            before += weight[k, j]
    return chosen


def grow(f: Fields, p: Fields, act: Act, where: Array, luck: Array) -> Array:
    """y^2 of section 14, by target and sponsor."""
    y, firm = f.insurgency, logistic(f.support)[:, None]
    grown = (
        y
        + p.growth * y * (1 - y) * (1 - firm)
        - p.counter * y * (firm + p.backing * f.protection[:, None])
    )
    fed = (
        grown * (1 + p.noise * luck[:, None])
        + p.seed * turn(act("sponsor-insurgency"))
        + p.exile_seed * f.exit[None, :] * destination(f, p, where)
    )
    return f.trader * f.actor[None, :] * np.clip(fed, 0, 1)


def react_revolution(
    f: Fields, p: Fields, act: Act, where: Array, luck: Array, win: Array
) -> Written:
    """Section 14: movements abroad."""
    y = grow(f, p, act, where, luck)
    chance = p.success * y**2
    strongest = one(chance == chance.max(axis=1, keepdims=True)) * one(chance > 0)
    won = one(win < chance.sum(axis=1))[:, None] * strongest
    taken = np.minimum(1, won.sum(axis=1))
    installed = np.einsum("kj,kjf->kf", won, nearest_faction(f))
    fresh = installed / np.maximum(EPSILON, installed.sum(axis=1, keepdims=True))
    share = np.where(taken[:, None] > 0, fresh, f.share)
    ended = one((y < p.extinct) & (f.insurgency >= p.extinct)) * (1 - won)
    defeat = np.minimum(1, ended.sum(axis=0))[:, None]
    share = share * (1 - p.defeat * np.clip(f.position[:, :, 1], 0, 1) * defeat)
    share = share / np.maximum(EPSILON, share.sum(axis=1, keepdims=True))
    insurgency = (1 - taken)[:, None] * y * one(y >= p.extinct)
    sponsored = insurgency.sum(axis=0)
    displeasure = f.pair * turn(f.orientation) * np.sqrt(turn(f.gap)) * sponsored[None, :]
    return {
        "insurgency": insurgency,
        "movement_won": won,
        "movement_ended": ended,
        "share": share,
        "impulse": f.impulse - p.disapproval * displeasure,
    }


def react_credibility(f: Fields, p: Fields) -> Written:
    """Section 15: the record of kept and broken commitments."""
    tie = np.maximum(f.pledge, f.agreement)
    worst = f.breach.max(axis=0)[None, :]
    seen = one(f.breach <= 0) * p.spectator * f.pledge * worst
    kept = p.memory * f.kept + p.monthly * tie * f.fulfilled + p.stood_weight * f.stood
    broken = (
        p.memory * f.broken
        + p.monthly * tie * (1 - f.fulfilled)
        + p.breach_weight * (f.breach + seen)
    )
    return {"kept": f.pair * kept, "broken": f.pair * broken}


def react_affinity(f: Fields, p: Fields, mood: Array) -> Written:
    """Section 16: liking."""
    m = f.capability
    friends = np.einsum("k,ik,jk->ij", m, f.affinity, f.affinity)
    balance = friends / np.maximum(EPSILON, m.sum() - m[:, None] - m[None, :])
    likeness = np.exp(-f.gap / (2 * p.likeness_range**2))
    coerced = (f.embargo * need_weights(f)[:, None, :]).sum(axis=2)
    paid = np.tanh(positive(f.transfer) / (p.benefit_scale * np.maximum(EPSILON, f.gdp)[:, None]))
    rest = (
        p.base
        + p.likeness * (2 * likeness - 1)
        + p.balance * balance
        + p.benefit * paid
        - p.threat * f.threat
        - p.coerced * coerced
        - p.rivalry * f.rivalry
    )
    pace = p.inertia + (1 - p.inertia) * p.renewal * np.minimum(1, f.upheaval)
    a = f.disposition
    moved = (
        a
        + pace[:, None] * (rest - a)
        + p.reciprocity * (turn(a) - a)
        + p.event_target * turn(f.impulse)
        + p.event_actor * f.impulse
        + p.noise * mood
    )
    held = (1 - pace)[:, None] * f.grievance - turn(f.impulse)
    return {
        "disposition": f.pair * np.clip(moved, -p.limit, p.limit),
        "grievance": f.pair * np.clip(held, 0, p.grievance_limit),
    }
