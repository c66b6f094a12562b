"""The month in C++: translated from the model, compiled where the machine has a compiler."""

from __future__ import annotations

import os

from patronage.errors import RunError

VARIABLE = "PATRONAGE_ENGINE"
ENGINES = ("auto", "native", "xla")


def choose_engine() -> str:
    """`native` where there is a C++ compiler, else `xla`; $PATRONAGE_ENGINE asks for one of them.

    Errors: RunError for an unknown word, or where `native` is asked for and there is no compiler.
    """
    wanted = os.environ.get(VARIABLE, "").strip() or "auto"
    if wanted not in ENGINES:
        raise RunError("no such engine", where=VARIABLE, allowed=ENGINES, got=wanted)
    if wanted == "xla":
        return wanted
    from patronage.run.native import build

    if build.find_compiler() is not None:
        return "native"
    if wanted == "native":
        raise RunError(f"{VARIABLE}=native needs a C++ compiler", allowed=build.COMPILERS)
    return "xla"
