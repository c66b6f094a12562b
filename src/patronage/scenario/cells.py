"""Arrays by month that are one number almost everywhere, kept as the cells that differ.

What history imposes is a few acts a month. Between 170 states it would fill 1.6 GB, all but some
thousand cells of it with nought.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


@dataclass(frozen=True, eq=False)
class Cells:
    """An array [month, …] by those of its cells that are not `fill`.

    month, place: row, and flat position within the row, of each cell; each cell once.
    """

    shape: tuple[int, ...]
    month: NDArray[np.int64]
    place: NDArray[np.int64]
    value: NDArray[Any]
    fill: float = 0.0

    @classmethod
    def of(cls, array: NDArray[Any], fill: float = 0.0) -> Cells:
        """The cells of a full array.

        >>> Cells.of(np.array([[0, 0, 7], [0, 0, 0]])).place.tolist()
        [2]
        """
        rows = array.reshape(len(array), -1)
        month, place = np.nonzero(rows != fill)
        value = rows[month, place]
        return cls(array.shape, month.astype(np.int64), place.astype(np.int64), value, fill)

    @classmethod
    def collect(
        cls, cells: Mapping[tuple[int, ...], Any], shape: tuple[int, ...], dtype: DTypeLike
    ) -> Cells:
        """Cells from a mapping of index (month, …) to value; nought elsewhere."""
        index = np.array(sorted(cells), np.int64).reshape(len(cells), len(shape))
        rest = tuple(index[:, 1:].T)
        place = np.asarray(np.ravel_multi_index(rest, shape[1:]) if cells else [], np.int64)
        value = np.array([cells[key] for key in sorted(cells)], dtype)
        return cls(shape, index[:, 0], place, value)

    @property
    def bytes(self) -> int:
        """Size of the full array."""
        return math.prod(self.shape) * self.value.dtype.itemsize

    @cached_property
    def full(self) -> NDArray[Any]:
        """The full array, read-only.

        >>> Cells.collect({(1, 0): 5.0}, (2, 2), "float32").full.tolist()
        [[0.0, 0.0], [5.0, 0.0]]
        """
        array = np.full((self.shape[0], math.prod(self.shape[1:])), self.fill, self.value.dtype)
        array[self.month, self.place] = self.value
        array = array.reshape(self.shape)
        array.flags.writeable = False
        return array

    def rows(self, least: int = 1) -> tuple[NDArray[np.int32], NDArray[Any]]:
        """Place and value (month, cell), as wide as the fullest month: `least`, or twice, ….

        Places that a month has too much of point behind its last cell.
        """
        order = np.argsort(self.month, kind="stable")
        count = np.bincount(self.month, minlength=self.shape[0])
        slot = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count)
        width = least
        while width < count.max(initial=0):
            width *= 2
        place = np.full((self.shape[0], width), math.prod(self.shape[1:]), np.int32)
        value = np.full((self.shape[0], width), self.fill, self.value.dtype)
        place[self.month[order], slot] = self.place[order]
        value[self.month[order], slot] = self.value[order]
        return place, value
