"""Logit with several predictors, an offset, weights and a ridge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from patronage.classics.contention import Pairs
from patronage.classics.standing import Floats
from patronage.errors import RunError

STEPS = 100
Outcome = Callable[[Pairs], Floats]


@dataclass(frozen=True)
class Logit:
    """A fitted logit on scaled terms; `exposed` adds the log of the years."""

    names: tuple[str, ...]
    constant: float
    slope: Floats
    mean: Floats
    scale: Floats
    exposed: bool

    def chance(self, pairs: Pairs) -> Floats:
        """Probability of the outcome for every pair."""
        z = (pairs.matrix(self.names) - self.mean) / self.scale
        offset = np.log(pairs.span) if self.exposed else 0.0
        return expit(self.constant + z @ self.slope + offset)


def fit_logit(
    pairs: Pairs,
    names: Sequence[str],
    some: Floats,
    *,
    ridge: float = 1e-3,
    weight: Floats | None = None,
    exposed: bool = True,
) -> Logit:
    """The logit of `some` (0 or 1 a pair) with the largest penalised likelihood, by Newton.

    Errors: RunError if it does not converge.
    """
    x = pairs.matrix(names)
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    z = np.column_stack([np.ones(len(x)), (x - mean) / scale])
    w = np.ones(len(x)) if weight is None else weight
    offset = np.log(pairs.years) if exposed else np.zeros(len(x))
    penalty = ridge * np.r_[0, np.ones(len(names))]
    b = np.zeros(z.shape[1])
    b[0] = -float(np.average(offset, weights=w))
    for _ in range(STEPS):
        p = expit(z @ b + offset)
        curve = z.T @ (z * (w * p * (1 - p))[:, None]) + np.diag(penalty + 1e-9)
        change = np.linalg.solve(curve, z.T @ (w * (some - p)) - penalty * b)
        b = b + change * min(1.0, 3 / max(float(np.abs(change).max()), 1e-12))
        if np.abs(change).max() < 1e-8:
            return Logit(tuple(names), float(b[0]), b[1:], mean, scale, exposed)
    raise RunError("the logit does not converge; is the outcome separated?", where="logit")
