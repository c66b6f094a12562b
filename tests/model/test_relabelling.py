"""The order in which states, goods and factions are listed means nothing.

A world with every axis permuted (draws too) gives the permuted month. In double precision, so that
only the order of sums differs.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from patronage.model.mechanisms import revolution

from ..oracle.worlds import Array, Case
from .month import cases, inputs_for, run_month
from .orders import ONCE, Order, reorder_case, reorder_field

TIGHT = 1e-9


def run(some: list[Case]) -> dict[str, Array]:
    """Every field at the end of the month, by kind and name."""
    found = run_month(inputs_for(some))
    return {
        f"{kind} {name}": x
        for kind, fields in found.items()
        for name, x in fields.items()
        if kind != "known" or name in ONCE
    }


@cache
def plain() -> dict[str, Array]:
    """The month as listed."""
    return run(cases())


def differences(order: Order) -> dict[str, float]:
    """Largest relative difference of each field between permuted results and permuted worlds."""
    found = run([reorder_case(case, order) for case in cases()])
    away: dict[str, float] = {}
    for name, x in plain().items():
        kind, field = name.split(" ", 1)
        wanted = reorder_field(x, field, order, seen=kind == "seen")
        gap = np.abs(found[name] - wanted) / np.maximum(1, np.abs(wanted))
        away[name] = float(np.where(np.isfinite(found[name]), gap, np.inf).max(initial=0))
    return away


ORDERS = {
    "states": Order(states=(3, 0, 4, 1, 2)),
    "goods": Order(goods=(2, 0, 1)),
    "factions": Order(factions=(1, 3, 0, 2)),
    "all": Order(states=(4, 3, 1, 2, 0), goods=(1, 2, 0), factions=(3, 2, 1, 0)),
}


@pytest.mark.parametrize("name", ORDERS)
def test_order_means_nothing(name: str) -> None:
    """The permuted world has the permuted month, in every field."""
    wrong = {k: d for k, d in differences(ORDERS[name]).items() if not d <= TIGHT}
    assert not wrong


def test_the_month_is_not_symmetric_by_itself() -> None:
    """Left unpermuted, the results do differ: the comparison is not of constants."""
    other = run([reorder_case(case, ORDERS["states"]) for case in cases()])
    same = {k for k, x in plain().items() if np.allclose(other[k], x, rtol=1e-6, atol=1e-9)}
    assert same <= {"after norm_price"}  # the world's prices know no states


def test_exiles_do_not_depend_on_order() -> None:
    """Each target takes the same share of all draws wherever it stands in the list."""
    rng = np.random.default_rng(4)
    n, fine = 5, 20_000
    draws = (np.arange(fine) + 0.5) / fine
    apart = 1 - np.eye(n)
    view: dict[str, Any] = {
        "support": rng.normal(size=n),
        "affinity": rng.uniform(-0.9, 0.9, (n, n)) * apart,
        "capability": rng.dirichlet(np.full(n, 0.5)),
        "pair": apart,
    }
    p = SimpleNamespace(affinity_choice=1.3, reach_choice=1.5)

    def shares(order: Array) -> Array:
        s = SimpleNamespace(**{k: x[np.ix_(*[order] * x.ndim)][..., None] for k, x in view.items()})
        where = jnp.broadcast_to(jnp.asarray(draws), (n, fine))
        return np.asarray(revolution.destination(s, p, where)).mean(axis=-1)  # type: ignore[arg-type]

    listed, order = shares(np.arange(n)), np.array([2, 4, 0, 3, 1])
    np.testing.assert_allclose(shares(order), listed[np.ix_(order, order)], atol=3 / fine)
    assert (listed > 0.05).sum() >= 5
