"""One step of the fast model against the literal reading of its description.

No chance is involved: in float64 both sides compute the same numbers, so a single decision that
differs is a defect.  Decisions closer than 1e-9 to going the other way are left out (none occurs
in these states); positions agree to 1e-9, a million times the rounding seen (1e-15).
"""

from __future__ import annotations

from types import ModuleType

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from patronage.classics.eum_step import Quirks, Step, step

QUIRKS = {
    "baseline": [
        "last_sender",
        "status_quo_sign",
        "reneging_keeps_position",
        "reneging_cancels_conflict",
        "mean_uses_salience",
        "final_row_before_last_moves",
    ],
    "updated": ["last_sender", "status_quo_sign", "updated_highest_eu", "mean_uses_salience"],
}


def states(n: int, count: int, seed: int) -> tuple[np.ndarray, ...]:
    """Random states; half of the agents stand on a coarse grid, so many coincide."""
    rng = np.random.default_rng(seed)
    x = rng.random((n, count))
    x = np.where(rng.random((n, count)) < 0.5, np.round(x * 8) / 8, x)
    # some states as crowded as the original inputs: most agents within 0.02 of one another
    crowd = rng.random(count) < 0.3
    near = np.round(0.5065 + 0.02 * rng.random((n, count)), 3)
    x = np.where(crowd & (rng.random((n, count)) < 0.7), near, x)
    return x, rng.random((n, count)), rng.random((n, count)), rng.lognormal(0, 1.5, n)


def fast(
    x: np.ndarray,
    s: np.ndarray,
    u: np.ndarray,
    c: np.ndarray,
    variant: str,
    quirks: Quirks,
    wide: bool = True,
) -> Step:
    with jax.enable_x64(wide):
        kind = jnp.float64 if wide else jnp.float32
        arrays = [jnp.asarray(a, kind) for a in (x, s, u, c)]
        done = jax.jit(step, static_argnums=(4, 5))(*arrays, variant, quirks)
        return Step(*(np.asarray(a) for a in done))


def compare(
    literal: ModuleType, n: int, count: int, variant: str, quirks: Quirks, off: dict[str, bool]
) -> int:
    """Compare `count` states; returns the number of conflicts met, for callers to ask for some."""
    x, s, u, c = states(n, count, seed=n + count)
    padded = [np.pad(a, ((0, 0), (0, -count % 16)), mode="wrap") for a in (x, s, u)]
    done = fast(*padded, c, variant, quirks)
    met = 0
    for k in range(count):
        want = literal.step(x[:, k], s[:, k], u[:, k], c, variant, off)
        sure = want.gaps > 1e-9
        assert sure.mean() > 0.9
        np.testing.assert_array_equal(done.choice[sure, k], np.array(want.choice)[sure])
        np.testing.assert_array_equal(done.rival[:, k], want.rival)
        np.testing.assert_allclose(done.risk[:, k], want.risk, atol=1e-9)
        np.testing.assert_allclose(done.position[:, k], want.position, atol=1e-9)
        np.testing.assert_allclose(done.median[k], want.median, atol=1e-12)
        np.testing.assert_allclose(done.mean[k], want.mean, atol=1e-12)
        met += sum(r >= 0 for r in want.rival) // 2
    return met


@pytest.mark.parametrize("variant", ["baseline", "updated"])
def test_step_equals_literal_reading_36(literal: ModuleType, variant: str) -> None:
    assert compare(literal, 36, 200, variant, Quirks(), {}) > 50


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["baseline", "updated"])
def test_step_equals_literal_reading_72(literal: ModuleType, variant: str) -> None:
    assert compare(literal, 72, 200, variant, Quirks(), {}) > 50


@pytest.mark.parametrize(
    ("variant", "quirk"), [(v, q) for v, names in QUIRKS.items() for q in names]
)
def test_each_quirk_equals_literal_and_matters(
    literal: ModuleType, variant: str, quirk: str
) -> None:
    quirks = Quirks().without(quirk)
    compare(literal, 9, 40, variant, quirks, {quirk: False})
    x, s, u, c = states(9, 48, seed=3)
    on, off = fast(x, s, u, c, variant, Quirks()), fast(x, s, u, c, variant, quirks)
    changed = [not np.array_equal(a, b) for a, b in zip(on, off, strict=True)]
    assert any(changed), "switching the quirk off changes nothing in 48 states"


@pytest.mark.parametrize("variant", ["baseline", "updated"])
def test_float32_decides_as_float64(variant: str) -> None:
    """Single precision changes a decision only at a near-tie: fewer than 1 agent in 200."""
    x, s, u, c = states(36, 208, seed=8)
    x = x.astype(np.float32).astype(float)
    wide, narrow = (fast(x, s, u, c, variant, Quirks(), wide=w) for w in (True, False))
    assert (wide.choice != narrow.choice).mean() < 0.005
    assert (np.abs(wide.position - narrow.position) > 1e-3).mean() < 0.005


def test_two_agents_by_hand() -> None:
    """Two agents at 0 and 1 with equal weight: the risk-averse one expects nothing, see below.

    P = 1/2 both ways; security is 2 d (1 - 2 s P') = 2 (1 - s): the one with the lower salience is
    safer, R = +1, r = 1/2, the other has r = 2.
    """
    x = np.array([[0.0], [1.0]]) * np.ones((1, 16))
    s = np.array([[0.5], [0.5]]) * np.ones((1, 16))
    done = fast(x, s, 0 * x, np.array([1.0, 1.0]), "baseline", Quirks())
    np.testing.assert_allclose(done.risk, 1.0)  # equal security: no scale, nobody is bolder
    s[0] = 0.4
    done = fast(x, s, 0 * x, np.array([1.0, 1.0]), "baseline", Quirks())
    # votes .4 : .5, so P(0 beats 1) = 4/9; security is 2 - 4*.4*4/9 = 1.289 and
    # 2 - 4*.5*5/9 = .889
    np.testing.assert_allclose(done.risk[:, 0], [0.5, 2.0])
    np.testing.assert_allclose(done.median[0], 1.0)
    np.testing.assert_allclose(done.mean[0], 5 / 9)
