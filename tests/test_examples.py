"""The examples run as they are, warnings being errors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.parametrize("example", sorted(ROOT.glob("examples/*.py")), ids=lambda p: p.name)
def test_example(example: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PATRONAGE_CACHE": ""}
    subprocess.run(
        [sys.executable, "-W", "error", str(example)],
        check=True,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.DEVNULL,
        timeout=300,
    )
