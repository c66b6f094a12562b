"""Where compiled programs are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from patronage.run import cache


def test_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv(cache.VARIABLE, raising=False)
    assert cache.find_folder() == tmp_path / "xdg" / "patronage"
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "own"))
    assert cache.find_folder() == tmp_path / "own"
    monkeypatch.setenv(cache.VARIABLE, "")
    assert cache.find_folder() is None


def test_a_place_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv(cache.VARIABLE, str(file / "below"))
    assert cache.find_folder() is None
