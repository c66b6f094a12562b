"""Scenarios from a panel: an invented one with known agendas, places, pacts, disputes and arms."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from patronage.data.panel import Panel, import_raw
from patronage.data.world import new, read_assumptions
from patronage.data.world_votes import Votes
from patronage.errors import DataError
from patronage.scenario.load import load, validate

FIRST, LAST = 1950, 1959
YEARS = range(FIRST - 4, LAST + 1)
# Cuba's line moves with a leader who comes in irregularly in 1955; Ghana enters in 1957.
PLACE = {2: -0.925, 365: 0.925, 200: -0.6, 40: -0.5, 452: 0.3}
CALLS = 400
AGENDA = {year: 0.4 + 0.03 * (year - FIRST) for year in YEARS}


def place_of(state: int, year: int) -> float:
    return 0.5 if state == 40 and year >= 1955 else PLACE[state]


def _votes() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Votes by a spatial model: a share of calls, the agenda, divides the states by their place.

    Two vote apart on a call where its cut lies between them: the share of such calls is the agenda
    times their distance over that of the poles, as in the model's observation.
    """
    votes, calls = [], []
    for number, year in enumerate(YEARS):
        for k in range(CALLS):
            rcid = number * CALLS + k + 1
            calls.append((rcid, year - 1945, 0, f"{year}-10-01", f"R/{rcid}", "A"))
            divided = k < AGENDA[year] * CALLS
            cut = -0.925 + 1.85 * (k + 0.5) / (AGENDA[year] * CALLS)
            for state in PLACE:
                if state == 452 and year < 1957:
                    continue
                votes.append((rcid, state, 3 if divided and place_of(state, year) > cut else 1))
    columns = ["rcid", "session", "importantvote", "date", "unres", "short"]
    return pd.DataFrame(votes, columns=["rcid", "ccode", "vote"]), pd.DataFrame(
        calls, columns=columns
    )


STATES = """stateabb,ccode,statenme,styear,stmonth,stday,endyear,endmonth,endday,version
USA,2,United States,1816,1,1,2016,12,31,2016
CUB,40,Cuba,1902,5,20,2016,12,31,2016
UKG,200,United Kingdom,1816,1,1,2016,12,31,2016
RUS,365,Russia,1816,1,1,2016,12,31,2016
GHA,452,Ghana,1957,3,6,2016,12,31,2016
SWZ,572,Swaziland,1968,9,6,2016,12,31,2016
"""
CAPITALS = """ccode,statenme,capital,stdate,enddate,lat,lng
2,USA,Washington,1816-01-01,2016-12-31,38.9,-77
40,Cuba,Havana,1902-05-20,2016-12-31,23.1,-82.4
200,UK,London,1816-01-01,2016-12-31,51.5,-0.1
365,Russia,Moscow,1918-03-12,2016-12-31,55.8,37.6
452,Ghana,Accra,1957-03-06,2016-12-31,5.6,-0.2
"""
LEADERS = """obsid,gwcode,leadid,leader,yrborn,gender,startdate,enddate,entry,exit,exitcode
CUB-1,40,a,First,1900,M,1940-01-01,1955-02-01,Regular,Irregular,Rebels
CUB-2,40,b,Second,1920,M,1955-02-02,2000-01-01,Irregular,Regular,Regular
USA-1,2,c,Third,1900,M,1953-01-20,1961-01-20,Regular,Regular,Regular
"""


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    """An invented panel of five states."""
    raw = tmp_path_factory.mktemp("raw")
    votes, calls = _votes()
    votes.to_csv(raw / "a.csv", index=False)
    calls.to_csv(raw / "b.csv", index=False)
    power = [
        (s, c, y, 1, 1, 1, 1000 * (1 + (c in (2, 365)) * 100), 5000, 100, p, 2021)
        for s, c, p in (("USA", 2, 0.3), ("CUB", 40, 0.002), ("UKG", 200, 0.06),
                        ("RUS", 365, 0.17), ("GHA", 452, 0.001))
        for y in YEARS if c != 452 or y >= 1957
    ]  # fmt: skip
    columns = "stateabb ccode year milex milper irst pec tpop upop cinc version"
    pd.DataFrame(power, columns=columns.split()).to_csv(raw / "c.csv", index=False)
    pacts = [(365, 40, y, 1, 0, 0, 0, 1) for y in range(1956, 1959)]
    pacts += [(2, 200, y, 1, 0, 0, 0, 1) for y in YEARS]
    columns = "ccode1 ccode2 year atop_defense atop_offense atop_neutral atop_nonagg atop_consul"
    pd.DataFrame(pacts, columns=columns.split()).to_csv(raw / "d.csv", index=False)
    (raw / "e.csv").write_text(STATES)
    (raw / "f.csv").write_text(CAPITALS)
    (raw / "g.csv").write_text(LEADERS)
    (raw / "h.csv").write_text(
        "supplier,recipient,year,value,supplier_cown,recipient_cown\n"
        "Russia,Cuba,1956,75,365,40\nRussia,Cuba,1957,4,365,40\n"
    )
    (raw / "i.csv").write_text(
        "rivalryno,rivalryname,ccode1,ccode2,styear,endyear,region,type1,type2,type3\n"
        "1,A,2,365,1945,1989,X,ideological,positional,NA\n2,B,2,40,1956,1957,X,spatial,NA,NA\n"
    )
    (raw / "j.csv").write_text(
        "dispnum,ccode1,ccode2,year,gmlmidongoing,gmlmidonset,sidea1,sidea2,fatality1,fatality2,"
        "hostlev1,hostlev2,fatality,hostlev\n"
        "9,2,40,1956,1,1,1,0,0,0,3,1,0,3\n9,40,2,1956,1,1,0,1,0,0,1,3,0,3\n"
    )
    (raw / "k.csv").write_text(
        "stateabb,ccode,styear,stmonth,stday,endyear,endmonth,endday,version\n"
        "USA,2,1898,8,13,2016,12,31,2016\nRUS,365,1922,1,1,2016,12,31,2016\n"
    )
    out = tmp_path_factory.mktemp("panel") / "panel"
    import_raw(raw, out)
    return Panel(out)


