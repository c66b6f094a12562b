"""Messages say what, where, what is allowed, and the nearest match."""

from __future__ import annotations

import pytest

from patronage import errors


def test_message_has_all_four_parts() -> None:
    error = errors.ScenarioError(
        "unknown state 'CUV'", where="events.csv:12", allowed=["CUB", "RUS"], got="CUV"
    )
    assert str(error).splitlines() == [
        "events.csv:12: unknown state 'CUV'",
        "  allowed: CUB, RUS",
        "  did you mean: CUB?",
    ]


def test_nothing_close_gives_no_guess() -> None:
    error = errors.ScenarioError("unknown state 'ZZZ'", allowed=["CUB", "RUS"], got="ZZZ")
    assert error.nearest is None
    assert "did you mean" not in str(error)


def test_long_lists_are_cut_and_say_so() -> None:
    text = str(errors.DataError("no", allowed=[f"word{i}" for i in range(100)]))
    assert "76 more" in text
    assert "word99" not in text


def test_nearest_ignores_case() -> None:
    assert errors.nearest("SUGAR", ["sugar", "oil"]) == "sugar"
    assert errors.nearest("", ["sugar"]) is None


@pytest.mark.parametrize("kind", ["ScenarioError", "DataError", "RunError", "ModelError"])
def test_every_error_is_of_one_tree(kind: str) -> None:
    assert issubclass(getattr(errors, kind), errors.PatronageError)


def test_several_errors_are_reported_together() -> None:
    one, two = errors.ScenarioError("a", where="x:1"), errors.DataError("b", where="y:2")
    both = errors.Errors([one, two])
    assert both.found == [one, two]
    assert str(both) == "x:1: a\ny:2: b"


def test_of_equally_close_words_the_one_that_begins_alike():
    assert errors.nearest("IRX", ["NIR", "IRQ", "USA"]) == "IRQ"
    assert errors.nearest("xyz", ["USA"]) is None
