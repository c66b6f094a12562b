"""Ordinary least squares and logit with one predictor, and the area under the ROC curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patronage.errors import RunError

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """A fitted line: constant, slope, their standard errors, and how well it fits.

    fit: adjusted R² (least squares) or McFadden's R² (logit).  null: log-likelihood of the
    constant alone (logit), else NaN.
    """

    constant: float
    slope: float
    constant_se: float
    slope_se: float
    fit: float
    null: float = float("nan")


def least_squares(x: Vector, y: Vector) -> Fit:
    """y on a constant and x; the fit is the adjusted R²."""
    a = np.column_stack([np.ones(len(x)), x])
    inverse = np.linalg.inv(a.T @ a)
    b = inverse @ a.T @ y
    rest = float(((y - a @ b) ** 2).sum())
    spread = float(((y - y.mean()) ** 2).sum())
    free = len(y) - 2
    se = np.sqrt(np.diag(inverse) * rest / free)
    adjusted = 1 - (rest / free) / (spread / (len(y) - 1))
    return Fit(float(b[0]), float(b[1]), float(se[0]), float(se[1]), adjusted)


def logit(x: Vector, y: Vector) -> Fit:
    """Chance that y = 1 on a constant and x, by Newton's method; the fit is McFadden's R².

    Raises RunError if it does not converge (perfect separation).
    """
    scale = float(np.std(x)) or 1.0
    a = np.column_stack([np.ones(len(x)), x / scale])
    b = np.zeros(2)
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(a @ b, -500, 500)))
        hessian = a.T @ (a * (p * (1 - p))[:, None])
        change = np.linalg.solve(hessian + 1e-12 * np.eye(2), a.T @ (y - p))
        b = b + change * min(1.0, 5 / max(np.abs(change).max(), 1e-12))
        if np.abs(change).max() < 1e-10:
            break
    else:
        raise RunError("the logit does not converge; is the outcome separated?", where="logit")
    z = a @ b
    likelihood = float((y * z - np.logaddexp(0, z)).sum())
    share = float(y.mean())
    null = len(y) * (share * np.log(share) + (1 - share) * np.log(1 - share))
    se = np.sqrt(np.diag(np.linalg.inv(hessian)))
    return Fit(
        float(b[0]), float(b[1] / scale), float(se[0]), float(se[1] / scale),
        1 - likelihood / null, float(null),
    )  # fmt: skip


def area(score: Vector, y: Vector, weight: Vector | None = None) -> float:
    """Area under the ROC curve: chance that a case scores above a control, ties count half."""
    w = np.ones(len(y)) if weight is None else weight
    _, group = np.unique(score, return_inverse=True)
    case = np.bincount(group, w * (y > 0))
    control = np.bincount(group, w * (y <= 0))
    below = np.cumsum(control) - control
    total = case.sum() * control.sum()
    return float((case * (below + control / 2)).sum() / total) if total > 0 else float("nan")


def area_interval(
    score: Vector, y: Vector, pairs: tuple[NDArray[np.int64], NDArray[np.int64]], draws: int = 400
) -> tuple[float, float]:
    """95 % interval of the area, drawing countries anew, for pairs that share one are related."""
    rng = np.random.default_rng(0)
    n = int(max(pairs[0].max(), pairs[1].max())) + 1
    found = []
    for _ in range(draws):
        times = np.bincount(rng.integers(0, n, n), minlength=n)
        found.append(area(score, y, (times[pairs[0]] * times[pairs[1]]).astype(float)))
    low, high = np.nanquantile(found, [0.025, 0.975])
    return float(low), float(high)