@pytest.fixture(scope="module")
def folder(panel: Panel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario of all five, Cuba free."""
    out = tmp_path_factory.mktemp("worlds") / "invented"
    new(panel, "CUB,Russia,2,GBR,GHA", FIRST, LAST, out, free="CUB")
    return out


def test_agenda_and_places_are_those_the_votes_were_made_from(panel: Panel) -> None:
    """An independent oracle: the generator above cuts the line of states at random points."""
    votes = Votes(panel, {**read_assumptions(), "agreeing": 1.0})
    for year in (1950, 1954, 1959):
        assert votes.agenda[year] == pytest.approx(AGENDA[year], abs=0.01)
        for state in (40, 200):
            place = votes.place(state, year, year)
            assert place == pytest.approx(place_of(state, year), abs=0.03)
    assert votes.place(999, 1950, 1955) is None


def test_the_south_is_what_stands_apart_from_both_poles(panel: Panel) -> None:
    """Twelve states at 0.2 that oppose both poles in a tenth of the votes, four of the east."""
    assert not any(Votes(panel, read_assumptions()).south.values())
    rows = [(2, 365, 1960, 0.4), (365, 2, 1960, 0.4)]
    for k in range(16):
        east, west = (0.98, 0.42) if k >= 12 else (0.66, 0.54)
        rows += [(100 + k, 365, 1960, east), (100 + k, 2, 1960, west)]
    table = pd.DataFrame(rows, columns=["client", "patron", "year", "agreement"]).assign(n=50)
    given = SimpleNamespace(names=("un_agreement",), table=lambda name, columns: table[columns])
    votes = Votes(given, {**read_assumptions(), "agreeing": 0.96})  # type: ignore[arg-type]
    assert votes.south == {1960: pytest.approx(0.10 - 0.02)}
    assert votes.southern(100, 1951, 1960) == pytest.approx(1)
    assert votes.southern(115, 1951, 1960) == pytest.approx(0, abs=1e-9)
    assert votes.southern(2, 1951, 1960) == 0
    assert votes.southern(100, 1961, 1970) == 1, "nothing is known: with the South"


def test_the_scenario_is_valid_and_says_where_it_is_from(folder: Path) -> None:
    script = validate(folder)
    assert script.codes == ("CUB", "RUS", "USA", "UKG", "GHA")
    assert script.cow == (40, 365, 2, 200, 452)
    assert script.mode.free == ["CUB"]
    assert not script.mechanisms["economy"]
    rows = [*script.rows["initial"], *script.rows["series"]]
    assert all(r.source for r in rows)
    assert {r.source for r in rows if r.quantity == "envoy"} == {("assumed",)}
    power = {(r.index, r.date): r.value for r in rows if r.quantity == "capability"}
    assert power[(2,), "1955"] == pytest.approx(0.3)
    ours = next(s for s in script.states if s.code == "CUB")
    mean = sum(f.share * f.position[0] for f in ours.factions)
    # like-minded states are taken to agree in 0.915 of votes; in these, they always do
    assert mean == pytest.approx(-0.5, abs=0.2)


def test_dated_events(folder: Path) -> None:
    events = {(e.type, e.actor, e.target, e.date): e for e in validate(folder).events}
    line = events["regime-change", "CUB", "CUB", "1955-02-02"]
    assert line.shares is not None
    places = [f.position[0] for f in validate(folder).states[0].factions]
    assert np.dot(line.shares, places) == pytest.approx(0.5, abs=0.12)
    assert ("leader-change", "USA", "USA", "1953-01-20") in events
    assert events["pledge", "RUS", "CUB", "1956"].role == "decision"
    ended = events["other", "RUS", "CUB", "1959"]
    assert ended.goldstein == pytest.approx(-4.1)
    assert events["demand", "USA", "CUB", "1956"].role == "decision"
    arms = events["arms-transfer", "RUS", "CUB", "1956"]
    assert arms.magnitude == pytest.approx(75)
    assert ("arms-transfer", "RUS", "CUB", "1957") not in events  # 4 million is no act
    assert not any(e.type == "pledge" and e.actor == "USA" for e in events.values())


def test_what_is_observed(folder: Path) -> None:
    script = validate(folder)
    arms = {o.first // 12: o.value for o in script.observed
            if (o.quantity, o.client, o.patron) == ("arms", "CUB", "RUS")}  # fmt: skip
    assert arms[1956] == 75
    assert arms[1953] == 0
    votes = [o for o in script.observed if o.quantity == "un_agreement"]
    assert len({(o.client, o.patron, o.first) for o in votes}) == len(votes)
    pairs = {frozenset((o.client, o.patron)) for o in votes}
    assert len(pairs) == 10
    assert all(o.note.startswith("n=") for o in votes)
    ours = {o.first // 12: o.value for o in votes if (o.client, o.patron) == ("CUB", "RUS")}
    assert ours[1950] == pytest.approx(1 - 0.4 * (0.925 + 0.5) / 1.85, abs=0.01)


def test_states_that_enter(folder: Path) -> None:
    """Ghana enters in March 1957: a span, no rows before, relations from then on."""
    script = validate(folder)
    ghana = script.states[4]
    assert [(p.start, p.end) for p in ghana.exists] == [("1957-03", "1959-12")]
    seats = {s.code: s.un_seat for s in script.states if s.un_seat is not None}
    assert seats == {"GHA": "1957-09"}  # the others vote from the first year on
    assert not any(r.quantity == "envoy" and 4 in r.index for r in script.rows["initial"])
    opened = [e for e in script.events if e.type == "open-embassy"]
    assert {(e.actor, e.date) for e in opened} == {("GHA", "1957-03")}
    assert len(opened) == 4
    assert min(o.first // 12 for o in script.observed if o.client == "GHA") == 1957


def test_lines_of_the_start_use_no_later_votes(panel: Panel, tmp_path: Path) -> None:
    made = new(panel, "CUB,RUS,USA", FIRST, LAST, tmp_path / "w", lines="start")
    script = validate(made.folder)
    assert not any(e.type == "regime-change" for e in script.events)
    assert any(e.type == "leader-change" and e.actor == "CUB" for e in script.events)
    assert not any("hindsight" in note for note in made.notes)


def test_a_world_that_knows_up_to_a_year(panel: Panel, tmp_path: Path) -> None:
    """All but what is observed is as from a panel that ends there; then all governments choose."""
    words = ("CUB,RUS,USA,UKG", FIRST, LAST)
    made = new(panel, *words, tmp_path / "a" / "w", known=1954)
    cut = new(panel.until(1954), *words, tmp_path / "b" / "w")
    for name in ("initial.csv", "series.csv", "events.csv", "scenario.yaml"):
        assert (made.folder / name).read_bytes() == (cut.folder / name).read_bytes()
    script = validate(made.folder)
    assert max(e.date for e in script.events) < "1955"
    assert script.mode.until == "1955-01"
    assert max(o.first // 12 for o in script.observed) == LAST
    assert max(o.first // 12 for o in validate(cut.folder).observed) == 1954
    agenda = load(made.folder).series["agenda"]
    assert agenda[-1] == pytest.approx(agenda[12 * (1955 - FIRST)], abs=1e-6)
    with pytest.raises(DataError, match="starts in 1950, after 1949"):
        new(panel, *words, tmp_path / "c", known=1949)


def test_rivalry_comes_and_goes(folder: Path) -> None:
    series = load(folder).series["rivalry"][:, 0, 2]
    year = {y: series[(y - FIRST) * 12 + 6] for y in (1955, 1956, 1957, 1958)}
    assert year == pytest.approx({1955: 0, 1956: 0.6, 1957: 0.6, 1958: 0})


def test_the_same_panel_gives_the_same_bytes(panel: Panel, tmp_path: Path) -> None:
    one, two = (new(panel, "CUB,RUS,USA", FIRST, LAST, tmp_path / k / "w") for k in "ab")
    for file in one.folder.iterdir():
        assert file.read_bytes() == (two.folder / file.name).read_bytes(), file.name


@pytest.mark.parametrize(
    ("states", "said"),
    [("CUB,RSU", "did you mean: RUS"), ("CUB,Rusia", "did you mean: RUS"), ("CUB", "two states"),
     ("CUB,SWZ", "was no state"), ("CUB,9999", "no state is called")],
)  # fmt: skip
def test_wrong_states(panel: Panel, tmp_path: Path, states: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        new(panel, states, FIRST, LAST, tmp_path / "w")
    assert not list(tmp_path.iterdir())


def test_wrong_words(panel: Panel, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="already"):
        new(panel, "CUB,USA", FIRST, LAST, folder)
    (tmp_path / "mine").mkdir()
    with pytest.raises(DataError, match="no scenario"):
        new(panel, "CUB,USA", FIRST, LAST, tmp_path / "mine", force=True)
    with pytest.raises(DataError, match="not in the world"):
        new(panel, "CUB,USA", FIRST, LAST, tmp_path / "w", free="RUS")
    with pytest.raises(DataError, match="did you mean: observed"):
        new(panel, "CUB,USA", FIRST, LAST, tmp_path / "w", lines="observd")
    with pytest.raises(DataError, match="before it starts"):
        new(panel, "CUB,USA", LAST, FIRST, tmp_path / "w")


def test_all_states(panel: Panel, tmp_path: Path) -> None:
    """`all` leaves out whoever has no capital and says so."""
    made = new(panel, "all", FIRST, 1970, tmp_path / "w")
    assert set(made.states) == {"USA", "CUB", "UKG", "RUS", "GHA"}
    assert any("SWZ" in note and "capital" in note for note in made.notes)


@pytest.mark.slow
def test_it_runs(folder: Path) -> None:
    """Cuba turns with the leader who came in 1955; nothing stops being finite."""
    from patronage.run.ensemble import run

    found = run(load(folder), members=8, seed=1, chunk=8, record="un_agreement")
    assert not found.failed
    votes = found.data["un_agreement"].sel(client="CUB", patron="RUS").median("member")
    assert float(votes.sel(month="1958").mean()) > float(votes.sel(month="1953").mean()) + 0.1


def test_the_verb(panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from patronage.cli import app

    where = str(panel._path)
    words = ["new", "--panel", where, "--states", "40,USA", "--from", "1950", "--to", "1952"]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "w")])
    assert done.exit_code == 0, done.output
    assert "2 states" in done.output
    assert validate(tmp_path / "w").codes == ("CUB", "USA")
    monkeypatch.chdir(tmp_path)  # a folder is named where none is given
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert validate(tmp_path / "40-usa-1950-1952").codes == ("CUB", "USA")
