"""The clock: months as integers, and back."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patronage import months
from patronage.errors import PatronageError


@given(st.dates(datetime.date(1000, 1, 1), datetime.date(9999, 12, 31)))
def test_every_day_is_in_its_month(day: datetime.date) -> None:
    number = months.parse(day.isoformat())
    assert months.format(number) == day.isoformat()[:7]
    assert months.year(number) == day.year
    assert months.parse(day.isoformat()[:7]) == number


@given(st.integers(12_000, 119_998))
def test_months_follow_each_other(number: int) -> None:
    assert months.parse(months.format(number)) == number
    assert months.format(number) < months.format(number + 1)


@pytest.mark.parametrize(
    "date",
    ["", "1962", "1962-13", "1962-00", "1962-1", "62-10", "1962-10-32", "1962/10", "1962-02-30"],
)
def test_what_is_no_date_is_refused(date: str) -> None:
    with pytest.raises(PatronageError) as caught:
        months.parse(date, where="events.csv:7")
    assert caught.value.where == "events.csv:7"


def test_span_holds_both_ends() -> None:
    assert len(months.span("1959-01", "1962-12")) == 48
    assert len(months.span("1959-01", "1959-01")) == 1
    with pytest.raises(PatronageError, match="ends"):
        months.span("1962-01", "1961-12")
