"""An open, executable model of unequal alliances: patrons, clients, rivals, and their exchanges.

The public names are found on first use, so that `import patronage` stays light.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "load": "patronage.scenario.load",
    "validate": "patronage.scenario.load",
    "diff": "patronage.scenario.diff",
    "sources": "patronage.scenario.sources",
    "run": "patronage.run.ensemble",
    "Results": "patronage.run.results",
    "play": "patronage.game.game",
    "branch": "patronage.history.branch",
    "compare": "patronage.history.compare",
    "explain": "patronage.history.explain",
    "claims": "patronage.history.claims",
    "fit": "patronage.fit.calibrate",
    "sensitivity": "patronage.fit.sensitivity",
    "new": "patronage.data.world",
    "forecast": "patronage.forecast.forecast",
    "score": "patronage.forecast.score",
}
"""Module of every public function."""

__all__ = ["__version__", *_HOMES]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    """A public function, imported from its module when first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'patronage' has no attribute '{name}'")
    home = _HOMES[name]
    package = f"{__name__}.{name}"
    try:
        if home.startswith(f"{package}."):
            found = importlib.import_module(package)  # a package that is called: see verb.py
            found = found if callable(found) else getattr(importlib.import_module(home), name)
        else:
            found = getattr(importlib.import_module(home), name)
    except ModuleNotFoundError as error:
        if error.name is None or not home.startswith(error.name):
            raise
        raise AttributeError(f"'{name}' is not in this version of patronage") from None
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
