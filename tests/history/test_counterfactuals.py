"""The branch files that come with the Cuba case: valid, effective, and nothing set by hand."""

from __future__ import annotations

import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner

from patronage import cli
from patronage.errors import ScenarioError
from patronage.history.branch_changes import Add, Drop, Force, Move, Parameter, Rescale
from patronage.history.branch_shipped import find, list_files, list_shipped
from patronage.run.card import card
from patronage.run.compile import compile_world
from patronage.run.ensemble import plan
from patronage.run.results import Results
from patronage.scenario.load import load
from patronage.scenario.world import World

ROOT = Path(__file__).parents[2]
TEN = {
    "no-split": "1960-01",
    "quota-kept": "1960-07",
    "no-missiles": "1962-09",
    "cuba-consulted": "1962-10",
    "invasion-threat": "1962-10",
    "guevara-stays": "1965-01",
    "china-rice": "1966-01",
    "no-endorsement": "1968-08",
    "collapse-1985": "1985-01",
    "second-patron": "1991-01",
}


@pytest.fixture(scope="module")
def cuba() -> World:
    return load("cuba").until("1993-12")


def test_ten_branches_come_with_the_case(cuba: World):
    assert {b.name: b.at for b in list_shipped(cuba.folder)} == TEN
    assert len({b.title for b in list_shipped(cuba.folder)}) == 10


@pytest.mark.parametrize("name", TEN)
def test_a_shipped_branch_changes_what_is_run_from_its_date_on_only(name: str, cuba: World):
    branch = cuba.branch(file=name)
    assert branch.notes == cuba.notes  # every change of an event is of one that is imposed
    one, two = compile_world(cuba), compile_world(branch)
    row = branch.branches[0].at - cuba.start
    pairs = [(getattr(one.months, f.name), getattr(two.months, f.name)) for f in fields(one.months)]
    pairs = [
        (np.asarray(a), np.asarray(b)) for a, b in [*pairs, (one.drift, two.drift)] if a is not None
    ]
    assert all(np.array_equal(a[:row], b[:row]) for a, b in pairs)
    assert any(not np.array_equal(a[row:], b[row:]) for a, b in pairs)
    assert two.shape == one.shape


@pytest.mark.parametrize("name", TEN)
def test_no_branch_sets_an_outcome(name: str, cuba: World):
    known = {e.id: e for e in cuba.events}
    for change in cuba.branch(file=name).branches[0].changes:
        assert not isinstance(change, Force)
        if isinstance(change, Add):
            # Cuba is free: what it does is never put in
            assert change.add.actor != "CUB"
            assert not change.add.details.startswith("shares")
        for key in ("drop", "move", "rescale"):
            if isinstance(change, Drop | Move | Rescale) and hasattr(change, key):
                assert known[getattr(change, key)].role != "outcome"
        if isinstance(change, Parameter):
            assert change.until is not None  # a rule is bent for a while, and holds again


def test_files_are_found_by_name(cuba: World, tmp_path: Path):
    assert find("no-split", cuba.folder) == list_files(cuba.folder)["no-split"]
    own = tmp_path / "own.yaml"
    own.write_text("branch: {at: 1960-01, changes: [{drop: E012}]}", encoding="utf-8")
    assert find(own, cuba.folder) == own
    with pytest.raises(ScenarioError, match="did you mean: no-missiles"):
        find("no-missile", cuba.folder)
    assert list_shipped(load("tiny").folder) == []


def test_the_command_lists_them():
    result = CliRunner().invoke(cli.app, ["branch", "cuba", "--list"])
    assert result.exit_code == 0
    assert all(name in result.output for name in TEN)


def test_the_card_of_a_run_names_its_branches(cuba: World):
    world = cuba.branch(file="quota-kept").branch("1970-01")
    manifest = plan(world, members=2).manifest
    text = card(Results(xr.Dataset(), pd.DataFrame(), manifest))
    assert "from 1960-07, The sugar quota kept in 1960:" in text
    assert "    - drop E019" in text
    assert "from 1970-01: no change" in text
    assert "Branches" not in card(Results(xr.Dataset(), pd.DataFrame(), plan(cuba, 2).manifest))


def test_every_branch_has_a_page_and_every_page_a_branch(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "docs/_generate"), *sys.path])
    from counterfactual_cases import read_cases  # pyright: ignore[reportMissingImports]

    cases = {c.name: c for c in read_cases()}
    assert set(cases) == set(TEN)
    folder = ROOT / "docs/counterfactuals"
    assert {p.stem for p in folder.glob("*.md")} == {*TEN, "index"}
    branches = list_files(load("cuba").folder)
    for name, case in cases.items():
        page = (folder / f"{name}.md").read_text(encoding="utf-8")
        assert branches[name].read_text(encoding="utf-8").rstrip() in page
        for part in (
            "## The change",
            "## The result",
            "## What drives it",
            "## How far to trust it",
        ):
            assert part in page
        assert all(word in page for word in case.trust)
        assert (folder / f"{name}.png").stat().st_size < 80_000


@pytest.mark.slow
def test_branches_move_what_they_are_about(cuba: World, monkeypatch: pytest.MonkeyPatch):
    from patronage.run.ensemble import run

    monkeypatch.setenv("PATRONAGE_CACHE", "")
    world = replace(cuba).until("1964-12")
    base = run(world, members=64, record=["credibility", "consulted", "crisis_outcome"])
    asked = run(
        world.branch(file="cuba-consulted"),
        members=64,
        record=["credibility", "consulted", "crisis_outcome"],
    )
    october = {"month": "1962-10"}
    complied = (asked.data["crisis_outcome"].sel(october) == 1).values.ravel()
    np.testing.assert_array_equal(
        asked.data["crisis_outcome"].sel(october), base.data["crisis_outcome"].sel(october)
    )
    assert complied.any()
    assert (asked.data["consulted"].sel(october).values.ravel()[complied] == 1).all()
    late = {"client": "CUB", "patron": "RUS", "month": slice("1963-01", "1964-12")}
    gain = (asked.data["credibility"] - base.data["credibility"]).sel(late).mean("month").values
    before = base.data["consulted"].sel(october).values.ravel() == 1
    # where it was not asked, being asked keeps faith; where it was, nothing is different
    assert (gain[complied & ~before] > 0.1).all()
    assert (gain[before | ~complied] == 0).all()
