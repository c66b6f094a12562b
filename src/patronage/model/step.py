"""One month of the world. This file alone knows the order.

calendar → perceive → decide → settle → deliver → react. Each mechanism sees only the fields that it
declared to read and returns only those that it declared to write; a mechanism that is switched off
leaves carried fields as they were and gives its other fields their neutral value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from patronage.errors import ModelError
from patronage.model import instruments
from patronage.model.mechanism import Mechanism, Parameters, Phase, View
from patronage.model.mechanisms import (
    affinity,
    bargain,
    bloc,
    coercion,
    credibility,
    crisis,
    dependence,
    diplomacy,
    domestic,
    economy,
    revolution,
    threat,
)
from patronage.model.state import CARRIED, Month, Setting, State, gap_between, position_of
from patronage.model.thin import fill

MECHANISMS: tuple[Mechanism, ...] = (
    affinity.MECHANISM,
    threat.MECHANISM,
    dependence.MECHANISM,
    bargain.MECHANISM,
    credibility.MECHANISM,
    crisis.MECHANISM,
    coercion.MECHANISM,
    economy.MECHANISM,
    domestic.MECHANISM,
    revolution.MECHANISM,
    bloc.MECHANISM,
    diplomacy.MECHANISM,
)
NAMES = tuple(m.name for m in MECHANISMS)

ORDER: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("perceive", ("threat", "coercion", "dependence", "bargain")),
    ("settle", ("diplomacy", "coercion", "threat", "crisis", "bloc", "bargain")),
    ("deliver", ("economy",)),
    ("react", ("domestic", "revolution", "credibility", "affinity")),
)


def phases() -> list[tuple[Mechanism, Phase]]:
    """Every phase of every mechanism in the order in which a month runs them."""
    by_name = {m.name: {p.name: p for p in m.phases} for m in MECHANISMS}
    listed = [(by_name[name][phase], name) for phase, names in ORDER for name in names]
    owners = {m.name: m for m in MECHANISMS}
    declared = sum(len(m.phases) for m in MECHANISMS)
    if len(listed) != declared:
        raise ModelError(f"the order lists {len(listed)} phases, the mechanisms have {declared}")
    return [(owners[name], phase) for phase, name in listed]


PLAN = phases()
DRAWN = (*(f"{m.name}.{p.name}" for m, p in PLAN if p.draws), "decide")


@dataclass(frozen=True)
class Shape:
    """What is fixed when the month is compiled: sizes, choosers, names and preconditions."""

    states: int
    commodities: int
    factions: int
    choosers: tuple[int, ...]
    instruments: tuple[str, ...]
    preconditions: tuple[str, ...]

    def size(self, dims: tuple[str, ...]) -> tuple[int, ...]:
        """Lengths of named dimensions."""
        lengths = {
            "state": self.states,
            "commodity": self.commodities,
            "faction": self.factions,
            "chooser": len(self.choosers),
        }
        return tuple(lengths[d] for d in dims)


def apply_calendar(state: State, month: Month, setting: Setting) -> tuple[State, Array]:
    """Dated changes of regime and leader: new faction shares, and how far the line moved.

    The upheaval (state, member) is half the distance between old and new ruling ideology.
    """
    weight = month.regime_weight[:, None]
    share = state.share * (1 - weight) + weight * month.regime_shares
    moved = position_of(share - state.share, setting.position)
    return state.replace(share=share), jnp.sqrt((moved**2).sum(axis=1)) / 2


def fields_of(
    state: State, month: Month, setting: Setting, params: Mapping[str, Mapping[str, Array]]
) -> dict[str, Any]:
    """All fields that a month starts from: carried, derived, exogenous and fixed."""
    known = {name: getattr(state, name) for name in CARRIED}
    known |= {f.name: getattr(setting, f.name) for f in fields(Setting)}
    known |= {f.name: getattr(month, f.name) for f in fields(Month) if f.name != "acts"}
    trust = Parameters("credibility", params["credibility"])
    place = position_of(state.share, setting.position)
    kept = state.kept + trust.prior_kept
    known["affinity"] = jnp.tanh(state.disposition)
    known["credibility"] = kept / (kept + state.broken + trust.prior_broken)
    known["place"] = place
    known["ideology"] = place[:, 0]
    known["gap"] = gap_between(place)
    named = month.scope.sum(axis=2, keepdims=True) if month.scope.shape[2] else month.scope
    known["scope"] = jnp.where(named > 0, month.scope, jnp.ones_like(month.scope))
    here = known.pop("present")
    if here is not None:  # a state that does not exist has no ties and no weight
        both = here[:, None] * here[None, :]
        known |= {name: known[name] * both for name in ("pair", "trader", "affinity")}
        known |= {name: known[name] * here for name in ("actor", "capability", "gdp")}
    return known


def run_phase(
    known: dict[str, Any],
    mechanism: Mechanism,
    phase: Phase,
    params: Mapping[str, Mapping[str, Array]],
    acts: Any,
    draws: Mapping[str, dict[str, Array]],
    switches: Array,
) -> None:
    """Run one phase and put what it wrote among the fields; respects the mechanism's switch."""
    who = f"{mechanism.name}.{phase.name}"
    view = View(known, acts, phase.reads, who)
    p = Parameters(mechanism.name, params[mechanism.name])
    on = switches[NAMES.index(mechanism.name)] > 0

    def run() -> dict[str, Array]:
        wrote = phase.function(view, p, draws[who]) if phase.draws else phase.function(view, p)
        if set(wrote) != set(phase.writes):
            raise ModelError(
                f"{who} writes {sorted(set(wrote) ^ set(phase.writes))} against its declaration"
            )
        return {n: wrote[n] for n in phase.writes}

    forms = jax.eval_shape(run)

    def skip() -> dict[str, Array]:
        kept = {}
        for name, form in forms.items():
            if name in known:
                kept[name] = jnp.broadcast_to(jnp.asarray(known[name], form.dtype), form.shape)
            elif name in phase.neutral:
                kept[name] = jnp.full(form.shape, phase.neutral[name], form.dtype)
            else:
                raise ModelError(f"{who} writes '{name}' and gives no neutral value for it")
        return kept

    if on.ndim == 0:
        # A branch, not a choice between two results: what is off is not computed, and the compiler
        # computes what is on once instead of again in every expression that reads it.
        known.update(jax.lax.cond(on, run, skip))
    else:  # a switch of its own for each member
        known.update(jax.tree.map(lambda new, old: jnp.where(on, new, old), run(), skip()))


