"""A world small enough to fit in seconds: the tiny one without goods, crises and blocs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from patronage.fit import evidence as ev
from patronage.fit.path import Paths
from patronage.fit.predict import Prediction, predict_members
from patronage.fit.priors import Prior, list_priors
from patronage.scenario.load import load
from patronage.scenario.schema import MECHANISMS
from patronage.scenario.world import World

ON = ("affinity", "threat", "bargain")
FITTED = (
    "affinity.likeness",
    "affinity.event_target",
    "observation.mood",
    "observation.offaxis",
    "observation.idiosyncrasy",
    "observation.dispersion",
)
PAIRS = ((0, 1), (0, 2), (1, 2))
SETS, SPAN, ROLL_CALLS = 2500, 3, 150


@dataclass(frozen=True)
class Cloud:
    """Draws from the prior (parameter, set) and what each predicts (…, set)."""

    priors: dict[str, Prior]
    values: np.ndarray
    seen: Prediction


@pytest.fixture(scope="session", autouse=True)
def no_cache() -> Iterator[None]:
    """Tests leave no compiled programs behind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATRONAGE_CACHE", "")
        yield


@pytest.fixture(scope="session")
def world() -> World:
    """Three states over two years, three mechanisms on."""
    small = load("tiny").until("1951-12")
    return replace(small, mechanisms={m: m in ON for m in MECHANISMS})


@pytest.fixture(scope="session")
def evidence(world: World) -> ev.Evidence:
    """Where votes are seen: every pair, every quarter; no values yet."""
    rows = [(i, j, k) for i, j in PAIRS for k in range(0, world.months, SPAN)]
    client, patron, first = (np.array(x) for x in zip(*rows, strict=True))
    n = np.full(len(rows), float(ROLL_CALLS))
    votes = ev.Votes(client, patron, first, first + SPAN - 1, first // 12, n, n / 2, (1950, 1951))
    none = np.zeros(0, np.int64)
    arms = ev.Arms(none, none, none, none, none.astype(float))
    nobody = np.zeros((world.months, 0, len(world.codes)))
    choices = ev.Choices((), (), nobody.astype(np.int64), nobody, 0)
    return ev.Evidence(votes, arms, choices)


@pytest.fixture(scope="session")
def cloud(world: World, evidence: ev.Evidence) -> Cloud:
    """One run of the engine with a draw from the prior for every member."""
    import jax

    priors = list_priors(world, FITTED)
    rng = np.random.default_rng(11)
    values = np.array([priors[n].draw(rng, SETS) for n in FITTED], np.float32)
    paths = Paths.of(world)
    run = jax.jit(lambda x: predict_members(paths, evidence, dict(zip(FITTED, x, strict=True))))
    return Cloud(priors, values, jax.device_get(run(values)))
