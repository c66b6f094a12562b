"""Differences by meaning: what is said otherwise is found, what is spelt otherwise is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from patronage.scenario.diff import Difference, diff
from patronage.scenario.load import load

Edit = Callable[[str, str, str], Path]


def test_nothing_differs_from_itself() -> None:
    assert diff("tiny", load("tiny")) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("scenario.yaml", "members: 50", "members: 60", ("settings", "run", "members", "50", "60")),
        (
            "scenario.yaml",
            "end: 1953-12",
            "end: 1954-06",
            ("settings", "period", "end", "1953-12", "1954-06"),
        ),
        (
            "scenario.yaml",
            "free: []",
            "free: [CYL]",
            ("settings", "mode", "free", "–", "CYL"),
        ),
        ("scenario.yaml", "bloc: off", "bloc: on", ("mechanisms", "bloc", "", "off", "on")),
        (
            "scenario.yaml",
            "autonomy: 0.5",
            "autonomy: 0.6",
            ("states", "CYL", "autonomy", "0.5", "0.6"),
        ),
        (
            "scenario.yaml",
            "looks_to: BOR",
            "looks_to: ARC",
            ("states", "CYL / comrades", "looks_to", "BOR", "ARC"),
        ),
        (
            "scenario.yaml",
            "storage: 12",
            "storage: 6",
            ("commodities", "grain", "storage", "12", "6"),
        ),
        (
            "initial.csv",
            "fuel,20,kt",
            "fuel,10,kt",
            ("initial", "contract CYL ARC fuel", "value", "240", "120"),
        ),
        ("series.csv", "1952,720", "1952,700", ("series", "gdp CYL 1952", "value", "720", "700")),
        (
            "events.csv",
            "T09,1952-05",
            "T09,1952-06",
            ("events", "T09", "date", "1952-05", "1952-06"),
        ),
        (
            "events.csv",
            "0.1/0.5/0.4",
            "0.2/0.4/0.4",
            (
                "events",
                "T07",
                "details",
                "shares 0.1/0.5/0.4; weight 0.8",
                "shares 0.2/0.4/0.4; weight 0.8",
            ),
        ),
        (
            "observed.csv",
            "1951,,0.6",
            "1951,,0.7",
            (
                "observed",
                "un_agreement CYL BOR 1951-01 … 1951-12 (chronicle)",
                "value",
                "0.6",
                "0.7",
            ),
        ),
    ],
)
def test_one_change_is_one_difference(
    edit: Edit, file: str, old: str, new: str, expected: tuple[str, ...]
) -> None:
    assert diff("tiny", edit(file, old, new)) == [Difference(*expected)]
    # the other way round, before and after change places
    (back,) = diff(edit(file, new, new), "tiny")
    assert (back.before, back.after) == (expected[4], expected[3])


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("initial.csv", "0.5,Mt / year", "500,kt per year"),
        ("initial.csv", "55,percent", "0.55,probability"),
        ("scenario.yaml", "members: 50\nseed: 1\n", "seed: 1\nmembers: 50\n"),
        ("scenario.yaml", "{bloc: off}", "{bloc: false, affinity: true}"),
    ],
)
def test_another_spelling_is_no_difference(edit: Edit, file: str, old: str, new: str) -> None:
    assert diff("tiny", edit(file, old, new)) == []


def test_what_only_one_has(folder: Path) -> None:
    path = folder / "events.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("T06")))
    (gone,) = diff("tiny", folder)
    assert (gone.table, gone.entry, gone.after) == ("events", "T06", None)
    assert gone.before is not None
    assert "denounce" in gone.before
    (come,) = diff(folder, "tiny")
    assert (come.before, come.after) == (None, gone.before)


def test_changed_parameters_of_a_loaded_world() -> None:
    w = load("tiny")
    name, parameter = next(iter(w.parameters.items()))
    changed = replace(
        w, parameters={**w.parameters, name: replace(parameter, value=parameter.value + 1)}
    )
    (found,) = diff(w, changed)
    assert (found.table, found.entry, found.field) == ("parameters", name, "value")
