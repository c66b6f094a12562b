"""Moves of a game: an act towards a state, and how large it is where the act has a size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from patronage.errors import RunError
from patronage.scenario.calendar import LEAST_INTENSITY, MOST_INTENSITY
from patronage.scenario.catalogue import Instrument


class Move(NamedTuple):
    """An act towards a state, such as `trade-agreement` towards `RUS`.

    size: in the act's unit, such as 250 million US$ of credit; None: its reference size.
    """

    act: str
    target: str
    size: float | None = None

    def __str__(self) -> str:
        size = "" if self.size is None else f" {self.size:g}"
        return f"{self.act} {self.target}{size}"

    @property
    def plain(self) -> Move:
        """The move without its size."""
        return self._replace(size=None)


def read_move(given: Move | Sequence[str | float | None] | str, where: str) -> Move:
    """A move from `credit CUB 250`, or from a tuple of these.

    Errors: RunError for what has another form, or a size that is no number.
    """
    words = given.split() if isinstance(given, str) else list(given)
    if not 2 <= len(words) <= 3:
        raise RunError(
            "is no move", where=f"{where}: {' '.join(map(str, words))}",
            allowed=["trade-agreement RUS", "credit CUB 250"],
        )  # fmt: skip
    act, target, size = str(words[0]), str(words[1]), words[2] if len(words) == 3 else None
    try:
        return Move(act, target, None if size is None else float(size))
    except ValueError:
        raise RunError(
            f"'{size}' is no number",
            where=f"{where}: {act} {target}",
            allowed=["250"],
        ) from None


def measure(move: Move, instruments: Mapping[str, Instrument], where: str) -> float:
    """Strength of a move: 1 at the act's reference size, logarithmic, as that of a dated event.

    Errors: RunError for a size of an act that has none, or one out of range.
    """
    if move.size is None:
        return 1.0
    row, place = instruments[move.act], f"{where}: {move}"
    if row.reference is None:
        sized = [name for name, other in instruments.items() if other.reference is not None]
        raise RunError(f"{move.act} has no size", where=place, allowed=sized)
    least, most = (row.reference * (2.0**edge - 1) for edge in (LEAST_INTENSITY, MOST_INTENSITY))
    if not least <= move.size <= most:
        raise RunError(
            f"{move.size:g} is out of range", where=place,
            allowed=[f"{least:.3g} … {most:.3g} {row.unit}"],
        )  # fmt: skip
    return math.log1p(move.size / row.reference) / math.log(2)
