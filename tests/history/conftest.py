"""A tiny world in which everybody chooses, and its baseline run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from patronage.run.results import Results
from patronage.scenario.load import load
from patronage.scenario.schema import Mode, Record
from patronage.scenario.world import World

MEMBERS, SEED = 6, 3


@pytest.fixture(scope="module")
def no_cache() -> Iterator[None]:
    """Tests leave no compiled programs behind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATRONAGE_CACHE", "")
        yield


@pytest.fixture(scope="module")
def world() -> World:
    """The tiny world: Cyllene is free, history imposes what the others do."""
    tiny = replace(load("tiny"), mode=Mode(free=["CYL"]), record=Record())
    return replace(tiny, mechanisms={**tiny.mechanisms, "bloc": True})


@pytest.fixture(scope="module")
def start(no_cache: None) -> Callable[..., Results]:
    """A small run of a world; all of them share one compiled program."""
    from patronage.run.ensemble import run

    def start(world: World, seed: int = SEED) -> Results:
        return run(world, members=MEMBERS, seed=seed, chunk=MEMBERS, record="all")

    return start


@pytest.fixture(scope="module")
def base(world: World, start: Callable[..., Results]) -> Results:
    """The baseline, with everything recorded."""
    return start(world)
