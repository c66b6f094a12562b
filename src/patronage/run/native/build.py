"""Compiling generated C++ with the machine's compiler, once; the shared library is kept."""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from patronage.errors import RunError
from patronage.run import cache
from patronage.run.cores import count_cores

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
        version = said.stdout.splitlines()[0]
        if _works(path, version):
            return path, version
    return None


def _works(path: str, version: str) -> bool:
    """Whether a compiler makes libraries here; the answer is kept in the cache folder."""
    folder = cache.folder_in_use()
    known = hashlib.sha256(f"{path} {version} {FLAGS}".encode()).hexdigest()[:16]
    if folder is not None and (folder / f"compiler-{known}").exists():
        return True
    with tempfile.TemporaryDirectory(prefix="patronage-") as work:
        source, target = Path(work) / "try.cpp", Path(work) / "try.so"
        text = f'{HEADER.read_text(encoding="utf-8")}\nextern "C" int run() {{ return LANES; }}\n'
        source.write_text(text, encoding="utf-8")
        try:
            _call([path, *FLAGS, "-shared", str(source), "-o", str(target)])
        except RunError:
            return False
    if folder is not None:
        write(folder / f"compiler-{known}", b"")
    return True


@functools.cache
def describe_processor() -> str:
    """What -march=native depends on."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    kept = [line for line in text.splitlines() if line.startswith(("flags", "model name", "Feat"))]
    return "\n".join(sorted(set(kept))) or platform.machine()


def sign() -> tuple[str, ...]:
    """What a library hangs on beside the program's text."""
    return (HEADER.read_text(encoding="utf-8"), *FLAGS, str(find_compiler()), describe_processor())


def key_of(pieces: tuple[str, ...]) -> str:
    """A name for the library of a program on this machine."""
    return hashlib.sha256("\0".join([*pieces, *sign()]).encode()).hexdigest()[:24]


def build(pieces: tuple[str, ...]) -> Path:
    """The library of a program: from the cache folder, else compiled, and kept there.

    Errors: RunError where there is no compiler, or it fails.
    """
    found = find_compiler()
    if found is None:
        raise RunError("no C++ compiler", where="PATRONAGE_ENGINE=native", allowed=COMPILERS)
    folder = cache.folder_in_use()
    name = f"month-{key_of(pieces)}.so"
    if folder is not None and (folder / name).exists():
        return folder / name
    work = Path(tempfile.mkdtemp(prefix="patronage-"))
    atexit.register(shutil.rmtree, work, ignore_errors=True)
    made = _compile(found[0], pieces, work)
    kept = folder is not None and write(folder / name, made.read_bytes())
    return folder / name if kept and folder is not None else made


def write(path: Path, data: bytes) -> bool:
    """Put a file into the cache folder, whole or not at all."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        os.replace(file.name, path)
    except OSError:  # a full disk: it is made again next time
        return False
    return True


def _compile(compiler: str, pieces: tuple[str, ...], work: Path) -> Path:
    shutil.copy(HEADER, work / HEADER.name)

    def one(k: int) -> None:
        source, target = work / f"piece{k}.cpp", work / f"piece{k}.o"
        source.write_text(pieces[k], encoding="utf-8")
        _call([compiler, *FLAGS, "-c", str(source), "-o", str(target)])

    with ThreadPoolExecutor(count_cores()) as pool:
        list(pool.map(one, range(len(pieces))))
    library = work / "month.so"
    objects = [str(work / f"piece{k}.o") for k in range(len(pieces))]
    _call([compiler, "-shared", *objects, "-o", str(library)])
    return library


def _call(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        raise RunError(f"the C++ compiler failed: {error}", where=command[0]) from error
    if done.returncode:
        said = "\n".join(done.stderr.splitlines()[:5])
        raise RunError(f"the C++ compiler failed: {said}", where=command[0])
