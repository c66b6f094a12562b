"""Packages that are called: `patronage.run` holds modules, and `patronage.run(world)` runs.

A package's name stands for its module from the first import below it. Were the public function
another object of that name, which of the two a reader gets would hang on what was imported before.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from types import ModuleType
from typing import Any


class Verb(ModuleType):
    """A package that is also its main function; the function's module is imported at the call."""

    _home: str

    def _find(self) -> Any:
        return getattr(importlib.import_module(self._home), self.__name__.rpartition(".")[2])

    def __call__(self, *args: Any, **more: Any) -> Any:
        return self._find()(*args, **more)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self._find())


def make_verb(package: str, home: str) -> None:
    """Let `package` be called as the function of its own last name in module `home`.

    To be used in the package's `__init__`: `make_verb(__name__, "patronage.run.ensemble")`.
    """
    module = sys.modules[package]
    module.__class__ = Verb
    module.__dict__["_home"] = home
