"""Settle: sections 5 (threat), 6 (coercion), 8 (bargain), 9 (diplomacy) and 11 (bloc)."""

from __future__ import annotations

import numpy as np

from .arithmetic import (
    EPSILON,
    Act,
    Array,
    Fields,
    Written,
    nearest_faction,
    one,
    positive,
    sh,
    turn,
)
from .perceive import open_access


def settle_diplomacy(f: Fields, p: Fields, act: Act) -> Written:
    """Section 9: envoys, agreements, information."""

    def both(instrument: str) -> Array:
        return np.minimum(1, act(instrument) + turn(act(instrument)))

    raised = np.maximum(f.envoy, np.maximum(both("recognise"), 2 * both("open-embassy")))
    lowered = np.where(both("expel") > 0, np.minimum(raised, 1), raised)
    envoy = lowered * one(both("sever-relations") == 0)
    if f.need.shape[1] == 0:
        cut = both("embargo")
    else:
        embargo = act("embargo")
        cut = (embargo[:, :, None] * f.scope + turn(embargo)[:, :, None] * turn(f.scope)).mean(2)
        cut = np.minimum(1, cut)
    signed = f.agreement + both("trade-agreement") * (1 - f.agreement)
    standing = (1 - p.embargo_breaks * cut) * (1 - p.rupture_breaks * both("sever-relations"))
    visits = act("state-visit") + turn(act("state-visit"))
    learnt = np.minimum(1, p.visit_information * visits + p.envoy_information * 0.5 * envoy)
    known = f.information * (1 - p.forgetting) + (1 - f.information) * learnt
    return {
        "envoy": f.pair * envoy,
        "agreement": f.trader * np.clip(signed * standing, 0, 1),
        "information": f.pair * np.clip(known, 0, 1),
    }


def settle_coercion(f: Fields, p: Fields, act: Act) -> Written:
    """Section 6, settle."""
    scope = turn(f.scope)
    lifted = np.minimum(1, turn(act("lift")))[:, :, None] * scope
    kept = f.trader[:, :, None] * (1 - lifted)
    declared = np.minimum(1, turn(act("embargo")))[:, :, None] * scope
    stopped = np.minimum(1, turn(act("blockade")))[:, :, None] * scope
    embargo = kept * np.maximum((1 - p.embargo_decay) * f.embargo, p.severity * declared)
    blockade = kept * np.maximum((1 - p.blockade_decay) * f.blockade, stopped)
    return {
        "embargo": embargo,
        "blockade": blockade,
        "access": open_access(f, p, embargo, blockade),
    }


def settle_threat(f: Fields, p: Fields, act: Act) -> Written:
    """Section 5, settle: pledges, forces, strategic weapons."""
    over = np.minimum(1, act("sever-relations") + turn(act("sever-relations")))
    promised = np.minimum(1, turn(act("pledge")))
    landed = turn(act("deploy-strategic"))
    pledge = f.pledge + p.pledge_step * promised * (1 - f.pledge)
    forces = (1 - p.forces_decay) * f.deployed + p.forces_step * (
        turn(act("arms-transfer")) + landed
    )
    strategic = (f.strategic + p.strategic_step * landed) * (
        1 - np.minimum(1, turn(act("withdraw-strategic")))
    )
    return {
        "pledge": f.pair * (1 - over) * pledge,
        "deployed": f.pair * (1 - over) * np.minimum(1, forces),
        "strategic": f.pair * np.minimum(p.strategic_limit, strategic),
    }


def settle_bloc(f: Fields, p: Fields, act: Act, answer: Array) -> Written:
    """Section 11: interventions in members, and the answers of others."""
    struck = f.pair * np.minimum(1, turn(act("intervene"))) * one(f.pledge >= p.membership)
    installed = np.einsum("ij,ijf->if", struck, nearest_faction(f))
    taken = (p.takeover * np.minimum(1, struck.sum(axis=1)))[:, None]
    share = (1 - taken) * f.share + taken * sh(installed, installed.sum(axis=1, keepdims=True))

    bystander = 1 - np.minimum(1, struck.sum(axis=1))
    intervener = struck.max(axis=0)
    asked = f.pair * intervener[None, :] * bystander[:, None] * np.minimum(1, f.envoy)
    likeness = np.exp(-f.gap / (2 * p.likeness_range**2))
    drift = positive(np.sqrt(f.gap) - p.tolerance)
    yes = np.exp(
        p.endorse_base
        + p.endorse_dependence * f.dependence
        + p.endorse_likeness * likeness
        + p.endorse_insecurity * f.insecurity[:, None]
    )
    no = np.exp(
        p.denounce_base + p.denounce_unlike * (1 - likeness) + p.denounce_fear * f.pledge * drift
    )
    endorsed = asked * one(answer[:, None] < yes / (1 + yes + no))
    denounced = asked * one(answer[:, None] > 1 - no / (1 + yes + no))
    favour = (1 - p.favour_decay) * f.favour + p.repay * (endorsed - denounced)
    return {
        "share": share,
        "endorsed": endorsed,
        "denounced": denounced,
        "favour": f.pair * np.clip(favour, p.favour_floor, p.favour_limit),
        "impulse": f.impulse + p.endorse_impulse * endorsed - p.denounce_impulse * denounced,
    }


def settle_bargain(f: Fields, p: Fields, act: Act, budget: Array) -> Written:
    """Section 8, settle: allegiance, compliance, transfer."""
    upheaval = np.minimum(1, f.upheaval)[:, None]
    pull = p.surplus_pull * f.surplus / np.maximum(EPSILON, f.gdp)[:, None]
    pull = pull + p.affinity_pull * f.affinity
    related = one(f.pair * np.minimum(1, f.envoy) > 0)
    appeal = related * np.exp(np.minimum(pull, p.appeal_limit))
    target = appeal / (appeal.sum(axis=1, keepdims=True) + np.exp(p.independence))

    agreed = act("trade-agreement")
    signed = agreed + turn(agreed) + turn(act("credit"))
    ordinary = p.pace * (1 + p.information_pace * f.information) + p.signing_pace * signed
    pace = np.maximum(p.renewal * upheaval, np.minimum(1, ordinary))

    drawn = f.orientation + pace * (target - f.orientation)
    idle = 1 - drawn.sum(axis=1, keepdims=True)
    courted = drawn + p.court_step * np.minimum(1, act("court-rival")) * idle
    goodwill = np.clip(p.goodwill + f.affinity - p.slighted * f.grievance, 0, 1)
    willing = courted * f.efficient * goodwill
    speed = np.maximum(p.compliance_pace, p.renewal * upheaval)
    compliance = f.compliance + speed * (willing - f.compliance)
    luck = np.exp(p.transfer_noise * budget - p.transfer_noise**2 / 2)[None, :]
    transfer = f.transfer + pace * (courted * f.due * luck - f.transfer)
    held = f.pair * np.clip(courted, 0, 1)
    return {
        "compliance": f.pair * np.clip(compliance, 0, 1),
        "transfer": f.pair * transfer,
        "orientation": held / np.maximum(1, held.sum(axis=1, keepdims=True)),
    }
