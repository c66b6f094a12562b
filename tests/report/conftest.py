"""One small synthetic run, and its written report, shared by the tests of this folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import synthetic


@pytest.fixture(scope="session")
def run() -> synthetic.Results:
    return synthetic.make_results(members=24, seed=3)


@pytest.fixture(scope="session")
def world():
    return synthetic.make_world()


@pytest.fixture(scope="session")
def written(run, world, tmp_path_factory) -> dict[str, Path]:
    from patronage import report

    return report.write(run, world, tmp_path_factory.mktemp("report"))
