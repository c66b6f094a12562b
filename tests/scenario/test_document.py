"""YAML as plain values, by either parser."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from patronage.scenario import document

TINY = Path(__file__).parent / "tiny"


def test_the_pure_python_yaml_parser_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    text = (TINY / "scenario.yaml").read_text()
    fast = document.read(text, "scenario.yaml", [])
    monkeypatch.setattr(document, "LOADER", yaml.SafeLoader)
    slow = document.read(text, "scenario.yaml", [])
    assert slow.value == fast.value
    assert slow.lines == fast.lines
    assert slow.lines[("states", 2, "factions", 1, "share")] == 41


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1943-01", "1943-01"),
        ("a: 1962-10-22", "1962-10-22"),
        ("a: 1e3", 1000.0),
        ("a: on", True),
        ("a: 'on'", "on"),
        ("a: '5'", "5"),
        ("a: 012", 12.0),
        ("a: 0x1F", "0x1F"),
        ("a: 12:30", "12:30"),
        ("a: ~", None),
        ("a: .inf", math.inf),
    ],
)
def test_yaml_values(text: str, value: object) -> None:
    assert document.read(text, "x.yaml", []).value == {"a": value}
