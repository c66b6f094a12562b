"""The text files of a results folder: what was run, and which chunks are finished."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from patronage import __version__
from patronage.errors import RunError

FORMAT = 1
MANIFEST, LINES = "manifest.json", "manifest.jsonl"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


def make_manifest(
    *,
    scenario_hash: str,
    parameters: Mapping[str, Any],
    seed: int,
    members: int,
    chunk: int,
    quantities: Sequence[str],
    **more: Any,
) -> dict[str, Any]:
    """What was run, with what, as plain JSON values; `more` is kept as given."""
    manifest = {
        "format": FORMAT,
        "scenario_hash": scenario_hash,
        "parameters": dict(parameters),
        "seed": seed,
        "members": members,
        "chunk": chunk,
        "quantities": list(quantities),
        "versions": read_versions(),
        "created": now(),
        **more,
    }
    return json.loads(json.dumps(manifest, default=plain))


def read_versions() -> dict[str, str]:
    """Versions that can change numbers: packages, Python and platform (imports none of them)."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    found["patronage"] = __version__
    for name in ("jax", "jaxlib", "numpy"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """The manifest of a results folder.

    Errors: RunError if the folder holds no run, or one of another format.
    """
    path = Path(folder) / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RunError(f"no run here ({MANIFEST} is missing)", where=str(folder)) from error
    except (OSError, ValueError) as error:
        raise RunError(f"cannot be read ({error})", where=str(path)) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise RunError("not a manifest of this format", where=str(path), allowed=[str(FORMAT)])
    return manifest


def read_lines(folder: str | Path) -> dict[int, dict[str, Any]]:
    """Chunk -> its manifest line, for every finished chunk.

    A last line without its end is the mark of a run killed while writing it; it does not count.

    Errors: RunError if any other line cannot be read.
    """
    path = Path(folder) / LINES
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RunError(f"cannot be read ({error})", where=str(path)) from error
    found = {}
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        try:
            entry = json.loads(line)
            found[int(entry["chunk"])] = entry
        except (ValueError, KeyError, TypeError) as error:
            raise RunError("not a manifest line", where=f"{path}:{number}") from error
    return found


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replace a JSON file in one step: a reader sees the old text or the new, never a part."""
    text = json.dumps(value, indent=2, default=plain, ensure_ascii=False) + "\n"
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    flush_folder(path.parent)


def append_line(path: Path, line: str) -> None:
    """Append one line and flush it to disk; a line that does not fit leaves no trace."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        before = os.fstat(descriptor).st_size
        data = (line + "\n").encode("utf-8")
        try:
            if os.write(descriptor, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)


def drop_torn_line(path: Path) -> None:
    """Cut off a last line that a killed run left without its end."""
    data = path.read_bytes() if path.exists() else b""
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        os.truncate(path, whole)


def flush_folder(folder: Path) -> None:
    """Flush a folder's list of names to disk, where the system can."""
    with contextlib.suppress(OSError, AttributeError):  # Windows opens no folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def report_disk(folder: str | Path, kept: str) -> Iterator[None]:
    """Turn errors of the disk into a RunError that says what is `kept`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            what = "the disk is full"
        elif error.errno in _READ_ONLY:
            what = "the folder is read-only"
        else:
            what = f"the folder cannot be written ({error.strerror or error})"
        raise RunError(f"{what}; {kept}", where=str(folder)) from error


def now() -> str:
    """This moment in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def plain(value: object) -> object:
    """The plain JSON value of a NumPy scalar or array, a path or a set (for `json.dumps`)."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Path):
        return value.as_posix()
    raise TypeError(f"{type(value).__name__} has no place in a manifest")
