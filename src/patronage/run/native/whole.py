"""How operations on whole arrays are read: joining, running sums, products, look-ups, draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from patronage.run.native.graph import Access, Axis, Shape, UnsupportedError, values_of, view
from patronage.run.native.read import Reader, whole
from patronage.run.native.views import lane_of, shrink


@whole("concatenate")
def concatenate(
    r: Reader, params: Any, args: list[Access], shape: Shape, dtype: str
) -> list[Access]:
    """Arrays one after the other along an axis."""
    lanes = {a.lane for a in args} - {None}
    if len(lanes) > 1 or params["dimension"] in lanes:
        raise UnsupportedError("concatenation along members")
    lane = lanes.pop() if lanes else None
    if len(args) == 1:
        return args
    axis = params["dimension"]
    small, parts = shrink(shape, args, (axis,))
    return [view(r.make("join", "", small, dtype, parts, lane, axis=axis)).spread(shape)]


@whole("stack")
def stack(r: Reader, params: Any, args: list[Access], shape: Shape, dtype: str) -> list[Access]:
    """Arrays side by side along a new axis."""
    axis = params["axis"] % len(shape)
    dims = tuple(k for k in range(len(shape)) if k != axis)
    one = tuple(1 if k == axis else n for k, n in enumerate(shape))
    rows = [a.broadcast(one, dims) for a in args]
    return concatenate(r, {"dimension": axis}, rows, shape, dtype)


@whole("reshape")
def reshape(r: Reader, params: Any, args: list[Access], shape: Shape, dtype: str) -> list[Access]:
    """The same numbers in another shape; only axes beside that of the members may change."""
    arg = args[0]
    kept = [(k, n) for k, n in enumerate(arg.shape) if n != 1 or k == arg.lane]
    places = [k for k, n in enumerate(shape) if n != 1]
    if [n for _, n in kept] == [shape[k] for k in places]:
        gone = tuple(k for k, n in enumerate(arg.shape) if (k, n) not in kept)
        return [arg.squeeze(gone).broadcast(shape, tuple(places))]
    if arg.lane is not None and (arg.lane != len(arg.shape) - 1 or shape[-1] != arg.shape[-1]):
        raise UnsupportedError(f"reshape of {arg.shape} to {shape}")
    lane = None if arg.lane is None else len(shape) - 1
    base = arg if arg.whole else view(r.make("each", "copy", arg.shape, dtype, [arg], arg.lane))
    return [view(r.make("alias", "", shape, dtype, [base], lane))]


@whole("cumsum")
def cumsum(r: Reader, params: Any, args: list[Access], shape: Shape, dtype: str) -> list[Access]:
    """Sums of all up to here along an axis."""
    if params.get("reverse") or params["axis"] == args[0].lane:
        raise UnsupportedError("cumsum backwards or over members")
    axis = params["axis"]
    small, parts = shrink(shape, args, (axis,))
    made = r.make("cumsum", "", small, dtype, parts, args[0].lane, axis=axis)
    return [view(made).spread(shape)]


@whole("dot_general")
def dot_general(
    r: Reader, params: Any, args: list[Access], shape: Shape, dtype: str
) -> list[Access]:
    """A sum of products, over axes that both operands share."""
    (left_sum, right_sum), (left_batch, right_batch) = params["dimension_numbers"]
    left, right = args
    free_left = [k for k in range(len(left.shape)) if k not in (*left_sum, *left_batch)]
    free_right = [k for k in range(len(right.shape)) if k not in (*right_sum, *right_batch)]
    outer = len(left_batch)
    summed = len(shape)
    full = (*shape, *(left.shape[k] for k in left_sum))
    to_left, to_right = {}, {}
    for k, (a, b) in enumerate(zip(left_batch, right_batch, strict=True)):
        to_left[a], to_right[b] = k, k
    for k, a in enumerate(free_left):
        to_left[a] = outer + k
    for k, b in enumerate(free_right):
        to_right[b] = outer + len(free_left) + k
    for k, (a, b) in enumerate(zip(left_sum, right_sum, strict=True)):
        to_left[a], to_right[b] = summed + k, summed + k
    one = left.broadcast(full, tuple(to_left[k] for k in range(len(left.shape))))
    two = right.broadcast(full, tuple(to_right[k] for k in range(len(right.shape))))
    product = r.each("mul", {}, [one, two], full, dtype)
    return [r.reduce("reduce_sum", tuple(range(summed, len(full))), product, shape, dtype)]


@whole("gather")
def gather(r: Reader, params: Any, args: list[Access], shape: Shape, dtype: str) -> list[Access]:
    """Rows with known numbers, or a look-up of each member's own number in a narrow table."""
    table, index = args
    numbers = params["dimension_numbers"]
    if tuple(numbers.start_index_map) != (0,) or tuple(numbers.collapsed_slice_dims) != (0,):
        raise UnsupportedError("a look-up along several axes")
    if index.node.kind == "literal" and len(table.shape) > 1:
        return [_rows(r, table, values_of(index)[..., 0], numbers.offset_dims, shape, dtype)]
    if len(table.shape) != 1 or table.lane is not None or not table.whole:
        raise UnsupportedError("a look-up in a table that differs by member")
    at = index.squeeze((len(index.shape) - 1,))
    if at.shape != shape:
        raise UnsupportedError(f"a look-up of {at.shape} for {shape}")
    return [view(r.make("each", "lookup", shape, dtype, [at, table], at.lane))]


def _rows(
    r: Reader, table: Access, rows: np.ndarray, offset: Any, shape: Shape, dtype: str
) -> Access:
    if rows.ndim != 1 or tuple(offset) != tuple(range(1, len(shape))):
        raise UnsupportedError("rows chosen by a table of numbers")
    parts = []
    for row in rows:
        k = int(np.clip(row, 0, table.shape[0] - 1))
        starts = (k, *(0 for _ in shape[1:]))
        stops = (k + 1, *table.shape[1:])
        parts.append(table.cut(starts, stops, (1,) * len(starts)))
    return concatenate(r, {"dimension": 0}, parts, shape, dtype)[0]


@whole("scatter")
def scatter(r: Reader, params: Any, args: list[Access], shape: Shape, dtype: str) -> list[Access]:
    """A narrow flat array with some numbers put in; positions outside are dropped."""
    base, index, value = args
    if len(shape) != 1 or any(a.node.wide for a in args) or len(index.shape) != 2:
        raise UnsupportedError("putting numbers into an array that differs by member")
    at = index.squeeze((1,))
    return [view(r.make("put", "", shape, dtype, [base, at, value], None))]


@whole("threefry2x32")
def threefry2x32(
    r: Reader, params: Any, args: list[Access], shape: Shape, dtype: str
) -> list[Access]:
    """Both halves of the cipher's blocks."""
    lane = lane_of(args)
    both = (2, *shape)
    node = r.make("threefry", "", both, "u", args, None if lane is None else lane + 1)
    found = []
    for half in (0, 1):
        axes = [Axis(None, half), *(Axis(k) for k in range(len(shape)))]
        found.append(Access(node, tuple(axes), shape))
    return found
