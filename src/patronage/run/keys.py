"""Random numbers: keys folded from (root, member, mechanism name, month).

A member's numbers do not depend on which other members run beside it, nor on which mechanisms are
on: every phase that draws has a key of its own, folded from a stable number of its name.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.extend.random import threefry2x32_p

from patronage.model.mechanism import Draw

LEAST = 1e-7  # least uniform number, so that its logarithm and its normal quantile are finite


def stable_number(name: str) -> int:
    """A number that belongs to a name for good (CRC-32, so that it is the same everywhere)."""
    return zlib.crc32(name.encode())


def member_keys(seed: int | Array, members: Array, names: Iterable[str]) -> dict[str, Array]:
    """Keys (member,) of each name: fold(fold(root, member), name)."""
    root = jax.random.key(seed)
    per_member = jax.vmap(lambda m: jax.random.fold_in(root, m))(members)
    fold = jax.vmap(jax.random.fold_in, (0, None))
    return {name: fold(per_member, stable_number(name)) for name in names}


def secrets_of(keys: Mapping[str, Array]) -> dict[str, Array]:
    """The two words of each key, members last: name -> (2, member)."""
    return {name: jax.random.key_data(key).T for name, key in keys.items()}


def monthly_draws(
    keys: Array, month: Array, wanted: Mapping[str, Draw], sizes: Mapping[str, tuple[int, ...]]
) -> dict[str, Array]:
    """Draws of one phase in one month, each (dims…, member), from one stream per member."""
    return draw_month(secrets_of({"": keys}), month, {"": wanted}, {"": sizes})[""]


def draw_month(
    secrets: Mapping[str, Array],
    month: Array,
    wanted: Mapping[str, Mapping[str, Draw]],
    sizes: Mapping[str, Mapping[str, tuple[int, ...]]],
) -> dict[str, dict[str, Array]]:
    """Draws of several phases in one month: phase -> draw -> (dims…, member).

    secrets: the words of the members' keys, phase by phase, (2, member).
    The numbers of a phase are blocks of the Threefry cipher under the member's key of that phase,
    at the counters (month, block): one pass makes those of all phases, and none depends on others.
    """
    counts = {p: sum(_count(sizes[p][n]) for n in draws) for p, draws in wanted.items()}
    blocks = {phase: (count + 1) // 2 for phase, count in counts.items()}
    lanes = sum(blocks.values())
    members = next(iter(secrets.values())).shape[1]
    secret = [
        jnp.concatenate(
            [jnp.broadcast_to(secrets[p][half], (n, members)) for p, n in blocks.items()]
        )
        for half in (0, 1)
    ]
    place = np.concatenate([np.arange(n, dtype=np.uint32) for n in blocks.values()])
    block = jnp.broadcast_to(jnp.asarray(place)[:, None], (lanes, members))
    when = jnp.broadcast_to(jnp.asarray(month, jnp.uint32), (lanes, members))
    pairs = [_uniform(half) for half in threefry2x32_p.bind(*secret, when, block)]
    found: dict[str, dict[str, Array]] = {}
    start = 0
    for phase, draws in wanted.items():
        rows = slice(start, start + blocks[phase])
        flat = jnp.concatenate([half[rows] for half in pairs])
        start += blocks[phase]
        found[phase], at = {}, 0
        for name, draw in draws.items():
            size = sizes[phase][name]
            part = flat[at : at + _count(size)].reshape(*size, members)
            found[phase][name] = _normal(part) if draw.kind == "normal" else part
            at += _count(size)
    return found


def _uniform(bits: Array) -> Array:
    """Uniform numbers in (0, 1) from 32 random bits, of which the upper 23 count."""
    ones = jax.lax.bitcast_convert_type((bits >> 9) | np.uint32(0x3F800000), jnp.float32)
    return jnp.maximum(ones - 1, LEAST)


def _normal(part: Array) -> Array:
    """Standard normal numbers by their distribution function's inverse (Giles 2012)."""
    return math.sqrt(2) * jax.lax.erf_inv(2 * part - 1)


def _count(size: tuple[int, ...]) -> int:
    total = 1
    for length in size:
        total *= length
    return total
