"""Compiling generated C++ with the machine's compiler, once; the shared library is kept."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from patronage.run import cache

HEADER = Path(__file__).parent / "vector.h"
COMPILERS = ("c++", "g++", "clang++")
FLAGS = (
    "-O2",
    "-funroll-loops",
    "-march=native",
    "-std=c++17",
    "-fPIC",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=fast",
    "-fno-strict-aliasing",
    "-w",
)
TIMEOUT = 600  # seconds for one piece


@functools.cache
def find_compiler() -> tuple[str, str] | None:
    """Path and version of a C++ compiler, None without."""
    for name in (os.environ.get("CXX", ""), *COMPILERS):
        path = shutil.which(name) if name else None
        if path is None:
            continue
        try:
            said = subprocess.run(
                [path, "--version"], capture_output=True, text=True, timeout=30, check=True
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return path, said.stdout.splitlines()[0]
    return None


@functools.cache
def describe_processor() -> str:
    """What -march=native depends on."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    kept = [line for line in text.splitlines() if line.startswith(("flags", "model name", "Feat"))]
    return "\n".join(sorted(set(kept))) or platform.machine()


def key_of(pieces: tuple[str, ...]) -> str:
    """A name for the library of a program on this machine."""
    found = find_compiler()
    parts = [*pieces, HEADER.read_text(encoding="utf-8"), *FLAGS, str(found), describe_processor()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def build(pieces: tuple[str, ...]) -> ctypes.CDLL | None:
    """The library of a program, from the cache or compiled now; None where that fails."""
    found = find_compiler()
    if found is None:
        return None
    folder = cache.find_folder()
    name = f"month-{key_of(pieces)}.so"
    if folder is not None and (folder / name).exists():
        try:
            return ctypes.CDLL(str(folder / name))
        except OSError:
            (folder / name).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="patronage-") as work:
        made = _compile(found[0], pieces, Path(work))
        if made is None:
            return None
        if folder is not None:
            try:
                with tempfile.NamedTemporaryFile(dir=folder, delete=False) as kept:
                    kept.write(made.read_bytes())
                os.replace(kept.name, folder / name)
            except OSError:
                pass
        return ctypes.CDLL(str(made))


def _compile(compiler: str, pieces: tuple[str, ...], work: Path) -> Path | None:
    shutil.copy(HEADER, work / HEADER.name)

    def one(k: int) -> bool:
        source, target = work / f"piece{k}.cpp", work / f"piece{k}.o"
        source.write_text(pieces[k], encoding="utf-8")
        return _call([compiler, *FLAGS, "-c", str(source), "-o", str(target)])

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        if not all(pool.map(one, range(len(pieces)))):
            return None
    library = work / "month.so"
    objects = [str(work / f"piece{k}.o") for k in range(len(pieces))]
    return library if _call([compiler, "-shared", *objects, "-o", str(library)]) else None


def _call(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    if done.returncode and os.environ.get("PATRONAGE_DEBUG"):
        print(done.stderr[:4000])
    return done.returncode == 0
