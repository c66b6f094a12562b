"""The same seed gives the same numbers, alone or in a crowd; another seed gives others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from patronage.run.compile import Compiled, first_state
from patronage.run.simulate import simulate
from patronage.scenario.world import World

from .conftest import USUAL, Wild
from .paths import SEED, Array

ALONE = 4
RECORDED = {"affinity": "affinity", "stock": "stock", "faction_share": "share", "debt": "debt"}
Recorded = dict[str, Array]


def run(tiny: World, compiled: Compiled, seed: int) -> Recorded:
    """One member by itself, as a run of the scenario computes it."""
    some = replace(compiled, recorded=tuple(RECORDED))
    state = first_state(tiny, 1, compiled.params)
    return simulate(some, state, np.array([ALONE]), seed, logged=False)[1].recorded


@pytest.fixture(scope="module")
def alone(tiny: World, tiny_compiled: Compiled) -> Recorded:
    """The member, with the seed of the crowd."""
    return run(tiny, tiny_compiled, SEED)


def test_same_seed_same_numbers(tiny: World, tiny_compiled: Compiled, alone: Recorded) -> None:
    """To the bit."""
    again = run(tiny, tiny_compiled, SEED)
    for name in RECORDED:
        np.testing.assert_array_equal(again[name], alone[name])


def test_a_member_alone_is_as_in_the_crowd(alone: Recorded, wild: Wild) -> None:
    """Among hundreds of others, most with other parameters, to rounding."""
    for name, field in RECORDED.items():
        crowd = wild.path.fields[field][..., ALONE]
        scale = 1e-5 * max(1, float(np.abs(crowd).max()))
        np.testing.assert_allclose(alone[name][..., 0], crowd, atol=scale, rtol=0)


def test_members_differ(wild: Wild) -> None:
    """No two members of the same parameters are alike."""
    x = wild.path.fields["affinity"]
    for a in range(USUAL):
        for b in range(a):
            assert np.abs(x[..., a] - x[..., b]).max() > 1e-3


def test_seeds_differ(tiny: World, tiny_compiled: Compiled, alone: Recorded) -> None:
    """The member of another seed is another."""
    other = run(tiny, tiny_compiled, SEED + 1)
    assert np.abs(other["affinity"] - alone["affinity"]).max() > 1e-3
