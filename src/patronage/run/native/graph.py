"""The month as a graph: nodes that compute arrays, and accesses through which they read each other.

An access is a view: each axis of the node read follows an axis of the reader, or stands still. So
slices, transposes, broadcasts and squeezes cost nothing. A node is *wide* where it differs by
member; its member axis, wherever it lies, is the lane of the vector arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from patronage.errors import PatronageError

Shape = tuple[int, ...]


class UnsupportedError(PatronageError):
    """The month contains something that cannot be translated; it then runs through XLA."""


@dataclass(frozen=True)
class Axis:
    """Where an axis of a node is read: at `offset` + `stride` × the reader's index of axis `of`."""

    of: int | None
    offset: int = 0
    stride: int = 1


@dataclass(eq=False)
class Node:
    """An array of the month.

    kind: 'input', 'literal' (a known array), 'each' (element by element), 'reduce', or the name of
    an operation on whole arrays. lane: the member axis, None for a narrow node. stage: 0 once a
    chunk, 1 once a month, 2 for every group of members. block: innermost branch it stands in.
    """

    kind: str
    op: str
    shape: Shape
    dtype: str  # f, i, u or b
    args: tuple[Access, ...] = ()
    params: dict[str, Any] = field(default_factory=dict)
    lane: int | None = None
    stage: int = 0
    number: int = -1

    @property
    def wide(self) -> bool:
        """Does it differ by member?"""
        return self.lane is not None

    @property
    def space(self) -> Shape:
        """Lengths of all axes but the lane."""
        return tuple(n for k, n in enumerate(self.shape) if k != self.lane)

    @property
    def size(self) -> int:
        """Elements, a vector of members counted once."""
        return int(np.prod(self.space, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class Access:
    """A view of a node with the shape of its reader's operand."""

    node: Node
    axes: tuple[Axis, ...]
    shape: Shape

    @property
    def lane(self) -> int | None:
        """The reader's axis along which members lie, None for a narrow node."""
        if self.node.lane is None:
            return None
        return self.axes[self.node.lane].of

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for accesses that read the same numbers."""
        return (id(self.node), self.axes, self.shape)

    def broadcast(self, shape: Shape, dims: tuple[int, ...]) -> Access:
        """Axis k of this view becomes axis dims[k] of `shape`; an axis of length 1 is spread."""

        def move(axis: Axis) -> Axis:
            if axis.of is None:
                return axis
            if self.shape[axis.of] == 1:
                return Axis(None, axis.offset)
            return Axis(dims[axis.of], axis.offset, axis.stride)

        return Access(self.node, tuple(move(a) for a in self.axes), shape)

    def transpose(self, order: tuple[int, ...]) -> Access:
        """Axis k of the result is axis order[k] of this view."""
        place = {old: new for new, old in enumerate(order)}
        axes = tuple(
            a if a.of is None else Axis(place[a.of], a.offset, a.stride) for a in self.axes
        )
        return Access(self.node, axes, tuple(self.shape[k] for k in order))

    def cut(self, starts: Shape, stops: Shape, strides: Shape) -> Access:
        """A slice along every axis."""
        shape = tuple(-(-(b - a) // s) for a, b, s in zip(starts, stops, strides, strict=True))

        def move(axis: Axis) -> Axis:
            if axis.of is None:
                return axis
            start, stride = axis.offset + axis.stride * starts[axis.of], strides[axis.of]
            if shape[axis.of] == 1:
                return Axis(None, start)
            return Axis(axis.of, start, axis.stride * stride)

        return Access(self.node, tuple(move(a) for a in self.axes), shape)

    def squeeze(self, gone: tuple[int, ...]) -> Access:
        """Without some axes of length 1."""
        kept = [k for k in range(len(self.shape)) if k not in gone]
        place = {old: new for new, old in enumerate(kept)}

        def move(axis: Axis) -> Axis:
            if axis.of is None or axis.of in gone:
                return Axis(None, axis.offset)
            return Axis(place[axis.of], axis.offset, axis.stride)

        return Access(
            self.node, tuple(move(a) for a in self.axes), tuple(self.shape[k] for k in kept)
        )

    def spread(self, shape: Shape) -> Access:
        """The view as an operand among others of `shape`: axes of length 1 stand still."""
        return self.broadcast(shape, tuple(range(len(shape))))

    @property
    def whole(self) -> bool:
        """Is it the node itself, axis by axis?"""
        return self.shape == self.node.shape and all(
            a == Axis(k) or self.node.shape[k] == 1 for k, a in enumerate(self.axes)
        )


def view(node: Node) -> Access:
    """The node itself; axes of length 1 stand still, so that equal views are equal."""
    axes = tuple(Axis(k) if n != 1 else Axis(None) for k, n in enumerate(node.shape))
    return Access(node, axes, node.shape)


def values_of(access: Access) -> np.ndarray:
    """The numbers of a view of a known array."""
    array = np.asarray(access.node.params["value"])
    grids = []
    for axis in access.axes:
        if axis.of is None:
            grids.append(np.full((1,) * len(access.shape), axis.offset))
            continue
        index = axis.offset + axis.stride * np.arange(access.shape[axis.of])
        grids.append(index.reshape([-1 if k == axis.of else 1 for k in range(len(access.shape))]))
    return np.broadcast_to(array[tuple(grids)] if grids else array, access.shape)


@dataclass(eq=False)
class Branch:
    """What happens where a predicate holds, else what happens where it does not."""

    predicate: Access
    sides: list[tuple[list[Step], tuple[Access, ...]]]
    results: tuple[Node, ...]


Step = Node | Branch


@dataclass
class Graph:
    """The month in three stages, each in order."""

    once: list[Node]
    monthly: list[Node]
    steps: list[Step]
