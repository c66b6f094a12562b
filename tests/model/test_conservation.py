"""Goods do not appear or vanish: every state's stores and the world's trade add up."""

from __future__ import annotations

import numpy as np
import pytest

from .conftest import Wild
from .paths import FLOWS, Array, Path

ROUNDING = 1e-6  # of all that was moved and stored; single precision, a few sums


def find_leaks(path: Path) -> Array:
    """What is missing or too much in each store, relative to what went through it.

    (month, state, commodity, member); 0 where nothing was there.
    """
    after = path.fields["stock"].astype(float)
    before = np.concatenate([path.first["stock"].astype(float)[None], after[:-1]])
    produced, imported, exported, used = (path.fields[k].astype(float) for k in FLOWS)
    gross = before + after + produced + imported + exported + used
    return np.abs(before + produced + imported - exported - used - after) / np.maximum(gross, 1e-3)


def find_imbalance(path: Path) -> Array:
    """World imports less world exports, relative to trade (month, commodity, member)."""
    came, went = (path.fields[k].astype(float).sum(axis=1) for k in ("imported", "exported"))
    return np.abs(came - went) / np.maximum(came + went, 1e-3)


@pytest.fixture(params=["tiny", "cuba"])
def path(request: pytest.FixtureRequest) -> Path:
    """A run of each world."""
    return (
        request.getfixturevalue("wild").path
        if request.param == "tiny"
        else request.getfixturevalue("cuba")
    )


def test_stores_add_up(path: Path) -> None:
    """Before + produced + imported = used + exported + after, everywhere and always."""
    assert find_leaks(path).max() <= ROUNDING


def test_world_trade_adds_up(path: Path) -> None:
    """What is imported is exported, good by good."""
    assert find_imbalance(path).max() <= ROUNDING


def test_much_is_traded(path: Path) -> None:
    """The sums are not of empty stores: every good is made, moved and used."""
    for name in FLOWS:
        assert (path.fields[name].sum(axis=(0, 1, 3)) > 0).all(), name


@pytest.mark.parametrize("name", ["stock", *FLOWS])
def test_a_leak_is_seen(wild: Wild, name: str) -> None:
    """A ten-thousandth lost in one cell of one month is found, and only there."""
    fields = wild.path.fields
    month, state, good, member = np.unravel_index(fields[name].argmax(), fields[name].shape)
    tampered = fields[name].copy()
    tampered[month, state, good, member] *= 1 - 1e-4
    leaks = find_leaks(Path(wild.path.first, {**fields, name: tampered}))
    found = {tuple(int(k) for k in at) for at in np.argwhere(leaks > ROUNDING)}
    assert (int(month), int(state), int(good), int(member)) in found
    assert len(found) <= 2  # a wrong stock also opens the month after


def test_an_imbalance_is_seen(wild: Wild) -> None:
    """Imports that nobody exported are found."""
    fields = wild.path.fields
    more = {**fields, "imported": fields["imported"] * 1.0001}
    assert find_imbalance(Path(wild.path.first, more)).max() > 10 * ROUNDING
