"""Compiled programs on disk, whole: a later run loads one without tracing the model again.

Jax keeps the compiled code of a program, but finds it by the program's text, which takes seconds of
tracing to write. Here a program is found by what its text hangs on: the source of the model, the
form of its arguments, the versions and settings of jax, and the processor.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import pickle
import platform
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from patronage.run.cache import folder_in_use

_SOURCES = ("model/**/*.py", "model/*.csv", "run/simulate.py", "run/keys.py", "run/native/*.py")
_DISTRIBUTIONS = ("jax", "jaxlib", "numpy", "equinox")
_HIT, _MISS = "/jax/compilation_cache/cache_hits", "/jax/compilation_cache/cache_misses"
_ENVIRONMENT = ("XLA_FLAGS", "JAX_PLATFORMS")


def obtain(form: Any, make: Callable[[], Any]) -> Any:
    """The compiled program of this form: from the cache folder, else made, and kept there."""
    folder = folder_in_use()
    if folder is None:
        return make()
    path = folder / f"program-{key_of(form)}"
    found = _read(path)
    if found is None:
        found, fresh = _make(make)
        if fresh:
            _write(path, found)
    return found


def _make(make: Callable[[], Any]) -> tuple[Any, bool]:
    """A program, and whether it was compiled just now.

    One that jax took from its own cache is not whole: written and read once more, it would fail.
    """
    from jax import monitoring

    here, seen = threading.get_ident(), set[str]()

    def listen(event: str, **_: Any) -> None:
        if threading.get_ident() == here:
            seen.add(event)

    monitoring.register_event_listener(listen)
    try:
        program = make()
    finally:
        monitoring.unregister_event_listener(listen)
    return program, _MISS in seen and _HIT not in seen


def key_of(form: Any) -> str:
    """Digest of a form and of all else that the program hangs on."""
    import jax

    settings = sorted((k, repr(v)) for k, v in jax.config.values.items())
    digest = hashlib.sha256(_surroundings())
    digest.update(repr((form, settings, [os.environ.get(name) for name in _ENVIRONMENT])).encode())
    return digest.hexdigest()


@functools.cache
def _surroundings() -> bytes:
    """Digest of source, versions and processor."""
    from importlib.metadata import version

    digest = hashlib.sha256(repr([version(name) for name in _DISTRIBUTIONS]).encode())
    digest.update(repr((platform.machine(), platform.python_version(), _processor())).encode())
    root = Path(__file__).parents[1]
    for path in sorted(p for pattern in _SOURCES for p in root.glob(pattern)):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.digest()


def _processor() -> str:
    """What the processor can do; a program for one with more would crash another."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def _read(path: Path) -> Any:
    """The program in a file; None where there is none, or where it cannot be loaded."""
    from jax.experimental.serialize_executable import deserialize_and_load

    try:
        return deserialize_and_load(*pickle.loads(zlib.decompress(path.read_bytes())))
    except Exception:  # a torn file, or one that this jax cannot read: it is made again
        return None


def _write(path: Path, program: Any) -> None:
    """Keep a program, where it can be kept."""
    from jax.experimental.serialize_executable import serialize

    fresh = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.new")
    try:
        fresh.write_bytes(zlib.compress(pickle.dumps(serialize(program)), 1))
        os.replace(fresh, path)
    except Exception:  # a full disk, or a program that cannot be written: nothing is lost
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
