"""Broken scenarios end in our errors, whatever is broken, and sound ones load."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from patronage import cli
from patronage.errors import PatronageError
from patronage.scenario.load import load

from .mutants import Files, make

TINY = Path(__file__).parent / "tiny"
SOUND = {p.name: p.read_bytes() for p in sorted(TINY.iterdir())}
MUTANTS = list(make(SOUND))


def write(folder: Path, changed: Files) -> Path:
    """The sound files, with some changed, in a folder."""
    for name, data in {**SOUND, **changed}.items():
        if data is not None:
            (folder / name).write_bytes(data)
    return folder


def test_there_are_enough_of_them_and_each_is_another() -> None:
    assert len(MUTANTS) >= 300
    assert len({name for name, _ in MUTANTS}) == len(MUTANTS)
    assert all(SOUND.get(f) != d for _, files in MUTANTS for f, d in files.items())


def test_the_sound_one_loads(tmp_path: Path) -> None:
    assert load(write(tmp_path, {})).name == "tiny"


@pytest.mark.parametrize("changed", [m[1] for m in MUTANTS], ids=[m[0] for m in MUTANTS])
def test_broken_scenarios_end_in_our_error(tmp_path: Path, changed: Files) -> None:
    with pytest.raises(PatronageError) as caught:
        load(write(tmp_path, changed))
    message = str(caught.value)
    assert any(name in message for name in (*SOUND, str(tmp_path))), "the message names the file"


@pytest.mark.parametrize(
    "changed", [m[1] for m in MUTANTS[::11]], ids=[m[0] for m in MUTANTS[::11]]
)
def test_the_command_line_says_it_without_a_traceback(
    tmp_path: Path,
    changed: Files,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["patronage", "validate", str(write(tmp_path, changed))])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    said = capsys.readouterr()
    assert caught.value.code == 2
    assert said.err.strip()
    assert "Traceback" not in said.err
    assert said.out == ""


def test_flipped_bytes_load_or_end_in_our_error(tmp_path: Path) -> None:
    """400 single random edits; any other exception fails the test. Some edits must do harm."""
    chance = random.Random(7)
    broken = 0
    for _ in range(400):
        name = chance.choice(sorted(SOUND))
        data = bytearray(SOUND[name])
        place = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + chance.randrange(1, 40)]
            case 2:
                data[place:place] = chance.choice(
                    [b"\n", b",", b'"', b": ", b"{", b"\t", b"-", b"9"]
                )
            case _:
                other = chance.randrange(len(data))
                data[place], data[other] = data[other], data[place]
        write(tmp_path, {name: bytes(data)})
        try:
            load(tmp_path)
        except PatronageError:
            broken += 1
    assert 100 < broken < 400


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    write(tmp_path, {"series.csv": None})
    (tmp_path / "series.csv").mkdir()
    with pytest.raises(PatronageError, match="a folder, not a file"):
        load(tmp_path)


def test_files_stay_inside_the_folder(tmp_path: Path) -> None:
    text = SOUND["scenario.yaml"].replace(b"series: series.csv", b"series: ../series.csv")
    with pytest.raises(PatronageError, match=r"files\.series"):
        load(write(tmp_path, {"scenario.yaml": text}))
