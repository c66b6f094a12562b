"""Compiled programs kept whole: found again without tracing, made again where they are no good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental.compilation_cache import compilation_cache

from patronage.run import programs

SETTINGS = ("jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A cache of its own, into which jax puts the smallest program."""
    before = {name: getattr(jax.config, name) for name in SETTINGS}
    for name, value in zip(SETTINGS, (str(tmp_path), 0.0), strict=True):
        jax.config.update(name, value)
    compilation_cache.reset_cache()
    yield tmp_path
    for name, value in before.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()


class Maker:
    """Compiles a small program, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> Any:
        self.made += 1
        # a sort, because a program that was not whole lost its comparison
        return jax.jit(lambda x: jnp.sort(x * 3)[::-1]).lower(jnp.zeros(5)).compile()


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("program-*"))


def test_a_program_is_found_again_and_runs(folder: Path) -> None:
    make, x = Maker(), np.array([3, 1, 4, 1, 5], np.float32)
    first = programs.obtain("form", make)(x)
    again = programs.obtain("form", make)(x)
    assert make.made == 1
    assert len(kept(folder)) == 1
    assert again.tolist() == first.tolist() == [15, 12, 9, 3, 3]


def test_another_form_or_setting_is_another_program(folder: Path) -> None:
    make = Maker()
    programs.obtain("form", make)
    programs.obtain("other form", make)
    with jax.numpy_rank_promotion("raise"):
        programs.obtain("form", make)
    assert make.made == 3


def test_a_torn_file_is_made_again(folder: Path) -> None:
    make = Maker()
    programs.obtain("form", make)
    (path,) = kept(folder)
    whole = path.read_bytes()
    for torn in (b"", whole[: len(whole) // 2], b"x" + whole):
        path.write_bytes(torn)
        found = programs.obtain("form", make)
        assert found(np.ones(5, np.float32)).tolist() == [3] * 5
    assert make.made == 4


def test_what_jax_had_kept_is_not_kept_again(folder: Path) -> None:
    """Such a program lacks parts: it would load, and fail when it is run."""
    make = Maker()
    programs.obtain("form", make)
    for path in kept(folder):
        path.unlink()
    jax.clear_caches()
    programs.obtain("form", make)
    assert make.made == 2
    assert kept(folder) == []


def test_without_a_folder_programs_are_only_made(folder: Path) -> None:
    make = Maker()
    jax.config.update(SETTINGS[0], None)
    programs.obtain("form", make)
    programs.obtain("form", make)
    assert make.made == 2
    assert kept(folder) == []


def test_a_full_disk_does_no_harm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(programs.os, "replace", full)
    found = programs.obtain("form", Maker())
    assert found(np.ones(5, np.float32)).tolist() == [3] * 5
    assert kept(folder) == []
