"""Monthly inputs that are one number almost everywhere: carried as cells, filled in month by month.

Between many states, full arrays of what history imposes would take gigabytes; one month of them
takes a few megabytes, and only while that month is run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import jax
import jax.numpy as jnp
from jax import Array

Inputs = TypeVar("Inputs")


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Thin:
    """A month's array (…, 1) of the given shape by the cells (cell,) that are not `fill`.

    place: flat position of each cell; positions behind the last cell are dropped.
    With a month axis in front, `place` and `value` stand for all months.
    """

    place: Array
    value: Array
    shape: tuple[int, ...] = field(metadata={"static": True})
    fill: float = field(default=0.0, metadata={"static": True})

    def full(self) -> Array:
        """The array of one month, with a last axis of length 1 for the members."""
        flat = jnp.full(_size(self.shape), self.fill, self.value.dtype)
        flat = flat.at[self.place].set(self.value, mode="drop")
        return flat.reshape(*self.shape, 1)


def fill(inputs: Inputs) -> Inputs:
    """The same inputs with every thin array in full.

    >>> thin = Thin(jnp.array([2, 9]), jnp.array([5.0, 7.0]), (2, 2))
    >>> fill({"acts": thin})["acts"][..., 0].tolist()
    [[0.0, 0.0], [5.0, 0.0]]
    """
    return jax.tree.map(
        lambda x: x.full() if isinstance(x, Thin) else x,
        inputs,
        is_leaf=lambda x: isinstance(x, Thin),
    )


def _size(shape: tuple[int, ...]) -> int:
    total = 1
    for length in shape:
        total *= length
    return total
