"""Loading: arrays against numbers worked out by hand."""

from __future__ import annotations

import filecmp
import hashlib
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from patronage import months
from patronage.errors import PatronageError
from patronage.scenario import arrays
from patronage.scenario.load import load, read, shipped, validate

TINY = Path(__file__).parent / "tiny"
Edit = Callable[[str, str, str], Path]
ARC, BOR, CYL, MAR = range(4)
GRAIN, FUEL = range(2)


def test_shipped_tiny_is_the_tested_one() -> None:
    files = sorted(p.name for p in TINY.iterdir())
    same, different, odd = filecmp.cmpfiles(TINY, shipped()["tiny"], files, shallow=False)
    assert (sorted(same), different, odd) == (files, [], [])


def test_name_folder_and_file_load_the_same() -> None:
    worlds = [load("tiny"), load(TINY), load(str(TINY / "scenario.yaml"))]
    assert len({w.hash for w in worlds}) == 1


def test_settings() -> None:
    w = load("tiny")
    assert w.codes == ("ARC", "BOR", "CYL", "MAR")
    assert w.cow == (901, 902, 903, 0)
    assert (w.start, w.months) == (months.parse("1950-01"), 48)
    assert w.end == months.parse("1953-12")
    assert w.market.tolist() == [False, False, False, True]
    assert w.major.tolist() == [True, True, False, False]
    assert w.convertible.tolist() == [True, False, False, True]
    assert w.commodities == ("grain", "fuel")
    assert w.season.shape == (2, 12)
    np.testing.assert_allclose(w.season.sum(axis=1), 1)
    np.testing.assert_allclose(w.season[FUEL], 1 / 12)
    assert w.mechanisms["bloc"] is False
    assert w.mechanisms["affinity"] is True
    assert w.members == 50
    assert w.mode.kind == "replay"


def test_factions() -> None:
    w = load("tiny")
    np.testing.assert_allclose(w.faction_share.sum(axis=1), 1)
    assert w.faction_names[CYL] == ("old-order", "islanders", "comrades")
    assert w.faction_looks_to[CYL].tolist() == [ARC, -1, BOR, -1]
    np.testing.assert_allclose(w.faction_position[CYL, 1], [0.3, 0.4])
    assert w.faction_names[MAR] == ("government",)
    assert w.faction_share[MAR].tolist() == [1, 0, 0, 0]


def test_initial_values_in_the_quantities_own_units() -> None:
    w = load("tiny")
    i = w.initial
    assert i["population"][BOR] == pytest.approx(120)
    assert i["support"][CYL] == pytest.approx(0.55)
    assert i["support"][ARC] == 0.6, "the default"
    assert i["contract"][CYL, ARC, FUEL] == pytest.approx(240)
    assert i["contract"][ARC, CYL, FUEL] == 0
    assert i["need"][CYL, GRAIN] == pytest.approx(500)
    assert i["affinity"][CYL, ARC] == 0.4
    assert i["affinity"][ARC, CYL] == 0, "affinity is not symmetric"


def test_symmetric_quantities_are_mirrored() -> None:
    w = load("tiny")
    for name in ("envoy", "agreement", "rivalry", "distance"):
        np.testing.assert_array_equal(w.initial[name], w.initial[name].T)
    assert w.initial["envoy"][ARC, CYL] == 2
    assert w.series["rivalry"][24, BOR, ARC] == pytest.approx(0.8)


def test_prices_default_to_the_world_price() -> None:
    w = load("tiny")
    assert w.initial["world_price"][GRAIN] == pytest.approx(4 * 22046.2262, rel=1e-6)
    assert w.initial["price"][CYL, ARC, FUEL] == 15_000
    assert w.initial["price"][CYL, BOR, FUEL] == pytest.approx(1.8 * 7.33 * 1000)


def test_distance_is_the_great_circle() -> None:
    """Paris to Tokyo is 9 712 km in published tables; a quarter meridian of the sphere 10 007.5."""
    capitals = np.array([[48.8566, 2.3522], [35.6762, 139.6503], [np.nan, np.nan]])
    distance = arrays.great_circle(capitals)
    assert distance[0, 1] == pytest.approx(9712, abs=5)
    assert arrays.great_circle(np.array([[0.0, 0.0], [90.0, 50.0]]))[0, 1] == pytest.approx(
        10_007.5, abs=0.1
    )
    assert distance[0, 2] == pytest.approx(10_007.5, abs=0.1)
    assert np.diag(distance).tolist() == [0, 0, 0]


def test_mean_distance_is_that_of_random_points() -> None:
    rng = np.random.default_rng(1)
    z, turn = rng.uniform(-1, 1, 1500), rng.uniform(-180, 180, 1500)
    points = np.stack([np.degrees(np.arcsin(z)), turn], axis=1)
    pairs = arrays.great_circle(points)[np.triu_indices(1500, 1)]
    # pairs share points: the standard error is about 3917 km × √(2 / 1500) at worst
    assert pairs.mean() == pytest.approx(arrays.MEAN_DISTANCE, abs=4 * 3917 * math.sqrt(2 / 1500))


