"""Agreement against a plain count, roll call by roll call."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from patronage.data.agreement import agree

# (group, roll call, state) -> vote; roll calls of different groups are different roll calls.
ballots = st.dictionaries(
    st.tuples(st.integers(1, 3), st.integers(0, 6), st.sampled_from([2, 40, 365, 710])),
    st.sampled_from([1, 2, 3, 8, 9]),
    max_size=60,
)


def count(ballots: dict) -> dict:
    """The definition, in words: one point for equal votes, half for one abstention, none else."""
    result: dict = {}
    groups = {g for g, _, _ in ballots}
    for g in groups:
        calls = {c for h, c, s in ballots if h == g and ballots[h, c, s] in (1, 2, 3)}
        states = {s for h, _, s in ballots if h == g}
        for a, b in itertools.permutations(states, 2):
            points, n = 0.0, 0
            for c in calls:
                pair = ballots.get((g, c, a)), ballots.get((g, c, b))
                if not all(v in (1, 2, 3) for v in pair):
                    continue
                n += 1
                if pair[0] == pair[1]:
                    points += 1
                elif pair.count(2) == 1:
                    points += 0.5
            if n:
                result[a, b, g] = (points / n, n, len(calls))
    return result


def run(ballots: dict) -> dict:
    keys = list(ballots)
    group = np.array([k[0] for k in keys], dtype=int)
    call = np.array([k[0] * 100 + k[1] for k in keys], dtype=int)
    state = np.array([k[2] for k in keys], dtype=int)
    vote = np.array([ballots[k] for k in keys], dtype=int)
    found = agree(call, group, state, vote)
    rows = zip(*(column.tolist() for column in found), strict=True)
    return {(a, b, g): (share, n, calls) for a, b, g, share, n, calls in rows}


@given(ballots)
def test_agreement_equals_the_plain_count(votes: dict) -> None:
    expected, found = count(votes), run(votes)
    assert found.keys() == expected.keys()
    for key, (share, n, calls) in expected.items():
        assert found[key][1:] == (n, calls)
        assert abs(found[key][0] - share) < 1e-12


@given(ballots)
def test_agreement_is_the_same_both_ways_and_a_share(votes: dict) -> None:
    found = run(votes)
    for (a, b, g), row in found.items():
        assert found[b, a, g] == row
        assert 0 <= row[0] <= 1
        assert 0 < row[1] <= row[2]


def test_two_abstentions_agree_and_one_counts_half() -> None:
    votes = {(1, 0, 2): 2, (1, 0, 40): 2, (1, 1, 2): 1, (1, 1, 40): 2, (1, 2, 2): 1, (1, 2, 40): 3}
    assert run(votes)[2, 40, 1] == (0.5, 3, 3)


def test_many_votes_take_little_time() -> None:
    import time

    rng = np.random.default_rng(1)
    states, calls = 190, 1500
    state = np.tile(np.arange(1, states + 1), calls)
    call = np.repeat(np.arange(calls), states)
    vote = rng.integers(1, 4, size=len(state))
    start = time.perf_counter()
    found = agree(call, 1946 + call // 80, state, vote)
    assert time.perf_counter() - start < 10
    assert len(found.n) == states * (states - 1) * len(np.unique(call // 80))
