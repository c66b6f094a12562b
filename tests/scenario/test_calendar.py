"""The calendar of the tiny scenario against what its events say, read by eye."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from patronage import months
from patronage.errors import PatronageError
from patronage.scenario.calendar import build, measure_intensity
from patronage.scenario.load import load
from patronage.scenario.schema import Mode
from patronage.scenario.world import World

Edit = Callable[[str, str, str], Path]
ARC, BOR, CYL, MAR = range(4)


def at(date: str) -> int:
    return months.parse(date) - months.parse("1950-01")


def instrument(world: World, name: str) -> int:
    return [i.name for i in world.instruments].index(name)


def with_mode(**mode: object) -> World:
    return replace(load("tiny"), mode=Mode.model_validate(mode))


def test_shapes_and_types() -> None:
    w = load("tiny")
    c = build(w)
    assert c.acts.shape == (48, 4, 4, len(w.instruments))
    assert c.goldstein.shape == (48, 4, 4)
    assert c.scope.shape == (48, 4, 4, 2)
    assert c.regime_weight.shape == (48, 4)
    assert c.regime_shares.shape == (48, 4, 4)
    assert c.may_choose.shape == (48, 4)
    arrays = (c.acts, c.goldstein, c.scope, c.regime_weight, c.regime_shares)
    assert {a.dtype for a in arrays} == {np.dtype(np.float32)}


def test_replay_imposes_decisions_and_nothing_else() -> None:
    w = load("tiny")
    c = build(w)
    # T02 … T06, T09, T10; not T01 (before), T07 (within a state), T08 (an outcome)
    assert [e.id for e in c.applied] == ["T02", "T03", "T04", "T05", "T06", "T07", "T09", "T10"]
    assert np.count_nonzero(c.acts) == 7
    assert c.acts[at("1950-06"), BOR, CYL, instrument(w, "state-visit")] > 0
    assert c.acts[at("1951-07"), ARC, CYL, instrument(w, "embargo")] == 1
    assert c.acts[at("1952-01")].sum() == 0, "an outcome is never imposed"
    assert not c.may_choose.any()


def test_goldstein_weights_add_up_and_the_events_own_comes_first() -> None:
    w = load("tiny")
    c = build(w)
    denounce = w.instruments[instrument(w, "denounce")].goldstein
    assert c.goldstein[at("1951-07"), ARC, CYL] == pytest.approx(-6.5 + denounce)
    assert c.goldstein[at("1952-05"), CYL, ARC] == pytest.approx(denounce)
    assert c.goldstein.sum(axis=(1, 2)).astype(bool).sum() == 6, "six months have such events"


def test_scope_is_the_goods_that_an_embargo_names() -> None:
    c = build(load("tiny"))
    assert c.scope[at("1951-07"), ARC, CYL].tolist() == [0, 1], "a speech does not widen it"
    assert c.scope[at("1951-02"), CYL, BOR].tolist() == [0, 0], "an agreement stops no goods"
    assert c.scope.sum() == 1


def test_a_lift_names_its_goods_too(edit: Edit) -> None:
    c = build(load(edit("events.csv", "ARC,CYL,embargo,,,,-6.5", "ARC,CYL,lift,,,,6.5")))
    assert c.scope[at("1951-07"), ARC, CYL].tolist() == [0, 1]


def test_new_shares_of_factions() -> None:
    c = build(load("tiny"))
    month = at("1951-10")
    assert c.regime_weight[month, CYL] == pytest.approx(0.8)
    np.testing.assert_allclose(c.regime_shares[month, CYL], [0.1, 0.5, 0.4, 0], rtol=1e-6)
    assert np.count_nonzero(c.regime_weight) == 1


def test_two_changes_in_a_month_act_one_after_the_other(folder: Path) -> None:
    with (folder / "events.csv").open("a") as file:
        file.write(
            "T11,1951-10,,month,CYL,CYL,leader-change,,,,,exogenous,"
            "shares=0.0/0.0/1.0;weight=0.5,A second change,assumed,\n"
        )
    c = build(load(folder))
    old = np.array([0.5, 0.3, 0.2])
    expected = 0.5 * (0.2 * old + 0.8 * np.array([0.1, 0.5, 0.4])) + 0.5 * np.array([0, 0, 1])
    month = at("1951-10")
    weight = c.regime_weight[month, CYL]
    found = (1 - weight) * old + weight * c.regime_shares[month, CYL, :3]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_free_states_are_not_imposed_upon() -> None:
    w = with_mode(kind="replay", free=["CYL"])
    c = build(w)
    assert [e.id for e in c.applied] == ["T02", "T03", "T05", "T06", "T07", "T10"]
    assert c.may_choose[:, CYL].all()
    assert not c.may_choose[:, [ARC, BOR, MAR]].any()
    assert c.regime_weight.any(), "what is exogenous is imposed on a free state, too"


def test_free_mode_imposes_only_what_is_exogenous() -> None:
    c = build(with_mode(kind="free"))
    assert [e.id for e in c.applied] == ["T07"]
    assert c.may_choose[:, [ARC, BOR, CYL]].all()
    assert not c.may_choose[:, MAR].any(), "a market never chooses"
    assert not c.acts.any()


@pytest.mark.parametrize("free", [[], ["CYL"]])
def test_until_a_month_everything_is_imposed_and_then_nothing(free: list[str]) -> None:
    c = build(with_mode(kind="replay", free=free, until="1951-07"))
    assert [e.id for e in c.applied] == ["T02", "T03", "T04", "T07"]
    assert not c.may_choose[: at("1951-07")].any()
    assert c.may_choose[at("1951-07") :, [ARC, BOR, CYL]].all()
    assert not c.may_choose[:, MAR].any()


def test_intensity() -> None:
    w = load("tiny")
    by_name = {i.name: i for i in w.instruments}
    credit = replace(by_name["credit"], reference=100.0, unit="million US$")
    event = next(e for e in w.events if e.id == "T03")
    assert measure_intensity(event, credit) == pytest.approx(1), "at the reference"
    assert measure_intensity(replace(event, magnitude=300), credit) == pytest.approx(2)
    assert measure_intensity(replace(event, magnitude=0.3, unit="billion US$"), credit) == (
        pytest.approx(2)
    )
    assert measure_intensity(replace(event, magnitude=1e9), credit) == 3
    assert measure_intensity(replace(event, magnitude=0), credit) == 0.25
    assert measure_intensity(replace(event, magnitude=-300), credit) == pytest.approx(2)
    assert measure_intensity(replace(event, magnitude=None), credit) == 1
    assert measure_intensity(replace(event, unit="sacks"), credit) == 1
    assert measure_intensity(replace(event, unit="days"), credit) == 1
    assert measure_intensity(event, replace(credit, reference=None)) == 1
    assert measure_intensity(event, None) == 1


def test_the_calendar_can_be_built_in_pieces() -> None:
    w = load("tiny")
    whole, piece = build(w), build(w, w.start + 12, 12)
    for name in ("acts", "goldstein", "scope", "regime_weight", "regime_shares", "may_choose"):
        np.testing.assert_array_equal(getattr(whole, name)[12:24], getattr(piece, name))
    with pytest.raises(PatronageError):
        build(w, w.start + 40, 12)


def test_events_past_the_end_act_in_a_longer_world(edit: Edit) -> None:
    w = load(edit("events.csv", "T09,1952-05", "T09,1955-05"))
    assert "T09" not in [e.id for e in build(w).applied]
    assert "T09" in [e.id for e in build(w.until("1955-12")).applied]
