r"""Games in which every mover errs a little: quantal response on a tree given as data.

A tree is nested data: a move is {"player": 0, "moves": {"fight": ..., "quit": ...}}, an end is the
name of an outcome.  Payoffs are one row of utilities an outcome.  With precision lambda a mover
picks action a with probability

    p_a = exp(lambda U_a) / sum_b exp(lambda U_b),      U = sum_b p_b U_b passed up the tree,

solved from the ends upwards.  lambda = 0 is a coin, lambda -> infinity the subgame-perfect
equilibrium.  Payoffs and lambda are identified only jointly.  `fit` is the statistical model:
utilities linear in what is known of each case, by maximum likelihood of the outcomes seen.

Sources: Signorino (1999), "Strategic Interaction and the Statistical Analysis of International
Conflict", American Political Science Review 93(2): 279-297 (agent error); McKelvey and Palfrey
(1998), Experimental Economics 1(1): 9-41; the international interaction game is that of Bueno de
Mesquita and Lalman (1992), War and Reason, Yale University Press.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

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


def chances(
    tree: Tree, utilities: Mapping[str, NDArray[np.float64]], precision: float = 1.0
) -> dict[str, NDArray[np.float64]]:
    """Probability of each outcome in many cases at once: {outcome: (case,)}.

    utilities: (case, player) of every outcome.
    """

    def visit(node: Tree) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
        if isinstance(node, str):
            return utilities[node], {node: np.ones(len(utilities[node]))}
        below = [visit(branch) for branch in node["moves"].values()]
        u = np.stack([value for value, _ in below])  # move, case, player
        z = precision * u[..., int(node["player"])]
        p = np.exp(z - z.max(axis=0))
        p /= p.sum(axis=0)
        reached: dict[str, NDArray[np.float64]] = {}
        for weight, (_, outcomes) in zip(p, below, strict=True):
            for name, q in outcomes.items():
                reached[name] = reached.get(name, 0.0) + weight * q
        return (p[..., None] * u).sum(axis=0), reached

    return visit(tree)[1]


@dataclass(frozen=True)
class Estimate:
    """Coefficients of the utilities with standard errors, and the log-likelihood at them."""

    coefficients: NDArray[np.float64]
    errors: NDArray[np.float64]
    log_likelihood: float


def fit(tree: Tree, design: Mapping[str, NDArray[np.float64]], seen: Sequence[str]) -> Estimate:
    """Maximum likelihood of utilities that are linear in what is known of a case.

    design: (case, player, coefficient) of every outcome; utilities are design @ coefficients.
    seen: outcome of each case.  Precision is 1: only its product with the coefficients is
    identified.

    Errors: PatronageError for an outcome that the tree has not, or where no maximum is found.
    """
    names = list(dict.fromkeys(ends(tree)))
    for name in seen:
        if name not in names:
            raise PatronageError(f"no outcome '{name}'", where="fit", allowed=names, got=name)
    place = np.array([names.index(name) for name in seen])

    def loss(b: NDArray[np.float64]) -> float:
        p = chances(tree, {name: design[name] @ b for name in names})
        found = np.stack([p[name] for name in names])[place, np.arange(len(place))]
        return -float(np.log(np.maximum(found, 1e-300)).sum())

    found = minimize(loss, np.zeros(design[names[0]].shape[-1]), method="BFGS")
    if not np.isfinite(found.fun):
        raise PatronageError(f"no maximum is found: {found.message}", where="fit")
    errors = np.sqrt(np.maximum(np.diag(found.hess_inv), 0))
    return Estimate(found.x, errors, -float(found.fun))
