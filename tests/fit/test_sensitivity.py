"""Indices: the Ishigami function, a parameter that cannot matter, common random numbers, files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from patronage.errors import ModelError, RunError
from patronage.fit.sensitivity import Sensitivity, count_sets, measure, sensitivity
from patronage.scenario.world import World

NAMES = ("a", "b", "c", "idle")


def ishigami(u: np.ndarray) -> np.ndarray:
    """Ishigami and Homma (1990), with a fourth parameter that does nothing."""
    x = -np.pi + 2 * np.pi * u
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def known() -> tuple[np.ndarray, np.ndarray]:
    """First-order and total indices in closed form."""
    a, b = 7.0, 0.1
    one = 0.5 * (1 + b * np.pi**4 / 5) ** 2
    two = a**2 / 8
    both = b**2 * np.pi**8 * (1 / 18 - 1 / 50)
    whole = one + two + both
    return np.array([one, two, 0, 0]) / whole, np.array([one + both, two, both, 0]) / whole


@pytest.mark.statistical
def test_sobol_finds_the_known_indices() -> None:
    """Within 0.04 (four standard errors or more); the seed is fixed."""
    table, outcomes = measure(NAMES, ishigami, "sobol", 2048, 1)
    first, total = known()
    assert len(outcomes) == count_sets("sobol", 2048, 4)
    np.testing.assert_allclose(table["first"], first, atol=0.04)
    np.testing.assert_allclose(table["total"], total, atol=0.04)
    assert ((table["total_low"] <= total) & (total <= table["total_high"])).all()
    assert table["total"][3] == 0


def test_morris_ranks_and_leaves_out_the_idle() -> None:
    table, outcomes = measure(NAMES, ishigami, "morris", 64, 1)
    assert len(outcomes) == count_sets("morris", 64, 4)
    assert table["mu_star"][3] == 0
    assert (table["mu_star"][:3] > 3).all()
    assert (table["low"] <= table["mu_star"]).all()
    assert (table["mu_star"] <= table["high"]).all()
    line, _ = measure(("x", "y"), lambda u: 3 * u[:, 0] - u[:, 1], "morris", 10, 1)
    np.testing.assert_allclose(line["mu"], [2.7, -0.9], atol=1e-6)  # 0.9 of the unit cube
    np.testing.assert_allclose(line["sigma"], 0, atol=1e-6)


def test_a_constant_outcome_has_no_indices() -> None:
    table, _ = measure(NAMES, lambda u: np.ones(len(u)), "sobol", 8, 1)
    assert (table.drop(columns="parameter") == 0).all(axis=None)


def test_wrong_words(world: World) -> None:
    ask = {"world": world, "what": "affinity", "when": "1951"}
    for change, said in (
        ({"what": "afinity"}, "did you mean: affinity"),
        ({"when": "1999"}, "outside the period"),
        ({"method": "soboll"}, "did you mean: sobol"),
        ({"client": "ARCX"}, "did you mean: ARC"),
        ({"state": "ARC"}, "has no state"),
        ({"rows": 0}, "out of range"),
    ):
        with pytest.raises(RunError, match=said):
            sensitivity(**{**ask, **change})  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="is off"):
        sensitivity(**ask, parameters=["crisis.accident"])  # type: ignore[arg-type]
    with pytest.raises(RunError, match="power of 2"):
        measure(NAMES, ishigami, "sobol", 100, 1)


@pytest.mark.parametrize("method", ["morris", "sobol"])
def test_files(tmp_path: Path, method: str) -> None:
    table, outcomes = measure(NAMES, ishigami, method, 16, 1)
    attrs = {"outcome": "x", "method": method, "scenario": "s", "sets": 1, "members": 1, "seed": 1}
    attrs |= {"unit": "index", "version": "0"}
    paths = Sensitivity(table, outcomes, attrs).write(tmp_path / "out")
    assert set(paths) == {"csv", "parquet", "png", "svg"}
    again = pd.read_parquet(paths["parquet"])
    pd.testing.assert_frame_equal(again, table)
    assert paths["png"].stat().st_size > 5000


@pytest.mark.slow
def test_in_the_engine(world: World) -> None:
    """What cannot matter has index 0, to the bit, for all sets share the same random numbers."""
    names = ["observation.mood", "observation.compliance_pull", "threat.strategic_range"]
    found = sensitivity(
        world,
        "un_agreement",
        "1951",
        "morris",
        names,
        rows=6,
        members=2,
        client="CYL",
        patron="ARC",
    )
    index = found.table.set_index("parameter")["mu_star"]
    assert index["observation.mood"] > 0
    assert index["threat.strategic_range"] == 0  # no strategic weapons stand abroad
    again = sensitivity(
        world,
        "un_agreement",
        "1951",
        "morris",
        names,
        rows=6,
        members=2,
        client="CYL",
        patron="ARC",
    )
    np.testing.assert_array_equal(found.outcomes, again.outcomes)
