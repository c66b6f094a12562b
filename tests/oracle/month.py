"""Section 3: the calendar, the order of the month, the switches; section 18: the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import accounts, crisis, perceive, react, settle
from .arithmetic import Act, Array, Fields, Written
from .choice import ROWS, acts_and_impulse, decide

Draws = Mapping[str, Mapping[str, Array]]


@dataclass(frozen=True)
class Step:
    """A phase of the month: its function, whether it sees acts, and its draws in order."""

    run: Callable[..., Written]
    acts: bool = False
    draws: tuple[str, ...] = ()


PERCEIVE = {
    "threat.perceive": Step(perceive.perceive_threat),
    "coercion.perceive": Step(perceive.perceive_coercion),
    "dependence.perceive": Step(perceive.perceive_dependence),
    "bargain.perceive": Step(perceive.perceive_bargain),
}
AFTER = {
    "diplomacy.settle": Step(settle.settle_diplomacy, True),
    "coercion.settle": Step(settle.settle_coercion, True),
    "threat.settle": Step(settle.settle_threat, True),
    "crisis.settle": Step(crisis.settle_crisis, True, ("end", "consult")),
    "bloc.settle": Step(settle.settle_bloc, True, ("answer",)),
    "bargain.settle": Step(settle.settle_bargain, True, ("budget",)),
    "economy.deliver": Step(accounts.deliver_economy, True, ("logistics", "season")),
    "domestic.react": Step(react.react_domestic, True, ("mood", "exit", "fall")),
    "revolution.react": Step(react.react_revolution, True, ("where", "luck", "win")),
    "credibility.react": Step(react.react_credibility),
    "affinity.react": Step(react.react_affinity, False, ("mood",)),
}
ORDER = (*PERCEIVE, *AFTER)


def neutral(states: int, goods: int) -> Written:
    """What the fields written anew hold while nobody has written them (section 2)."""
    dyad, trade, unit = (states, states), (states, states, goods), (states,)
    zero_dyads = "threat exposure dependence trade_share value surplus efficient outside due"
    zero_dyads += " breach stood war endorsed denounced bill premium arms credit"
    zero_dyads += " movement_won movement_ended"
    zero_units = "protection insecurity crisis_rung crisis_outcome consulted exit fall"
    zero_goods = "produced imported exported used"
    return (
        {name: np.zeros(dyad) for name in zero_dyads.split()}
        | {name: np.zeros(unit) for name in zero_units.split()}
        | {name: np.zeros((states, goods)) for name in zero_goods.split()}
        | {"goods": np.zeros(trade), "charged": np.zeros(trade), "access": np.ones(trade)}
        | {"output": np.ones(unit), "fulfilled": np.ones(dyad)}
    )


def begin(state: Written, setting: Written, month: Written, p: Mapping[str, Any]) -> Fields:
    """The calendar, the derived fields, and everything else that is known before perceive."""
    states, goods = month["need"].shape
    f = SimpleNamespace(**(neutral(states, goods) | setting | month | state))
    weight = month["regime_weight"][:, None]
    before = state["share"]
    f.share = (1 - weight) * before + weight * month["regime_shares"]
    moved = ((f.share - before)[:, :, None] * f.position).sum(axis=1)
    f.upheaval = 0.5 * np.sqrt((moved**2).sum(axis=1))
    belief = p["credibility"]
    kept, broken = f.kept + belief.prior_kept, f.broken + belief.prior_broken
    f.affinity = np.tanh(f.disposition)
    f.credibility = kept / (kept + broken)
    f.place = (f.share[:, :, None] * f.position).sum(axis=1)
    f.ideology = f.place[:, 0]
    f.gap = ((f.place[:, None, :] - f.place[None, :, :]) ** 2).sum(axis=2)
    named = month["scope"].sum(axis=2, keepdims=True) > 0
    f.scope = np.where(named, month["scope"], 1.0)
    return f


def run_phase(
    name: str, step: Step, f: Fields, p: Mapping[str, Any], act: Act, draws: Draws
) -> Written:
    """What one phase writes, from the fields as they are."""
    numbers = [draws[name][d] for d in step.draws]
    return step.run(f, p[name.split(".")[0]], *([act] if step.acts else []), *numbers)


def run_month(
    state: Written,
    setting: Written,
    month: Written,
    p: Mapping[str, Any],
    draws: Draws,
    choosers: tuple[int, ...],
    on: Mapping[str, bool],
) -> tuple[Fields, dict[str, Written], dict[str, Written]]:
    """One month of one member: fields at its end, fields before each phase, what each wrote."""
    f = begin(state, setting, month, p)
    kinds = {row["name"]: k for k, row in enumerate(ROWS)}
    seen: dict[str, Written] = {}
    wrote: dict[str, Written] = {}

    def act(instrument: str) -> Array:
        return f.intensity[:, :, kinds[instrument]]

    def run(steps: Mapping[str, Step]) -> None:
        for name, step in steps.items():
            seen[name] = dict(vars(f))
            if on[name.split(".")[0]]:
                wrote[name] = run_phase(name, step, f, p, act, draws)
                vars(f).update(wrote[name])

    run(PERCEIVE)
    pick = draws["decide"]["pick"] if choosers else np.zeros((0, len(f.capability)))
    f.choice = decide(f, choosers, pick)
    f.intensity, f.impulse = acts_and_impulse(f, f.choice)
    run(AFTER)
    return f, seen, wrote


SAME = (
    "faction_share",
    "affinity",
    "credibility",
    "threat",
    "insecurity",
    "dependence",
    "trade_share",
    "value",
    "outside",
    "due",
    "output",
    "used",
    "stock",
    "shortage",
    "reserves",
    "debt",
    "pledge",
    "envoy",
    "strategic",
    "tension",
    "grievance",
    "compliance",
    "orientation",
    "insurgency",
    "premium",
    "credit",
    "arms",
    "contract",
    "crisis_rung",
    "crisis_outcome",
    "consulted",
    "ideology",
)


def record(f: Fields, p: Fields) -> Written:
    """Section 18: every recorded quantity."""
    goods = f.need.shape[1]
    f.faction_share = f.share
    stance = f.place + p.compliance_pull * np.einsum(
        "ij,ija->ia", f.compliance, f.place[None, :, :] - f.place[:, None, :]
    )
    bound = f.compliance.sum(axis=1)
    left = f.southern * np.where(bound < 1, 1 - bound, 0)
    stance[:, 0] += p.caucus_pull * left * (f.caucus - f.place[:, 0])
    south = f.south + p.south_pull * np.einsum(
        "ij,ij->i", f.compliance, f.south[None, :] - f.south[:, None]
    )
    apart = np.abs(stance[:, None, 0] - stance[None, :, 0])
    across = stance[:, None, 1] - stance[None, :, 1]
    mood = 0.5 * (1 - 0.5 * (f.affinity + f.affinity.T))
    agreement = (
        f.pair
        * (1 - p.idiosyncrasy)
        * np.clip(
            1 - f.agenda * np.minimum(1, apart / p.poles) - np.abs(south[:, None] - south[None, :]),
            0,
            None,
        )
        * np.exp(-p.offaxis * across**2 - p.mood * mood)
    )
    given = f.premium + f.credit + f.arms
    return {name: getattr(f, name) for name in SAME} | {
        "support": 1 / (1 + np.exp(-f.support)),
        "militancy": f.place[:, 1],
        "production": f.produced,
        "imports": f.imported,
        "exports": f.exported,
        "imports_value": f.bill.sum(axis=1),
        "exports_value": f.bill.sum(axis=0),
        "transfer": given if goods else f.transfer,
        "embargo": f.embargo.mean(axis=2) if goods else np.zeros(f.envoy.shape),
        "deliveries": f.goods,
        "delivery_price": f.charged,
        "un_agreement": agreement,
    }
