"""Branches: what stays the same to the bit, what changes, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import patronage
from patronage.errors import PatronageError
from patronage.history import branch_changes, branch_file
from patronage.history.branch import apply, branch
from patronage.history.branch_changes import Branch, Drop, Parameter, Series
from patronage.history.branch_effects import course
from patronage.model.step import NAMES
from patronage.run.compile import compile_world
from patronage.run.results import Results
from patronage.scenario import calendar
from patronage.scenario.load import load
from patronage.scenario.world import World

Start = Callable[..., Results]
AT = "1951-03"
ROW = 14
"""Row of AT."""

CHANGES: dict[str, dict[str, Any]] = {
    "drop": {"drop": "T05"},
    "move": {"move": {"T05": "1951-04"}},
    "rescale": {"rescale": {"T05": 0.3}},
    "add": {"add": {"id": "X", "date": AT, "actor": "BOR", "target": "CYL", "type": "pledge"}},
    "rivalry": {"mechanism": {"rivalry": {"ARC-BOR": 0}}},
    "yield": {"series": {"yield": {"CYL-grain": {"factor": 0.4}}}},
    "parameter": {"parameter": {"affinity.inertia": 0.2}},
    "observation": {"parameter": {"observation.mood": 0.5}},
    "ramp": {"parameter": {"bargain.generosity": {"factor": 2, "ramp": True, "until": "1952-06"}}},
    "mechanism": {"mechanism": {"bargain": False}},
    "instrument": {"instrument": {"embargo": False}},
    "forced choice": {"force": ("CYL", "ARC", "nationalise", AT)},
    "forced act": {"force": ("ARC", "CYL", "blockade", AT)},
    "several": {"drop": "T05", "mechanism": {"bloc": False}, "parameter": {"threat.reach": 9000.0}},
}


def differing(a: Results, b: Results) -> np.ndarray:
    """Whether anything recorded differs (month)."""
    found = np.zeros(a.data.sizes["month"], bool)
    for name in a.data.data_vars:
        one, two = (r.data[name].transpose("month", ...).values for r in (a, b))
        found |= (one != two).reshape(len(found), -1).any(axis=1)
    return found


def same_log(a: Results, b: Results) -> bool:
    return a.log.astype(str).equals(b.log.astype(str))


def test_no_change_is_no_difference(world: World, base: Results, start: Start):
    same = start(world.branch(AT))
    assert not differing(base, same).any()
    assert same_log(base, same)


@pytest.mark.parametrize("name", CHANGES)
def test_before_its_date_a_branch_is_its_baseline_to_the_bit(
    name: str, world: World, base: Results, start: Start
):
    differs = differing(base, start(world.branch(AT, **CHANGES[name])))
    assert not differs[:ROW].any()
    assert differs[ROW:].any()


@pytest.mark.parametrize("name", CHANGES)
def test_compiled_months_differ_only_from_the_date_on(name: str, world: World):
    before, after = (compile_world(w) for w in (world, world.branch(AT, **CHANGES[name])))
    assert after.shape == before.shape
    # leaves only: what holds in every month, such as the presence of all states, is left out
    leaves = [jax.tree.leaves(c.months) for c in (before, after)]
    parts = [*zip(*leaves, strict=True), (before.drift, after.drift)]
    assert all(np.array_equal(a[:ROW], b[:ROW]) for a, b in parts)
    assert any(not np.array_equal(a[ROW:], b[ROW:]) for a, b in parts)
    for key, values in before.params.items():
        assert values == after.params[key]


def test_to_drop_an_event_is_to_scale_it_to_nothing(world: World, start: Start):
    gone, nothing = (
        start(world.branch("1951-02", **change))
        for change in ({"drop": ["T05", "T07"]}, {"rescale": {"T05": 0, "T07": 0}})
    )
    assert not differing(gone, nothing).any()
    assert same_log(gone, nothing)


def test_a_dropped_event_that_is_added_again_gives_the_baseline(
    world: World, base: Results, start: Start
):
    old = next(e for e in world.events if e.id == "T05")
    again = {
        "id": "T05b",
        "date": "1951-07",
        "actor": old.actor,
        "target": old.target,
        "type": old.type,
        "goldstein": old.goldstein,
        "details": "goods=fuel",
    }
    back = start(world.branch(AT, drop="T05").branch(AT, add=again))
    assert not differing(base, back).any()


def test_what_is_not_touched_sees_the_same_draws(world: World, base: Results, start: Start):
    # agreement in votes is only an observation: nothing reads it
    late = start(world.branch(AT, parameter={"observation.mood": 0.5}))
    assert (late.data["un_agreement"] != base.data["un_agreement"]).any()
    rest = [n for n in base.data.data_vars if n != "un_agreement"]
    assert all((late.data[n].values == base.data[n].values).all() for n in rest)
    # a mechanism that is off and on again within its span leaves no trace in the numbers
    off = world.branch(AT, mechanism={"revolution": False})
    on = start(off.branch(AT, mechanism={"revolution": True}))
    assert not differing(base, on).any()


def test_a_parameter_set_from_the_first_month_is_the_parameter_itself(world: World, start: Start):
    key = "affinity.inertia"
    set_late = start(world.branch("1950-01", parameter={key: 0.2}))
    parameters = {**world.parameters, key: replace(world.parameters[key], value=0.2)}
    assert not differing(set_late, start(replace(world, parameters=parameters))).any()


def test_a_branch_of_a_branch_is_both_changes_at_once(world: World, start: Start):
    first, second = {"mechanism": {"rivalry": {"ARC-BOR": 0}}}, {"drop": "T05"}
    steps = world.branch(AT, **first).branch(AT, **second)
    once = world.branch(AT, **first, **second)
    assert len(steps.branches) == 2
    assert not differing(start(steps), start(once)).any()
    assert world.branches == ()


def test_parameters_of_a_branch_of_a_branch_build_on_the_first(world: World):
    key = "affinity.inertia"
    twice = world.branch(AT, parameter={key: 0.2}).branch(
        "1952-01", parameter={key: {"factor": 0.5, "until": "1952-12"}}
    )
    compiled = compile_world(twice)
    leaves = sorted((m, n) for m, v in compiled.params.items() for n in v)
    factor, shift = np.asarray(compiled.drift)[:, :, leaves.index(("affinity", "inertia"))].T
    value = world.parameters[key].value * factor + shift
    own = np.full(48, world.parameters[key].value)
    own[ROW:] = 0.2
    own[24:36] = 0.1
    np.testing.assert_allclose(value, own, rtol=1e-6)


def test_courses_hold_ramp_and_return():
    step = Series(quantity="x", value=5.0, since="1950-03", until="1950-04")
    ramp = Series(quantity="x", value=5.0, ramp=True, since="1950-03", until="1950-06")
    scaled = Parameter(parameter="x", factor=3.0, ramp=True, until="1950-02")
    at = 1950 * 12
    for change, wanted in (
        (step, [1, 1, 5, 5, 1, 1, 1]),
        (ramp, [1, 1, 2, 3, 4, 5, 5]),
        (scaled, [2, 3, 3, 3, 3, 3, 3]),
    ):
        factor, shift = course(change, Branch(at, (change,)), at, 7)
        np.testing.assert_allclose(factor + shift, wanted)


def test_an_instrument_that_is_off_is_neither_chosen_nor_imposed(world: World, start: Start):
    without = world.branch(AT, instrument={"embargo": False})
    log = start(without).log
    late = log[(log["month"] >= np.datetime64(AT)) & (log["what"] == "embargo")]
    assert late.empty
    assert "T05" not in {e.id for e in calendar.build(without).applied}
    again = without.branch("1951-06", instrument={"embargo": True})
    assert "T05" in {e.id for e in calendar.build(again).applied}


def test_forced_and_forbidden_choices(world: World, base: Results, start: Start):
    span = ("1951-05", "1951-07")
    log = start(world.branch(AT, force=("CYL", "ARC", "honour", *span))).log
    mine = log[(log["who"] == "CYL") & (log["whom"] == "ARC") & (log["mechanism"] == "decide")]
    inside = mine[(mine["month"] >= "1951-05-01") & (mine["month"] <= "1951-07-01")]
    assert (inside["what"] == "honour").all()
    assert len(inside) == 3 * base.data.sizes["member"]
    chosen = base.log[(base.log["who"] == "CYL") & (base.log["mechanism"] == "decide")]
    what = str(chosen[chosen["month"] >= np.datetime64(AT)]["what"].iloc[0])
    log = start(world.branch(AT, forbid=("CYL", None, what))).log
    own = log[(log["who"] == "CYL") & (log["mechanism"] == "decide")]
    assert not ((own["month"] >= np.datetime64(AT)) & (own["what"] == what)).any()


def test_longer_worlds_keep_their_branches(world: World):
    calm = world.branch(AT, series={"rivalry": {"ARC-BOR": 0}}).until("1955-12")
    assert (calm.series["rivalry"][ROW:, 0, 1] == 0).all()
    assert calm.months == 72
    assert (calm.series["rivalry"][:ROW] == world.series["rivalry"][:ROW]).all()


def test_rivalry_is_changed_both_ways_and_units_convert(world: World):
    calm = world.branch(AT, mechanism={"rivalry": {"ARC-BOR": 0.1}})
    assert (calm.series["rivalry"][ROW:, [0, 1], [1, 0]] == 0.1).all()
    rich = world.branch(AT, series={"gdp": {"CYL": {"value": 0.7, "unit": "billion US$ / year"}}})
    np.testing.assert_allclose(rich.series["gdp"][ROW:, 2], 700)


def test_branches_are_data(world: World, base: Results):
    kinds = world.branch(AT, **CHANGES["several"], add=CHANGES["add"]["add"])
    (new,) = kinds.branches
    assert len({new, Branch(new.at, new.changes)}) == 1
    read, _ = branch_file.parse(new.to_dict(), branch_file.Call("again"))
    assert read == new
    assert apply(world, read).series.keys() == world.series.keys()
    from patronage.run.ensemble import plan

    manifest = plan(kinds, members=2).manifest
    assert manifest["branches"] == json.loads(json.dumps([new.to_dict()]))
    assert base.manifest["branches"] == []


def test_the_schema_is_shipped_as_it_is():
    path = Path(branch_changes.__file__).parent / "branch.schema.json"
    assert json.loads(path.read_text(encoding="utf-8")) == branch_changes.branch_schema()


FILE = """\
branch:
  at: 1951-03
  name: no embargo
  changes:
    - {drop: T05}
    - {quantity: rivalry, pair: ARC-BOR, value: 0}
    - {mechanism: bloc, switch: off, until: 1951-12}
    - {forbid: embargo, actor: ARC}
