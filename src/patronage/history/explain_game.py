r"""Shares in what a coalition brings about: Shapley values, exact or from sampled orders.

A game gives every coalition of players a value. A player's share is what it adds when it joins,
averaged over all orders of joining,

$$\phi_i=\sum_{S\not\ni i}\frac{|S|!\,(n-|S|-1)!}{n!}\,\big(v(S\cup i)-v(S)\big),$$

so that shares add up to $v(N)-v(\emptyset)$, a player that never matters gets nothing, and players
that are alike get the same (Shapley 1953). With many players orders are sampled, each beside its
reverse, whose errors partly cancel. Every member of an ensemble has orders of its own: the mean
over members is then a mean over many orders. Shares of a member add up exactly in any case.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
"""Which players are in, (player, member)."""


@dataclass(frozen=True)
class Shares:
    """What each player brings about.

    share: (player, member), in the unit of the game. error: (player,) standard error of the mean
    over members that is due to sampled orders; 0 where all orders count, NaN with one pair of them.
    """

    share: Floats
    error: Floats
    orders: int
    exact: bool


def list_subsets(players: int, members: int) -> list[Mask]:
    """Every coalition, the same for all members; the k-th holds player i where bit i of k is set.

    >>> len(list_subsets(4, members=1))
    16
    """
    everybody = np.arange(players)
    masks = [(k >> everybody & 1).astype(bool) for k in range(2**players)]
    return [np.repeat(mask[:, None], members, axis=1) for mask in masks]


def share_exactly(values: Sequence[Floats]) -> Shares:
    """Shapley values from the values (member,) of all coalitions, in the order of `list_subsets`.

    >>> float(share_exactly([np.array([v]) for v in (0.0, 1.0, 2.0, 5.0)]).share[1, 0])
    3.0
    """
    players = len(values).bit_length() - 1
    share = np.zeros((players, len(values[0])))
    for k, before in enumerate(values):
        size = k.bit_count()
        if size == players:
            continue
        weight = math.factorial(size) * math.factorial(players - size - 1)
        for i in range(players):
            if not k >> i & 1:
                share[i] += weight / math.factorial(players) * (values[k | 1 << i] - before)
    return Shares(share, np.zeros(players), math.factorial(players), True)


def draw_orders(players: int, members: int, pairs: int, seed: int = 0) -> NDArray[np.intp]:
    """Random orders of joining (order, member, player), each followed by its reverse.

    >>> orders = draw_orders(5, members=3, pairs=2)
    >>> orders.shape, bool((orders[0] == orders[1][:, ::-1]).all())
    ((4, 3, 5), True)
    """
    rng = np.random.default_rng(seed)
    base = np.broadcast_to(np.arange(players), (pairs, members, players))
    drawn = rng.permuted(base, axis=2)
    return np.stack([drawn, drawn[:, :, ::-1]], axis=1).reshape(2 * pairs, members, players)


def list_coalitions(orders: NDArray[np.intp]) -> list[Mask]:
    """The coalitions that form as players join, but nobody and everybody: order by order."""
    rank = orders.argsort(axis=2)
    sizes = range(1, orders.shape[2])
    return [(each < size).T for each in rank for size in sizes]


def share_by_orders(
    orders: NDArray[np.intp], nobody: Floats, between: Sequence[Floats], everybody: Floats
) -> Shares:
    """Shapley values from sampled orders.

    nobody, everybody: values of the empty and the whole coalition (member,). between: those of
    `list_coalitions`.
    """
    number, members, players = orders.shape
    middle = np.asarray(between, np.float64).reshape(number, players - 1, members)
    ends = [np.broadcast_to(v, (number, 1, members)) for v in (nobody, everybody)]
    gains = np.diff(np.concatenate([ends[0], middle, ends[1]], axis=1), axis=1)
    by_player = np.empty((number, players, members))
    np.put_along_axis(by_player, orders.transpose(0, 2, 1), gains, axis=1)
    paired = by_player.reshape(-1, 2, players, members).mean(axis=1)
    pairs = len(paired)
    error = np.full(players, np.nan)
    if pairs > 1:
        within = np.nanmean(paired.var(axis=0, ddof=1), axis=1) / pairs
        error = np.sqrt(within / members)
    return Shares(paired.mean(axis=0), error, number * members, False)
