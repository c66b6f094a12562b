"""The results folder: chunks, checksums, manifests, refusals; see test_store_faults.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patronage.errors import RunError
from patronage.run.arrays import chunk_shape
from patronage.run.results import Results
from patronage.run.store import Store, estimate_bytes, format_bytes

from .folder import (
    CHUNK,
    COORDS,
    MEMBERS,
    MONTHS,
    STATES,
    VARIABLES,
    arrays,
    create,
    events,
    manifest,
    write,
)


def test_chunks_in_any_order_give_every_member_its_own_values(tmp_path: Path) -> None:
    with create(tmp_path / "run") as store:
        for k in (2, 0, 1):
            write(store, k)
        assert store.finished() == [0, 1, 2]
        assert store.pending() == []
    data = Results.open(tmp_path / "run").data
    for name, expected in arrays(range(MEMBERS)).items():
        np.testing.assert_array_equal(data[name].values, expected.astype(data[name].dtype))
    assert data["transfer"].dims == ("member", "month", "client", "patron")
    assert data["transfer"].attrs["units"] == "million US$ / month"
    assert list(data["client"].values) == STATES
    assert (data["month"].values == MONTHS.astype("datetime64[ns]")).all()


def test_chunks_never_share_a_zarr_chunk(tmp_path: Path) -> None:
    with create(tmp_path / "run") as store:
        write(store, 1)
        before = _files(tmp_path / "run" / "data.zarr")
        write(store, 0)
        write(store, 2)
        after = _files(tmp_path / "run" / "data.zarr")
    assert before.items() <= after.items()


def _files(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@given(
    shape=st.tuples(
        st.integers(1, 5000), st.integers(1, 600), st.integers(1, 60), st.integers(1, 60)
    ),
    chunk=st.integers(1, 512),
)
def test_zarr_chunks_are_small_and_keep_the_member_axis(shape: tuple[int, ...], chunk: int) -> None:
    size = chunk_shape(("member", "month", "client", "patron"), shape, chunk, 4)
    assert size[0] == min(chunk, shape[0])
    assert all(1 <= c <= n for c, n in zip(size, shape, strict=True))
    assert 4 * np.prod(size) <= 32 * 2**20


def test_unfinished_and_failed_members_are_left_out(tmp_path: Path) -> None:
    with create(tmp_path / "run") as store:
        write(store, 0)
        store.write_chunk(2, arrays(range(8, 10)), failed={9: "support is not finite"})
    results = Results.open(tmp_path / "run")
    assert list(results.data["member"].values) == [0, 1, 2, 3, 8]
    assert results.missing == [4, 5, 6, 7, 9]
    assert results.failed == {9: "support is not finite"}
    np.testing.assert_array_equal(
        results.data["support"].sel(member=8).values, arrays(range(8, 9))["support"][0].astype("f4")
    )


def test_a_chunk_is_finished_by_its_line_not_by_its_files(tmp_path: Path) -> None:
    store = create(tmp_path / "run")
    store.put_chunk(0, arrays(range(4)), events(range(4)))
    assert (tmp_path / "run/data.zarr/support/c/0").exists()
    assert store.finished() == []
    with pytest.raises(RunError, match="no chunk of this run is finished"):
        Results.open(tmp_path / "run")
    store.close()


def test_a_worker_writes_and_the_owner_counts(tmp_path: Path) -> None:
    with create(tmp_path / "run") as owner:
        worker = Store.attach(tmp_path / "run")
        line = worker.put_chunk(1, arrays(range(4, 8)))
        with pytest.raises(RunError, match="only the run that holds the folder"):
            worker.finish(line)
        owner.finish(line)
        assert owner.finished() == [1]


def test_a_torn_last_line_does_not_count_and_is_repaired(tmp_path: Path) -> None:
    with create(tmp_path / "run") as store:
        write(store, 0)
    lines = tmp_path / "run/manifest.jsonl"
    whole = lines.read_bytes()
    lines.write_bytes(whole + b'{"chunk": 1, "mem')
    with Store.resume(tmp_path / "run") as store:
        assert store.finished() == [0]
        write(store, 1)
        assert store.finished() == [0, 1]
    lines.write_bytes(b"nonsense\n" + whole)
    with pytest.raises(RunError, match=r"manifest\.jsonl:1: not a manifest line"):
        Results.open(tmp_path / "run")


def test_checksums_see_a_changed_byte(tmp_path: Path) -> None:
    with create(tmp_path / "run") as store:
        write(store, 0)
        write(store, 1)
        assert store.verify(0)
        assert store.verify(1)
        part = tmp_path / "run/log/part-00001.parquet"
        part.write_bytes(part.read_bytes()[:-1] + b"?")
        assert store.verify(0)
        assert not store.verify(1)
        store._open()["support"][2, 3, 1] += 1  # type: ignore[index]
        assert not store.verify(0)


def test_the_manifest_says_what_was_run(tmp_path: Path) -> None:
    create(tmp_path / "run").close()
    kept = json.loads((tmp_path / "run/manifest.json").read_text())
    assert kept["parameters"] == {"affinity.inertia": 0.5}
    assert (kept["seed"], kept["members"], kept["chunk"]) == (1, MEMBERS, CHUNK)
    assert kept["quantities"] == list(VARIABLES)
    assert {"patronage", "jax", "jaxlib", "numpy", "python", "platform"} <= set(kept["versions"])
    assert kept["versions"]["numpy"] == np.__version__


@pytest.mark.parametrize("change", [{"seed": 2}, {"chunk": 5}, {"scenario_hash": "other"}])
def test_another_run_is_not_resumed(tmp_path: Path, change: dict[str, Any]) -> None:
    create(tmp_path / "run").close()
    with pytest.raises(RunError, match=f"different {next(iter(change))}"):
        Store.resume(tmp_path / "run", {**manifest(), **change})
    with Store.resume(tmp_path / "run", manifest()) as store:
        assert len(store.manifest["resumed"]) == 1


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    with create(tmp_path / "run") as store:
        write(store, 0)
    with pytest.raises(RunError, match="holds a run already"):
        create(tmp_path / "run")
    with create(tmp_path / "run", overwrite=True) as store:
        assert store.finished() == []
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.txt").write_text("mine")
    with pytest.raises(RunError, match="holds other files"):
        create(other, overwrite=True)
    assert (other / "chapter.txt").read_text() == "mine"


def test_a_creation_cut_short_can_be_repeated(tmp_path: Path) -> None:
    create(tmp_path / "run").close()
    (tmp_path / "run/manifest.json").unlink()
    with create(tmp_path / "run") as store:
        write(store, 0)
        assert store.finished() == [0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"support": np.zeros((4, 12, 2))}, r"support: shape \(4, 12, 2\) where"),
        ({"suport": np.zeros(1)}, "did you mean: support"),
        ({"support": None}, "support: missing"),
    ],
)
def test_wrong_arrays_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with create(tmp_path / "run") as store:
        given_ = {**arrays(range(4)), **change}
        with pytest.raises(RunError, match=message):
            store.write_chunk(0, {n: a for n, a in given_.items() if a is not None})
        assert store.finished() == []
        write(store, 0)
        with pytest.raises(RunError, match="finished already"):
            write(store, 0)
        with pytest.raises(RunError, match="there is no chunk 3"):
            store.chunk_members(3)


def test_a_wrong_layout_is_refused(tmp_path: Path) -> None:
    bad = {"support": (("month", "state"), "float32", {})}
    with pytest.raises(RunError, match="first dimension"):
        Store.create(tmp_path / "a", COORDS, bad, members=2, chunk=1, manifest=manifest())
    bad = {"support": (("member", "stat"), "float32", {})}
    with pytest.raises(RunError, match="did you mean: state"):
        Store.create(tmp_path / "b", COORDS, bad, members=2, chunk=1, manifest=manifest())
    with pytest.raises(RunError, match="no run here"):
        Store.resume(tmp_path / "nowhere")


def test_the_estimate_is_the_size_in_memory(tmp_path: Path) -> None:
    with create(tmp_path / "run") as store:
        for k in range(3):
            write(store, k)
    data = Results.open(tmp_path / "run").data
    sizes = {str(d): n for d, n in data.sizes.items()}
    assert estimate_bytes(VARIABLES, sizes) == sum(v.nbytes for v in data.data_vars.values())


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (99_600, "100 kB"), (3.84e9, "3.8 GB"),
     (999_600, "1.0 MB"), (2e13, "20.0 TB")],
)  # fmt: skip
def test_sizes_are_written_for_people(count: float, text: str) -> None:
    assert format_bytes(count) == text
