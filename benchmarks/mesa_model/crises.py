"""Crises between two governments and interventions in a bloc: what the model plays out for all."""

from __future__ import annotations

from math import exp, sqrt
from typing import TYPE_CHECKING

from .tie import SMALL, Tie, clip, logistic, ratio

if TYPE_CHECKING:
    from .government import Government
    from .world import Alliances

TOP = 5
COMPLIED, RAN, WAR = 1, 2, 3
HALF = 0.5


def find_opponents(model: Alliances, challenger: Government) -> dict[Tie, float]:
    """The tie to the defender of the weightiest demand; equal ones share it."""
    weights: dict[Tie, float] = {}
    for tie in challenger.ties:
        demand = model.acts_of(tie).get("demand", 0.0)
        if demand > 0 and tie.pair:
            weights[tie] = demand * (tie.threat + SMALL)
    if not weights:
        return {}
    most = max(weights.values())
    chosen = [tie for tie, weight in weights.items() if weight >= most]
    return {tie: 1 / len(chosen) for tie in chosen}


def find_stakes(model: Alliances, i: Government, against: dict[Tie, float]) -> dict[str, float]:
    """What challenger and defender stand to win and lose."""
    p = model.p["crisis"]
    exposure = threat = shield = odds = other = held = hostile = 0.0
    for tie, part in against.items():
        j = tie.patron
        exposure += part * tie.exposure
        threat += part * tie.threat
        weapons = [t.back for t in j.ties]
        total = sum(t.strategic for t in weapons)
        shield += part * ratio(sum(t.strategic * t.pledge for t in weapons), total)
        odds += part * ratio(j.capability, i.capability + j.capability)
        other += part * p.audience * (1 + p.audience_liberal * HALF * (1 - j.place[0]))
        for t in weapons:
            held += part * t.strategic
            if t.client is not i:
                liking = t.client.tie_to[i.number].affinity
                hostile += part * t.strategic * HALF * (1 - liking)
            else:
                hostile += part * t.strategic * HALF
    return {
        "gain": min(1.0, p.stake_base + p.stake_threat * threat + p.stake_exposure * exposure),
        "loss": min(1.0, p.stake_base + p.stake_pledge * shield + p.stake_held * exposure),
        "host": min(1.0, exposure) * ratio(hostile, held),
        "own": p.audience * (1 + p.audience_liberal * HALF * (1 - i.place[0])),
        "other": other,
        "war_own": p.war_cost * (1 + odds),
        "war_other": p.war_cost * (1 + 1 - odds),
    }


def climb(model: Alliances, k: dict[str, float], draw: float) -> tuple[int, int]:
    """Rung and outcome, solved backwards and picked by one number."""
    p = model.p["crisis"]
    mine, his = k["gain"], -k["loss"] - k["other"] * 4 / TOP
    solved = []
    for r in (4, 3, 2, 1):
        above = (r + 1) / TOP
        slip = min(1.0, p.accident * above**2 * (1 + p.host_resolve * k["host"]))
        climb_own = -slip * k["war_own"] + (1 - slip) * mine - p.effort * above
        climb_other = -slip * k["war_other"] + (1 - slip) * his
        run_own, run_other = -k["own"] * r / TOP, p.face * k["loss"]
        up = logistic(p.precision * (climb_own - run_own))
        stand_own = up * climb_own + (1 - up) * run_own
        stand_other = up * climb_other + (1 - up) * run_other
        give_other = -k["loss"] - k["other"] * (r - 1) / TOP
        stand = logistic(p.precision * (stand_other - give_other))
        mine = stand * stand_own + (1 - stand) * k["gain"]
        his = stand * stand_other + (1 - stand) * give_other
        solved.append((stand, up, slip))
    reach, passed = 1.0, 0.0
    for r, (stand, up, slip) in enumerate(reversed(solved), start=1):
        ends = (
            (reach * (1 - stand), r, COMPLIED),
            (reach * stand * (1 - up), r, RAN),
            (reach * stand * up * slip, r + 1, WAR),
        )
        for probability, rung, outcome in ends:
            if passed <= draw < passed + probability:
                return rung, outcome
            passed += probability
        reach *= stand * up * (1 - slip)
    return (4, COMPLIED) if draw < passed + reach else (1, RAN)


