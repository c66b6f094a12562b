"""Two runs that most tests look at: a small world under extreme parameters, and Cuba."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from patronage.model import step
from patronage.run.compile import Compiled, compile_world, first_state
from patronage.scenario.load import load
from patronage.scenario.schema import Mode
from patronage.scenario.world import World

from .paths import Path, copy_params, run_path
from .tables import Row, read_parameters

USUAL, CORNERS = 8, 60
# 0 is in their ranges: no share of a contract where no supplier offers; no faction left
LEFT_OUT: set[str] = set()


@dataclass(frozen=True)
class Wild:
    """A run whose members differ in parameters and switches; `labels` say how."""

    path: Path
    labels: list[str]

    def members(self, label: str) -> list[int]:
        """Members with this label."""
        return [k for k, name in enumerate(self.labels) if name == label]


@pytest.fixture(scope="session", autouse=True)
def no_cache() -> Iterator[None]:
    """Tests leave no compiled programs behind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATRONAGE_CACHE", "")
        yield


@pytest.fixture(scope="session")
def tiny() -> World:
    """The tiny world, every mechanism on: two years of history, two in which all choose."""
    world = load("tiny")
    mode = Mode(kind="free", until="1952-01")
    return replace(world, mode=mode, mechanisms=dict.fromkeys(step.NAMES, True))


@pytest.fixture(scope="session")
def tiny_compiled(tiny: World) -> Compiled:
    """Its arrays."""
    return compile_world(tiny)


@pytest.fixture(scope="session")
def wild(tiny: World, tiny_compiled: Compiled) -> Wild:
    """Usual members; one mechanism off; one parameter at an end of its range; random corners."""
    rows = [r for r in read_parameters() if r.low < r.high]
    ends = [(row, end) for row in rows for end in ("low", "high")]
    ends = [(row, end) for row, end in ends if f"{row.key} {end}" not in LEFT_OUT]
    labels = ["usual"] * USUAL + [f"off {name}" for name in step.NAMES]
    start = len(labels)
    labels += [f"{row.key} {end}" for row, end in ends] + ["corner"] * CORNERS
    params = copy_params(tiny_compiled.params, len(labels))

    def put(row: Row, member: int, end: str) -> None:
        params[row.mechanism][row.name][member] = getattr(row, end)

    for member, (row, end) in enumerate(ends, start):
        put(row, member, end)
    rng = np.random.default_rng(5)
    for member in range(len(labels) - CORNERS, len(labels)):
        for row in rows:
            end = "low" if rng.random() < 0.5 else "high"
            put(row, member, end if f"{row.key} {end}" not in LEFT_OUT else "value")
    numbers = [*range(USUAL), *([0] * len(step.NAMES)), *range(start, len(labels))]
    off = [name.removeprefix("off ") if name.startswith("off ") else None for name in labels]
    state = first_state(tiny, len(labels), tiny_compiled.params)
    return Wild(run_path(tiny_compiled, state, params, numbers, off), labels)


@pytest.fixture(scope="session")
def cuba() -> Path:
    """Cuba: history imposed to October 1962, then all governments choose."""
    world = replace(load("cuba"), mode=Mode(kind="free", free=[], until="1962-10"))
    compiled = compile_world(world.until("1966-12"))
    members = 8
    state = first_state(world, members, compiled.params)
    params = copy_params(compiled.params, members)
    return run_path(compiled, state, params, range(members))
