"""The import of invented files in every form: recognised, complete, checked, reported."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from patronage.data.panel import Panel, import_raw
from patronage.data.registry import FAMILIES
from patronage.data.schema import TABLES


@pytest.fixture
def panel(raw: Path, tmp_path: Path) -> Panel:
    import_raw(raw, tmp_path / "panel")
    return Panel(tmp_path / "panel")


def row(frame: pd.DataFrame, **keys: object) -> pd.Series:
    """The one row with these keys."""
    for column, value in keys.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1, frame
    return frame.iloc[0]


def problems(panel: Panel, kind: str) -> pd.DataFrame:
    found = panel.problems
    return found[found.problem == kind]


def test_every_form_is_recognised_by_its_columns(panel: Panel) -> None:
    files = panel.manifest["files"]
    assert [f["file"] for f in files if f["status"] != "imported"] == []
    used = {o["importer"] for f in files for o in f["objects"]}
    known = {i.name for f in FAMILIES for i in f.importers}
    elsewhere = {"un-votes-by-name", "un-votes-and-roll-calls", "sipri-tidy-tiv"}
    assert known - used == elsewhere | {"cow-alliances-spells"}
    assert set(panel.names) == set(TABLES)


def test_sums_and_citations_are_in_the_manifest(panel: Panel, raw: Path, tmp_path: Path) -> None:
    manifest = panel.manifest
    for entry in manifest["files"]:
        assert entry["sha256"] == hashlib.sha256((raw / entry["file"]).read_bytes()).hexdigest()
        assert all(o["citation"] in manifest["citations"] for o in entry["objects"])
    for name, entry in manifest["tables"].items():
        path = tmp_path / "panel" / entry["file"]
        assert entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        frame = panel.table(name)
        assert entry["rows"] == len(frame)
        assert list(entry["columns"]) == list(frame.columns)
        if name != "quarantine":
            assert not frame.duplicated(entry["keys"]).any(), name


def test_the_same_files_give_the_same_bytes(raw: Path, tmp_path: Path) -> None:
    for place in ("a", "b"):
        import_raw(raw, tmp_path / place)
    names = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert names == sorted(p.name for p in (tmp_path / "b").iterdir())
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_votes_become_agreement_by_year_and_session(panel: Panel) -> None:
    by_year = panel.table("un_agreement")
    cuba = row(by_year, client=40, patron=2, year=1962)
    assert (cuba.agreement, cuba.n, cuba.roll_calls) == (0.75, 2, 2)
    assert row(by_year, client=2, patron=40, year=1962).agreement == 0.75
    assert row(by_year, client=40, patron=365, year=1962).agreement == 0.25
    # Session 17 runs into 1963; the absence of Cuba in call 4 leaves one call of two.
    assert row(by_year, client=40, patron=2, year=1963)[["n", "roll_calls"]].tolist() == [1, 2]
    session = row(panel.table("un_agreement_session"), client=40, patron=2, session=17)
    assert (session.n, session.first_year, session.year) == (3, 1962, 1963)
    assert session.agreement == pytest.approx(0.5)
    assert row(panel.table("un_votes"), ccode=260).rcid == 4  # given as 255, in 1963
    assert problems(panel, "code of Germany").table.tolist().count("un_votes") == 1
    assert row(panel.table("un_issues"), rcid=2).issue == "nu"
    assert not len(problems(panel, "year without roll calls"))


def test_arms_go_from_patron_to_client(panel: Panel) -> None:
    arms = panel.table("arms")
    assert row(arms, client=40, patron=365, year=1962).tiv == 500
    assert arms.in_system.all()


def test_capability_lacks_what_was_coded_missing(panel: Panel) -> None:
    cuba = row(panel.table("capability"), ccode=40, year=1963)
    assert np.isnan(cuba.milex)
    assert np.isnan(cuba.irst)
    assert cuba.milper == 30
    missing = problems(panel, "missing code")
    lines = missing[missing.table == "capability"].set_index("column")["lines"]
    assert lines.to_dict() == {"irst": "3", "milex": "3"}


def test_alliances_of_three_forms_stand_side_by_side(panel: Panel) -> None:
    table = panel.table("alliances")
    for a, b in ((365, 710), (710, 365)):
        cow = row(table, source="cow", ccode1=a, ccode2=b)
        # Two treaties, one pair.
        assert (cow.defense, cow.neutrality, cow.nonaggression) == (1, 1, 0)
        assert pd.isna(cow.offense)
    assert row(table, source="atop", ccode1=260, ccode2=2).consultation == 1
    assert problems(panel, "one order only").rows.tolist() == [2]


def test_alliances_of_cow_by_treaty(raw: Path, tmp_path: Path) -> None:
    """The published columns of `alliance_v4.1_by_dyad.csv`; no end: in force at the end of 2012."""
    for file in raw.iterdir():
        if file.stem != "states":
            file.unlink()
    write(
        raw,
        "any_name.csv",
        """\
