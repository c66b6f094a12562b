"""Cases of `counterfactuals.yaml` as plain objects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("counterfactuals.yaml")


@dataclass(frozen=True)
class Measure:
    """A recorded quantity of one cell, its mean over a window; `yearly`: a year's flow."""

    label: str
    quantity: str
    cell: dict[str, str]
    window: str
    yearly: bool


@dataclass(frozen=True)
class Happening:
    """Whether a member's log has such an entry in a window."""

    label: str
    what: str
    window: str
    who: str | None
    whom: str | None


@dataclass(frozen=True)
class Case:
    """A counterfactual: the first measure is its headline, drawn over `span` and explained."""

    name: str
    question: str
    change: str
    main: Measure
    measures: list[Measure | Happening]
    span: tuple[int, int]
    trust: list[str]
    without: tuple[int, str] | None
    """number of a change of the branch to be left out in a second run, and why"""


def read_cases() -> list[Case]:
    """All cases, in the order of the file."""
    found = []
    for entry in yaml.safe_load(FILE.read_text(encoding="utf-8")):
        measures = [_read_measure(m) for m in entry["measures"]]
        main = measures[0]
        assert isinstance(main, Measure), f"{entry['name']}: the first measure is a quantity"
        first, last = entry["span"]
        words = {key: entry[key] for key in ("name", "question", "change", "trust")}
        less = entry.get("without")
        without = (less["change"], less["words"]) if less else None
        case = Case(main=main, measures=measures, span=(first, last), without=without, **words)
        found.append(case)
    return found


def _read_measure(entry: dict[str, Any]) -> Measure | Happening:
    label, window = entry["label"], str(entry["when"])
    if "log" in entry:
        return Happening(label, entry["log"], window, entry.get("who"), entry.get("whom"))
    return Measure(label, entry["what"], entry["cell"], window, entry.get("per") == "year")
