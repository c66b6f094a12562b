"""Named spans of months that tables report by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patronage import months as clock
from patronage.errors import RunError

# Turning points of the Cuban case: revolution, after the crisis, rift, return, specialisation, end.
CUBAN = (
    (1943, 1958),
    (1959, 1962),
    (1963, 1966),
    (1967, 1968),
    (1969, 1975),
    (1976, 1988),
    (1989, 1991),
)


@dataclass(frozen=True)
class Period:
    """A span of months; `start` and `end` are month numbers, both included."""

    label: str
    start: int
    end: int


def make_period(start: int | str, end: int | str) -> Period:
    """A period from years (`1959`, `1962`) or months (`"1962-10"`, `"1963-03"`).

    Errors: RunError where it ends before it starts.

    >>> make_period(1959, 1962).label
    '1959–62'
    """
    first = start * 12 if isinstance(start, int) else clock.parse(start)
    last = end * 12 + 11 if isinstance(end, int) else clock.parse(end)
    if last < first:
        raise RunError(f"the period ends ({end}) before it starts ({start})", where="periods")
    return Period(_label(start, end), first, last)


def _label(start: int | str, end: int | str) -> str:
    a, b = str(start), str(end)
    if a == b:
        return a
    if isinstance(start, int) and isinstance(end, int) and a[:2] == b[:2]:
        return f"{a}–{b[2:]}"
    return f"{a}–{b}"


def choose_periods(
    months: NDArray[np.int64],
    focus: str,
    wanted: Sequence[Period | tuple[int | str, int | str]] | None = None,
) -> list[Period]:
    """Periods that touch the run: those wanted, else the Cuban ones for Cuba, else about seven.

    Those that nobody asked for are cut to the years of the run.

    Errors: RunError where none of the wanted periods touches the run.
    """
    first, last = int(months[0]), int(months[-1])
    if wanted is None:
        years = first // 12, last // 12
        wanted = _cut(CUBAN, *years) if focus == "CUB" else _equal(*years)
    made = [p if isinstance(p, Period) else make_period(*p) for p in wanted]
    found = [p for p in made if p.end >= first and p.start <= last]
    if not found:
        span = f"{clock.format(first)} … {clock.format(last)}"
        raise RunError("no period touches the run", where="periods", allowed=[span])
    return found


def _cut(
    spans: Sequence[tuple[int, int]], first: int, last: int
) -> list[tuple[int | str, int | str]]:
    """Spans of years within `first` … `last`, with one more for what lies before or after them."""
    spans = [(first, spans[0][0] - 1), *spans, (spans[-1][1] + 1, last)]
    cut = [(max(a, first), min(b, last)) for a, b in spans]
    return [(a, b) for a, b in cut if a <= b]


def _equal(first: int, last: int) -> list[tuple[int | str, int | str]]:
    step = max(1, -(-(last - first + 1) // 7))
    return [(y, min(y + step - 1, last)) for y in range(first, last + 1, step)]
