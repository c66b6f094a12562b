"""Where arrays lie in the memory of a translated program, and filling and reading it.

Wide memory is (group, element, LANES), narrow memory (row, word); what is recorded and the log are
(month, element, member).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

LANES = 16


@dataclass(frozen=True)
class Field:
    """An array among others in one piece of memory: first element, and shape without members."""

    offset: int
    shape: tuple[int, ...]
    size: int
    """elements, a vector of members counted once"""


class Layout:
    """Arrays side by side in one piece of memory."""

    def __init__(self) -> None:
        self.fields: dict[str, Field] = {}
        self.size = 0

    def add(self, name: str, shape: tuple[int, ...]) -> int:
        """Room for an array; its first element."""
        field = Field(self.size, shape, math.prod(shape))
        self.fields[name] = field
        self.size += field.size
        return field.offset

    def fill_narrow(self, tree: Any, rows: int) -> np.ndarray:
        """Words (row, word) of arrays that are the same for all members."""
        words = np.zeros((rows, self.size), np.uint32)
        for name, leaf in name_leaves(tree):
            if name in self.fields:
                array = np.asarray(leaf)
                whole = array.astype(np.int32) if array.dtype.kind == "b" else array
                size = self.fields[name].size
                flat = np.ascontiguousarray(whole).view(np.uint32).reshape(rows, size)
                words[:, self.span(name)] = flat
        return words

    def fill_wide(self, tree: Any, memory: np.ndarray) -> np.ndarray:
        """Words (group, element, LANES) of arrays with members last; the last one fills up."""
        self.fill_dated(tree, memory[None])
        return memory

    def fill_dated(self, tree: Any, memory: np.ndarray) -> np.ndarray:
        """Words (row, group, element, LANES) of arrays (row, dims…, member)."""
        rows, groups = memory.shape[:2]
        for name, given in name_leaves(tree):
            if name not in self.fields or self.fields[name].size == 0:
                continue
            leaf = np.asarray(given)
            size, room = self.fields[name].size, groups * LANES
            if leaf.strides[-1] == 0:  # the same for all members
                flat = np.ascontiguousarray(leaf[..., 0]).view(np.uint32).reshape(rows, 1, size, 1)
                memory[:, :, self.span(name)] = flat
                continue
            flat = np.ascontiguousarray(leaf).view(np.uint32).reshape(rows, size, -1)
            if flat.shape[-1] < room:
                more = np.repeat(flat[..., -1:], room - flat.shape[-1], axis=-1)
                flat = np.concatenate([flat, more], axis=-1)
            split = flat[..., :room].reshape(rows, size, groups, LANES)
            memory[:, :, self.span(name)] = np.moveaxis(split, 2, 1)
        return memory

    def span(self, name: str) -> slice:
        """Elements of an array."""
        field = self.fields[name]
        return slice(field.offset, field.offset + field.size)

    def take_wide(self, memory: np.ndarray, name: str, members: int) -> np.ndarray:
        """An array, members last, from memory (group, element, LANES)."""
        part = np.moveaxis(memory[:, self.span(name)], 0, 1)
        room = len(memory) * LANES
        return part.reshape(*self.fields[name].shape, room)[..., :members]

    def take_rows(self, memory: np.ndarray, name: str, members: int) -> np.ndarray:
        """An array (month, dims…, member) from memory (month, element, member); a view."""
        rows = memory[:, self.span(name), :members]
        return rows.reshape(len(memory), *self.fields[name].shape, members)


def name_leaves(tree: Any) -> list[tuple[str, Any]]:
    """Leaves of a tree with the path to each."""
    return [
        (jax.tree_util.keystr(path), leaf)
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
    ]