"""


def test_a_branch_file(world: World, tmp_path: Path):
    path = tmp_path / "calm.yaml"
    path.write_text(FILE, encoding="utf-8")
    calm = branch(world, file=path)
    (new,) = calm.branches
    assert new.name == "no embargo"
    assert new.changes[0] == Drop(drop="T05")
    off = np.asarray(compile_world(calm).months.switches)[:, NAMES.index("bloc")]
    assert off.tolist() == [1] * ROW + [0] * 10 + [1] * 24


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("drop: T05", "drop: T55", ["b.yaml:5", "no event 'T55'", "did you mean: T05"]),
        ("drop: T05", "drop: T03", ["b.yaml:5", "before the branch", "from 1951-03 on"]),
        ("drop: T05", "dropp: T05", ["b.yaml:5", "no kind", "did you mean: drop"]),
        ("drop: T05", "drop: T05, off: 1", ["b.yaml:5", "unknown key", "changes[0].off"]),
        ("at: 1951-03", "at: 1961-03", ["b.yaml:2", "outside the period", "1953-12"]),
        ("at: 1951-03", "at: 1951", ["b.yaml:2", "branch.at is 1951"]),
        ("rivalry", "rivalrie", ["b.yaml:6", "unknown quantity", "did you mean: rivalry"]),
        ("quantity: rivalry", "quantity: affinity", ["b.yaml:6", "the model itself makes"]),
        ("pair: ARC-BOR", "pair: ARC-BOX", ["b.yaml:6", "unknown state", "did you mean: BOR"]),
        ("pair: ARC-BOR", "state: ARC, commodity: fuel", ["b.yaml:6", "has no"]),
        ("value: 0}", "value: 3}", ["b.yaml:6", "rivalry becomes 3", "0 … 1"]),
        ("value: 0}", "value: 0, factor: 2}", ["b.yaml:6", "either value or factor"]),
        ("value: 0}", "value: 0, ramp: true}", ["b.yaml:6", "until: YYYY-MM"]),
        ("mechanism: bloc", "mechanism: block", ["b.yaml:7", "did you mean: bloc"]),
        ("until: 1951-12", "until: 1951-01", ["b.yaml:7", "outside the branch"]),
        ("forbid: embargo", "forbid: embargoo", ["b.yaml:8", "did you mean: embargo"]),
        ("actor: ARC", "actor: MAR", ["b.yaml:8", "unknown government"]),
    ],
)
def test_faults_of_a_file(old: str, new: str, words: list[str], world: World, tmp_path: Path):
    path = tmp_path / "b.yaml"
    assert old in FILE
    path.write_text(FILE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PatronageError) as caught:
        branch(world, file=path)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("at", "changes", "word"),
    [
        ("1951-03", {"dropp": "T05"}, "did you mean: drop"),
        ("1951-03", {"instrument": {"embergo": False}}, "did you mean: embargo"),
        ("1951-03", {"mechanism": {"rivalri": {"ARC-BOR": 0}}}, "did you mean: rivalry"),
        ("1951-03", {"parameter": {"affinity.inertja": 0.1}}, "did you mean: affinity.inertia"),
        ("1951-03", {"parameter": {"affinity.inertia": 1e6}}, "affinity.inertia becomes"),
        ("1951-03", {"move": {"T05": "1951-01"}}, "outside the branch"),
        ("1951-03", {"force": ("CYL", "CYL", "honour", "1951-05")}, "towards itself"),
        ("1951-03", {"force": ("CYL", "ARC", "honor", "1951-05")}, "did you mean: honour"),
        ("1949-12", {"drop": "T05"}, "1950-01 … 1953-12"),
        ("soon", {"drop": "T05"}, "soon"),
    ],
)
def test_faults_of_a_call(at: str, changes: dict[str, Any], word: str, world: World):
    with pytest.raises(PatronageError) as caught:
        world.branch(at, **changes)
    assert word in str(caught.value)


def test_a_change_without_effect_is_noted():
    tiny = load("tiny")
    idle = tiny.branch("1951-03", drop="T08")
    assert any("T08 (outcome) is not imposed" in note for note in idle.notes)
    assert patronage.branch("tiny", "1951-03", drop="T05").notes == tiny.notes
