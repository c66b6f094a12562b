r"""Crisis: a ladder of rungs, solved backwards and played out within the month.

Rungs $r=1…5$: demand, blockade, ultimatum, strike, war. At each rung below war the defender complies
or stands; if it stands the challenger runs or climbs; each climb may end in war by accident with
probability $q_r=\min(1,q\,((r+1)/5)^2(1+\theta\,\text{host}))$ (Powell 1988), higher when the state on whose
soil the stake lies is hostile to the challenger. A climb to rung $r+1$ costs the challenger an effort
$e\,(r+1)/5$, so that small stakes are not worth it. Payoffs in units of the stake:

| end | challenger | defender |
|---|---|---|
| defender complies at r | $v_c$ | $-v_d-a_d(r-1)/5$ |
| challenger runs at r | $-a_c\,r/5$ | $g\,v_d$ |
| strike succeeds | $v_c$ | $-v_d-a_d\,4/5$ |
| war | $-w_c$ | $-w_d$ |

$v_c=s_0+s_1\,\text{threat}+s_2\,\text{exposure}$, $v_d=s_0+s_3\,\text{pledge to hosts}+s_2'\,\text{exposure}$ (both at most 1);
audience costs $a$ (Fearon 1994) are larger for rulers near the liberal end of axis 1;
$w_i=w\,(1+\text{power of the other})$. At the strike the last climb is the strike itself. Choices are quantal responses, solved by backward induction
(Signorino 1999; McKelvey & Palfrey 1998), and one uniform number picks the end.
A concession at the cost of hosts that were not consulted is a breach towards them.
Each state opens at most one crisis a month: its weightiest demand.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from patronage.model.mechanism import Draw, Mechanism, Parameters, Phase, View
from patronage.model.state import SMALL, share_of

RUNGS = 5
NONE, COMPLIED, RAN, WAR = 0, 1, 2, 3


def opponent_of(demand: Array, threat: Array, pair: Array) -> Array:
    """One-hot (challenger, defender) of each state's weightiest demand; zero without one."""
    weight = jnp.where(demand > 0, demand * (threat + SMALL), 0) * pair
    top = weight.max(axis=1, keepdims=True)
    chosen = jnp.where((weight >= top) & (top > 0), 1.0, 0.0)
    return chosen / jnp.maximum(chosen.sum(axis=1, keepdims=True), 1)


def stakes(s: View, p: Parameters, against: Array) -> dict[str, Array]:
    """What each challenger (state, member) and its defender stand to win or lose."""

    def of_pair(dyad: Array) -> Array:
        return (against * dyad).sum(axis=1)

    def of_defender(unit: Array) -> Array:
        return (against * unit[None, :]).sum(axis=1)

    exposure = of_pair(s.exposure)
    # hosts: states on whose soil the defender keeps strategic weapons
    held = s.strategic
    hostile = (1 - s.affinity) / 2
    hosting = (against[:, None] * held[None]).sum(axis=2)
    host = share_of((hosting * hostile.swapaxes(0, 1)).sum(axis=1), hosting.sum(axis=1))
    shield = share_of((held * s.pledge).sum(axis=0), held.sum(axis=0))
    power = share_of(
        s.capability[None, :] + 0 * against, s.capability[:, None] + s.capability[None, :]
    )
    liberal = (1 - s.ideology) / 2
    audience = p.audience * (1 + p.audience_liberal * liberal)
    return {
        "gain": jnp.minimum(
            1, p.stake_base + p.stake_threat * of_pair(s.threat) + p.stake_exposure * exposure
        ),
        "loss": jnp.minimum(
            1, p.stake_base + p.stake_pledge * of_defender(shield) + p.stake_held * exposure
        ),
        "host": host * jnp.minimum(1, exposure),
        "audience_c": audience + 0 * exposure,
        "audience_d": of_defender(audience + 0 * exposure),
        "war_c": p.war_cost * (1 + of_pair(power)),
        "war_d": p.war_cost * (1 + of_pair(1 - power)),
        "hosting": hosting,
    }


