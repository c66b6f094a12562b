"""A tiny world in which everybody chooses, run once for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from patronage.run.results import Results
from patronage.scenario.load import load
from patronage.scenario.schema import Mode, Record
from patronage.scenario.world import World

MEMBERS, CHUNK, SEED = 20, 8, 3


@pytest.fixture(scope="session", autouse=True)
def no_cache() -> Iterator[None]:
    """Tests leave no compiled programs behind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATRONAGE_CACHE", "")
        yield


@pytest.fixture(scope="session")
def world() -> World:
    """The tiny world, in which all governments choose and all usual quantities are recorded."""
    free = replace(load("tiny"), mode=Mode(kind="free"), record=Record())
    return replace(free, mechanisms={**free.mechanisms, "bloc": True})


@pytest.fixture(scope="session")
def base(world: World) -> Results:
    """A run in memory: three chunks, of which the last is not full."""
    from patronage.run.ensemble import run

    return run(world, members=MEMBERS, seed=SEED, chunk=CHUNK)
