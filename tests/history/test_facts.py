"""Facts: verdicts, scores and changes, on made-up numbers and on a small run."""

from __future__ import annotations

import numpy as np
import pytest
import scoringrules

from patronage.errors import ScenarioError
from patronage.history import facts, stylised
from patronage.history.fact import Fact, among, ratio_of, share_where
from patronage.history.sample import Change, changed
from patronage.model.step import NAMES
from patronage.run.compile import compile_world
from patronage.scenario.load import load


def fact(values, low=0.0, high=1.0):
    return Fact("group", "measure", "target", low, high, np.asarray(values, float))


def test_median_in_range_is_met_and_outside_is_missed():
    assert fact([0.2, 0.5, 0.9]).met
    assert not fact([1.2, 1.5, 0.9]).met


def test_never_counts_as_infinite_not_as_met():
    assert not fact([np.inf, np.inf, 0.5]).met
    assert fact([np.inf, 0.5, 0.5]).met


def test_nothing_measured_is_missed():
    empty = fact(among(np.array([1.0, 2.0]), np.array([False, False])))
    assert np.isnan(empty.median)
    assert not empty.met
    assert np.isnan(share_where([]))[0]


def test_ratio_survives_a_nought():
    assert np.isfinite(ratio_of(np.array([1.0]), np.array([0.0]))).all()


def test_crps_equals_scoringrules():
    rng = np.random.default_rng(5)
    for _ in range(20):
        draws, value = rng.normal(size=77), float(rng.normal())
        expected = scoringrules.crps_ensemble(value, draws, estimator="nrg")
        assert stylised.crps(draws, value) == pytest.approx(expected, abs=1e-12)


def test_predictive_has_the_mean_and_spread_of_a_beta():
    levels = (np.arange(4000) + 0.5) / 4000
    draws = stylised.predictive(np.array([0.8]), 40.0, levels)
    assert draws.mean() == pytest.approx(0.8, abs=1e-3)
    assert draws.var() == pytest.approx(0.8 * 0.2 / 41, rel=0.01)


def test_moved_sees_a_shift_and_not_a_tremor():
    base = [fact(np.linspace(0, 1, 101))]
    assert facts.moved(base, [fact(np.linspace(0, 1, 101) + 0.5)]) == ["measure"]
    assert facts.moved(base, [fact(np.linspace(0, 1, 101) + 0.01)]) == []


def test_facts_refuse_a_world_without_the_actors():
    with pytest.raises(ScenarioError, match="lacks: CUB"):
        facts.sampler(load("tiny"), members=2, seed=1, until=None)


def test_a_change_touches_what_it_names_from_its_date_on():
    world = load("tiny")
    base = compile_world(world)
    late = changed(world, base, Change("late", off=("bloc", "threat"), since="1951-01"))
    switches = np.asarray(late.months.switches)
    off = [NAMES.index("threat"), NAMES.index("bloc")]
    assert (switches[12:, off] == 0).all()
    assert (switches[:12] == np.asarray(base.months.switches)[:12]).all()
    others = [i for i in range(len(NAMES)) if i not in off]
    assert (switches[:, others] == np.asarray(base.months.switches)[:, others]).all()
    free = changed(world, base, Change("friends", unrivalled=(("ARC", "BOR"),)))
    assert (np.asarray(free.months.rivalry)[:, 0, 1] == 0).all()


def test_a_closed_supplier_has_no_surplus():
    world = load("tiny")
    base = compile_world(world)
    code, good = world.codes[0], world.commodities[0]
    closed = changed(world, base, Change("closed", closed=((code, good),)))
    surplus = np.asarray(closed.months.supply - closed.months.need)[:, 0, 0]
    assert (surplus <= 1e-6).all()


def test_a_changed_world_keeps_its_types_for_a_compiled_library():
    world = load("tiny")
    base = compile_world(world)
    closed = ((world.codes[0], world.commodities[0]),)
    for change in (Change("closed", closed=closed), Change("even", even_crops=True)):
        months = changed(world, base, change).months
        for name in ("supply", "capacity"):
            assert getattr(months, name).dtype == getattr(base.months, name).dtype
