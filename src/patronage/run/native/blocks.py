"""Memory that is used again: fresh pages cost a run some twentieth of its time.

A block is lent as an array, and comes back when the last array that looks at it is gone. What it
held before stays in it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

VECTOR_BYTES = 64


class _Loan:
    """A block in use; NumPy arrays made from it keep it alive."""

    def __init__(self, home: list[np.ndarray], block: np.ndarray) -> None:
        self._home, self._block = home, block
        self.__array_interface__ = block.__array_interface__

    def __del__(self) -> None:
        self._home.append(self._block)


class Blocks:
    """Blocks of the sizes asked for; may be used from threads."""

    def __init__(self) -> None:
        self._free: dict[int, list[np.ndarray]] = {}

    def lend(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """An array of unknown content that starts where a vector may."""
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        home = self._free.setdefault(size, [])
        try:
            block = home.pop()
        except IndexError:
            raw = np.empty(size + VECTOR_BYTES, np.uint8)
            start = -raw.ctypes.data % VECTOR_BYTES
            block = raw[start : start + size]
        return np.asarray(_Loan(home, block)).view(dtype).reshape(shape)
