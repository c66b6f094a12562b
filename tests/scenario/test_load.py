"""Loading: arrays against numbers worked out by hand, and errors with line and nearest match."""

from __future__ import annotations

import filecmp
import hashlib
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import patronage
from patronage import months
from patronage.errors import Errors, PatronageError
from patronage.scenario import arrays, document
from patronage.scenario.load import load, read, shipped, validate

TINY = Path(__file__).parent / "tiny"
Edit = Callable[[str, str, str], Path]
ARC, BOR, CYL, MAR = range(4)
GRAIN, FUEL = range(2)


def faults(folder: Path) -> list[PatronageError]:
    """The errors that loading a broken scenario reports."""
    with pytest.raises(PatronageError) as caught:
        load(folder)
    return caught.value.found if isinstance(caught.value, Errors) else [caught.value]


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


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "what", "nearest"),
    [
        ("scenario.yaml", "members: 50", "membres: 50", 10, "unknown key 'membres'", "members"),
        ("scenario.yaml", "major: true", "mojor: true", 20, "unknown key", "major"),
        ("scenario.yaml", "kind: replay", "kind: repaly", 9, "mode.kind", "replay"),
        ("scenario.yaml", "looks_to: BOR", "looks_to: BORE", 42, "unknown state 'BORE'", "BOR"),
        ("scenario.yaml", "free: []", "free: [CIL]", 9, "'CIL' is not a state", "CYL"),
        ("scenario.yaml", "free: []", "free: [MAR]", 9, "is a market", None),
        ("scenario.yaml", "share: 0.3,", "share: 0.2,", 39, "shares of CYL sum to 0.9", None),
        ("scenario.yaml", "bloc: off", "block: off", 62, "unknown key", "bloc"),
        ("scenario.yaml", "un_agreement, s", "un_agrement, s", 66, "no result", "un_agreement"),
        ("scenario.yaml", "    unit: kt", "    unit: kts", 47, "unknown unit 'kts'", "kt"),
        ("scenario.yaml", "end: 1953-12", "end: 1949-12", 8, "before it starts", None),
        ("scenario.yaml", "end: 1953-12", "end: 2953-12", 8, "out of range", None),
        ("scenario.yaml", "series: series.csv", "series: serie.csv", 57, "no file", "series.csv"),
        ("initial.csv", "support,CYL", "suport,CYL", 6, "unknown quantity", "support"),
        ("initial.csv", "affinity,CYL,BOR", "affinity,CYL,BUR", 8, "state in column", "BOR"),
        ("initial.csv", "ARC,fuel,20", "ARC,fuell,20", 15, "unknown commodity", "fuel"),
        ("initial.csv", "55,percent", "55,persent", 6, "unknown unit", "percent"),
        ("initial.csv", "55,percent", "155,percent", 6, "support is 1.55", None),
        ("initial.csv", "55,percent", "nan,percent", 6, "value is nan", None),
        ("initial.csv", "55,percent", "55,km", 6, "same kind", None),
        ("initial.csv", "support,CYL,", "support,CYL,ARC", 6, "must be empty", None),
        ("initial.csv", "affinity,CYL,ARC", "affinity,CYL,CYL", 7, "with itself", None),
        (
            "initial.csv",
            "80,million,almanac1950",
            "80,million,almanac1951",
            2,
            "source",
            "almanac1950",
        ),
        ("initial.csv", "support,CYL", "un_agreement,CYL", 6, "does not belong", None),
        ("series.csv", "1952-03,0.8", "1952-13,0.8", 17, "no month 13", None),
        ("series.csv", "1952-03,0.8", "0952-03,0.8", 17, "out of range", None),
        ("events.csv", "state-visit", "state-vist", 3, "unknown event type", "state-visit"),
        ("events.csv", "goods=grain", "goods=grian", 5, "unknown commodity", "grain"),
        ("events.csv", "goods=grain", "good=grain", 5, "unknown detail", "goods"),
        ("events.csv", "0.1/0.5/0.4", "0.1/0.5/0.3", 8, "shares sum to 0.9", None),
        ("events.csv", "0.1/0.5/0.4", "0.5/0.5", 8, "2 shares for the 3 factions", None),
        ("events.csv", "T04,", "T03,", 5, "duplicate event 'T03'", None),
        ("events.csv", "million US$,,,dec", "milion US$,,,dec", 4, "unknown unit", None),
        ("events.csv", ",-6.5,", ",-65,", 6, "goldstein is -65", None),
        ("events.csv", "exogenous", "exogenos", 8, "unknown role", "exogenous"),
        ("events.csv", "1950-06-16", "1949-06-16", 3, "before it starts", None),
        ("observed.csv", "1951-12,10", "1950-12,10", 5, "before it starts", None),
        ("references.bib", "@article{harbour1951", "@article{almanac1950", 6, "duplicate", None),
    ],
)
def test_errors_say_where_and_what_is_nearest(
    edit: Edit, file: str, old: str, new: str, line: int, what: str, nearest: str | None
) -> None:
    found = faults(edit(file, old, new))
    fitting = [e for e in found if what in e.what]
    assert fitting, [str(e) for e in found]
    # a missing file is an error of the line that names it, and `file` names that line's file here
    assert fitting[0].where == f"{file}:{line}"
    if nearest is not None:
        assert fitting[0].nearest == nearest


