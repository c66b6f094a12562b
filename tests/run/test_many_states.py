"""Worlds of many states: thin inputs, states that come and go, chunks that fit into memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import patronage as pt
from patronage.errors import PatronageError
from patronage.model.thin import Thin, fill
from patronage.run import chunks, compile, record
from patronage.scenario import calendar
from patronage.scenario.load import load
from patronage.scenario.schema import Mode, Period
from patronage.scenario.world import World

DATED = ("acts", "goldstein", "scope", "rivalry", "allowed", "forced")


def row(months: Any, t: int) -> Any:
    return fill(jax.tree.map(lambda x: x[t], months))


@pytest.mark.parametrize("branched", [False, True])
def test_thin_inputs_are_the_full_ones(monkeypatch: pytest.MonkeyPatch, branched: bool) -> None:
    world = load("tiny")
    if branched:
        world = world.branch("1951-01", forbid=("ARC", None, "embargo"))
    full = compile.months_of(world, calendar.build(world))
    monkeypatch.setattr(compile, "THICK", 0)
    thin = compile.months_of(world, calendar.build(world))
    assert all(isinstance(getattr(thin, name), Thin) for name in DATED)
    assert not any(isinstance(getattr(full, name), Thin) for name in DATED)
    for t in range(0, world.months, 5):
        for name in DATED:
            left, right = (np.asarray(getattr(row(m, t), name)) for m in (thin, full))
            assert left.dtype == right.dtype
            np.testing.assert_array_equal(left, right, err_msg=f"{name} {t}")


def existing(world: World, code: str, *spans: tuple[str, str]) -> World:
    """The world with one state that exists in some months only."""
    exists = [Period(start=a, end=b) for a, b in spans]
    states = [
        s.model_copy(update={"exists": exists}) if s.code == code else s for s in world.states
    ]
    return replace(world, states=tuple(states))


def test_states_come_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside its spans a state has no ties, chooses nothing and is chosen by nobody."""
    monkeypatch.setattr(compile, "THICK", 0)
    world = replace(load("tiny"), mode=Mode(kind="free")).until("1951-12")
    world = existing(world, "CYL", ("1950-04", "1950-09"), ("1951-04", "1951-09"))
    here = calendar.find_present(world, world.start, world.months)[:, 2]
    assert here.tolist() == [False] * 3 + [True] * 6 + [False] * 6 + [True] * 6 + [False] * 3
    assert not calendar.build(world).may_choose[~here, 2].any()
    names = ["affinity", "threat", "transfer", "orientation", "un_agreement", "support"]
    run = pt.run(world, members=4, seed=1, chunk=4, record=names)
    assert not run.failed
    for name in names[:-1]:
        ties = run.data[name].transpose("month", "client", "patron", "member").values
        assert not ties[~here][:, 2].any(), name
        assert not ties[~here][:, :, 2].any(), name
    affinity = run.data["affinity"].sel(client="CYL", patron="ARC").values
    assert np.abs(affinity[:, here]).min(axis=0).max() > 0
    chosen = run.log[run.log["mechanism"] == "decide"]
    both = chosen["who"].isin(["CYL"]) | chosen["whom"].isin(["CYL"])
    months = chosen["month"].to_numpy().astype("datetime64[M]").astype(int) + 1970 * 12
    assert len(chosen)
    assert here[(months - world.start)[both.to_numpy()]].all()


def test_existence_is_checked(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    for path in Path(load("tiny").folder).iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    text = (folder / "scenario.yaml").read_text()
    wrong = "    major: true\n    exists: [{start: 1952-01, end: 1951-01}]\n"
    (folder / "scenario.yaml").write_text(text.replace("    major: true\n", wrong, 1))
    with pytest.raises(PatronageError, match=r"existence of ARC ends \(1951-01\) before it starts"):
        load(folder)


def test_chunks_of_many_states_are_narrow() -> None:
    """The width hangs on the world; how many members there are widens it at most."""
    tiny = load("tiny")
    assert chunks.choose_width(tiny, ("support",), 500, "native") == chunks.CHUNK
    many = chunks.choose_width(tiny, ("support",), 100_000, "native")
    assert 100_000 <= chunks.MOST_CHUNKS * many < 200_000
    assert many % chunks.CHUNK == 0
    assert chunks.choose_width(tiny, ("support",), 100_000, "xla") == chunks.CHUNK
    states = tuple(
        tiny.states[0].model_copy(update={"code": f"S{i:03d}", "cow": i}) for i in range(170)
    )
    shown = tiny.record.model_copy(update={"every": 12, "events": False})
    wide = replace(tiny, states=states, goods=(), record=shown)
    wide = replace(wide, faction_share=np.zeros((170, 4)))
    width = chunks.choose_width(wide, ("support", "transfer"), 100_000, "native")
    assert chunks.VECTOR <= width < chunks.CHUNK
    each = chunks.bytes_at_work(wide, ("support", "transfer"))
    assert width * each <= chunks.CHUNK_BYTES or width == chunks.VECTOR
    assert 2 * width * each > chunks.CHUNK_BYTES
    assert record.bytes_per_member(wide, ("transfer",), 12) == 4 * 170 * 170 * 4
