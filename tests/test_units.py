"""Units against numbers worked out by hand or taken from published tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patronage import units
from patronage.errors import PatronageError


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (1, "Mt", "kt", 1000),
        (2204.62262, "lb", "t", 1),
        (1, "short tons", "t", 0.90718474),
        (7.33, "bbl", "t", 1),
        (733, "bbl", "kt", 0.1),
        (4, "US cents/lb", "US$ / kt", 88184.905),
        (4, "US cents/lb", "US$/t", 88.184905),
        (150, "US$/t", "US$ / kt", 150_000),
        (1.8, "US$/bbl", "US$ / kt", 13_194),
        (1, "kt / month", "kt / year", 12),
        (365.25, "kt / year", "kt / day", 1),
        (1, "million US$ per day", "million US$ / year", 365.25),
        (6, "lb/person/month", "kg / person / year", 6 * 0.45359237 * 12),
        (1.5, "billion US$", "million US$", 1500),
        (1.5, "million US$", "US$", 1_500_000),
        (42, "percent", "share", 0.42),
        (0.3, "probability", "percent", 30),
        (6800, "thousand people", "million", 6.8),
        (6.8, "million", "people", 6_800_000),
        (40_000, "troops", "thousand people", 40),
        (100, "miles", "km", 160.9344),
        (2, "years", "months", 24),
        (3, "US$ / million US$", "US$ / US$", 3e-6),
        (3, "1 / year", "1 / month", 0.25),
    ],
)
def test_known_conversions(value: float, unit: str, to: str, expected: float) -> None:
    assert units.convert(value, unit, to) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("unit", "to"),
    [
        ("kt", "km"),
        ("kt", "kt / year"),
        ("US$", "rubles"),
        ("US$ of 1960", "US$"),
        ("index", "share"),
        ("level", "count"),
        ("kt / year", "year / kt"),
    ],
)
def test_other_kinds_do_not_convert(unit: str, to: str) -> None:
    with pytest.raises(PatronageError, match="same kind"):
        units.convert(1.0, unit, to)
    assert not units.same_kind(unit, to)


@pytest.mark.parametrize(
    ("unit", "match"),
    [
        ("ktt", "kt"),
        ("milion", "million"),
        ("percnt", "percent"),
        ("short tonnes", "short tons"),
    ],
)
def test_unknown_unit_names_the_nearest(unit: str, match: str) -> None:
    with pytest.raises(PatronageError) as caught:
        units.convert(1.0, unit, unit, where="file.csv:3")
    assert caught.value.nearest == match
    assert caught.value.where == "file.csv:3"
    assert not units.known(unit)


def test_unknown_part_is_named() -> None:
    with pytest.raises(PatronageError, match=r"unknown unit 'yeer' in 'kt / yeer'"):
        units.parse("kt / yeer")


@pytest.mark.parametrize("unit", ["", "/", "kt /", "kt // year", "per", "million", "thousand US$"])
def test_odd_spellings_are_read_or_refused_cleanly(unit: str) -> None:
    if units.known(unit):
        assert units.convert(2.0, unit, unit) == 2.0
    else:
        with pytest.raises(PatronageError):
            units.parse(unit)


@given(
    st.floats(-1e9, 1e9, allow_nan=False),
    st.sampled_from(sorted(units.UNITS)),
    st.sampled_from(sorted(units.UNITS)),
)
def test_conversion_comes_back(value: float, unit: str, to: str) -> None:
    if units.same_kind(unit, to):
        there = units.convert(value, unit, to)
        assert units.convert(there, to, unit) == pytest.approx(value, rel=1e-12, abs=1e-300)
        assert (there > 0) == (value > 0) or there == 0
    else:
        with pytest.raises(PatronageError):
            units.convert(value, unit, to)


@pytest.mark.parametrize(
    ("unit", "commodity", "expected"),
    [
        ("unit / year", "kt", "kt / year"),
        ("US$ / unit", "million US$", "US$ / million US$"),
        ("unit", "bbl", "bbl"),
        ("units", "kt", "units"),
    ],
)
def test_commodity_unit_replaces_the_placeholder(unit: str, commodity: str, expected: str) -> None:
    assert units.of_commodity(unit, commodity) == expected