def test_all_faults_come_at_once(edit: Edit) -> None:
    edit("scenario.yaml", "free: []", "free: [CIL]")
    edit("initial.csv", "55,percent", "155,percent")
    edit("scenario.yaml", "share: 0.3,", "share: 0.2,")
    edit("series.csv", "agenda,,,,1950", "agnda,,,,1950")
    found = faults(edit("events.csv", "state-visit", "state-vist"))
    assert [e.where for e in found] == [
        "scenario.yaml:9",
        "scenario.yaml:39",
        "initial.csv:6",
        "series.csv:16",
        "events.csv:3",
    ]


def test_line_of_a_row_after_a_cell_of_several_lines(edit: Edit) -> None:
    edit("events.csv", "A speech,", '"A speech\nof two lines",')
    found = faults(edit("events.csv", "CYL,ARC,denounce", "CYL,ARC,denunce"))
    assert found[0].where == "events.csv:11"


def test_symmetric_values_may_not_disagree(folder: Path) -> None:
    with (folder / "initial.csv").open("a") as file:
        file.write("envoy,ARC,CYL,,1,level,assumed,,\n")
    found = faults(folder)
    assert "same both ways" in found[0].what
    assert "initial.csv:11" in str(found[0])


def test_world_price_is_needed(edit: Edit) -> None:
    found = faults(
        edit("series.csv", "world_price,,,fuel,1950,1.8,US$/bbl,harbour1951,high,\n", "")
    )
    assert "world_price of fuel is not given" in found[0].what


def test_unusable_values_are_not_used(edit: Edit) -> None:
    w = load(edit("initial.csv", "55,percent,assumed,,", "55,percent,chronicle,unusable,"))
    assert w.initial["support"][CYL] == 0.6
    assert any("unusable" in note for note in w.notes)


def test_parameters_can_be_set_within_their_range(folder: Path) -> None:
    base = load(folder)
    name, parameter = next(
        (n, p) for n, p in base.parameters.items() if p.low is not None and p.high
    )
    yaml = (folder / "scenario.yaml").read_text()

    def with_override(line: str) -> Path:
        (folder / "scenario.yaml").write_text(f"{yaml}\nparameters:\n  {line}\n")
        return folder

    inside = (parameter.low or 0) * 0.5 + (parameter.high or 0) * 0.5
    w = load(with_override(f"{name}: {{value: {inside}, source: almanac1950}}"))
    assert w.parameters[name].value == pytest.approx(inside)
    assert w.parameters[name].overridden
    assert w.parameters[name].unit == parameter.unit
    over = (parameter.high or 0) * 10 + 1
    found = faults(with_override(f"{name}: {{value: {over}, source: assumed}}"))
    assert f"{name} is" in found[0].what
    found = faults(with_override(f"{name}x: {{value: {inside}, source: assumed}}"))
    assert found[0].nearest == name
    found = faults(with_override(f"{name}: {{value: {inside}, source: nobody}}"))
    assert "unknown source" in found[0].what


def test_a_missing_name_lists_what_there_is() -> None:
    with pytest.raises(PatronageError) as caught:
        load("tinny")
    assert caught.value.nearest == "tiny"
    for odd in ("", "\0", "x" * 5000, "/", "tests/nothing.yaml"):
        with pytest.raises(PatronageError):
            load(odd)


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


def test_the_pure_python_yaml_parser_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    text = (TINY / "scenario.yaml").read_text()
    fast = document.read(text, "scenario.yaml", [])
    monkeypatch.setattr(document, "LOADER", yaml.SafeLoader)
    slow = document.read(text, "scenario.yaml", [])
    assert slow.value == fast.value
    assert slow.lines == fast.lines
    assert slow.lines[("states", 2, "factions", 1, "share")] == 41


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1943-01", "1943-01"),
        ("a: 1962-10-22", "1962-10-22"),
        ("a: 1e3", 1000.0),
        ("a: on", True),
        ("a: 'on'", "on"),
        ("a: '5'", "5"),
        ("a: 012", 12.0),
        ("a: 0x1F", "0x1F"),
        ("a: 12:30", "12:30"),
        ("a: ~", None),
        ("a: .inf", math.inf),
    ],
)
def test_yaml_values(text: str, value: object) -> None:
    assert document.read(text, "x.yaml", []).value == {"a": value}


def run(code: str) -> str:
    """What a fresh Python prints, with the package under test on its path."""
    env = {**os.environ, "PYTHONPATH": str(Path(patronage.__file__).parents[1])}
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    return out.stdout.strip()


@pytest.mark.parametrize("verb", ["import patronage", "from patronage.scenario.load import read"])
def test_light_start(verb: str) -> None:
    """Neither the package nor a check of a scenario imports the heavy libraries."""
    heavy = "{'jax', 'pandas', 'xarray', 'matplotlib', 'pyarrow', 'scipy', 'numpy'}"
    code = (
        f"import sys; {verb}; 'read' in dir() and read('tiny'); "
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    assert run(code) == "[]"


def test_loading_does_not_import_jax() -> None:
    code = (
        "import sys, patronage; patronage.load('tiny'); "
        "print('jax' in sys.modules, 'numpy' in sys.modules)"
    )
    assert run(code) == "False True"


def test_read_and_load_agree() -> None:
    script, world = read("tiny"), load("tiny")
    assert script.hash == world.hash
    assert script.rows == world.rows
    assert script.events == world.events
