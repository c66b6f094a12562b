"""One clock: integer months, counted as year × 12 + (month − 1).

Dates are written `1962-10`; a day, where given (`1962-10-22`), is kept by the data and dropped by
the clock.
"""

from __future__ import annotations

import re

from patronage.errors import PatronageError

_DATE = re.compile(r"^(\d{4})-(\d{2})(?:-(\d{2}))?$")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def parse(date: str, where: str | None = None) -> int:
    """Month number of `YYYY-MM` or `YYYY-MM-DD`.

    Errors: PatronageError for anything that is not such a date.

    >>> parse("1962-10") - parse("1943-01")
    237
    """
    match = _DATE.match(str(date).strip())
    if match is None:
        raise PatronageError(
            f"'{date}' is not a date", where=where, allowed=["YYYY-MM", "YYYY-MM-DD"]
        )
    year, month = int(match[1]), int(match[2])
    if not 1 <= month <= 12:
        raise PatronageError(f"'{date}' has no month {month}", where=where, allowed=["01 … 12"])
    if match[3] is not None and not 1 <= int(match[3]) <= _DAYS[month - 1]:
        raise PatronageError(f"'{date}' has no day {match[3]}", where=where)
    return year * 12 + month - 1


def format(month: int) -> str:
    """`YYYY-MM` of a month number.

    >>> format(parse("1962-10"))
    '1962-10'
    """
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def year(month: int) -> int:
    """Calendar year of a month number.

    >>> year(parse("1962-10"))
    1962
    """
    return month // 12


def span(start: str, end: str) -> range:
    """All months from `start` to `end`, both included.

    >>> len(span("1943-01", "1991-12"))
    588
    """
    first, last = parse(start), parse(end)
    if last < first:
        raise PatronageError(f"the period ends ({end}) before it starts ({start})")
    return range(first, last + 1)
