"""Building the C kernel: what is missing, the generated header, the shared library."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from patronage.model import step
from patronage.model.instruments import DRIVERS, PRECONDITIONS

SOURCES = Path(__file__).parent / "kernel"
#: -ffast-math only where code is made: linked in, it would change the whole process's arithmetic
FLAGS = ("-O3", "-march=native", "-ffast-math", "-fopenmp", "-fPIC", "-std=gnu11")


def find_lack() -> str | None:
    """Why the kernel cannot be built here, or None."""
    if shutil.which("gcc") is None:
        return "no gcc"
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return "not Linux on x86-64"
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    return None if " avx2 " in flags and " fma " in flags else "no AVX2"


def name_of(text: str) -> str:
    """A name for C: upper case, no hyphens."""
    return text.upper().replace("-", "_")


def header_of(shape: step.Shape, params: dict[str, dict[str, Any]]) -> str:
    """parameters.h: sizes, names of instruments and preconditions, struct Parameters."""
    lines = ["#ifndef PARAMETERS_H", "#define PARAMETERS_H"]
    sizes = {
        "STATES": shape.states,
        "GOODS": shape.commodities,
        "FACTIONS": shape.factions,
        "KINDS": len(shape.instruments),
        "DRIVERS": len(DRIVERS),
        "PRECONDITIONS": len(PRECONDITIONS),
    }
    lines += [f"#define {name} {size}" for name, size in sizes.items()]
    lines += [f"#define {name_of(name)} {k}" for k, name in enumerate(shape.instruments)]
    lines += [f"#define IF_{name_of(name)} {k}" for k, name in enumerate(PRECONDITIONS)]
    lines.append("struct Parameters {")
    for mechanism, values in params.items():
        if values:
            names = ", ".join(values)
            lines.append(f"    struct {{ float {names}; }} {mechanism};")
    return "\n".join([*lines, "};", "#endif", ""])


def build(header: str, timed: bool = False) -> Path:
    """The shared library for a header; built once for each state of sources, flags and machine."""
    sources = sorted(SOURCES.glob("*.[ch]"))
    flags = (*FLAGS, *(("-DTIMED",) if timed else ()))
    version = subprocess.run(["gcc", "--version"], capture_output=True, text=True, check=True)
    mark = hashlib.sha256(
        "\n".join(
            [header, *flags, version.stdout, *(s.read_text("utf-8") for s in sources)]
        ).encode()
    ).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"patronage-kernel-{os.getuid()}-{mark}"
    library = folder / "kernel.so"
    if library.exists():
        return library
    folder.mkdir(exist_ok=True)
    (folder / "parameters.h").write_text(header, encoding="utf-8")
    objects = []
    for source in SOURCES.glob("*.c"):
        objects.append(str(folder / f"{source.stem}.o"))
        command = ["gcc", *flags, "-Wall", "-Wextra", f"-I{folder}", f"-I{SOURCES}"]
        subprocess.run([*command, "-c", str(source), "-o", objects[-1]], check=True)
    fresh = folder / f"kernel-{os.getpid()}.so"
    subprocess.run(["gcc", "-shared", "-fopenmp", *objects, "-o", str(fresh), "-lm"], check=True)
    fresh.rename(library)
    return library
