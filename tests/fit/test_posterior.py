"""A posterior on disk, and its draws for an ensemble."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from patronage.errors import RunError
from patronage.fit.posterior import Posterior, read_posterior
from patronage.scenario.world import World

PARAMETER = "affinity.likeness"


def make(values: np.ndarray, name: str = PARAMETER) -> Posterior:
    prior = {"text": "normal(0.5, 0.15)", "source": "assumed", "unit": "index", "value": 0.5,
             "mean": 0.5, "sd": 0.15}  # fmt: skip
    manifest = {"format": 1, "parameters": [name], "method": "nuts", "priors": {name: prior}}
    return Posterior({name: values, "year spread": values * 2}, manifest)


def test_file(tmp_path: Path) -> None:
    found = make(np.random.default_rng(1).normal(0.4, 0.05, (4, 50)))
    again = read_posterior(found.write(tmp_path / "p.parquet"))
    for name, x in found.values.items():
        np.testing.assert_array_equal(again.values[name], x)
    assert again.digest == found.digest
    (tmp_path / "no.parquet").write_text("no")
    with pytest.raises(RunError, match="cannot be read"):
        read_posterior(tmp_path / "no.parquet")


def test_a_changed_draw_is_found_out(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    path = make(np.ones((2, 3))).write(tmp_path / "p.parquet")
    table = pq.read_table(path)
    place = table.column_names.index(PARAMETER)
    other = table.set_column(place, PARAMETER, [[1.0, 1, 1, 1, 1, 2]])
    pq.write_table(other.replace_schema_metadata(table.schema.metadata), path)
    with pytest.raises(RunError, match="do not match"):
        read_posterior(path)


def test_members_keep_their_draws() -> None:
    """A member's draw hangs on its number and the seed alone; all draws are used about as often."""
    found = make(np.arange(40.0).reshape(4, 10))
    whole = found.draw(range(4000), 1)[PARAMETER]
    np.testing.assert_array_equal(found.draw(range(100, 140), 1)[PARAMETER], whole[100:140])
    assert (found.draw(range(4000), 2)[PARAMETER] != whole).mean() > 0.9
    counts = np.bincount(whole.astype(int), minlength=40)
    assert counts.min() > 50
    assert counts.max() < 160
    assert abs(np.corrcoef(whole[:-1], whole[1:])[0, 1]) < 0.08


def test_table() -> None:
    table = make(np.random.default_rng(1).normal(0.4, 0.05, (4, 400))).table().iloc[0]
    assert table["learnt"] == pytest.approx(1 - 0.05**2 / 0.15**2, abs=0.05)
    assert table["r_hat"] == pytest.approx(1, abs=0.02)
    assert table["ess"] > 800
    stuck = make(
        np.repeat([[0.1], [0.9]], 100, axis=1) + np.random.default_rng(1).normal(0, 0.01, (2, 100))
    )
    assert stuck.table().iloc[0]["r_hat"] > 3


def test_troubles_are_told() -> None:
    """Chains apart, divergences, a chain that stood still; nothing of a sound run."""
    sound = make(np.random.default_rng(1).normal(0.4, 0.05, (4, 400)))
    sound.manifest.update(divergences=[0] * 4, acceptance=[0.9] * 4)
    assert sound.troubles() == []
    apart = make(np.repeat([[0.1], [0.9]], 100, axis=1) + np.linspace(0, 0.01, 100))
    apart.manifest.update(divergences=[0, 3], acceptance=[0.8, 1e-6])
    assert [w.split(" ")[0] for w in apart.troubles()] == ["2", "3", "chains"]
    apart.manifest["method"] = "laplace"
    assert apart.troubles() == []


def test_a_world_without_the_parameter_is_refused(world: World) -> None:
    with pytest.raises(RunError, match=r"affinity\.likeness"):
        make(np.ones((2, 3)), "affinity.likenes").check(world)
