"""The results folder under locks, interruptions, full and read-only disks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from patronage.errors import RunError
from patronage.run.lock import Lock
from patronage.run.results import Results
from patronage.run.store import Store

from .folder import (
    arrays,
    create,
    manifest,
    write,
)


def start(code: str, *args: Path | str) -> subprocess.Popen[str]:
    """A second Python that can use the functions of folder.py."""
    head = f"""
    import sys; sys.path[:0] = [{str(Path(__file__).parent)!r}, {_source()!r}]
    import os, time
    from folder import *
    from patronage.errors import RunError
    path = Path(sys.argv[1])
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(code), *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _source() -> str:
    import patronage.errors

    return str(Path(patronage.errors.__file__).parents[1])


def wait_for(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if word in line:
            return
    raise AssertionError(f"the process ended without saying {word}:\n{seen}")


def test_two_processes_refuse_each_other(tmp_path: Path) -> None:
    create(tmp_path / "run").close()
    holder = start("s = Store.resume(path); print('held', flush=True); input()", tmp_path / "run")
    try:
        wait_for(holder, "held")
        with pytest.raises(RunError, match=f"in use by process {holder.pid} on "):
            Store.resume(tmp_path / "run")
    finally:
        holder.kill()
        holder.communicate()
    # The kernel frees the lock of a dead process, whatever its file still says.
    Store.resume(tmp_path / "run").close()


def test_one_process_cannot_hold_a_folder_twice(tmp_path: Path) -> None:
    with Lock(tmp_path) as lock:
        assert lock.acquire() is lock
        with pytest.raises(RunError, match=f"process {os.getpid()}"):
            Lock(tmp_path).acquire()
    with Lock(tmp_path) as lock:
        assert lock.held


def test_a_killed_run_keeps_exactly_its_finished_chunks(tmp_path: Path) -> None:
    code = """
    store = create(path)
    write(store, 0); write(store, 1)
    store.put_chunk(2, arrays(store.chunk_members(2)))   # data on disk, no line
    print('ready', flush=True)
    time.sleep(600)
    """
    run = start(code, tmp_path / "run")
    wait_for(run, "ready")
    run.send_signal(signal.SIGKILL)
    run.communicate()
    with Store.resume(tmp_path / "run", manifest()) as store:
        assert store.finished() == [0, 1]
        assert store.pending() == [2]
        assert store.verify(0)
        assert store.verify(1)
        write(store, 2)
    data = Results.open(tmp_path / "run").data
    np.testing.assert_array_equal(data["transfer"], arrays(range(10))["transfer"].astype("f4"))


@pytest.mark.slow
def test_a_run_killed_at_any_moment_can_be_completed(tmp_path: Path) -> None:
    code = """
    store = Store.resume(path)
    print('ready', flush=True)
    for k in store.pending():
        write(store, k)
    """
    for trial in range(6):
        path = tmp_path / f"run{trial}"
        create(path).close()
        run = start(code, path)
        wait_for(run, "ready")
        time.sleep(0.012 * trial)
        run.kill()
        run.communicate()
        with Store.resume(path) as store:
            assert all(store.verify(k) for k in store.finished())
            for k in store.pending():
                write(store, k)
        data = Results.open(path).data
        np.testing.assert_array_equal(data["support"], arrays(range(10))["support"].astype("f4"))


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes")
def test_a_full_disk_keeps_what_was_written(tmp_path: Path) -> None:
    code = """
    import resource
    store = create(path)
    write(store, 0)
    # Files may not grow beyond 300 bytes: the same error path as a disk without room.
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    try:
        write(store, 1)
    except RunError as error:
        print(error)
    """
    out, _ = start(code, tmp_path / "run").communicate()
    assert "the disk is full; chunk 1 was not saved; 1 finished chunks are kept" in out
    assert not (tmp_path / "run/data.zarr/transfer/c/1").exists()
    with Store.resume(tmp_path / "run") as store:
        assert store.finished() == [0]
        assert store.verify(0)
        write(store, 1)
    assert Results.open(tmp_path / "run").data.sizes["member"] == 8


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no such rights")
def test_a_read_only_folder_is_reported(tmp_path: Path) -> None:
    code = """
    os.umask(0o022)
    store = create(path)
    write(store, 0)
    for folder, _, _ in os.walk(path):
        os.chmod(folder, 0o555)
    if os.geteuid() == 0:       # root may write anywhere
        os.seteuid(65534)
    try:
        write(store, 1)
    except RunError as error:
        print(error)
    try:
        create(path / 'deeper')
    except RunError as error:
        print(error)
    """
    # Every parent of pytest's own folders is closed to others; the other user must get there.
    for folder in (tmp_path, *tmp_path.parents):
        if folder == tmp_path or folder.name.startswith(("pytest-", "popen-")):
            folder.chmod(0o755)
    try:
        out, _ = start(code, tmp_path / "run").communicate()
    finally:
        for folder, _, _ in os.walk(tmp_path / "run"):
            os.chmod(folder, 0o755)
    assert "the folder is read-only; chunk 1 was not saved; 1 finished chunks are kept" in out
    assert "the folder is read-only; nothing was written" in out
    with Store.resume(tmp_path / "run") as store:
        assert store.finished() == [0]
        assert store.verify(0)
