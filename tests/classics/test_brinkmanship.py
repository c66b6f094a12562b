"""Brinkmanship with doubt on both sides: against closed forms, and against a solve on a grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patronage.classics import powell
from patronage.classics.brinkmanship import Contest, Side, ladder, solve
from patronage.errors import PatronageError

TWO = Side((0, 0.8, 0.82, 1), (0.2, 0.25, 0.6, 0.7))
"""Four in five irresolute, one in five resolute."""


def backward(sides: tuple[Side, Side], risks: np.ndarray, quo: float, types: int) -> np.ndarray:
    """Shares gone at each rung, by backward induction over what each side may believe.

    Independent of the recursion: `types` discrete types a side, every belief (types from m on are
    left) at every rung, off the path too.  G[rho, c]: what the mover's type c gets by escalating
    where types from c on do and the rival's types from rho on are left.
    """
    share = (np.arange(types) + 0.5) / types
    doom = [np.append(1 - 1 / np.interp(share, s.shares, s.resolve), 0) for s in sides]
    rho, c = np.arange(types + 1)[:, None], np.arange(types + 1)[None, :]
    never = np.full((types + 1, types + 1), -1.0)
    worth = [never] * (len(risks) + 2)

    def first_to_stay(g: np.ndarray) -> np.ndarray:
        """[m, rho]: least resolute type from m on that escalates; `types` if none does."""
        stay = np.where(g >= 0, c, types)
        stay[:, types] = types
        return np.minimum.accumulate(stay[:, ::-1], axis=1)[:, ::-1].T

    for k in range(len(risks) - 1, -1, -1):
        then = first_to_stay(worth[k + 1])[rho, c]
        y = np.where(rho < types, (then - rho) / np.maximum(types - rho, 1), 1.0)
        back = risks[k + 1] if k + 1 < len(risks) else 1.0
        later = back * doom[k % 2] + (1 - back) * np.maximum(0, worth[k + 2][then, c])
        on = y + (1 - y) * later
        worth[k] = risks[k] * doom[k % 2] + (1 - risks[k]) * on - (quo if k == 0 else 0)
    gone, own, other = [], 0, 0
    for k in range(len(risks)):
        own, other = other, int(first_to_stay(worth[k])[own, other])
        gone.append(other / types)
        if other == types:
            break
    return np.array(gone)


@pytest.mark.parametrize(
    ("first", "second", "step", "quo"),
    [
        (Side(), Side(), 0.05, 0.0),
        (Side(), Side(), 0.1, 0.2),
        (Side(resolve=(0.3, 0.9)), Side(resolve=(0.1, 0.6)), 0.05, 0.0),  # gives way at once
        (Side(resolve=(0.5, 0.9)), Side(resolve=(0.5, 0.9)), 0.08, 0.0),
        (Side(resolve=(0.2, 0.5)), Side(resolve=(0.2, 0.8)), 0.07, 0.3),  # nobody challenges
        (TWO, TWO, 0.06, 0.1),
    ],
)
def test_recursion_equals_backward_induction(
    first: Side, second: Side, step: float, quo: float
) -> None:
    contest = solve(first, second, ladder(step), quo)
    grid = backward((first, second), ladder(step), quo, 500)
    assert len(grid) == len(contest.gone)
    np.testing.assert_allclose(contest.gone, grid, atol=0.01)


def best_reply(contest: Contest, side: int, resolve: float) -> float:
    """The most that a type gets by any plan against the rival's strategy."""
    doom, value = 1 - 1 / resolve, 0.0
    for k in range(len(contest.gone) - 1, -1, -1):
        if k % 2 != side:
            r, y = contest.risks[k], contest.yields[k]
            value = y + (1 - y) * (r * doom + (1 - r) * value)
        else:
            r = contest.risks[k]
            value = max(r * doom + (1 - r) * value, contest.status_quo if k == 0 else 0.0)
    return value


lows, spans = st.floats(0.02, 0.4), st.floats(0.2, 0.55)


