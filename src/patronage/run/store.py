"""Results on disk: one Zarr chunk per chunk of members, one manifest line per finished chunk.

A results folder holds

- `manifest.json`: what was run (scenario hash, parameters, seed, members, chunk, versions);
- `manifest.jsonl`: one line per finished chunk, appended and flushed to disk after its data;
- `data.zarr`: the recorded quantities (Zarr format 3);
- `quantiles.zarr`: quantiles over all members, where levels are asked for, once all are there;
- `log/part-00000.parquet`: the event log of chunk 0, and so on;
- `report/`: tables, figures and the page, where a report was made.

A chunk is finished when its line is there, and only then. Files without a line are leftovers.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage.errors import RunError
from patronage.run.arrays import (
    Variables,
    check_layout,
    digest,
    dims_of,
    estimate_bytes,
    format_bytes,
    make_group,
    seal_files,
)
from patronage.run.lock import Lock
from patronage.run.manifest import (
    LINES,
    MANIFEST,
    append_line,
    drop_torn_line,
    flush_folder,
    make_manifest,
    now,
    plain,
    read_lines,
    read_manifest,
    read_versions,
    report_disk,
    write_json,
)

__all__ = ["Store", "Variables", "estimate_bytes", "format_bytes", "make_manifest"]

if TYPE_CHECKING:
    import pandas as pd
    import zarr

    from patronage.run.results import Results

DATA, LOG = "data.zarr", "log"
MEMBER = ("member",)
REPORT = "report"
QUANTILES = "quantiles.zarr"
_OURS = {DATA, LOG, REPORT, MANIFEST, LINES, ".lock", MANIFEST + ".new"}
_OURS |= {QUANTILES, f"{QUANTILES}.new"}
SAME = (
    "engine",
    "scenario_hash",
    "parameters",
    "seed",
    "members",
    "chunk",
    "quantities",
    "period",
    "every",
    "events",
    "mode",
    "mechanisms",
    "branches",
    "posterior",
)
"""What makes a run: where a resumption agrees in these, its numbers are those of one run."""


class Store:
    """A results folder that is being written.

    Use `Store.create` for a new run, `Store.resume` to go on with an interrupted one, and
    `Store.attach` in a worker process of the run that holds the folder.
    """

    def __init__(self, path: Path, lock: Lock | None) -> None:
        self.path = path
        self.manifest = read_manifest(path)
        self._lock = lock
        self._arrays: dict[str, zarr.Array] = {}
        self._done = set(read_lines(path))

    @classmethod
    def create(
        cls,
        path: str | Path,
        coords: Mapping[str, Any],
        variables: Variables,
        *,
        members: int,
        chunk: int,
        manifest: Mapping[str, Any],
        overwrite: bool = False,
    ) -> Store:
        """Make a results folder and lock it.

        Parameters
        ----------
        path: the folder; made if missing.
        coords: labels of every dimension but `member` (which counts from 0 unless given).
        variables: name -> (dimensions, dtype, attributes).
        members: number of members of the ensemble.
        chunk: members per chunk.
        manifest: as from `make_manifest`.
        overwrite: whether an earlier run in the folder is removed first.

        Errors: RunError if the folder holds something, is in use, or cannot be written.
        """
        folder = Path(path)
        if folder.exists() and not folder.is_dir():
            raise RunError("is a file and no folder", where=str(folder))
        layout = check_layout(coords, variables, members, chunk)
        with report_disk(folder, "nothing was written"):
            folder.mkdir(parents=True, exist_ok=True)
        lock = Lock(folder).acquire()
        try:
            _clear(folder, overwrite)
            with report_disk(folder, "nothing was written"):
                make_group(folder / DATA, layout, variables, chunk, dict(manifest))
                (folder / LOG).mkdir(exist_ok=True)
                (folder / LINES).touch()
                # Last, because a folder with a manifest counts as a run.
                full = {**manifest, "members": members, "chunk": chunk}
                write_json(folder / MANIFEST, full)
            return cls(folder, lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def resume(cls, path: str | Path, manifest: Mapping[str, Any] | None = None) -> Store:
        """Lock a folder whose run was interrupted.

        Parameters
        ----------
        path: the folder.
        manifest: what is to be run now; where given, it must agree with what the folder holds.

        Errors: RunError if there is no run, it is in use, or it is another run.
        """
        folder = Path(path)
        kept = read_manifest(folder)
        if manifest is not None:
            wanted = json.loads(json.dumps(dict(manifest), default=plain))
            other = [k for k in SAME if k in wanted and wanted[k] != kept.get(k, wanted[k])]
            if other:
                raise RunError(
                    f"the folder holds another run (different {', '.join(other)}); "
                    "choose another folder, or overwrite it",
                    where=str(folder),
                )
        lock = Lock(folder).acquire()
        try:
            with report_disk(folder, "finished chunks are kept"):
                drop_torn_line(folder / LINES)
                since = {"at": now(), "versions": read_versions()}
                kept["resumed"] = [*kept.get("resumed", []), since]
                write_json(folder / MANIFEST, kept)
            return cls(folder, lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def attach(cls, path: str | Path) -> Store:
        """The folder as a worker sees it: it may `put_chunk`, and its owner must `finish` it."""
        return cls(Path(path), None)

    @property
    def members(self) -> int:
        """Number of members of the whole ensemble."""
        return int(self.manifest["members"])

    @property
    def chunk(self) -> int:
        """Members per chunk."""
        return int(self.manifest["chunk"])

    def chunk_members(self, k: int) -> range:
        """The members of chunk `k`."""
        chunks = -(-self.members // self.chunk)
        if not 0 <= k < chunks:
            raise RunError(
                f"there is no chunk {k}", where=str(self.path), allowed=[f"0 … {chunks - 1}"]
            )
        return range(k * self.chunk, min((k + 1) * self.chunk, self.members))

    def finished(self) -> list[int]:
        """Finished chunks in order, by the manifest lines."""
        return sorted(self._done)

    def pending(self) -> list[int]:
        """Chunks still to be run, in order."""
        return [k for k in range(-(-self.members // self.chunk)) if k not in self._done]

    def write_chunk(
        self,
        k: int,
        arrays: Mapping[str, Any],
        log: pd.DataFrame | None = None,
        failed: Mapping[int, str] | None = None,
    ) -> None:
        """Write chunk `k`, flush it to disk, and then count it as finished.

        Parameters
        ----------
        k: chunk number.
        arrays: every variable, dimensions as declared, members of this chunk only.
        log: the events of these members.
        failed: member -> why it failed; such a member is left out when the results are opened.

        Errors: RunError for wrong names or shapes, a finished chunk, a full or read-only disk;
        chunks finished before are kept.
        """
        self.finish(self.put_chunk(k, arrays, log, failed))

    def put_chunk(
        self,
        k: int,
        arrays: Mapping[str, Any],
        log: pd.DataFrame | None = None,
        failed: Mapping[int, str] | None = None,
    ) -> dict[str, Any]:
        """Write the data of chunk `k` without counting it; the line returned goes to `finish`."""
        span = self.chunk_members(k)
        done = self._done
        if k in done:
            raise RunError(f"chunk {k} is finished already", where=str(self.path))
        targets = self._open()
        ready = self._check_arrays(targets, span, arrays)
        kept = (
            f"chunk {k} was not saved; {len(done)} finished chunks are kept: make room and resume"
        )
        part = self.path / LOG / f"part-{k:05d}.parquet"
        try:
            with report_disk(self.path, kept):
                for name, values in ready.items():
                    targets[name][span.start : span.stop] = values
                rows, log_sum = _write_log(part, log)
                data_sum = seal_files(self.path / DATA, [f"{name}/c/{k}" for name in ready])
        except BaseException:
            # Room for what comes next; nothing here has a manifest line.
            for name in ready:
                shutil.rmtree(self.path / DATA / name / "c" / str(k), ignore_errors=True)
            part.with_suffix(".new").unlink(missing_ok=True)
            raise
        return {
            "chunk": k,
            "members": [span.start, span.stop],
            "checksum": data_sum,
            "log_rows": rows,
            "log_checksum": log_sum,
            "failed": {str(m): str(why) for m, why in (failed or {}).items()},
            "at": now(),
        }

    def finish(self, line: Mapping[str, Any]) -> None:
        """Count a chunk as finished: one line, appended and flushed to disk."""
        if self._lock is None or not self._lock.held:
            raise RunError(
                "only the run that holds the folder finishes chunks", where=str(self.path)
            )
        with report_disk(self.path, "the chunk was not counted; finished chunks are kept"):
            append_line(self.path / LINES, json.dumps(dict(line), default=plain))
        self._done.add(int(line["chunk"]))

    def verify(self, k: int) -> bool:
        """Whether the data and the log of finished chunk `k` still have their checksums."""
        line = read_lines(self.path)[k]
        names = [f"{name}/c/{k}" for name in self._open()]
        part = self.path / LOG / f"part-{k:05d}.parquet"
        log_sum = digest(part.read_bytes()) if part.exists() else None
        data_sum = seal_files(self.path / DATA, names, flush=False)
        return line["checksum"] == data_sum and line["log_checksum"] == log_sum

    def results(self) -> Results:
        """What is finished so far, opened for reading."""
        from patronage.run.results import Results

        return Results.open(self.path)

    def close(self) -> None:
        """Let the folder go."""
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _open(self) -> dict[str, zarr.Array]:
        """The arrays of all recorded quantities, by name."""
        if not self._arrays:
            import zarr

            # else every chunk is first compared with an empty one, a quarter of the writing
            with zarr.config.set({"array.write_empty_chunks": True}):
                group = zarr.open_group(self.path / DATA, mode="r+", use_consolidated=False)
                found = {n: a for n, a in group.arrays() if n != "member"}
            self._arrays = {n: found[n] for n in sorted(found) if dims_of(found[n])[:1] == MEMBER}
        return self._arrays

    def _check_arrays(
        self, targets: Mapping[str, zarr.Array], span: range, arrays: Mapping[str, Any]
    ) -> dict[str, np.ndarray]:
        for name in arrays:
            if name not in targets:
                raise RunError("not a recorded quantity", where=name, allowed=targets, got=name)
        ready = {}
        for name, target in targets.items():
            if name not in arrays:
                raise RunError("missing from the chunk", where=name)
            values = np.asarray(arrays[name], dtype=target.dtype)
            shape = (len(span), *target.shape[1:])
            if values.shape != shape:
                dims = ", ".join(dims_of(target))
                raise RunError(f"shape {values.shape} where ({dims}) = {shape}", where=name)
            ready[name] = values
        return ready


def _clear(folder: Path, overwrite: bool) -> None:
    """Leave the folder empty but for its lock; files that are not ours are never removed."""
    found = {p.name for p in folder.iterdir()} - {".lock"}
    if found - _OURS:
        raise RunError("the folder holds other files; choose another", where=str(folder))
    if MANIFEST in found and not overwrite:
        raise RunError(
            "the folder holds a run already",
            where=str(folder),
            allowed=["another folder", "--resume (resume=True)", "--overwrite (overwrite=True)"],
        )
    with report_disk(folder, "nothing was written"):
        # The manifest first: a half-removed run must not look like a run.
        for name in sorted(found, key=lambda n: n != MANIFEST):
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _write_log(path: Path, log: pd.DataFrame | None) -> tuple[int, str | None]:
    if log is None:
        path.unlink(missing_ok=True)
        return 0, None
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(log, preserve_index=False), sink, compression="zstd")
    data = sink.getvalue().to_pybytes()
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    flush_folder(path.parent)
    return len(log), digest(data)
