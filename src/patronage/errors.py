"""One tree of errors: each says what is wrong, where, what is allowed, and the nearest match."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word closest in spelling to `word`, or None if none is close.

    >>> nearest("afinity", ["affinity", "threat"])
    'affinity'
    """
    by_folded, wanted = {a.casefold(): a for a in allowed}, word.casefold()
    close = difflib.get_close_matches(wanted, by_folded, n=8, cutoff=0.6)
    # of equally close ones the one that begins alike
    return by_folded.get(max(close, key=lambda c: _likeness(wanted, c), default=""))


def _likeness(word: str, other: str) -> tuple[float, int]:
    alike = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), 0)
    return difflib.SequenceMatcher(None, other, word).ratio(), alike


def _list(allowed: Iterable[str], limit: int = 24) -> str:
    words = [str(a) for a in allowed]
    more = f", … ({len(words) - limit} more)" if len(words) > limit else ""
    return ", ".join(words[:limit]) + more


class PatronageError(Exception):
    """Base of every error raised on purpose; the message is written for the user.

    Parameters
    ----------
    what: what is wrong, in a phrase.
    where: file:line, key path or option it concerns.
    allowed: the values that would be accepted.
    got: the offending word; with `allowed` it yields a nearest match.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        allowed: Iterable[str] | None = None,
        got: str | None = None,
    ) -> None:
        words = None if allowed is None else [str(a) for a in allowed]
        self.what = what
        self.where = where
        self.allowed = words
        self.nearest = nearest(got, words) if got is not None and words else None
        parts = [f"{where}: {what}" if where else what]
        if words is not None:
            parts.append(f"  allowed: {_list(words)}")
        if self.nearest is not None:
            parts.append(f"  did you mean: {self.nearest}?")
        super().__init__("\n".join(parts))


class ScenarioError(PatronageError):
    """A scenario file, or a change asked of it, is not valid."""


class DataError(PatronageError):
    """A data file is missing, of an unknown form, or holds impossible values."""


class RunError(PatronageError):
    """A run cannot start, go on, or be read back."""


class ModelError(PatronageError):
    """A mechanism breaks its contract (fields it may read or write, parameters, order)."""


class Errors(PatronageError):
    """Several errors found in one pass, reported together.

    Parameters
    ----------
    found: the single errors, in file order.
    """

    def __init__(self, found: list[PatronageError]) -> None:
        self.found = found
        PatronageError.__init__(self, "\n".join(str(e) for e in found))
