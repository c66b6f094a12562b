"""The verb `play`: a script, a program and a person, and what is wrong with them."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from patronage import cli
from patronage.game.verb import tell
from patronage.scenario.load import load

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """`patronage play tiny --as ARC …` in this process: exit code, output, errors."""

    def run(*words: str, typed: str = "") -> tuple[int, str, str]:
        base = ["patronage", "play", "tiny", "--as", "ARC", "--until", "1951-06", "--turn", "6"]
        monkeypatch.setattr(sys, "argv", [*base, *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        with pytest.raises(SystemExit) as caught:
            cli.main()
        said = capsys.readouterr()
        return int(caught.value.code or 0), said.out, said.err

    return run


def test_a_person_plays_and_the_moves_play_again(call: Call, tmp_path: Path) -> None:
    typed = "?\nstate-visit bor\nstate-visit bor\nstate-visti cyl\n\n\n\n"
    code, out, _ = call("--out", str(tmp_path / "a"), typed=typed)
    assert code == 0
    assert "not possible now: state-visti CYL; did you mean: state-visit CYL?" in out
    assert "one act a turn towards BOR" in out
    assert "the end: 1 moves" in out
    moves = tmp_path / "a/moves.txt"
    assert moves.read_text() == "1950-02 ARC state-visit BOR\n"
    code, _, _ = call("--script", str(moves), "--out", str(tmp_path / "b"), "--quiet")
    assert code == 0
    one, two = (pd.read_parquet(tmp_path / f / "figures.parquet") for f in "ab")
    pd.testing.assert_frame_equal(one, two)


def test_a_program_plays(call: Call, tmp_path: Path) -> None:
    (tmp_path / "calm.py").write_text(
        "def visit(view, options):\n    return [m for m in options if m.act == 'state-visit'][:1]\n"
    )
    code, out, _ = call("--program", f"{tmp_path}/calm.py:visit", "--quiet")
    assert (code, out.splitlines()[0]) == (0, "the end: 3 moves")
    code, _, err = call("--program", f"{tmp_path}/calm.py:visits")
    assert code == 2
    assert "did you mean: visit?" in err


def test_history_is_told_in_the_words_of_the_scenario(call: Call) -> None:
    code, out, _ = call("--as", "CYL", typed="\n" * 9)
    assert code == 0
    assert "1950-06  BOR → CYL  state-visit  (history) A visit of five days" in out


def test_two_events_alike_are_told_apart() -> None:
    """Moscow honoured Castro twice in May 1963, on the first and on the 23rd."""
    row = {"month": pd.Timestamp("1963-05-01"), "who": "RUS", "whom": "CUB", "what": "honour"}
    happened = pd.DataFrame([row | {"how_much": 1.0, "mechanism": "calendar", "member": -1}] * 2)
    first, second, _ = tell(happened, load("cuba")).split("\n")
    assert "Mausoleum" in first
    assert "Hero of the Soviet Union" in second


def test_states_with_commas(call: Call) -> None:
    code, _, err = call("--as", "CYL,BOX")
    assert (code, "BOX: no state to govern" in err) == (2, True)


def test_who_leaves_stops_the_game(call: Call) -> None:
    code, out, _ = call(typed="\nq\n")
    assert code == 0
    assert "1950-08: 0 moves" in out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1950-02 ARC state-visit", "is no move"),
        ("1950-13 ARC state-visit BOR", "no month 13"),
        ("1950-02 BOR state-visit ARC", "unknown player 'BOR'"),
        ("1950-02 ARC state-visti BOR", "did you mean: state-visit?"),
        ("1950-02 ARC state-visit BOX", "did you mean: BOR?"),
        ("1960-02 ARC state-visit BOR", "not in the game"),
        ("1950-02 ARC recognise BOR", "not possible in 1950-02"),
        ("1950-03 ARC state-visit BOR", "one act a turn towards BOR"),
    ],
)
def test_faults_of_a_script_have_a_line(call: Call, tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "moves.txt"
    path.write_text(f"1950-02 ARC state-visit BOR  # a remark\n\n{line}\n")
    code, _, err = call("--script", str(path), "--quiet")
    assert code == 2
    assert f"{path}:3" in err
    assert words in err
