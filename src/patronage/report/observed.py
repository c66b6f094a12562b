"""Observed values beside the model's: which belong to a quantity, and their mean over a period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

_RANK = {"high": 0, "medium": 1, "low": 2}
_LETTER = "ABC"


class Observed(Protocol):
    """One observed value over the months `first` … `last`, both included."""

    @property
    def quantity(self) -> str: ...
    @property
    def client(self) -> str | None: ...
    @property
    def patron(self) -> str | None: ...
    @property
    def commodity(self) -> str | None: ...
    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...
    @property
    def value(self) -> float: ...
    @property
    def source(self) -> tuple[str, ...]: ...
    @property
    def quality(self) -> str: ...


@dataclass(frozen=True)
class Points:
    """Observed values of one quantity, by date; `start`, `end` are month numbers."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: tuple[str, ...]

    def time(self) -> NDArray[np.float64]:
        """Middle of each observed span, in years."""
        return (self.start + self.end + 1) / 24

    def __len__(self) -> int:
        return len(self.value)


@dataclass(frozen=True)
class Mean:
    """Mean of the observed values in a period, weighted by the months each one covers.

    quality: letter of the weakest value used (A high, B medium, C low).
    weight: (month) how many values cover it.
    """

    value: float
    quality: str
    count: int
    weight: NDArray[np.float64]


def observations(world: Any) -> list[Any]:
    """All observed values of a scenario; empty where it has none."""
    return list(getattr(world, "observed", None) or ())


def select(
    found: Iterable[Observed],
    quantity: str,
    client: str,
    patron: str | None = None,
    commodity: str | None = None,
) -> Points:
    """Usable observations of one quantity, by date. Those marked unusable are left out."""
    chosen = [
        o
        for o in found
        if o.quantity == quantity
        and o.client == client
        and (o.patron or None) == patron
        and (o.commodity or None) == commodity
        and o.quality in _RANK
        and np.isfinite(o.value)
    ]
    chosen.sort(key=lambda o: (o.first, o.last))
    return Points(
        np.array([o.first for o in chosen], dtype=np.int64),
        np.array([o.last for o in chosen], dtype=np.int64),
        np.array([o.value for o in chosen], dtype=np.float64),
        tuple(o.quality for o in chosen),
    )


def mean_within(points: Points, months: NDArray[np.int64]) -> Mean | None:
    """Mean of the values that overlap `months` (consecutive), or None if there is none."""
    if not len(points) or not len(months):
        return None
    overlap = (np.minimum(points.end, months[-1]) - np.maximum(points.start, months[0]) + 1).clip(
        min=0
    )
    used = np.flatnonzero(overlap)
    if not used.size:
        return None
    weight = np.zeros(len(months))
    for k in used:
        inside = (months >= points.start[k]) & (months <= points.end[k])
        weight[inside] += 1.0
    worst = max((points.quality[k] for k in used), key=lambda q: _RANK[q])
    value = float(np.average(points.value[used], weights=overlap[used]))
    return Mean(value, _LETTER[_RANK[worst]], int(used.size), weight)
