"""Random numbers: keys folded from (root, member, mechanism name, month).

A member's numbers do not depend on which other members run beside it, nor on which mechanisms are
on: every phase that draws has a key of its own, folded from a stable number of its name.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping

import jax
import jax.numpy as jnp
from jax import Array

from patronage.model.mechanism import Draw


def stable_number(name: str) -> int:
    """A number that belongs to a name for good (CRC-32, so that it is the same everywhere)."""
    return zlib.crc32(name.encode())


def member_keys(seed: int | Array, members: Array, names: Iterable[str]) -> dict[str, Array]:
    """Keys (member,) of each name: fold(fold(root, member), name)."""
    root = jax.random.key(seed)
    per_member = jax.vmap(lambda m: jax.random.fold_in(root, m))(members)
    fold = jax.vmap(jax.random.fold_in, (0, None))
    return {name: fold(per_member, stable_number(name)) for name in names}


def monthly_draws(
    keys: Array, month: Array, wanted: Mapping[str, Draw], sizes: Mapping[str, tuple[int, ...]]
) -> dict[str, Array]:
    """Draws of one phase in one month, each (dims…, member), from one stream per member."""
    counts = {name: _count(sizes[name]) for name in wanted}
    total = sum(counts.values())

    def of_member(key: Array) -> Array:
        return jax.random.uniform(
            jax.random.fold_in(key, month), (total,), jnp.float32, minval=1e-7, maxval=1.0
        )

    flat = jax.vmap(of_member, out_axes=-1)(keys)
    draws, start = {}, 0
    for name, draw in wanted.items():
        part = flat[start : start + counts[name]].reshape(*sizes[name], -1)
        draws[name] = jax.scipy.special.ndtri(part) if draw.kind == "normal" else part
        start += counts[name]
    return draws


def _count(size: tuple[int, ...]) -> int:
    total = 1
    for length in size:
        total *= length
    return total
