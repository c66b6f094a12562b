"""A mechanism that is off leaves its fields alone, and nobody else notices but through them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from patronage.model import step
from patronage.model.instruments import NOTHING
from patronage.model.state import CARRIED
from patronage.run import keys

from ..oracle.choice import ROWS
from ..oracle.engine import Inputs
from .conftest import Wild
from .month import SIZE, cases, inputs_for, run_month
from .paths import Array

CALENDAR = {"share"}  # dated changes of regime move it as well


@cache
def writers() -> dict[str, set[str]]:
    """Mechanisms that write each field."""
    found: dict[str, set[str]] = defaultdict(set)
    for mechanism, phase in step.PLAN:
        for name in phase.writes:
            found[name].add(mechanism.name)
    return dict(found)


def own_fields(mechanism: str) -> set[str]:
    """Carried fields that nobody else writes."""
    return {n for n, who in writers().items() if who == {mechanism} and n in CARRIED} - CALENDAR


@cache
def inputs() -> Inputs:
    """Random worlds of one month."""
    return inputs_for(cases())


def run(given: Inputs, *off: str) -> dict[str, Array]:
    """Every field at the end of the month with some mechanisms off."""
    known = run_month(given, *off)["known"]
    return {name: x for name, x in known.items() if name != "switches"}


@cache
def usual() -> dict[str, Array]:
    """With all mechanisms on."""
    return run(inputs())


def changed(a: dict[str, Array], b: dict[str, Array]) -> set[str]:
    """Fields that differ in any bit."""
    return {name for name in a if not np.array_equal(a[name], b[name], equal_nan=True)}


def test_most_carried_fields_have_one_owner() -> None:
    """The tests below are about something."""
    owned = set().union(*(own_fields(name) for name in step.NAMES))
    assert {"disposition", "orientation", "stock", "kept", "embargo", "pledge"} <= owned
    assert set(CARRIED) == set(writers()) & set(CARRIED)


@pytest.mark.parametrize("name", [n for n in step.NAMES if own_fields(n)])
def test_a_run_without_a_mechanism_leaves_its_fields(name: str, wild: Wild) -> None:
    """Over all months as at the start."""
    (off,) = wild.members(f"off {name}")
    for field in own_fields(name):
        path, first = wild.path.fields[field][..., off], wild.path.first[field][..., off]
        np.testing.assert_array_equal(path, np.broadcast_to(first, path.shape))


@pytest.mark.parametrize("name", step.NAMES)
def test_fields_of_an_absent_mechanism(name: str) -> None:
    """In a random month: own carried fields stay, own fields of the month are neutral.

    With the mechanism on they all move.
    """
    found = run(inputs(), name)
    for field in own_fields(name):
        before = np.asarray(getattr(inputs().state, field))
        np.testing.assert_array_equal(found[field], before)
        assert not np.array_equal(usual()[field], before), field
    for mechanism, phase in step.PLAN:
        for field, neutral in phase.neutral.items() if mechanism.name == name else ():
            if writers()[field] == {name}:
                assert (found[field] == neutral).all(), field


@pytest.mark.parametrize("name", step.NAMES)
def test_what_went_before_does_not_change(name: str) -> None:
    """Fields written before the mechanism's first phase are the same to the bit, choices too."""
    first = next(k for k, (m, _) in enumerate(step.PLAN) if m.name == name)
    later = {field for _, p in step.PLAN[first:] for field in p.writes}
    different = changed(usual(), run(inputs(), name))
    deciding = step.PLAN[first][1].name != "perceive"
    assert not different - later - (set() if deciding else {"choice"})
    assert different & later


def without_interventions(given: Inputs) -> Inputs:
    """The same worlds where nobody may intervene, and with no favour left to fade."""
    at = [row["name"] for row in ROWS].index("intervene")
    month, favour = given.month, given.state.favour
    with jax.enable_x64(True):
        quiet = replace(
            month,
            acts=month.acts.at[:, :, at].set(0),
            allowed=month.allowed.at[:, :, at].set(0),
            forced=jnp.where(month.forced == at, NOTHING, month.forced),
        )
        return replace(given, state=given.state.replace(favour=0 * favour), month=quiet)


def test_without_interventions_a_bloc_does_nothing() -> None:
    """No intervention and no favour left to fade: the switch changes no field at all."""
    quiet = without_interventions(inputs())
    assert not changed(run(quiet), run(quiet, "bloc"))
    assert {"share", "favour"} <= changed(usual(), run(inputs(), "bloc"))


def test_draws_of_a_phase_are_its_own() -> None:
    """Its numbers are the same whichever other phases have a key."""
    members, number = jnp.arange(3, dtype=jnp.uint32), jnp.uint32(7)
    everything = keys.member_keys(4, members, step.DRAWN)
    draws = {f"{m.name}.{p.name}": p.draws for m, p in step.PLAN}
    for name in ("crisis.settle", "bargain.settle"):
        lengths = dict.fromkeys(draws[name], (SIZE.states,))
        alone = keys.member_keys(4, members, [name])
        one, other = (
            keys.monthly_draws(drawn[name], number, draws[name], lengths)
            for drawn in (everything, alone)
        )
        for k in draws[name]:
            np.testing.assert_array_equal(np.asarray(one[k]), np.asarray(other[k]))
