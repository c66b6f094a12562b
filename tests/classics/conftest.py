"""Invented inputs, the literal reading of the model, and the reference samples where present."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

PEER = Path(__file__).parents[2] / "../shared/peer"


@pytest.fixture(scope="session")
def literal() -> ModuleType:
    spec = importlib.util.spec_from_file_location("literal", Path(__file__).with_name("literal.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["literal"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def peer() -> Path:
    if not PEER.is_dir():
        pytest.skip("the reference samples are not here")
    return PEER


@pytest.fixture
def small_csv(tmp_path: Path) -> Path:
    """Twelve invented countries, four of them at one place."""
    rng = np.random.default_rng(5)
    place = np.round(rng.random(12), 3)
    place[:2], place[4:8] = (0, 1), 0.5
    weight = np.round(rng.lognormal(0, 1, 12), 3)
    lines = [f"Land {chr(65 + i)},{weight[i]},{place[i]}" for i in range(12)]
    path = tmp_path / "inputs.csv"
    path.write_text("\n".join(["country,capability,position", *lines]) + "\n")
    return path
