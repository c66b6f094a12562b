"""Random worlds of one month, and the engine's month, compiled once for all tests that want it.

In double precision, so that only the order of sums differs.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from patronage.model import step
from patronage.model.state import CARRIED

from ..oracle.engine import Inputs, inputs_of, month_program
from ..oracle.worlds import Array, Case, Size, make_cases

SIZE = Size(5, 3, markets=(4,), choosers=(0, 1, 2, 3, 4))
MEMBERS = 40


def settle_case(case: Case) -> Case:
    """Without exiles (which draw sends them where follows the list), nor markets that choose."""
    params = case.params | {
        "revolution": SimpleNamespace(**(vars(case.params["revolution"]) | {"exile_seed": 0.0}))
    }
    month = dict(case.month)
    month["may_choose"] = month["may_choose"] * case.setting["actor"]
    month["forced"] = np.where(case.setting["actor"][:, None] > 0, month["forced"], -1)
    return replace(case, params=params, month=month)


@cache
def cases() -> list[Case]:
    """The worlds, one per member; drawn so that each rare thing happens in two of them or more."""
    return [settle_case(case) for case in make_cases(71, SIZE, MEMBERS, False)]


def inputs_for(some: list[Case]) -> Inputs:
    """What the engine gets."""
    with jax.enable_x64(True):
        return inputs_of(some, SIZE, False, jnp.float64)


@cache
def _program() -> Any:
    return month_program(SIZE)


def run_month(given: Inputs, *off: str) -> dict[str, dict[str, Array]]:
    """Fields after the month, known in it and recorded of it; `off`: mechanisms that are off."""
    with jax.enable_x64(True):
        after, known, seen = _program()(given, [float(name not in off) for name in step.NAMES])
    carried = {k: getattr(after, k) for k in CARRIED}
    found = {"after": carried, "known": known, "seen": seen}
    return {kind: {k: np.asarray(x) for k, x in some.items()} for kind, some in found.items()}
