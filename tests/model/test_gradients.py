"""Derivatives of a run by its parameters are finite and true."""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from patronage.model import step
from patronage.run import keys
from patronage.run.compile import compile_world, first_state
from patronage.scenario.load import load

from .paths import COMPILER, draws_of

MEMBERS, SHIFT = 4, 0.02
CLIENT, PATRON = 2, 1
# parameters with a smooth effect; others work through thresholds and draws
NAMES = ("affinity.inertia", "affinity.reciprocity")


@cache
def program() -> tuple[Any, np.ndarray]:
    """Mean affinity of a pair after a year, with its gradient, as a function of two parameters."""
    world = load("tiny")
    compiled = compile_world(world.until("1950-12"))
    state = first_state(world, MEMBERS, compiled.params)
    drawn = keys.member_keys(1, jnp.arange(MEMBERS, dtype=jnp.uint32), step.DRAWN)

    def last_affinity(x: Any) -> Any:
        params = {m: dict(values) for m, values in compiled.params.items()}
        for k, name in enumerate(NAMES):
            mechanism, parameter = name.split(".")
            params[mechanism][parameter] = x[k]

        def one(before: Any, month: Any) -> Any:
            draws = draws_of(drawn, month.number, compiled.shape)
            given = (before, month, compiled.setting, params, compiled.table, draws)
            return step.step(*given, compiled.shape)[0], None

        end, _ = jax.lax.scan(one, state, compiled.months)
        return jnp.tanh(end.disposition[CLIENT, PATRON]).mean()

    values = [float(world.parameters[name].value) for name in NAMES]
    run = jax.jit(jax.value_and_grad(last_affinity), compiler_options=COMPILER)
    return run, np.array(values, np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("k", range(len(NAMES)), ids=NAMES)
def test_gradient_is_true(k: int) -> None:
    """Within 5 % of the central difference."""
    run, values = program()
    slope = float(run(values)[1][k])
    ahead, behind = values.copy(), values.copy()
    ahead[k] *= 1 + SHIFT
    behind[k] *= 1 - SHIFT
    wanted = float(run(ahead)[0] - run(behind)[0]) / float(ahead[k] - behind[k])
    assert np.isfinite(slope)
    assert abs(wanted) > 1e-3
    assert slope == pytest.approx(wanted, rel=0.05)
