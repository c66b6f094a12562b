"""Windows as month numbers, and dates as spans of days, which may overlap."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from patronage.errors import PatronageError, ScenarioError
from patronage.scenario import dates

_WINDOW = re.compile(r"^(\d{4}(?:-\d{2})?)(?::(\d{4}(?:-\d{2})?))?$")
_DAY = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$")
Days = tuple[int, int]
"""First and last day that a date may stand for, as proleptic ordinals."""


def window_of(text: str, where: str | None = None) -> tuple[int, int]:
    """First and last month number of `1960`, `1960:1964` or `1962-10:1962-12`.

    Errors: ScenarioError for text that is no window, or one that ends before it starts.

    >>> first, last = window_of("1960:1961")
    >>> last - first
    23
    """
    match = _WINDOW.match(text)
    if match is None:
        allowed = ["1960", "1960:1964", "1962-10:1962-12"]
        raise ScenarioError(f"'{text}' is no window", where=where, allowed=allowed)
    first = dates.parse(match[1], where)[0]
    last = dates.parse(match[2] or match[1], where)[1]
    if last < first:
        raise ScenarioError(f"the window {text} ends before it starts", where=where)
    return first, last


def days_of(text: str) -> Days:
    """The days that a date may stand for: one, or all of a month or year.

    Errors: PatronageError for text that is no date.

    >>> first, last = days_of("1968-08")
    >>> last - first
    30
    """
    match = _DAY.match(text)
    try:
        if match is None:
            raise ValueError
        year, month, day = int(match[1]), match[2], match[3]
        if month is None:
            return date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
        if day is None:
            last = monthrange(year, int(month))[1]
            return date(year, int(month), 1).toordinal(), date(year, int(month), last).toordinal()
        only = date(year, int(month), int(day)).toordinal()
        return only, only
    except ValueError:
        allowed = ["YYYY", "YYYY-MM", "YYYY-MM-DD"]
        raise PatronageError(f"'{text}' is no date", allowed=allowed) from None


def days_in(first: int, last: int) -> Days:
    """The days of the months `first` … `last`."""
    end = monthrange(last // 12, last % 12 + 1)[1]
    return (
        date(first // 12, first % 12 + 1, 1).toordinal(),
        date(last // 12, last % 12 + 1, end).toordinal(),
    )


def spell_days(days: Days) -> str:
    """A span of days as it would be written.

    >>> spell_days(days_of("1962")), spell_days(days_of("1962-10")), spell_days((719163, 719164))
    ('1962', '1962-10', '1970-01-01 … 1970-01-02')
    """
    one, two = (date.fromordinal(d) for d in days)
    day = one.isoformat()
    for text in (day[:4], day[:7], day):
        if days_of(text) == days:
            return text
    return f"{day} … {two.isoformat()}"


def gap_between(one: Days, two: Days) -> int:
    """Days between two spans; 0 where they overlap."""
    return max(0, two[0] - one[1], one[0] - two[1])
