"""Operations that move no numbers: views of views, and what needs no computing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from patronage.run.native.graph import Access, Shape, UnsupportedError


def lane_of(args: Sequence[Access]) -> int | None:
    """The axis along which members lie in operands of the same shape."""
    lanes = {a.lane for a in args if a.node.wide}
    if len(lanes) > 1 or (None in lanes):
        raise UnsupportedError("members along different axes")
    return lanes.pop() if lanes else None


def only(access: Access) -> float | None:
    """The number that a view of a known array shows everywhere."""
    if access.node.kind != "literal" or any(a.of is not None for a in access.axes):
        return None
    return np.asarray(access.node.params["value"])[tuple(a.offset for a in access.axes)].item()


def simplify(name: str, args: Sequence[Access]) -> Access | None:
    """The operand to which x + 0, x − 0, 1 x, x / 1 or 0 x comes down."""
    known = [only(a) for a in args]
    if name in ("add", "mul"):
        nothing = 0 if name == "add" else 1
        for k in (0, 1):
            if known[k] == nothing:
                return args[1 - k]
            if name == "mul" and known[k] == 0:
                return args[k]
    if (name == "sub" and known[1] == 0) or (name == "div" and known[1] == 1):
        return args[0]
    return None


def shrink(
    shape: Shape, args: Sequence[Access], kept: tuple[int, ...] = ()
) -> tuple[Shape, list[Access]]:
    """The shape and operands without the length of axes along which no operand changes."""
    moving = {a.of for access in args for a in access.axes} | set(kept)
    small = tuple(n if k in moving else 1 for k, n in enumerate(shape))
    cut = [
        Access(a.node, a.axes, tuple(n if k in moving else 1 for k, n in enumerate(a.shape)))
        for a in args
    ]
    return small, cut


def row_of(access: Access, t: int) -> Access:
    """Row `t` along the first axis."""
    starts = (t, *(0 for _ in access.shape[1:]))
    stops = (t + 1, *access.shape[1:])
    return access.cut(starts, stops, (1,) * len(starts)).squeeze((0,))


def _slice(arg: Access, params: Any) -> Access:
    strides = params["strides"] or (1,) * len(arg.shape)
    lane = arg.lane
    if (
        lane is not None
        and params["limit_indices"][lane] - params["start_indices"][lane] != (arg.shape[lane])
    ):
        raise UnsupportedError("a slice of members")
    return arg.cut(tuple(params["start_indices"]), tuple(params["limit_indices"]), tuple(strides))


def _squeeze(arg: Access, params: Any) -> Access:
    return arg.squeeze(tuple(d % len(arg.shape) for d in params["dimensions"]))


def _broadcast(arg: Access, params: Any) -> Access:
    return arg.broadcast(tuple(params["shape"]), tuple(params["broadcast_dimensions"]))


VIEWS: dict[str, Callable[[Access, Any], Access]] = {
    "slice": _slice,
    "squeeze": _squeeze,
    "broadcast_in_dim": _broadcast,
    "transpose": lambda arg, params: arg.transpose(tuple(params["permutation"])),
}
