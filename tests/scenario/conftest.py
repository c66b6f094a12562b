"""The tiny scenario as files that a test may change."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

TINY = Path(__file__).parent / "tiny"

Edit = Callable[[str, str, str], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the tiny scenario."""
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replace a text that must occur in a file of the copy; returns the folder."""

    def replace(file: str, old: str, new: str) -> Path:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return replace
