"""The language of checks: faults with file and line, what is allowed, and the nearest match."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from patronage.cli import app
from patronage.errors import Errors, PatronageError
from patronage.history import claims_file, claims_runs, claims_schema
from patronage.history.claims_time import days_of, gap_between, spell_days, window_of
from patronage.scenario import document
from patronage.scenario.load import load, read

LEDGER = (Path(__file__).parent / "small_claims.yaml").read_text(encoding="utf-8")

FAULTS = {
    "unknown key": ("    agrees:", "    agree:", "agree", "agrees"),
    "unknown kind": ("kind: observed", "kind: obseved", "obseved", "observed"),
    "no kind": ("{kind: event, ", "{", "no kind", None),
    "unknown quantity": ("quantity: support", "quantity: suport", "suport", "support"),
    "unknown state": ("state: CYL}", "state: CIL}", "CIL", "CYL"),
    "unknown commodity": ("commodity: fuel", "commodity: fule", "fule", "fuel"),
    "unknown branch": ("branch: no embargo", "branch: no embarg", "no embarg", "no embargo"),
    "unknown event type": ("type: embargo", "type: embrago", "embrago", "embargo"),
    "unknown event": ("events: [T05]", "events: [T5]", "T5", "T05"),
    "event of a branch": ("drop: T05", "drop: T5", "T5", "T05"),
    "unknown source": ("agrees: [chronicle]", "agrees: [cronicle]", "cronicle", "chronicle"),
    "unknown document": ("documents: [page 1]", "documents: [pag 1]", "pag", "page"),
    "no such paragraph": ("documents: [page 1]", "documents: [page 3]", "page 3", None),
    "unknown measure": ("measure: change", "measure: chang", "chang", "change"),
    "bad window": ("window: 1951, base", "window: 51, base", "51", None),
    "window turned round": ('"1951-08:1952-12"', '"1952-08:1951-12"', "ends before", None),
    "window before the period": (
        '"1951-08:1952-12"',
        '"1949-08:1951-12"',
        "before the scenario",
        None,
    ),
    "nothing to compare": (", base: 1950", "", "change from what", None),
    "no bounds": (", above: 0.1", "", "can only be true", None),
    "impossible bounds": ("above: 0.1", "above: 0.1, below: 0.1", "nothing is above", None),
    "a number for a month": ("measure: change, ", "measure: peak, ", "peak", None),
    "same bearing": (
        "above: 0.1, yes: supports, no: contradicts",
        "above: 0.1, yes: supports, no: supports",
        "tells nothing",
        None,
    ),
    "unknown bearing": (
        "when: 1951-07, yes: supports",
        "when: 1951-07, yes: support",
        "support",
        "supports",
    ),
    "cell incomplete": (
        "{quantity: support, state: CYL}",
        "{quantity: support}",
        "of which state",
        None,
    ),
    "cell of another": ("state: CYL}", "state: CYL, patron: ARC}", "has no patron", None),
    "not recorded by runs": (
        "{quantity: support, state: CYL}",
        "{quantity: gdp, state: CYL}",
        "gdp",
        None,
    ),
    "bad date": ("when: 1951-07,", "when: 1951-13,", "1951-13", None),
    "bad quality": ("quality: high}", "quality: hgh}", "hgh", "high"),
    "duplicate key": (
        "    says: The embargo",
        "    id: A2\n    says: The embargo",
        "duplicate",
        None,
    ),
}


@pytest.fixture(scope="module")
def script():
    return read("tiny")


@pytest.fixture(scope="module")
def world():
    return load("tiny")


def write(folder: Path, text: str) -> Path:
    path = folder / "claims.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_sound_ledger_is_read(script, tmp_path: Path):
    ledger = claims_file.read(script, write(tmp_path, LEDGER))
    assert [c.kind for c in ledger.claims[0].checks] == ["event", "observed", "model", "effect"]
    assert ledger.where["A1"] == "claims.yaml:15"
    assert ledger.branches["no embargo"].branch.date == "1951-06"


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_names_its_line_and_the_nearest_word(name: str, script, world, tmp_path: Path):
    old, new, word, near = FAULTS[name]
    assert LEDGER.count(old) == 1, name
    line = LEDGER[: LEDGER.index(old)].count("\n") + 1
    path = write(tmp_path, LEDGER.replace(old, new))
    with pytest.raises(PatronageError) as caught:
        claims_runs.check_branches(world, claims_file.read(script, path))
    message = str(caught.value)
    assert f"claims.yaml:{line}:" in message, message
    assert word in message
    if near is not None:
        assert f"did you mean: {near}?" in message, message


def test_all_faults_are_reported_at_once(script, tmp_path: Path):
    text = LEDGER.replace("state: CYL}", "state: CIL}").replace("when: 1951-07", "when: 1951-13")
    with pytest.raises(Errors) as caught:
        claims_file.read(script, write(tmp_path, text))
    assert len(caught.value.found) == 2


@pytest.mark.parametrize(
    "text", ["", "- 1", "ledger: 1", "title: x", "claims: 3", "ledger: 2\ntitle: x"]
)
def test_a_file_that_is_no_ledger_is_refused(text: str, script, tmp_path: Path):
    with pytest.raises(PatronageError):
        claims_file.read(script, write(tmp_path, text))


@pytest.mark.parametrize("key", ["documents", "lineages", "records", "branches", "claims"])
@pytest.mark.parametrize("value", [3, "x", [3], [[]], {"x": 3}, None])
def test_a_wrong_shape_is_a_fault_and_no_crash(key: str, value: object, script, tmp_path: Path):
    body = document.read(LEDGER, "claims.yaml", []).value
    body[key] = value
    path = write(tmp_path, json.dumps(body))
    try:
        claims_file.read(script, path)
    except PatronageError:
        return
    assert value is None or not value or key == "branches"


def test_no_ledger_at_all(tmp_path: Path, script):
    with pytest.raises(PatronageError, match="no ledger"):
        claims_file.read(script)


def test_parts_of_a_claim_name_their_checks(script, tmp_path: Path):
    parted = LEDGER.replace(
        "    checks:", "    parts: [{name: when, says: In July}]\n    checks:"
    ).replace("{kind: event,", "{kind: event, part: wen,")
    with pytest.raises(Errors) as caught:
        claims_file.read(script, write(tmp_path, parted))
    assert "did you mean: when?" in str(caught.value)
    assert str(caught.value).count("a check of which part?") == 3


def test_the_published_schema_is_up_to_date():
    path = Path(claims_schema.__file__).with_name("claims.schema.json")
    assert json.loads(path.read_text(encoding="utf-8")) == claims_schema.ledger_schema()


def test_validate_checks_a_ledger_by_its_name(tmp_path: Path):
    folder = Path(read("cuba").folder)
    done = CliRunner().invoke(app, ["validate", str(folder / "claims.yaml")])
    assert done.exit_code == 0
    assert "58 claims" in done.output, done.output


@given(st.dates(), st.dates())
def test_spans_of_days(one, two):
    a, b = days_of(one.isoformat()), days_of(two.isoformat()[:7])
    assert spell_days(a) == one.isoformat()
    assert b[0] <= two.toordinal() <= b[1]
    assert gap_between(a, b) == gap_between(b, a) >= 0
    assert gap_between(a, (a[0] + 9, a[0] + 12)) == 9


def test_windows():
    assert window_of("1962") == (1962 * 12, 1962 * 12 + 11)
    assert window_of("1962-10:1963-03") == (1962 * 12 + 9, 1963 * 12 + 2)
    with pytest.raises(PatronageError, match="no window"):
        window_of("62")
