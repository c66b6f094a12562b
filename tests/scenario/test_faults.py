"""Faults of a scenario: each with its line and the nearest match, and all at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from patronage.errors import Errors, PatronageError
from patronage.scenario.load import load

Edit = Callable[[str, str, str], Path]


def faults(folder: Path) -> list[PatronageError]:
    """The errors that loading a broken scenario reports."""
    with pytest.raises(PatronageError) as caught:
        load(folder)
    return caught.value.found if isinstance(caught.value, Errors) else [caught.value]


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
