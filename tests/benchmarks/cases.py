"""Inputs for the other two implementations: the oracle's random months, and months of Cuba."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

import patronage
from patronage.model import step
from patronage.model.instruments import DRIVERS
from patronage.model.state import CARRIED, Month, Setting, State
from patronage.run.compile import compile_world, first_state

from ..oracle import month as oracle
from ..oracle.choice import ROWS
from ..oracle.worlds import Case, Size, make_cases, make_draws

Array = np.ndarray
ALL = dict.fromkeys(step.NAMES, True)
SIZE = Size(7, 7, markets=(6,), choosers=(0, 1, 2, 4, 5))
#: October 1961: two years with imposed acts of all kinds and a crisis
START, MONTHS, MEMBERS = 225, 24, 6
KINDS = [row["name"] for row in ROWS]
DISCRETE = ("crisis_rung", "crisis_outcome", "consulted", "envoy")


@dataclass(frozen=True)
class Given:
    """The engine's arrays of one case, members last, months first."""

    setting: Setting
    months: Month
    params: dict[str, dict[str, float]]
    table: dict[str, Any]
    shape: step.Shape
    state: State


def tail(values: dict[str, Any]) -> dict[str, Array]:
    """Arrays with a last axis of length 1 for the members."""
    return {k: np.asarray(v)[..., None] for k, v in values.items()}


def given_of(case: Case) -> Given:
    """One random month as the engine would get it."""
    month: dict[str, Any] = {k: v[None] for k, v in tail(case.month).items()}
    month |= {"number": np.zeros(1), "switches": np.ones((1, len(step.NAMES)))}
    setting: dict[str, Any] = tail(case.setting)
    state: dict[str, Any] = tail(case.state)
    shape = step.Shape(
        states=SIZE.states,
        commodities=SIZE.goods,
        factions=4,
        choosers=SIZE.choosers,
        instruments=tuple(row["name"] for row in ROWS),
        preconditions=tuple(row["precondition"] for row in ROWS),
    )
    table = {
        "base": np.array([float(r["base"]) for r in ROWS]),
        "weights": np.array([[float(r[d] or 0) for d in DRIVERS] for r in ROWS]),
        "goldstein": np.array([float(r["goldstein"]) for r in ROWS]),
    }
    return Given(
        setting=Setting(**setting),
        months=Month(**month),
        params={m: dict(vars(values)) for m, values in case.params.items()},
        table=table,
        shape=shape,
        state=State(**state),
    )


@cache
def random_cases() -> list[Case]:
    """Sixty random months, each in a world of its own."""
    return make_cases(31, SIZE, 60, False)


@cache
def random_ends() -> list[tuple[SimpleNamespace, dict[str, Array]]]:
    """What the oracle says of them: fields at the end, and the record."""
    found = []
    for case in random_cases():
        end, _, _ = oracle.run_month(
            case.state, case.setting, case.month, case.params, case.draws, SIZE.choosers, ALL
        )
        found.append((end, oracle.record(end, case.params["observation"])))
    return found


@cache
def cuba() -> Given:
    """Two years of the Cuba world, from its first state."""
    c = compile_world(patronage.load("cuba"))
    state = first_state(patronage.load("cuba"), 1, c.params)

    def shorten(month: Month) -> Month:
        rows: dict[str, Any] = {f.name: getattr(month, f.name) for f in fields(Month)}
        span = slice(START, START + MONTHS)
        cut: dict[str, Any] = {k: None if x is None else x[span] for k, x in rows.items()}
        return Month(**cut)

    return Given(c.setting, shorten(c.months), c.params, c.table, c.shape, state)


@cache
def cuba_draws() -> list[list[dict[str, dict[str, Array]]]]:
    """Random numbers by member and month; rare things happen often."""
    shape = cuba().shape
    size = Size(shape.states, shape.commodities, (6,), shape.choosers)
    rng = np.random.default_rng(7)
    return [[make_draws(rng, size) for _ in range(MONTHS)] for _ in range(MEMBERS)]


def _one(values: Any) -> dict[str, Array]:
    rows = {f.name: getattr(values, f.name) for f in fields(values)}
    return {k: np.asarray(x, float)[..., 0] for k, x in rows.items() if x is not None}


@cache
def cuba_ends() -> list[list[SimpleNamespace]]:
    """The oracle's fields by member and month."""
    g = cuba()
    setting, first = _one(g.setting), _one(g.state)
    params = {
        m: SimpleNamespace(**{k: float(x) for k, x in values.items()})
        for m, values in g.params.items()
    }
    dated = {f.name: getattr(g.months, f.name) for f in fields(Month)}
    numbers = ("number", "switches")
    arrays = {
        k: np.asarray(x, float)[..., 0]
        for k, x in dated.items()
        if x is not None and k not in numbers
    }
    found = []
    for draws in cuba_draws():
        state, ends = first, []
        for t in range(MONTHS):
            month = {k: x[t] for k, x in arrays.items()}
            month["forced"] = month["forced"].astype(int)
            end, _, _ = oracle.run_month(
                state, setting, month, params, draws[t], g.shape.choosers, ALL
            )
            oracle.record(end, params["observation"])
            ends.append(end)
            state = {name: np.asarray(getattr(end, name)) for name in CARRIED}
        found.append(ends)
    return found


def off_by(got: Array, want: Array) -> float:
    """Largest difference, relative to max(1, |wanted|); infinite where not finite."""
    got, want = np.broadcast_arrays(np.asarray(got, float), np.asarray(want, float))
    away = np.abs(got - want) / np.maximum(1, np.abs(want))
    return float(np.where(np.isfinite(away), away, np.inf).max(initial=0.0))


def beyond(found: dict[str, float], bound: float) -> dict[str, float]:
    """Fields that differ by more than the bound."""
    return {name: away for name, away in found.items() if not away <= bound}