def step(
    state: State,
    month: Month,
    setting: Setting,
    params: Mapping[str, Mapping[str, Array]],
    table: Mapping[str, Array],
    draws: Mapping[str, dict[str, Array]],
    shape: Shape,
) -> tuple[State, dict[str, Any]]:
    """One month: the next state, and every field of the month for the record.

    Parameters
    ----------
    state, month, setting: see model/state.py; members last.
    params: mechanism -> parameter -> value, scalar or (member,).
    table: instrument table: `base`, `weights`, `goldstein`.
    draws: 'mechanism.phase' -> name -> random numbers (…, member).
    shape: sizes and names fixed at compilation.
    """
    month = fill(month)
    state, upheaval = apply_calendar(state, month, setting)
    known = fields_of(state, month, setting, params)
    known["upheaval"] = upheaval
    silent = jnp.full((shape.states, shape.states, 1), instruments.NOTHING, jnp.int32)
    no_acts = instruments.acts_of(month.acts, silent, shape.instruments)
    for mechanism, phase in PLAN:
        if phase.name == "perceive":
            run_phase(known, mechanism, phase, params, no_acts, draws, month.switches)
    choice = silent
    if shape.choosers:
        picked = instruments.choose(
            known, table, shape.preconditions, shape.choosers, draws["decide"]["pick"]
        )
        choice = instruments.spread(picked, shape.choosers, shape.states)
    known["choice"] = choice
    known["impulse"] = instruments.impulse_of(month.goldstein, choice, table["goldstein"])
    acts = instruments.acts_of(month.acts, choice, shape.instruments)
    for mechanism, phase in PLAN:
        if phase.name != "perceive":
            run_phase(known, mechanism, phase, params, acts, draws, month.switches)
    return State(**{name: known[name] for name in CARRIED}), known
