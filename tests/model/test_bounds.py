"""Every field stays within its bounds and finite, whatever the parameters in their ranges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from .conftest import Wild
from .month import cases, inputs_for, run_month
from .paths import Array, Path

INF = np.inf
ROUNDING = 1e-5

# name: (lowest, highest), both allowed
CLOSED = {
    "agreement": (0, 1),
    "information": (0, 1),
    "pledge": (0, 1),
    "deployed": (0, 1),
    "strategic": (0, INF),
    "tension": (0, 1),
    "grievance": (0, np.inf),
    "compliance": (0, 1),
    "orientation": (0, 1),
    "transfer": (0, INF),
    "line": (0, INF),
    "debt": (0, INF),
    "trade": (0, INF),
    "insurgency": (0, 1),
    "embargo": (0, 1),
    "blockade": (0, 1),
    "contract": (0, INF),
    "price": (0, INF),
    "reserves": (0, INF),
    "share": (0, 1),
    "stock": (0, INF),
    "vigour": (0, 1),
    "tended": (0, 1),
    "shortage": (0, 1),
    "shipped": (0, INF),
    "custom": (0, 1),
    "norm_price": (0, INF),
    "envoy": (0, 2),
    "kept": (0, INF),
    "broken": (0, INF),
    "produced": (0, INF),
    "imported": (0, INF),
    "exported": (0, INF),
    "used": (0, INF),
    "insecurity": (0, INF),
    "threat": (0, INF),
    "dependence": (0, 1),
    "access": (0, 1),
    "exit": (0, 1),
    "seen.un_agreement": (0, 1),
    "seen.support": (0, 1),
}
# neither end allowed
OPEN = {"affinity": (-1, 1), "credibility": (0, 1)}


def find_outside(path: Path) -> dict[str, str]:
    """Fields outside their bounds: the worst value and its place (month, dims…, member)."""
    wrong: dict[str, str] = {}

    def note(name: str, label: str, bad: Array) -> None:
        if bad.any():
            at = np.unravel_index(bad.argmax(), bad.shape)
            wrong[label] = f"{path.fields[name][at]} at {tuple(int(k) for k in at)}"

    for name, (low, high) in CLOSED.items():
        x = path.fields[name]
        # `not within` and not `outside`, so that NaN is wrong
        note(name, name, ~((x >= low - ROUNDING * (low != 0)) & (x <= high + ROUNDING)))
    for name, (low, high) in OPEN.items():
        x = path.fields[name]
        note(name, name, ~((x > low) & (x < high)))
    return wrong


def find_bad_sums(path: Path) -> float:
    """How far the shares of factions are from a sum of 1 where that is worst."""
    return float(np.abs(path.fields["share"].sum(axis=2) - 1).max())


def find_broken(path: Path, labels: Sequence[str]) -> dict[str, set[str]]:
    """Fields that are not finite, and in which members."""
    wrong: dict[str, set[str]] = {}
    for name, x in path.fields.items():
        bad = ~np.isfinite(x).reshape(-1, x.shape[-1]).all(axis=0)
        if bad.any():
            wrong[name] = {labels[k] for k in np.flatnonzero(bad)}
    return wrong


def test_all_is_finite_at_the_ends_of_all_ranges(wild: Wild) -> None:
    """Each parameter alone at both ends, all together at random ends, each mechanism off."""
    assert len(wild.labels) > 400
    assert not find_broken(wild.path, wild.labels)


@pytest.mark.parametrize("name", ["wild", "cuba"])
def test_bounds_hold(name: str, request: pytest.FixtureRequest) -> None:
    """Every field within its bounds, in the small world under extreme parameters and in Cuba."""
    run = request.getfixturevalue(name)
    path = run.path if isinstance(run, Wild) else run
    assert not find_outside(path)


@pytest.mark.parametrize("name", ["wild", "cuba"])
def test_sums_hold(name: str, request: pytest.FixtureRequest) -> None:
    """Shares of factions sum to 1."""
    run = request.getfixturevalue(name)
    path = run.path if isinstance(run, Wild) else run
    assert find_bad_sums(path) <= ROUNDING


def test_bounds_hold_in_random_months() -> None:
    """All acts at once, crises, interventions, movements: far wilder than any run."""
    found = run_month(inputs_for(cases()))
    fields = found["known"] | {f"seen.{k}": x for k, x in found["seen"].items()}
    path = Path({}, {name: x[None] for name, x in fields.items()})
    assert not find_outside(path)
    assert find_bad_sums(path) <= ROUNDING
    for name in ("strategic", "tension", "insurgency", "embargo", "blockade", "deployed"):
        assert fields[name].max() > 0.2, name
    assert fields["grievance"].max() > 2
    assert fields["exit"].max() > 0.1


def test_extremes_matter(wild: Wild) -> None:
    """The parameters reach the run: most ends of ranges change something."""
    usual = wild.path.fields["disposition"][..., 0]
    spread = [
        np.abs(wild.path.fields["disposition"][..., k] - usual).max()
        for k in wild.members("corner")
    ]
    assert min(spread) > 0.1


@pytest.mark.parametrize(("name", "value"), [("pledge", 1.01), ("stock", -1e-3), ("share", np.nan)])
def test_a_breach_is_seen(wild: Wild, name: str, value: float) -> None:
    """One cell out of bounds is reported, with its place."""
    tampered = wild.path.fields[name].copy()
    tampered[3, 2, 0, ..., 7] = value
    found = find_outside(Path(wild.path.first, {**wild.path.fields, name: tampered}))
    assert set(found) == {name}
    assert "at (3, 2, 0" in found[name]
