"""The verbs of the command line that need no run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import patronage
from patronage import cli

Edit = Callable[[str, str, str], Path]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the command in this process: exit code, output, errors."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["patronage", *arguments])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        said = capsys.readouterr()
        return int(caught.value.code or 0), said.out, said.err

    return call


def test_version(run: Callable[..., tuple[int, str, str]]) -> None:
    assert run("--version") == (0, f"patronage {patronage.__version__}\n", "")


def test_help_names_every_verb(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = run("--help")
    assert code == 0
    for verb in ("validate", "diff", "sources"):
        assert verb in out


def test_validate(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = run("validate", "tiny")
    assert (code, err) == (0, "")
    assert "4 states, 2 commodities, 1950-01 to 1953-12 (48 months)" in out
    assert "note: events.csv:2: event T01" in out


def test_validate_of_what_is_not_there(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = run("validate", "tinny")
    assert (code, out) == (2, "")
    assert "did you mean: tiny?" in err


def test_validate_of_a_table_names_the_scenario(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "events.csv").write_text("id,date\n")
    code, _, err = run("validate", str(tmp_path / "events.csv"))
    assert code == 2
    assert f"allowed: the folder {tmp_path}" in err


def test_diff(run: Callable[..., tuple[int, str, str]], edit: Edit) -> None:
    assert run("diff", "tiny", "tiny") == (0, "no difference\n", "")
    folder = str(edit("scenario.yaml", "members: 50", "members: 60"))
    code, out, _ = run("diff", "tiny", folder)
    assert code == 0
    assert out.splitlines()[1].split() == ["settings", "run", "members", "50", "60"]
    assert run("diff", "--exit-code", "tiny", folder)[0] == 1


def test_sources(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    code, out, _ = run("sources", "tiny", "--assumed")
    assert code == 0
    assert "reserves CYL" in out
    assert "chronicle" not in out
    code, out, _ = run("sources", "tiny", "--format", "json")
    assert json.loads(out)["scenario"] == "tiny"
    assert run("sources", "tiny", "--out", str(tmp_path / "s.csv"))[0] == 0
    assert (tmp_path / "s.csv").read_text().startswith("table,entry,value")
    assert run("sources", "tiny", "--out", str(tmp_path))[0] == 2


def test_as_a_module_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_bytes(b"\xff\xfe\x00")
    env = {**os.environ, "PYTHONPATH": str(Path(patronage.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-m", "patronage", "validate", str(tmp_path)],
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    assert done.returncode == 2
    assert "scenario.yaml:1: byte 0xff is not UTF-8 text" in done.stderr
    assert "Traceback" not in done.stderr


def test_public_names_are_lazy() -> None:
    assert callable(patronage.load)
    assert "run" in dir(patronage)
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        _ = patronage.lod


def test_every_verb_is_listed_with_a_whole_sentence(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for words in (["--help"], ["classics", "--help"], ["data", "--help"]):
        _, out, _ = run(*words)
        assert "..." not in out.partition("Commands:")[2]


def test_a_branch_that_changes_nothing_is_refused(run: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = run("branch", "tiny", "--at", "1951-01")
    assert code == 2
    assert "changes nothing" in err
    assert "--drop" in err


def test_a_folder_that_cannot_be_made_is_no_traceback(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise FileNotFoundError(2, "No such file or directory", "/nowhere/f.csv")

    monkeypatch.setattr("patronage.scenario.load.read", refuse)
    assert run("sources", "tiny") == (2, "", "/nowhere/f.csv: no such file or directory\n")
