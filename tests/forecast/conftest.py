"""Small invented panels, written as an import would write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

PATRONS = (2, 365)


def write_panel(folder: Path, tables: dict[str, pd.DataFrame]) -> Path:
    """A folder that `Panel` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = {}
    for name, frame in tables.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
        entries[name] = {
            "file": f"{name}.parquet",
            "columns": {str(c): {} for c in frame.columns},
            "sha256": str(pd.util.hash_pandas_object(frame).sum()),
        }
    manifest = {"format": 1, "tables": entries, "files": []}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def simulate(
    seed: int = 0, *, rho: float = 0.5, years: int = 45, clients: int = 60, until: int = 1990
) -> dict[str, pd.DataFrame]:
    """Tables of a world whose agreement is a stationary autoregression, whose arms come in spells.

    Agreement = logistic of year effect + level + AR(1) with innovations 0.2 s, s differing.
    """
    rng = np.random.default_rng(seed)
    codes = np.concatenate([np.arange(20, 20 + clients // 2), np.arange(400, 400 + clients // 2)])
    time = np.arange(until - years + 1, until + 1)
    votes, arms = [], []
    for patron in PATRONS:
        level = rng.normal(np.where(codes < 200, 0.5, -0.3), 0.5)
        volatility = 0.2 * np.exp(rng.normal(0, 0.4, len(codes)))
        x = rng.normal(size=len(codes)) * volatility / np.sqrt(1 - rho**2)
        year, on = 0.0, rng.random(len(codes)) < 0.4
        size = rng.normal(3.5, 1.0, len(codes))
        for t in time:
            year = 0.7 * year + rng.normal(0, 0.1)
            x = rho * x + rng.normal(size=len(codes)) * volatility
            value = 1 / (1 + np.exp(-(level + x + year)))
            on = np.where(on, rng.random(len(codes)) < 0.85, rng.random(len(codes)) < 0.1)
            amount = np.where(on, np.ceil(np.exp(size + rng.normal(0, 0.5, len(codes)))), 0)
            for c, v, a in zip(codes, value, amount, strict=True):
                votes.append((c, patron, t, v, 60, 60))
                if a > 0:
                    arms.append((c, patron, t, a, True))
    states = [(c, t, "X", "x", 365) for c in (*codes, *PATRONS) for t in time]
    whole = {"client": "int16", "patron": "int16", "year": "int16"}
    return {
        "un_agreement": pd.DataFrame(
            votes, columns=["client", "patron", "year", "agreement", "n", "roll_calls"]
        ).astype(whole),
        "arms": pd.DataFrame(arms, columns=["client", "patron", "year", "tiv", "in_system"]).astype(
            whole
        ),
        "states": pd.DataFrame(states, columns=["ccode", "year", "abb", "name", "days"]).astype(
            {"ccode": "int16", "year": "int16"}
        ),
    }


@pytest.fixture(scope="session")
def world() -> dict[str, pd.DataFrame]:
    """Tables of one simulated world."""
    return simulate()


@pytest.fixture(scope="session")
def panel(world: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its panel."""
    return write_panel(tmp_path_factory.mktemp("invented") / "panel", world)


@pytest.fixture(scope="session")
def writer() -> Callable[[Path, dict[str, pd.DataFrame]], Path]:
    """The function that writes a panel."""
    return write_panel
