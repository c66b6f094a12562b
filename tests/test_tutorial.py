"""The tutorial does what it says: commands run, output is theirs, snippets are in the files."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from patronage import cli

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/tutorial.md"
BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.M | re.S)


def blocks() -> list[tuple[str, str, str]]:
    """Language, title and text of every fenced block."""
    return [(m[1], m[2] or "", m[3]) for m in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the example in it, to run in."""
    shutil.copytree(ROOT / "examples/tarn", tmp_path / "examples/tarn")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATRONAGE_CACHE", "")
    return tmp_path


def plain(text: str) -> str:
    """One blank between words, so that the width of a column does not count."""
    return " ".join(text.split())


def test_every_snippet_is_in_its_file():
    titled = [(title, text) for _, title, text in blocks() if title]
    assert len(titled) >= 10
    for title, text in titled:
        file = (ROOT / title).read_text(encoding="utf-8")
        if title.endswith(".csv"):
            lines = file.splitlines()
            assert all(line in lines for line in text.splitlines())
        else:
            assert text in file


def test_commands_and_code_run_and_give_what_is_shown(beside: Path):
    listed = [b for b in blocks() if not b[1]]
    shown = 0
    for (kind, _, text), after in zip(listed, [*listed[1:], ("", "", "")], strict=True):
        if kind == "python":
            exec(compile(text, str(PAGE), "exec"), {})
        if kind != "sh":
            continue
        output = ""
        for line in text.splitlines():
            command, *arguments = shlex.split(line)
            assert command == "patronage"
            result = CliRunner().invoke(cli.app, arguments)
            assert result.exit_code == 0, result.output
            output += result.output
        if after[0] == "text":
            given = [plain(line) for line in output.splitlines()]
            for line in after[2].splitlines():
                assert plain(line) in given
                shown += 1
    assert shown >= 9
    assert (beside / "runs/tarn/claims.html").is_file()