def ladder(k: dict[str, Array], p: Parameters) -> list[tuple[Array, int, int]]:
    """Probability of each end as (probability, rung, outcome), by backward induction."""
    quantal = jax.nn.sigmoid
    # a strike that does not lead to war takes the stake
    value_c = k["gain"]
    value_d = -k["loss"] - k["audience_d"] * (RUNGS - 1) / RUNGS
    solved: list[tuple[Array, Array, Array]] = []
    for rung in range(RUNGS - 1, 0, -1):
        height = rung / RUNGS
        above = (rung + 1) / RUNGS
        accident = jnp.minimum(1, p.accident * above**2 * (1 + p.host_resolve * k["host"]))
        climb_c = accident * -k["war_c"] + (1 - accident) * value_c - p.effort * above
        climb_d = accident * -k["war_d"] + (1 - accident) * value_d
        run_c, run_d = -k["audience_c"] * height, p.face * k["loss"]
        climbs = quantal(p.precision * (climb_c - run_c))
        stand_c = climbs * climb_c + (1 - climbs) * run_c
        stand_d = climbs * climb_d + (1 - climbs) * run_d
        give_c, give_d = k["gain"], -k["loss"] - k["audience_d"] * (rung - 1) / RUNGS
        stands = quantal(p.precision * (stand_d - give_d))
        value_c = stands * stand_c + (1 - stands) * give_c
        value_d = stands * stand_d + (1 - stands) * give_d
        solved.append((stands, climbs, accident))
    ends: list[tuple[Array, int, int]] = []
    reach = jnp.ones_like(value_c)
    for rung, (stands, climbs, accident) in enumerate(reversed(solved), start=1):
        ends.append((reach * (1 - stands), rung, COMPLIED))
        ends.append((reach * stands * (1 - climbs), rung, RAN))
        ends.append((reach * stands * climbs * accident, rung + 1, WAR))
        reach = reach * stands * climbs * (1 - accident)
    ends.append((reach, RUNGS - 1, COMPLIED))
    return ends


def settle(s: View, p: Parameters, u: dict[str, Array]) -> dict[str, Array]:
    """Play each crisis out; record rung, end, concessions, breaches and the mark it leaves."""
    against = opponent_of(s.act("demand"), s.threat, s.pair)
    opened = against.sum(axis=1)
    k = stakes(s, p, against)
    passed = jnp.zeros_like(u["end"])
    rung, outcome = jnp.zeros_like(passed), jnp.zeros_like(passed)
    top = jnp.zeros_like(passed)
    for probability, at, end in ladder(k, p):
        chosen = (u["end"] >= passed) & (u["end"] < passed + probability)
        rung = jnp.where(chosen, at, rung)
        outcome = jnp.where(chosen, end, outcome)
        passed = passed + probability
        top = jnp.maximum(top, jnp.where(chosen, 1, 0))
    # rounding may leave a sliver above the last end: it counts as a run at the first rung
    rung = opened * jnp.where(top > 0, rung, 1)
    outcome = opened * jnp.where(top > 0, outcome, RAN)
    complied = jnp.where(outcome == COMPLIED, opened, 0)
    fought = jnp.where(outcome == WAR, opened, 0)
    ran = jnp.where(outcome == RAN, opened, 0)
    haste = jax.nn.sigmoid(p.consult_base - p.consult_haste * rung)
    consulted = jnp.where(u["consult"] < haste, complied, 0)
    # for each host (client) and defender (patron): weapons withdrawn, faith kept or broken
    given_up = jnp.minimum(1, (against * complied[:, None]).sum(axis=0))
    alone = jnp.minimum(1, (against * (complied - consulted)[:, None]).sum(axis=0))
    held_on = jnp.minimum(1, (against * (ran + fought)[:, None]).sum(axis=0))
    hosted = jnp.minimum(1, s.strategic)
    breach = s.pair * hosted * alone[None, :]
    tense = against * (rung / RUNGS)[:, None]
    tense = tense + tense.swapaxes(0, 1)
    war = against * fought[:, None]
    war = war + war.swapaxes(0, 1)
    blockaded = (k["hosting"] > SMALL) & (rung >= 2)[:, None]
    blockade = jnp.where(blockaded, 1, 0).swapaxes(0, 1)[:, :, None] * s.contraband
    return {
        "crisis_rung": rung,
        "crisis_outcome": outcome,
        "consulted": consulted,
        "breach": breach,
        "stood": s.pair * hosted * held_on[None, :],
        "strategic": s.strategic * (1 - given_up[None, :]),
        "blockade": jnp.maximum(s.blockade, blockade),
        "tension": jnp.clip(
            s.tension * (1 - p.tension_decay)
            + p.tension_rung * tense
            + p.tension_event * jnp.maximum(0, -(s.impulse + s.impulse.swapaxes(0, 1))),
            0,
            1,
        )
        * s.pair,
        "impulse": s.impulse - p.war_impulse * war - p.breach_impulse * breach.swapaxes(0, 1),
        "war": war,
    }


MECHANISM = Mechanism(
    "crisis",
    (
        Phase(
            "settle",
            settle,
            reads=(
                "threat",
                "exposure",
                "strategic",
                "affinity",
                "pledge",
                "capability",
                "ideology",
                "pair",
                "blockade",
                "contraband",
                "tension",
                "impulse",
                "act.demand",
            ),
            writes=(
                "crisis_rung",
                "crisis_outcome",
                "consulted",
                "breach",
                "stood",
                "strategic",
                "blockade",
                "tension",
                "impulse",
                "war",
            ),
            neutral={
                "crisis_rung": 0.0,
                "crisis_outcome": 0.0,
                "consulted": 0.0,
                "breach": 0.0,
                "stood": 0.0,
                "war": 0.0,
            },
            draws={"end": Draw("uniform", ("state",)), "consult": Draw("uniform", ("state",))},
        ),
    ),
)
