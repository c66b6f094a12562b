"""Keys of members in NumPy: the same words as `keys.member_keys`, without compiling anything."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from patronage.run.keys import stable_number

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))


def secrets_of(seed: int, members: np.ndarray, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Words (2, member) of each name's keys: fold(fold(root, member), name)."""
    zero = np.zeros(len(members), np.uint32)
    root = (zero, zero + np.uint32(seed))
    per_member = _fold(root, np.asarray(members, np.uint32))
    names = list(names)
    numbers = np.array([[stable_number(name)] for name in names], np.uint32)
    one, two = _fold(per_member, np.broadcast_to(numbers, (len(names), len(members))))
    return {name: np.stack([one[k], two[k]]) for k, name in enumerate(names)}


def _fold(key: tuple[np.ndarray, np.ndarray], number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return threefry(key, (np.zeros_like(number), number))


def threefry(
    key: tuple[np.ndarray, np.ndarray], counter: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Threefry-2x32 with 20 rounds (Salmon and others 2011), on arrays of uint32."""
    schedule = (*key, key[0] ^ key[1] ^ np.uint32(0x1BD11BDA))
    one, two = counter[0] + schedule[0], counter[1] + schedule[1]
    for n in range(5):
        for by in _ROTATIONS[n % 2]:
            one = one + two
            two = ((two << np.uint32(by)) | (two >> np.uint32(32 - by))) ^ one
        one = one + schedule[(n + 1) % 3]
        two = two + schedule[(n + 2) % 3] + np.uint32(n + 1)
    return one, two
