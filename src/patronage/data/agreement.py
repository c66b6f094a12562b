"""Agreement of states in roll calls: equal votes 1, exactly one abstention one half, opposed 0."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

YES, ABSTAIN, NO, ABSENT, NOT_MEMBER = 1, 2, 3, 8, 9


class Agreement(NamedTuple):
    """Ordered pairs (client ≠ patron) with at least one roll call in which both voted.

    client, patron: state codes; group: year or session; agreement: share [0–1];
    n: roll calls in which both voted; roll_calls: all roll calls of the group.
    """

    client: np.ndarray
    patron: np.ndarray
    group: np.ndarray
    agreement: np.ndarray
    n: np.ndarray
    roll_calls: np.ndarray


def agree(
    roll_call: np.ndarray, group: np.ndarray, state: np.ndarray, vote: np.ndarray
) -> Agreement:
    """Agreement of every pair of states in every group of roll calls.

    Parameters
    ----------
    roll_call, group, state, vote: one entry a vote cast (1 yes, 2 abstain, 3 no); other votes
        (absent, not a member) are left out of the count. One vote a state and roll call.

    Source: the measure of Lijphart (1963), as used with Voeten's data.
    """
    cast = np.isin(vote, (YES, ABSTAIN, NO))
    roll_call, group, state, vote = (a[cast] for a in (roll_call, group, state, vote))
    if not len(vote):
        empty = np.empty(0, dtype=int)
        return Agreement(empty, empty, empty, np.empty(0), empty, empty)
    order = np.argsort(group, kind="stable")
    groups, starts = np.unique(group[order], return_index=True)
    ends = np.r_[starts[1:], len(order)]
    found = [
        _agree_in_group(g, *(a[order[i:j]] for a in (roll_call, state, vote)))
        for g, i, j in zip(groups, starts, ends, strict=True)
    ]
    return Agreement(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _agree_in_group(
    group: int, roll_call: np.ndarray, state: np.ndarray, vote: np.ndarray
) -> tuple[np.ndarray, ...]:
    calls, call = np.unique(roll_call, return_inverse=True)
    states, row = np.unique(state, return_inverse=True)
    # Halves and whole numbers below 2^23 are exact in single precision.
    cast = np.zeros((3, len(states), len(calls)), dtype=np.float32)
    cast[np.searchsorted((YES, ABSTAIN, NO), vote), row, call] = 1
    yes, abstain, no = cast
    present = yes + abstain + no
    # One product of matrices: what the first voted, against what each vote earns from the second.
    earned = np.hstack((yes + abstain / 2, abstain + (yes + no) / 2, no + abstain / 2))
    points = np.hstack((yes, abstain, no)) @ earned.T
    n = present @ present.T
    np.fill_diagonal(n, 0)
    client, patron = np.nonzero(n)
    together = n[client, patron]
    share = points[client, patron].astype(np.float64) / together
    return (
        states[client],
        states[patron],
        np.full(len(client), group),
        share,
        together.astype(int),
        np.full(len(client), len(calls)),
    )
