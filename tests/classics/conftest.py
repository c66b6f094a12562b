"""Invented inputs, the literal reading of the model, and the reference samples where present."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

PEER = Path(__file__).parents[2] / "../shared/peer"


@pytest.fixture(scope="session")
def literal() -> ModuleType:
    spec = importlib.util.spec_from_file_location("literal", Path(__file__).with_name("literal.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["literal"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def peer() -> Path:
    if not PEER.is_dir():
        pytest.skip("the reference samples are not here")
    return PEER


@pytest.fixture
def small_csv() -> Path:
    """Twelve invented countries, four of them at one place."""
    return Path(__file__).with_name("invented.csv")