def play_crises(model: Alliances) -> None:
    """Every crisis of the month, and the mark that acts and crises leave."""
    p = model.p["crisis"]
    states = list(model.states)
    alone = dict.fromkeys(states, 0.0)
    given, held = dict(alone), dict(alone)
    tense: dict[Tie, float] = {}
    fought: dict[Tie, float] = {}
    blockaded: list[tuple[Tie, Government]] = []
    for i in states:
        i.rung = i.outcome = i.consulted = 0.0
        against = find_opponents(model, i)
        if not against:
            continue
        draw = model.chance.uniform("crisis.settle", "end", i.number)
        rung, outcome = climb(model, find_stakes(model, i, against), draw)
        i.rung, i.outcome = float(rung), float(outcome)
        if outcome == COMPLIED:
            ready = logistic(p.consult_base - p.consult_haste * rung)
            asked = model.chance.uniform("crisis.settle", "consult", i.number) < ready
            i.consulted = float(asked)
        for tie, part in against.items():
            tense[tie] = part * rung / TOP
            if outcome == COMPLIED:
                given[tie.patron] += part
                alone[tie.patron] += part * (1 - i.consulted)
            else:
                held[tie.patron] += part
            if outcome == WAR:
                fought[tie] = part
            if rung >= 2:
                hosts = [t.back for t in tie.patron.ties if part * t.back.strategic > SMALL]
                blockaded += [(host, i) for host in hosts]
    mark(model, tense, fought)
    for tie in model.ties:
        hosted = min(1.0, tie.strategic) if tie.pair else 0.0
        tie.breach = hosted * min(1.0, alone[tie.patron])
        tie.stood = hosted * min(1.0, held[tie.patron])
        tie.strategic *= 1 - min(1.0, given[tie.patron])
        if tie.breach:
            tie.back.impulse -= p.breach_impulse * tie.breach
    for host, i in blockaded:
        if host.client is not i:
            tie = host.client.tie_to[i.number]
            tie.blockade = [
                max(b, c) for b, c in zip(tie.blockade, model.setting["contraband"], strict=True)
            ]


def mark(model: Alliances, tense: dict[Tie, float], fought: dict[Tie, float]) -> None:
    """Tension between all pairs, and the impulse of wars."""
    p = model.p["crisis"]
    for tie in model.ties:
        hostile = max(0.0, -(tie.impulse + tie.back.impulse))
        tension = tie.tension * (1 - p.tension_decay) + p.tension_event * hostile
        tension += p.tension_rung * (tense.get(tie, 0.0) + tense.get(tie.back, 0.0))
        tie.tension = clip(tension, 0.0, 1.0) if tie.pair else 0.0
    for tie, part in fought.items():
        tie.impulse -= p.war_impulse * part
        tie.back.impulse -= p.war_impulse * part


def discipline(model: Alliances) -> None:
    """Interventions in members of a bloc, and what the others say to them."""
    p = model.p["bloc"]
    forced: dict[Tie, float] = {}
    for tie in model.ties:
        force = min(1.0, model.acts_of(tie.back).get("intervene", 0.0))
        if force and tie.pair and tie.pledge >= p.membership:
            forced[tie] = force
        tie.endorsed = tie.denounced = 0.0
    if forced:
        hear_answers(model, forced)
    for tie in model.ties:
        favour = (1 - p.favour_decay) * tie.favour + p.repay * (tie.endorsed - tie.denounced)
        tie.favour = clip(favour, p.favour_floor, p.favour_limit) if tie.pair else 0.0
        tie.impulse += p.endorse_impulse * tie.endorsed - p.denounce_impulse * tie.denounced


def hear_answers(model: Alliances, forced: dict[Tie, float]) -> None:
    """Take-overs in the members struck; endorsement or denunciation by the others."""
    p = model.p["bloc"]
    for state in model.states:
        mine = {tie: force for tie, force in forced.items() if tie.client is state}
        if mine:
            installed = [0.0] * len(state.share)
            for tie, force in mine.items():
                near = state.find_nearest(tie.patron.place)
                installed = [a + force * b for a, b in zip(installed, near, strict=True)]
            strength = p.takeover * min(1.0, sum(mine.values()))
            state.share = [
                (1 - strength) * s + strength * ratio(x, sum(installed))
                for s, x in zip(state.share, installed, strict=True)
            ]
        draw = model.chance.uniform("bloc.settle", "answer", state.number)
        silent = 1 - min(1.0, sum(mine.values()))
        for tie in state.ties:
            force = max((f for t, f in forced.items() if t.patron is tie.patron), default=0.0)
            if not (force and tie.pair):
                continue
            asked = force * silent * min(1.0, tie.envoy)
            similar = exp(-tie.gap / (2 * p.likeness_range**2))
            drift = max(0.0, sqrt(tie.gap) - p.tolerance)
            endorse = exp(
                p.endorse_base
                + p.endorse_dependence * tie.dependence
                + p.endorse_likeness * similar
                + p.endorse_insecurity * state.insecurity
            )
            denounce = exp(
                p.denounce_base
                + p.denounce_unlike * (1 - similar)
                + p.denounce_fear * tie.pledge * drift
            )
            whole = 1 + endorse + denounce
            tie.endorsed = asked if draw < endorse / whole else 0.0
            tie.denounced = asked if draw > 1 - denounce / whole else 0.0
