"""Permutations of a world: which axes each array has, and the same world in another order."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from patronage.model import observe
from patronage.model.state import CARRIED

from ..oracle.worlds import FACTIONS, Array, Arrays, Case

# a letter per axis: s state, g good, f faction, a ideological axis, i instrument; no members
AXES = {
    **dict.fromkeys(("reserves", "support"), "s"),
    **dict.fromkeys(("embargo", "blockade", "contract", "price"), "ssg"),
    **dict.fromkeys(("stock", "vigour", "tended", "shortage", "shipped", "custom"), "sg"),
    "share": "sf",
    "norm_price": "g",
    # setting
    **dict.fromkeys(("actor", "market", "convertible", "autonomy"), "s"),
    **dict.fromkeys(("distance", "pair", "trader"), "ss"),
    "position": "sfa",
    "looks_to": "sfs",
    # month
    **dict.fromkeys(("capability", "gdp", "regime_weight", "may_choose"), "s"),
    **dict.fromkeys(("south", "southern"), "s"),
    **dict.fromkeys(("capacity", "supply", "need"), "sg"),
    **dict.fromkeys(("acts", "allowed"), "ssi"),
    **dict.fromkeys(("rivalry", "goldstein", "forced"), "ss"),
    "world_price": "g",
    "agenda": "",
    "caucus": "",
    "scope": "ssg",
    "regime_shares": "sf",
    # written anew every month
    **dict.fromkeys(("crisis_rung", "consulted", "fall", "exit", "protection", "output"), "s"),
    **dict.fromkeys(("choice", "impulse", "breach", "endorsed", "denounced", "war"), "ss"),
    **dict.fromkeys(("goods", "access"), "ssg"),
    **dict.fromkeys(("produced", "imported", "exported", "used"), "sg"),
}
GOODS = (
    "substitutability",
    "storage",
    "essential",
    "input_lag",
    "gestation",
    "contraband",
    "grant",
)
AXES |= dict.fromkeys(GOODS, "g")
AXES |= {name: "ss" for name in CARRIED if name not in AXES}
ONCE = ("choice", "impulse", "breach", "endorsed", "denounced", "war", "goods", "access", "exit",
        "fall", "protection", "output", "produced", "imported", "exported", "used")  # fmt: skip
LETTERS = {"state": "s", "client": "s", "patron": "s", "commodity": "g", "faction": "f"}


@dataclass(frozen=True)
class Order:
    """New orders of states, goods and factions; none: as they are."""

    states: tuple[int, ...] | None = None
    goods: tuple[int, ...] | None = None
    factions: tuple[int, ...] | None = None

    def apply(self, x: Array, axes: str) -> Array:
        """An array in the new order; axes beyond those named stay."""
        orders = dict(zip("sgf", (getattr(self, f.name) for f in fields(self)), strict=True))
        for axis, letter in enumerate(axes):
            order = orders.get(letter)
            if order is not None:
                x = np.take(x, order, axis=axis)
        return x


def reorder_field(x: Array, name: str, order: Order, seen: bool = False) -> Array:
    """A result in the new order; `seen`: a recorded quantity."""
    axes = "".join(LETTERS[d] for d in observe.DIMS[name]) if seen else AXES[name]
    return order.apply(x, axes)


def reorder_case(case: Case, order: Order) -> Case:
    """The same world of one member, listed in another order."""

    def each(arrays: Arrays) -> Arrays:
        return {k: order.apply(np.asarray(x), AXES[k]) for k, x in arrays.items()}

    # all draws are by state, or by state and state; choosers are all states
    draws = {
        stream: {k: order.apply(x, "s" * x.ndim) for k, x in parts.items()}
        for stream, parts in case.draws.items()
    }
    assert case.setting["position"].shape[1] == FACTIONS
    return Case(each(case.state), each(case.setting), each(case.month), case.params, draws)
