"""A small results folder for tests of the store: made, and written with known values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from patronage.run.store import Store, make_manifest

STATES = ["CUB", "RUS", "USA"]
MONTHS = np.arange("1960-01", "1961-01", dtype="datetime64[M]")
COORDS = {"month": MONTHS, "state": STATES, "client": STATES, "patron": STATES}
VARIABLES: dict[str, Any] = {
    "support": (("member", "month", "state"), "float32", {"units": "probability"}),
    "transfer": (
        ("member", "month", "client", "patron"),
        "float32",
        {"units": "million US$ / month", "long_name": "net transfer"},
    ),
    "crisis_rung": (("member", "month"), "int8", {"units": "level"}),
}
MEMBERS, CHUNK = 10, 4


def manifest(**changes: Any) -> dict[str, Any]:
    return make_manifest(
        scenario_hash="abc",
        parameters={"affinity.inertia": np.float32(0.5)},
        seed=1,
        members=MEMBERS,
        chunk=CHUNK,
        quantities=list(VARIABLES),
        scenario="test",
        **changes,
    )


def create(path: Path, **changes: Any) -> Store:
    return Store.create(
        path, COORDS, VARIABLES, members=MEMBERS, chunk=CHUNK, manifest=manifest(), **changes
    )


def arrays(members: range) -> dict[str, np.ndarray]:
    """Values that depend on the member alone, whatever the chunk."""
    draws = {m: np.random.default_rng(m) for m in members}
    return {
        "support": np.stack([draws[m].random((12, 3)) for m in members]),
        "transfer": np.stack([draws[m].normal(size=(12, 3, 3)) for m in members]),
        "crisis_rung": np.stack([draws[m].integers(0, 5, 12) for m in members]),
    }


def events(members: range) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "member": list(members),
            "month": ["1960-05"] * len(members),
            "who": "RUS",
            "whom": "CUB",
            "what": "credit",
            "how_much": 1.5,
            "mechanism": "bargain",
        }
    )


def write(store: Store, k: int) -> None:
    members = store.chunk_members(k)
    store.write_chunk(k, arrays(members), events(members))
