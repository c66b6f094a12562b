"""Quantiles over members, and records by year: exact, the same after a resumption, bounded."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import patronage as pt
from patronage.errors import RunError
from patronage.run import quantiles
from patronage.run.arrays import chunk_shape, make_group
from patronage.run.ensemble import plan
from patronage.run.manifest import LINES
from patronage.run.results import Results
from patronage.run.store import QUANTILES
from patronage.scenario.schema import Record
from patronage.scenario.world import World

MEMBERS, CHUNK, SEED = 20, 8, 3
LEVELS = [0.1, 0.5, 0.9]


def run(world: World, **more: Any) -> Results:
    kept = {"record": ["support", "transfer", "crisis_rung"], "events": False}
    return pt.run(world, **{"members": MEMBERS, "seed": SEED, "chunk": CHUNK, **kept, **more})


@pytest.fixture(scope="module")
def yearly(world: World, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Yearly records and their quantiles, in a folder."""
    return run(world, every="year", quantiles=LEVELS, out=tmp_path_factory.mktemp("yearly") / "run")


def test_a_year_is_the_mean_of_its_months_and_the_worst_of_its_crises(
    base: Results, yearly: Results
) -> None:
    """Within rounding over the first year; later a rounding error may tip a choice."""
    assert yearly.data.sizes["month"] == 4
    for name in ("support", "transfer"):
        months = base.data[name].values[:, :12]
        np.testing.assert_allclose(
            yearly.data[name].values[:, 0], months.mean(axis=1), rtol=1e-4, atol=1e-4
        )
    worst = base.data["crisis_rung"].values[:, :12].max(axis=1)
    np.testing.assert_array_equal(yearly.data["crisis_rung"].values[:, 0], worst)


def test_quantiles_on_disk_are_those_of_the_members(yearly: Results) -> None:
    assert yearly.path is not None
    assert (yearly.path / QUANTILES).is_dir()
    assert not (yearly.path / f"{QUANTILES}.new").exists()
    kept = yearly.quantiles
    assert kept["quantile"].values.tolist() == LEVELS
    assert kept["transfer"].dims == ("quantile", "month", "client", "patron")
    assert kept["transfer"].attrs["units"] == "million US$ / month"
    for name, array in kept.items():
        expected = np.quantile(yearly.data[name].values.astype(float), LEVELS, axis=0)
        np.testing.assert_allclose(array.values, expected, rtol=1e-6, atol=1e-6)


def test_quantiles_after_a_resumption(world: World, yearly: Results, tmp_path: Path) -> None:
    """A run of which two chunks are lost, and the quantiles with them, comes out the same."""
    out = tmp_path / "run"
    run(world, every="year", quantiles=LEVELS, out=out)
    lines = (out / LINES).read_text().splitlines()
    (out / LINES).write_text("".join(f"{x}\n" for x in lines if json.loads(x)["chunk"] == 1))
    again = run(world, every="year", quantiles=LEVELS, out=out, resume=True)
    for name, array in yearly.quantiles.items():
        np.testing.assert_array_equal(again.quantiles[name].values, array.values)


def test_quantiles_in_memory(world: World, yearly: Results, base: Results) -> None:
    here = run(world, every=12, quantiles=LEVELS)
    np.testing.assert_array_equal(
        here.quantiles["support"].values, yearly.quantiles["support"].values
    )
    with pytest.raises(RunError, match="keeps no quantiles"):
        _ = base.quantiles


@given(
    members=st.integers(1, 9),
    cells=st.tuples(st.integers(1, 5), st.integers(1, 4)),
    room=st.integers(1, 200),
    seed=st.integers(0, 99),
)
def test_blocks_of_any_size_give_the_same(
    members: int, cells: tuple[int, int], room: int, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(members, *cells)).astype(np.float32)
    values[draw.random(values.shape) < 0.1] = np.nan
    array = xr.DataArray(values, dims=("member", "month", "state"))
    levels = np.array([0.0, 0.3, 1.0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quantiles, "BLOCK_BYTES", room)
        found = quantiles.over_members(array, levels)
    np.testing.assert_array_equal(found, quantiles.quantile(values, levels))


def test_memory_does_not_grow_with_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight times the members: eight times the values on disk, at most half as much memory more."""
    monkeypatch.setattr("patronage.run.arrays._COLUMN_BYTES", 400_000)
    monkeypatch.setattr(quantiles, "BLOCK_BYTES", 400_000)
    peaks = []
    for members in (1_000, 8_000):
        path = tmp_path / f"{members}.zarr"
        labels = {"member": np.arange(members), "month": np.arange(400)}
        make_group(path, labels, {"x": (("member", "month"), "float32", {})}, 500, {})
        import zarr

        group = zarr.open_group(path, mode="r+", use_consolidated=False)
        draw = np.random.default_rng(1)
        for start in range(0, members, 500):
            group["x"][start : start + 500] = draw.random((500, 400), np.float32)  # pyright: ignore
        with xr.open_zarr(path, chunks=None) as data:
            tracemalloc.start()
            found = quantiles.over_members(data["x"], np.array([0.5]))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        np.testing.assert_allclose(found, 0.5, atol=0.1)
    assert peaks[1] < 1.5 * peaks[0] + 500_000
    assert peaks[1] < 4_000_000, "a column of all members is 12.8 MB"


def test_zarr_chunks_keep_columns_small() -> None:
    dims = ("member", "month", "client", "patron")
    assert chunk_shape(dims, (500, 49, 6, 6), 64, 4) == (64, 49, 6, 6)
    large = chunk_shape(dims, (100_000, 49, 6, 6), 64, 4)
    column = 100_000 * np.prod(large[1:]) * 4
    assert large[0] == 64
    assert column <= 64_000_000


def test_first_members(yearly: Results, base: Results) -> None:
    few = base.first(3)
    assert few.data.sizes["member"] == 3
    assert set(few.log["member"]) <= {-1, 0, 1, 2}
    assert base.first(MEMBERS) is base
    assert yearly.first(2).data.sizes["member"] == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"every": "yearr"}, "did you mean: year"),
        ({"every": 0}, "every=0: out of range"),
        ({"every": 5}, "not a whole number of spans of 5"),
        ({"quantiles": [0.5, 1.5]}, "outside 0 to 1"),
    ],
)
def test_wrong_spans_and_levels(world: World, change: dict[str, Any], words: str) -> None:
    with pytest.raises(RunError, match=words):
        plan(world, MEMBERS, **change)


def test_the_scenario_says_how_to_record(world: World) -> None:
    record = Record.model_validate({"every": "year", "quantiles": [0.9, 0.1], "events": False})
    chosen = plan(replace(world, record=record), MEMBERS)
    assert chosen.manifest["every"] == 12
    assert chosen.manifest["quantiles"] == [0.1, 0.9]
    assert chosen.world.record.events is False
    assert plan(replace(world, record=record), MEMBERS, every="month").manifest["every"] == 1
