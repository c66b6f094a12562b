"""An ensemble on a cluster: the same bits as here, also where a worker is killed in the middle."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import patronage as pt
from patronage.errors import RunError
from patronage.run import cluster
from patronage.run.manifest import read_lines
from patronage.run.results import Results
from patronage.run.store import Store
from patronage.scenario.load import load
from patronage.scenario.world import World

MEMBERS, CHUNK = 10, 2


@pytest.fixture(scope="module")
def small() -> World:
    """Half a year of the tiny world."""
    return load("tiny").until("1950-06")


def run(world: World, **more: Any) -> Results:
    return pt.run(world, members=MEMBERS, seed=3, chunk=CHUNK, record=["support"], **more)


@pytest.fixture(scope="module")
def here(small: World) -> Results:
    """The run on this machine."""
    return run(small)


@pytest.fixture
def scheduler() -> Iterator[Any]:
    """A real scheduler and two worker processes on this machine."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        memory_limit=0,
        dashboard_address=None,
        silence_logs="CRITICAL",
    ) as found:
        yield found


@pytest.mark.slow
def test_a_worker_killed_in_the_middle(
    small: World, here: Results, scheduler: Any, tmp_path: Path
) -> None:
    """Its chunk is run again by another; every chunk is whole, and the folder stays locked."""
    first = scheduler.workers[0]
    pids = [first.pid]
    refused: list[str] = []

    def watch(what: str, done: int, total: int) -> None:
        if what == "running" and len(pids) == 1:
            os.kill(pids[0], signal.SIGKILL)
            pids.append(0)
            with pytest.raises(RunError) as caught:
                Store.resume(tmp_path / "run")
            refused.append(str(caught.value))

    there = run(small, out=tmp_path / "run", cluster=scheduler.scheduler_address, progress=watch)
    assert len(pids) == 2
    assert "in use" in refused[0]
    np.testing.assert_array_equal(there.data["support"].values, here.data["support"].values)
    columns = list(here.log.columns)
    assert there.log[columns].astype(str).equals(here.log[columns].astype(str))
    lines = read_lines(tmp_path / "run")
    assert sorted(lines) == list(range(MEMBERS // CHUNK))
    assert all(line["host"] for line in lines.values())
    store = Store.attach(tmp_path / "run")
    assert all(store.verify(k) for k in lines)


def test_chunks_as_tasks(world: World, base: Results, tmp_path: Path) -> None:
    """With workers in threads of this process, where the program is compiled already."""
    distributed = pytest.importorskip("distributed")
    told: list[tuple[str, int, int]] = []
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        host="127.0.0.1",
        protocol="tcp",
        dashboard_address=None,
    ) as found:
        there = pt.run(
            world, members=20, seed=3, chunk=8, out=tmp_path / "run",
            cluster=found.scheduler_address, progress=lambda *a: told.append(a),
        )  # fmt: skip
    for name in base.data.data_vars:
        np.testing.assert_array_equal(there.data[name].values, base.data[name].values)
    assert told[0] == ("starting", 0, 20)
    assert told[-1] == ("running", 20, 20)


@pytest.mark.slow
def test_local(small: World, here: Results, tmp_path: Path) -> None:
    """Processes of its own, on a run of which a part is there already."""
    out = tmp_path / "run"
    run(small, out=out)
    lines = (out / "manifest.jsonl").read_text().splitlines(keepends=True)
    (out / "manifest.jsonl").write_text("".join(lines[:2]))
    there = run(small, out=out, cluster="local", resume=True)
    np.testing.assert_array_equal(there.data["support"].values, here.data["support"].values)


@pytest.mark.parametrize("name", ["loacl", "http://x:1", "slurm:", "tcp://"])
def test_unknown_forms(name: str) -> None:
    with (
        pytest.raises(RunError, match=r"no such cluster[^+]*slurm:FILE"),
        cluster.connect(name),
    ):
        pass


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "_PATIENCE", 0.2)
    with (
        pytest.raises(RunError, match="no scheduler answers"),
        cluster.connect("tcp://127.0.0.1:9"),
    ):
        pass


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(RunError, match=r"pip install 'patronage\[cluster\]'"),
        cluster.connect("local"),
    ):
        pass


def test_a_cluster_needs_a_folder(small: World) -> None:
    with pytest.raises(RunError, match="cluster needs a folder"):
        run(small, cluster="local")


SLURM = """
jobs: 4
cores: 8
processes: 8
memory: 16GB
queue: normal
walltime: "02:00:00"
job_extra_directives: ["--exclusive"]
"""


def test_slurm_options_reach_the_job(tmp_path: Path) -> None:
    slurm = pytest.importorskip("dask_jobqueue.slurm")
    file = tmp_path / "slurm.yaml"
    file.write_text(SLURM)
    options = cluster.read_slurm(file)
    assert options.pop("jobs") == 4
    script = slurm.SLURMJob("tcp://127.0.0.1:1", name="patronage", **options).job_script()
    for words in ("-p normal", "-t 02:00:00", "--mem=15G", "--exclusive", "--nworkers 8"):
        assert words in script


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SLURM.replace("walltime", "waltime"), "did you mean: walltime"),
        (SLURM.replace("memory: 16GB", ""), "'memory' is missing"),
        (SLURM.replace("jobs: 4", "jobs: many"), "jobs is 'many'"),
        ("- 1", "not a list of options"),
        ("a: [", "not YAML"),
        (None, "cannot be read"),
    ],
)
def test_wrong_slurm_files(tmp_path: Path, text: str | None, words: str) -> None:
    pytest.importorskip("dask_jobqueue")
    file = tmp_path / "slurm.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(RunError, match=words):
        cluster.read_slurm(file)
