r"""Games in which every mover errs a little: quantal response on a tree given as data.

A tree is nested data: a move is {"player": 0, "moves": {"fight": ..., "quit": ...}}, an end is the
name of an outcome.  Payoffs are one row of utilities an outcome.  With precision lambda a mover
picks action a with probability

    p_a = exp(lambda U_a) / sum_b exp(lambda U_b),      U = sum_b p_b U_b passed up the tree,

solved from the ends upwards.  lambda = 0 is a coin, lambda -> infinity the subgame-perfect
equilibrium.  Payoffs and lambda are identified only jointly.

Sources: Signorino (1999), "Strategic Interaction and the Statistical Analysis of International
Conflict", American Political Science Review 93(2): 279-297 (agent error); McKelvey and Palfrey
(1998), Experimental Economics 1(1): 9-41; the international interaction game is that of Bueno de
Mesquita and Lalman (1992), War and Reason, Yale University Press.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from patronage.errors import PatronageError

Tree = str | Mapping[str, Any]

DETERRENCE: Tree = {
    "player": 0,
    "moves": {
        "wait": "status quo",
        "demand": {"player": 1, "moves": {"yield": "yield", "resist": "war"}},
    },
}


def _crisis(first: int) -> Tree:
    """Both sides have made demands; `first` may use force first."""
    names = ("A", "B")
    a, b = names[first], names[1 - first]

    def force(striker: str, target: int) -> Tree:
        return {
            "player": target,
            "moves": {
                "retaliate": f"war by {striker}",
                "give in": f"capitulation of {names[target]}",
            },
        }

    reply = {"player": 1 - first, "moves": {"talk": "negotiation", "force": force(b, first)}}
    return {"player": first, "moves": {"talk": reply, "force": force(a, 1 - first)}}


def interaction_game() -> Tree:
    """The international interaction game: 13 ends, 8 outcomes."""
    answer_a = {"player": 0, "moves": {"accept": "acquiescence of A", "demand": _crisis(1)}}
    answer_b = {"player": 1, "moves": {"accept": "acquiescence of B", "demand": _crisis(0)}}
    silence = {"player": 1, "moves": {"wait": "status quo", "demand": answer_a}}
    return {"player": 0, "moves": {"wait": silence, "demand": answer_b}}


@dataclass(frozen=True)
class Play:
    """How the game is played.

    outcomes: probability of each outcome.  choices: probability of each action, by path to it.
    value: expected utilities of the players at the root.
    """

    outcomes: dict[str, float]
    choices: dict[tuple[str, ...], dict[str, float]]
    value: NDArray[np.float64]


def ends(tree: Tree) -> list[str]:
    """Outcomes of the tree's ends, with repetitions, from left to right."""
    if isinstance(tree, str):
        return [tree]
    return [name for branch in tree["moves"].values() for name in ends(branch)]


def quantal(utilities: ArrayLike, precision: float) -> NDArray[np.float64]:
    """Choice probabilities exp(precision U) / sum; precision inf picks the best, ties evenly."""
    u = np.asarray(utilities, float)
    gap = u - u.max()
    weight = (gap == 0).astype(float) if np.isinf(precision) else np.exp(precision * gap)
    return weight / weight.sum()


def solve(
    tree: Tree, payoffs: Mapping[str, ArrayLike], precision: float | tuple[float, ...] = np.inf
) -> Play:
    """Solve the tree from its ends upwards.

    payoffs: utilities of the players, by outcome.  precision: lambda >= 0, one for all or one a
    player.  Raises PatronageError for an outcome without payoffs.
    """
    table = {name: np.asarray(u, float) for name, u in payoffs.items()}
    for name in ends(tree):
        if name not in table:
            raise PatronageError(
                f"no payoffs for '{name}'", where="solve", allowed=sorted(table), got=name
            )
    choices: dict[tuple[str, ...], dict[str, float]] = {}

    def visit(node: Tree, path: tuple[str, ...]) -> tuple[NDArray[np.float64], dict[str, float]]:
        if isinstance(node, str):
            return table[node], {node: 1.0}
        names = list(node["moves"])
        below = [visit(node["moves"][name], (*path, name)) for name in names]
        who = int(node["player"])
        p = quantal(
            [u[who] for u, _ in below],
            precision[who] if isinstance(precision, tuple) else precision,
        )
        choices[path] = dict(zip(names, p.tolist(), strict=True))
        reached: dict[str, float] = {}
        for weight, (_, outcomes) in zip(p.tolist(), below, strict=True):
            for name, q in outcomes.items():
                reached[name] = reached.get(name, 0.0) + weight * q
        return np.tensordot(p, np.stack([u for u, _ in below]), 1), reached

    value, outcomes = visit(tree, ())
    return Play(outcomes, choices, value)
