"""Results: quantiles, tidy tables, files."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from patronage.errors import RunError
from patronage.run import table
from patronage.run.quantiles import quantile
from patronage.run.results import Results
from patronage.run.store import Store, make_manifest

STATES = ["CUB", "RUS", "USA"]
MONTHS = np.arange("1961-01", "1963-01", dtype="datetime64[M]").astype("datetime64[ns]")


def dataset(members: int = 5) -> xr.Dataset:
    rng = np.random.default_rng(3)
    dyads = ("member", "month", "client", "patron")
    return xr.Dataset(
        {
            "affinity": (dyads, rng.random((members, 24, 3, 3), "f4"), {"units": "index"}),
            "support": (
                ("member", "month", "state"),
                rng.random((members, 24, 3), "f4"),
                {"units": "probability"},
            ),
            "faction_share": (
                ("member", "month", "state", "faction"),
                rng.random((members, 24, 3, 2), "f4"),
                {"units": "share"},
            ),
            "crisis_rung": (
                ("member", "month"),
                rng.integers(0, 5, (members, 24)).astype("i1"),
                {"units": "level"},
            ),
        },
        coords={
            "member": np.arange(members),
            "month": MONTHS,
            "state": STATES,
            "client": STATES,
            "patron": STATES,
            "faction": np.arange(2),
        },
    )


def log(members: int) -> pd.DataFrame:
    return pd.DataFrame({"member": range(members), "month": "1962-10", "what": "demand"})


@pytest.fixture
def results() -> Results:
    return Results(dataset(), log(5), {"scenario": "test", "seed": 7, "members": 5})


@pytest.fixture
def on_disk(tmp_path: Path) -> Results:
    data = dataset()
    manifest = make_manifest(
        scenario_hash="a",
        parameters={},
        seed=7,
        members=5,
        chunk=2,
        quantities=list(data.data_vars),
    )
    variables = {str(n): ([str(d) for d in v.dims], str(v.dtype), v.attrs) for n, v in data.items()}
    coords = {str(n): c.values for n, c in data.coords.items() if n != "member"}
    with Store.create(
        tmp_path / "run", coords, variables, members=5, chunk=2, manifest=manifest
    ) as store:
        for k in store.pending():
            members = store.chunk_members(k)
            chunk = data.isel(member=slice(members.start, members.stop))
            events = log(5).iloc[members.start : members.stop]
            events = events.iloc[:0] if k == 1 else events
            store.write_chunk(k, {str(n): v.values for n, v in chunk.items()}, events)
    return Results.open(tmp_path / "run")


def test_what_was_written_is_what_is_opened(on_disk: Results) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = Results.open(on_disk.path or "")
        xr.testing.assert_equal(again.data.load(), dataset())
    assert again.data["affinity"].attrs["units"] == "index"
    assert again.data["client"].dtype.kind == "U"
    assert "int" in str(again.data["crisis_rung"].dtype)


def test_other_programs_open_the_store_without_warnings(on_disk: Results) -> None:
    assert on_disk.path is not None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = xr.open_zarr(on_disk.path / "data.zarr", chunks=None)
        assert set(data.data_vars) == set(dataset().data_vars)


def test_logs_of_chunks_are_merged_even_with_an_empty_one(on_disk: Results) -> None:
    expected = log(5).drop([2, 3]).reset_index(drop=True)
    assert on_disk.log.equals(expected) or on_disk.log.to_dict() == expected.to_dict()


def test_a_run_without_a_log_has_an_empty_one(tmp_path: Path) -> None:
    manifest = make_manifest(
        scenario_hash="a", parameters={}, seed=1, members=1, chunk=1, quantities=["x"]
    )
    variables = {"x": (["member"], "float32", {})}
    with Store.create(
        tmp_path / "r", {}, variables, members=1, chunk=1, manifest=manifest
    ) as store:
        store.write_chunk(0, {"x": np.ones(1)})
    results = Results.open(tmp_path / "r")
    assert list(results.log.columns[:3]) == ["member", "month", "who"]
    assert len(results.log) == 0
    assert "1 members" in repr(results)


@given(
    values=hnp.arrays(
        "f8",
        hnp.array_shapes(min_dims=2, max_dims=3, max_side=6),
        elements=st.one_of(st.just(np.nan), st.floats(-1e3, 1e3)),
    ),
    q=st.lists(st.floats(0, 1), min_size=1, max_size=4),
)
def test_quantiles_agree_with_numpy(values: np.ndarray, q: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy on series that are all missing
        expected = np.nanquantile(values, q, axis=0)
    np.testing.assert_allclose(quantile(values, np.asarray(q)), expected, rtol=1e-9, atol=1e-9)


def test_quantiles_keep_names_and_units(results: Results) -> None:
    found = results.quantile([0.1, 0.9], ["affinity", "crisis_rung"])
    assert found["affinity"].dims == ("quantile", "month", "client", "patron")
    assert found["affinity"].attrs["units"] == "index"
    expected = results.data["affinity"].quantile(0.9, "member")
    np.testing.assert_allclose(found["affinity"].sel(quantile=0.9), expected, rtol=1e-5)
    assert results.quantile(0.5, ["support"])["support"].dims == ("month", "state")
    with pytest.raises(RunError, match="outside 0 to 1"):
        results.quantile(1.5)


def test_the_table_has_every_value_once(results: Results) -> None:
    frame = results.to_dataframe()
    assert list(frame.columns) == ["quantity", *table.DIMS, "value", "unit"]
    counts = frame["quantity"].value_counts()
    assert counts["affinity"] == 5 * 24 * 6
    assert counts["faction_share"] == 5 * 24 * 3 * 2
    assert counts["crisis_rung"] == 5 * 24
    assert frame.loc[frame["quantity"] == "crisis_rung", "client"].isna().all()
    rng = np.random.default_rng(0)
    dyads = frame[frame["quantity"] == "affinity"].iloc[rng.integers(0, 720, 25)]
    for _, row in dyads.iterrows():
        at = {d: row[d] for d in ("member", "month", "client", "patron")}
        assert results.data["affinity"].sel(at).item() == row["value"]
        assert row["unit"] == "index"


def test_labels_choose_rows(results: Results) -> None:
    frame = results.to_dataframe(["affinity"], client="CUB", month="1962-10")
    assert len(frame) == 5 * 2
    assert set(frame["patron"].astype(str)) == {"RUS", "USA"}
    year = results.to_dataframe(state=["CUB", "USA"], month="1962", member=[0, 3])
    assert set(year["quantity"]) == {"support", "faction_share"}
    assert len(year[year["quantity"] == "support"]) == 2 * 12 * 2
    part = results.to_dataframe(["crisis_rung"], month=slice("1961-11", "1962-02"))
    assert len(part) == 5 * 4


@pytest.mark.parametrize(
    ("quantities", "labels", "message"),
    [
        (["afinity"], {}, "did you mean: affinity"),
        (["affinity"], {"client": "CBU"}, "did you mean: CUB"),
        (["affinity"], {"clent": "CUB"}, "did you mean: client"),
        (["support"], {"client": "CUB"}, "has no dimension client"),
        (["support"], {"month": "1999-01"}, "no such label"),
    ],
)
def test_wrong_names_are_reported(
    results: Results, quantities: list[str], labels: dict[str, str], message: str
) -> None:
    with pytest.raises(RunError, match=message):
        results.to_dataframe(quantities, **labels)


def test_a_table_too_large_for_memory_is_refused(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patronage.run.results._ROWS_IN_MEMORY", 100)
    with pytest.raises(RunError, match="to_csv or to_parquet"):
        results.to_dataframe()


@pytest.mark.parametrize("rows_at_once", [100, 2_000_000])
def test_csv_and_parquet_hold_the_table(
    on_disk: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_at_once: int
) -> None:
    frame = on_disk.to_dataframe()
    monkeypatch.setattr(table, "_ROWS_AT_ONCE", rows_at_once)
    csv = pd.read_csv(on_disk.to_csv(tmp_path / "run.csv"), dtype={"value": "f4"})
    parquet = pd.read_parquet(on_disk.to_parquet(tmp_path / "run.parquet"))
    assert len(csv) == len(parquet) == len(frame)
    for read in (csv, parquet):
        np.testing.assert_array_equal(read["value"], frame["value"])
        for column in ("quantity", "client", "patron", "state", "unit"):
            expected = frame[column].astype(object).where(frame[column].notna(), None)
            got = read[column].astype(object).where(read[column].notna(), None)
            assert got.tolist() == expected.tolist()
    assert csv["month"].iloc[0] == "1961-01"
    assert parquet["month"].iloc[0] == pd.Timestamp("1961-01-01")
    assert not list(tmp_path.glob("*.new"))


def test_the_text_tells_what_there_is(results: Results) -> None:
    text = repr(results)
    for part in ("test", "5 members", "1961-01 to 1962-12", "seed 7", "affinity", "faction=2"):
        assert part in text