@settings(deadline=None, max_examples=30)
@given(lows, spans, lows, spans, st.floats(0.01, 0.15), st.floats(0, 0.6))
def test_no_type_gains_by_another_plan(
    a: float, more_a: float, b: float, more_b: float, step: float, quo: float
) -> None:
    sides = (Side(resolve=(a, a + more_a)), Side(resolve=(b, b + more_b)))
    contest = solve(*sides, ladder(step), quo)
    assert sum(contest.outcomes().values()) == pytest.approx(1)
    assert contest.gone[-1] == 1
    if len(contest.gone) == 1:  # nobody challenges: nothing is seen of the rest
        return
    for side in (0, 1):
        for resolve in np.linspace(sides[side].least, sides[side].greatest, 7):
            best = best_reply(contest, side, float(resolve))
            got = contest.fate(side, float(resolve))["payoff"]
            assert got == pytest.approx(best, abs=1e-6 * (1 + 1 / resolve))


def test_types_that_differ_little_mix_as_the_closed_form_says() -> None:
    """Irresolute types of 0.2 mix: the rival's yield and the belief are those of one type."""
    side = Side((0, 0.9, 0.9001, 1), (0.2, 0.20001, 0.79999, 0.8))
    contest = solve(side, side, ladder(0.03))
    mixed = [k for k in range(len(contest.gone)) if contest.cutoffs[k] < 0.2001]
    assert len(mixed) >= 3
    for k in mixed:
        y = powell.indifferent_yield(contest.risks[k], 0.2, contest.risks[k + 1])
        assert contest.yields[k + 1] == pytest.approx(y, abs=1e-3)
    # belief that side 0 is resolute after its move at rung 2, from that after its challenge
    challenged = 0.1 / (1 - contest.gone[0])
    believed = powell.beliefs([0.06], 0.2, challenged, answers=[0.09])
    assert 0.1 / (1 - contest.gone[2]) == pytest.approx(believed[0], rel=1e-3)


def test_the_more_resolute_need_not_prevail() -> None:
    """Powell's central finding: it is what the rival believes that decides, not resolve alone."""
    contest = solve(Side(), Side(), ladder(0.05))
    firm = contest.fate(1, 0.9)
    assert firm["win"] < 1 - firm["disaster"] + 1e-12
    assert contest.outcomes()["side 0 wins"] > contest.outcomes()["side 1 wins"] > 0
    wins = [contest.fate(1, r)["win"] for r in (0.3, 0.5, 0.9)]
    assert wins == sorted(wins)
    dooms = [contest.fate(1, r)["disaster"] for r in (0.3, 0.5, 0.9)]
    assert dooms == sorted(dooms)


def test_fates_add_up_to_the_outcomes() -> None:
    contest = solve(Side(), Side(resolve=(0.2, 0.7)), ladder(0.06), 0.15)
    draws = (np.arange(4000) + 0.5) / 4000
    for side, key in ((0, "side 0 wins"), (1, "side 1 wins")):
        fates = [contest.fate(side, contest.sides[side].at(q)) for q in draws]
        won = np.mean([f["win"] for f in fates])
        held = contest.outcomes()["status quo"] if side == 1 else 0
        assert won - held == pytest.approx(contest.outcomes()[key], abs=2e-3)
        doom = np.mean([f["disaster"] for f in fates])
        assert doom == pytest.approx(contest.outcomes()["disaster"], abs=2e-3)


def test_wrong_games_are_named() -> None:
    with pytest.raises(PatronageError, match="shares rising from 0 to 1"):
        Side((0, 0.5), (0.1, 0.2))
    with pytest.raises(PatronageError, match="risks that reach the greatest resolve"):
        solve(Side(), Side(), [0.1, 0.2])
    with pytest.raises(PatronageError, match="rising"):
        solve(Side(), Side(), [0.9, 0.2])
    with pytest.raises(PatronageError, match="status_quo < 1"):
        solve(Side(), Side(), ladder(0.1), 1.0)
    with pytest.raises(PatronageError, match="0 < step < 1"):
        ladder(0)