version4id,ccode1,state_name1,ccode2,state_name2,dyad_st_day,dyad_st_month,dyad_st_year,\
dyad_end_day,dyad_end_month,dyad_end_year,left_censor,right_censor,defense,neutrality,\
nonaggression,entente,version
1,365,Russia,710,China,14,2,1950,3,4,1952,0,0,1,0,1,1,4.1
2,2,USA,40,Cuba,2,9,2010,,,,0,1,1,0,0,0,4.1
3,2,USA,365,Russia,2,9,1950,,,1949,0,0,1,0,0,0,4.1
""",
    )
    import_raw(raw, tmp_path / "panel")
    panel = Panel(tmp_path / "panel")
    table = panel.table("alliances")
    years = table[(table.ccode1 == 710) & (table.ccode2 == 365)]
    assert years.year.tolist() == [1950, 1951, 1952]
    assert (years.defense == 1).all()
    assert table[(table.ccode1 == 2) & (table.ccode2 == 40)].year.tolist() == [2010, 2011, 2012]
    aside = problems(panel, "no possible spell")
    assert (aside.lines.tolist(), aside.action.tolist()) == (["4"], ["put aside"])


def test_spells_become_years(panel: Panel) -> None:
    states = panel.table("states")
    assert row(states, ccode=260, year=1990).days == 275
    assert row(states, ccode=255, year=1990).days == 90
    assert row(states, ccode=40, year=1962).days == 365
    majors = panel.table("majors")
    assert set(majors[majors.ccode == 365].year) == {*range(1816, 1918), *range(1922, 2017)}
    contiguity = panel.table("contiguity")
    assert row(contiguity, ccode1=40, ccode2=2, year=1962).type == 4
    assert row(contiguity, ccode1=710, ccode2=365, year=1865).type == 1  # once in the file
    assert row(contiguity, ccode1=365, ccode2=255, year=1900).type == 1
    assert row(contiguity, ccode1=365, ccode2=2, year=1962).type == 2
    capitals = panel.table("capitals")
    assert row(capitals, ccode=365, year=1917).capital == "Petersburg"
    assert row(capitals, ccode=365, year=1918).capital == "Moscow"
    rivalries = panel.table("rivalries")
    assert (
        rivalries[(rivalries.source == "td")].year.tolist() == [1959] * 2 + [1960] * 2 + [1961] * 2
    )
    cuba = row(rivalries, source="td", ccode1=40, ccode2=2, year=1960)
    assert cuba[["ideological", "spatial", "positional"]].tolist() == [1, 1, 0]


def test_leaders_get_cow_codes_and_their_exit_in_its_year_only(panel: Panel) -> None:
    leaders = panel.table("leaders")
    assert set(leaders[leaders.obsid == "GFR-1982"].ccode) == {255, 260}
    assert row(leaders, obsid="GFR-1982", year=1989).ccode == 260
    assert row(leaders, obsid="GFR-1982", year=1990).ccode == 255
    castro = leaders[leaders.obsid == "CUB-1959"].set_index("year")
    assert castro.exit.dropna().to_dict() == {2008: "Regular"}
    assert castro.year_end.to_dict() == {y: y < 2008 for y in range(1959, 2009)}
    assert castro.leaderid.unique().tolist() == ["LEAD-1"]
    raul = leaders[leaders.obsid == "CUB-2008"]
    assert raul.exit.isna().all()
    assert raul.year_end.all()
    assert set(panel.table("leader_years").ccode) == {40, 260, 255}
    assert set(panel.table("onsets").ccode) == {40, 946}


def test_trade_has_both_orders_and_marks_known_faults(panel: Panel) -> None:
    dyads = panel.table("trade_dyads")
    there = row(dyads, ccode1=40, ccode2=365)
    back = row(dyads, ccode1=365, ccode2=40)
    assert (there.imports, there.exports) == (411, 222)
    assert (back.imports, back.exports) == (222, 411)
    assert (back.smooth_imports, back.smooth_exports) == (230, 400)
    assert np.isnan(row(dyads, ccode1=40, ccode2=2).imports)
    totals = panel.table("trade_totals")
    assert row(totals, ccode=260, year=1962).imports == 12240  # under 255 in the file
    assert totals[totals.ccode == 255].empty
    assert totals[~totals.usable][["ccode", "year"]].to_numpy().tolist() == [[40, 1963]]
    assert problems(panel, "unusable value").action.tolist() == ["kept"]


def test_wars_and_disputes(panel: Panel) -> None:
    wars = panel.table("wars")
    assert row(wars, ccode1=2, year=1950).known == 1953
    assert pd.isna(row(wars, ccode1=2, year=1950).deaths2)
    mid = row(panel.table("disputes"), source="mid", ccode1=2, year=1962)
    assert (mid.onset, mid.end_year, mid.hostility, mid.known) == (1, 1963, 3, 1963)
    assert pd.isna(mid.fatality2)
    assert row(panel.table("disputes"), source="gml", ccode1=2).dispute == 61


def write(raw: Path, name: str, text: str) -> None:
    (raw / name).write_text(text, encoding="utf-8")


def test_faults_are_reported_by_line_and_no_row_vanishes(raw: Path, tmp_path: Path) -> None:
    for path in raw.iterdir():
        if path.name != "file00.csv":
            path.unlink()
    write(
        raw,
        "nmc.csv",
        "ccode,year,milex,milper,irst,pec,tpop,upop,cinc\n"
        "40,1960,1,1,1,1,1,1,0.1\n"
        "40,1961,1,1,1,1,1,1,1.5\n"  # line 3: CINC above 1
        "40,1962,-3,1,1,1,1,1,0.1\n"  # 4: negative spending
        "40,1963,x,1,1,1,1,1,0.1\n"  # 5: no number
        "999,1963,1,1,1,1,1,1,0.1\n"  # 6: no such state
        "40,196,1,1,1,1,1,1,0.1\n"  # 7: no such year
        "40,1960,1,1,1,1,1,1,0.1\n"  # 8: the same as line 2
        "40,1970,1,1,1,1,1,1,0.1\n"
        "40,1970,1,1,1,1,1,1,0.2\n"  # 9 and 10 contradict each other
        "40,1850,1,1,1,1,1,1,0.1\n"  # 11: before membership
        "40,1980,1,1,1,1,1,1,0.1,7\n"  # 12: too long
        "40,1981,1,1\n",  # 13: too short
    )
    manifest = import_raw(raw, tmp_path / "panel")
    panel = Panel(tmp_path / "panel")
    found = panel.problems.set_index("problem")
    expected = {
        "impossible value": ("set missing", {"3", "4"}),
        "not a number": ("set missing", {"5"}),
        "unknown code": ("put aside", {"6"}),
        "no possible year": ("put aside", {"7"}),
        "duplicate row": ("put aside", {"8"}),
        "contradicting rows": ("put aside", {"9-10"}),
        "outside membership": ("kept", {"11"}),
        "line too long": ("put aside", {"12"}),
        "line too short": ("kept", {"13"}),
    }
    assert set(found.index) == set(expected)
    for kind, (action, lines) in expected.items():
        rows = found.loc[[kind]]
        assert set(rows.action) == {action}, kind
        assert set(rows["lines"]) == lines, kind
    table, aside = panel.table("capability"), panel.table("quarantine")
    assert sorted(aside.line) == [6, 7, 8, 9, 10, 12]
    assert len(table) + len(aside) == 12
    assert json.loads(aside.set_index("line").row[6])["ccode"] == "999"
    assert np.isnan(row(table, year=1961).cinc)
    assert not row(table, year=1850).in_system
    assert manifest["problems"]["rows"]["contradicting rows"] == 2


def test_arms_of_rebels_and_unknown_parties_are_put_aside(raw: Path, tmp_path: Path) -> None:
    for path in raw.iterdir():
        if path.name != "file00.csv":
            path.unlink()
    write(
        raw,
        "arms.csv",
        "supplier,recipient,year,value,supplier_cown,recipient_cown\n"
        "United States,Anti-Castro rebels (Cuba)*,1961,5,2,40\n"
        "Unknown supplier(s),Cuba,1961,5,,40\n"
        "United States,Germany,1960,5,2,255\n"
        "Russia,Serbia,2000,7,365,\n"
        "Russia,Libya,2014,1,365,620\n"
        "Russia,Libya GNC,2014,2,365,620\n"
        "Russia,Cuba,2014,-2,365,40\n",
    )
    import_raw(raw, tmp_path / "panel")
    panel = Panel(tmp_path / "panel")
    arms = panel.table("arms")
    assert set(zip(arms.client, arms.tiv, strict=True)) == {(260, 5), (345, 7), (620, 3)}
    kinds = set(panel.problems.problem)
    assert kinds >= {"party is no state", "unknown party", "code and name disagree"}
    assert kinds >= {"code filled from name", "two names of one state", "impossible value"}
    assert sorted(panel.table("quarantine").line) == [2, 3, 8]


def test_votes_in_the_long_form_of_the_source(raw: Path, tmp_path: Path, forms: dict) -> None:
    for path in raw.iterdir():
        if path.name != "file00.csv":
            path.unlink()
    both = forms["votes.csv"].merge(forms["calls.csv"], on="rcid")
    both["date"] = pd.to_datetime(both["date"]).dt.strftime("%m/%d/%Y")
    both.assign(co=1, nu=0).to_csv(raw / "UNVotes.csv", index=False)
    (raw / "late.csv").write_text("rcid,ccode,vote\n77,2,1\n1,2,5\n")
    import_raw(raw, tmp_path / "panel")
    panel = Panel(tmp_path / "panel")
    assert row(panel.table("un_agreement"), client=40, patron=2, year=1962).agreement == 0.75
    assert panel.table("un_issues").issue.unique().tolist() == ["co"]
    assert problems(panel, "no such roll call").rows.tolist() == [1]
    assert problems(panel, "unknown vote").rows.tolist() == [1]
    assert len(panel.table("quarantine")) == 2


def test_votes_by_name_and_years_without_roll_calls(raw: Path, tmp_path: Path) -> None:
    for path in raw.iterdir():
        if path.name != "file00.csv":
            path.unlink()
    write(
        raw,
        "v.csv",
        "rcid,country,vote\n1,Cuba,yes\n1,United States,no\n2,Cuba,abstain\n2,Nowhere,yes\n",
    )
    write(raw, "c.csv", "rcid,session,date\n1,1,1946-01-05\n2,3,1948-10-05\n")
    import_raw(raw, tmp_path / "panel")
    panel = Panel(tmp_path / "panel")
    assert row(panel.table("un_agreement"), client=40).agreement == 0
    assert problems(panel, "year without roll calls").value.tolist() == ["1947"]
    assert problems(panel, "unknown code").rows.tolist() == [1]


def test_a_file_that_is_not_recognised_is_named_and_harms_nothing(
    raw: Path, tmp_path: Path
) -> None:
    write(raw, "strange.csv", "a,b\n1,2\n")
    write(raw, "readme.md", "words")
    write(raw, "header.csv", "ccode1,ccode2,year,mindist\n")
    manifest = import_raw(raw, tmp_path / "panel")
    status = {f["file"]: f["status"] for f in manifest["files"]}
    assert status["strange.csv"] == status["readme.md"] == "not recognised"
    assert len(Panel(tmp_path / "panel").table("distance")) == 4
    assert "no rows" in manifest["problems"]["rows"]


def test_the_verb_says_what_was_wrong(raw: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from patronage.cli import app

    write(raw, "strange.csv", "a,b\n1,2\n")
    write(raw, "header.csv", "ccode1,ccode2,year,mindist\n")
    done = CliRunner().invoke(app, ["data", "import", str(raw), "--out", str(tmp_path / "panel")])
    assert done.exit_code == 0, done.output
    assert "not recognised, left out: strange.csv" in done.output
    assert "problems, by rows:" in done.output
    assert "problems.csv" in done.output


def test_rows_in_two_files_are_counted(raw: Path, tmp_path: Path, forms: dict) -> None:
    forms["distance.csv"].to_csv(raw / "again.csv", index=False)
    forms["nmc.csv"].assign(tpop=1).to_csv(raw / "again2.csv", index=False)
    import_raw(raw, tmp_path / "panel")
    panel = Panel(tmp_path / "panel")
    assert len(panel.table("distance")) == 4
    assert problems(panel, "row in two files").rows.tolist() == [4]
    assert problems(panel, "two files disagree").column.tolist() == ["tpop"]


def test_without_a_states_file_membership_is_unknown(raw: Path, tmp_path: Path) -> None:
    (raw / "file00.csv").unlink()
    manifest = import_raw(raw, tmp_path / "panel")
    panel = Panel(tmp_path / "panel")
    assert panel.table("arms").in_system.isna().all()
    assert "in_system is missing" in manifest["notes"][0]
    assert 40 in set(panel.table("codes").ccode)
