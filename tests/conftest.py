"""Settings of all tests: no display, no accelerator, no network."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import tempfile

import pytest
from hypothesis import settings

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("MPLBACKEND", "Agg")
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    # Compiling is most of the time of these tests: what one worker compiled, the others take.
    compiled = tempfile.mkdtemp(prefix="patronage-tests-")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = compiled
    atexit.register(shutil.rmtree, compiled, ignore_errors=True)

# Compilation makes the first example slow, so time is no sign of a defect.
settings.register_profile("patronage", deadline=None, max_examples=50)
settings.load_profile("patronage")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches for another machine fails."""
    connect = socket.socket.connect

    def only_here(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else "localhost"
        if host not in ("localhost", "127.0.0.1", "::1"):
            raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", only_here)