def test_series_are_interpolated_from_mid_year_and_held_flat() -> None:
    w = load("tiny")
    gdp = w.series["gdp"][:, CYL]
    assert gdp.shape == (48,)
    # 600 at mid-1950 and 720 at mid-1952: 5 a month between
    assert gdp[0] == 600
    assert gdp[12] == pytest.approx(600 + 5 * 6.5)
    assert gdp[12:24].mean() == pytest.approx(660)
    assert gdp[-1] == 720
    assert w.series["rivalry"][12, ARC, BOR] == pytest.approx(0.6)


def test_step_series_hold_from_their_date() -> None:
    agenda = load("tiny").series["agenda"]
    assert agenda[[0, 25]].tolist() == [0.6, 0.6]
    assert agenda[[26, 47]].tolist() == [0.8, 0.8]


def test_series_not_given_stay_at_the_initial_value() -> None:
    w = load("tiny")
    assert (w.series["population"][:, ARC] == 80).all()
    assert (w.series["capacity"][:, CYL, GRAIN] == 600).all()
    assert w.initial["gdp"][CYL] == w.series["gdp"][0, CYL], "what the series says at the start"


def test_every_quantity_has_its_shape() -> None:
    w = load("tiny")
    size = {"state": 4, "client": 4, "patron": 4, "commodity": 2}
    for name, quantity in w.quantities.items():
        shape = tuple(size[d] for d in quantity.dims)
        if "initial" in quantity.roles:
            assert w.initial[name].shape == shape, name
            assert np.isfinite(w.initial[name]).all(), name
        if "series" in quantity.roles:
            assert w.series[name].shape == (48, *shape), name


def test_until_extends_and_reads_the_series_again(edit: Edit) -> None:
    folder = edit("series.csv", "gdp,CYL,,,1952,720", "gdp,CYL,,,1960,1200")
    short = load(folder)
    longer = short.until("1960-12")
    assert longer.months == 132
    np.testing.assert_array_equal(longer.series["gdp"][:48], short.series["gdp"])
    assert longer.series["gdp"][-1, CYL] == 1200
    assert short.months == 48
    with pytest.raises(PatronageError, match="before the start"):
        short.until("1949-12")


def test_hash_is_of_all_files(folder: Path, edit: Edit) -> None:
    before = load(folder).hash
    assert len(before) == len(hashlib.sha256().hexdigest())
    edit("observed.csv", "580,kt / year,harbour1951,medium,", "580,kt / year,harbour1951,medium,x")
    assert load(folder).hash != before


def test_observed_spans() -> None:
    o = load("tiny").observed
    assert (o[0].value, o[0].unit) == (pytest.approx(0.42), "share")
    assert (o[0].first, o[0].last) == (months.parse("1950-01"), months.parse("1950-12"))
    assert (o[3].first, o[3].last) == (months.parse("1951-03"), months.parse("1951-12"))
    assert o[3].value == pytest.approx(120)
    assert o[3].index == (CYL, BOR, FUEL)


def test_events_are_parsed() -> None:
    e = {event.id: event for event in load("tiny").events}
    assert e["T03"].magnitude == 100, "the mean of 50-150"
    assert e["T03"].goods == ("fuel", "grain")
    assert e["T03"].source == ("chronicle", "harbour1951")
    assert e["T07"].shares == (0.1, 0.5, 0.4)
    assert e["T07"].weight == 0.8
    assert e["T05"].goldstein == -6.5
    assert e["T10"].month == months.parse("1952-07"), "a year alone stands in its middle"
    assert e["T02"].end == months.parse("1950-06")


def test_notes_name_what_has_no_effect() -> None:
    notes = "\n".join(validate("tiny").notes)
    assert "T01 (1948-05-01) is outside the period" in notes
    assert "unit 'sacks' is not known" in notes


def test_unusable_values_are_not_used(edit: Edit) -> None:
    w = load(edit("initial.csv", "55,percent,assumed,,", "55,percent,chronicle,unusable,"))
    assert w.initial["support"][CYL] == 0.6
    assert any("unusable" in note for note in w.notes)


def test_small_scenario_without_goods_or_tables(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text(
        "patronage: 1\nname: two\ntitle: Two states\nperiod: {start: 2000-01, end: 2000-12}\n"
        "states:\n"
        "  - {code: AAA, cow: 1, name: A, capital: [0, 0]}\n"
        "  - {code: BBB, cow: 2, name: B, capital: [0, 90]}\n"
    )
    w = load(tmp_path)
    assert w.initial["contract"].shape == (2, 2, 0)
    assert w.season.shape == (0, 12)
    assert w.initial["distance"][0, 1] == pytest.approx(10_007.5, abs=0.1)
    assert w.faction_share[:, 0].tolist() == [1, 1]


def test_read_and_load_agree() -> None:
    script, world = read("tiny"), load("tiny")
    assert script.hash == world.hash
    assert script.rows == world.rows
    assert script.events == world.events
