"""`run --posterior`: each member has its own draw, whatever runs beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from patronage.fit.posterior import Posterior
from patronage.run.ensemble import plan, run
from patronage.scenario.world import World

from .test_posterior import make

NAME = "observation.mood"


def posterior(values: np.ndarray) -> Posterior:
    return make(values, NAME)


def test_the_plan_names_the_posterior(world: World, tmp_path: Path) -> None:
    found = posterior(np.linspace(0.05, 0.3, 20).reshape(2, 10))
    path = found.write(tmp_path / "p.parquet")
    assert plan(world, 4, posterior=path).manifest["posterior"] == found.digest
    assert plan(world, 4).manifest["posterior"] is None


@pytest.mark.slow
def test_members_run_with_their_own_draw(world: World) -> None:
    """Draws that equal the scenario's value change nothing; others change each member alone."""
    options = {"members": 5, "seed": 3, "chunk": 4, "record": "un_agreement", "until": "1950-06"}
    base = run(world, **options)  # type: ignore[arg-type]
    value = np.float32(world.parameters[NAME].value)
    same = run(world, **options, posterior=posterior(np.full((2, 10), value)))  # type: ignore[arg-type]
    wide = posterior(np.linspace(0.02, 0.6, 20).reshape(2, 10))
    other = run(world, **options, posterior=wide)  # type: ignore[arg-type]
    longer = run(world, **{**options, "members": 8}, posterior=wide)  # type: ignore[arg-type]
    a, b, c, d = (x.data["un_agreement"].values for x in (base, same, other, longer))
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(c, d[:5])
    mood = wide.draw(range(5), 3)[NAME]
    ratio = np.log(c[:, 3, 2, 0] / a[:, 3, 2, 0]) / (mood - value)
    assert np.ptp(ratio) < 0.1 * abs(ratio.mean())  # agreement falls by exp(−mood × dislike)
    assert ratio.mean() < 0
