"""Where the command `patronage` starts.

`patronage validate SCENARIO`, the verb that people and editors call again and again, does without
typer, whose import takes longer than the check. All else goes to `patronage.cli`, where the same
verb stands with its help.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from types import ModuleType
from typing import Any

FAULT, INTERRUPTED = 2, 130
"""Exit codes: an error of ours; stopped from the keyboard."""


METADATA = "importlib.metadata"


class _Metadata(ModuleType):
    """Stands for `importlib.metadata` until something of it is called.

    Pydantic imports it for its plugins, needed or not, which takes a tenth of `validate`.
    """

    __path__ = [os.path.join(os.path.dirname(importlib.__file__), "metadata")]  # noqa: RUF012

    def __getattr__(self, name: str) -> Any:
        if name == "entry_points":
            return lambda *args, **named: self._real().entry_points(*args, **named)
        return getattr(self._real(), name)

    def _real(self) -> Any:
        if sys.modules.get(METADATA) is self:
            del sys.modules[METADATA]
        return importlib.import_module(METADATA)


def main() -> None:
    """Run the command line."""
    # what is imported stays: looking through it for rubbish takes a tenth of the start
    gc.disable()
    # pydantic's search for plugins reads the metadata of every installed package
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    words = sys.argv[1:]
    if len(words) == 2 and words[0] == "validate" and _is_plain(words[1]):
        sys.modules.setdefault(METADATA, _Metadata(METADATA))
        sys.exit(_validate(words[1]))
    from patronage import cli

    gc.freeze()
    gc.enable()
    cli.main()


def _is_plain(scenario: str) -> bool:
    """Whether a word names a scenario, and is no option and no ledger of claims."""
    return not scenario.startswith("-") and os.path.basename(scenario) != "claims.yaml"


def _validate(scenario: str) -> int:
    """Check a scenario, as the verb of the same name; returns the exit code."""
    from patronage.errors import PatronageError
    from patronage.scenario.load import describe, validate

    try:
        print(describe(validate(scenario)), flush=True)
    except PatronageError as error:
        print(error, file=sys.stderr)
        return FAULT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # the reader has gone, as `head` does: nothing is left to say at the exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0
