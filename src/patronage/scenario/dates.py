"""Dates in the tables: a year, a month or a day, as a span of months."""

from __future__ import annotations

import re

from patronage import months as clock
from patronage.errors import PatronageError, ScenarioError

YEARS = range(1800, 2201)
"""Years a scenario may speak of; anything else is a slip of the pen."""
MID_YEAR = 5.5
"""Middle of a year, in months after its January's own: where a year's value stands."""


def check_year(month: int, where: str | None) -> int:
    """The month number itself.

    Errors: ScenarioError for a year outside the clock.
    """
    if clock.year(month) not in YEARS:
        raise ScenarioError(
            f"year {clock.year(month)} is out of range",
            where=where,
            allowed=[f"{YEARS[0]} … {YEARS[-1]}"],
        )
    return month


def parse(date: str, where: str | None = None, *, days: bool = False) -> tuple[int, int]:
    """First and last month of `YYYY` or `YYYY-MM` (and `YYYY-MM-DD` where `days`).

    >>> [n % 12 for n in parse("1962")], [n % 12 for n in parse("1962-10")]
    ([0, 11], [9, 9])
    """
    if re.fullmatch(r"[0-9]{4}", date):
        first = int(date) * 12
        check_year(first, where)
        return first, first + 11
    if not days and re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
        raise ScenarioError(f"'{date}' has a day", where=where, allowed=["YYYY", "YYYY-MM"])
    try:
        month = clock.parse(date, where)
    except PatronageError as error:
        allowed = ["YYYY", "YYYY-MM", *(["YYYY-MM-DD"] if days else [])]
        raise ScenarioError(error.what, where=where, allowed=allowed) from None
    check_year(month, where)
    return month, month


def position(date: str, interpolate: str, where: str | None = None) -> float:
    """Month that a dated value stands for: a year's value at mid-year in a linear series, else its
    first month.
    """
    first, last = parse(date, where)
    if last > first and interpolate == "linear":
        return first + MID_YEAR
    return float(first)
