r"""Disputes of pairs of states: a hazard on the world's state, with a frailty of every pair.

A pair at standing $s$ has over $T$ years together a number of disputes

$$N \sim \text{Poisson}(T\,u\,\lambda),\qquad u \sim \text{Gamma}(k, k),\qquad
  \log\lambda = \beta_0 + \beta\cdot z(s),$$

so $N$ is negative binomial and $P(N>0) = 1-(k/(k+T\lambda))^k$.  The terms $z$ are what the model's
mechanisms say makes disputes likely: opportunity (contiguity, the threat that the engine computes
from power, distance and ill will, the reach of great powers and of the strong), memory (disputes so
far, and how far apart), ties (affinity as the engine lets it drift), and how many states there are
to quarrel with.  $\beta$ and
$k$ maximise the likelihood of other pairs or earlier years under
$\beta\sim N(b, 1/\text{ridge})$ on scaled terms, with $b=0$ but for `EXPECTED`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

from patronage.classics.camps import Camps
from patronage.classics.standing import Floats, Standing
from patronage.errors import RunError

TERMS = ("contiguity", "threat", "affinity", "memory", "reach", "crowd", "gradient", "grudge")
"""Chosen within 1890–1947 (`choice`), and kept as they were before 1948–98 was looked at."""
BEFORE = ("contiguity", "threat", "greater", "affinity", "memory", "reach", "crowd")
"""Chosen in the same way earlier, from fewer candidates."""
EXPECTED = {"crowd": -1.0}
"""Where a coefficient is looked for, per unit of the term; 0 for the others.  A state's quarrels
spread over the states there are: −1 if it has as many in a world of twice the states."""
COVARIATES = ("product", "distance", "top", "majors", "memory")
"""Power, distance, majors and disputes so far: what a regression of the field starts from."""
SOFT = 1.0
"""Added to distances before the logarithm [km]: neighbours are at 0."""
LEAST_THREAT = 1e-3


@dataclass(frozen=True)
class Pairs:
    """Unordered pairs of a standing.

    first, second: COW numbers.  terms: what was known at the origin, by name.  years: in which both
    lived until the end of the window, for fits.  disputes: that began in it.  pacts: 1 with a
    defence obligation in its last year.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    terms: dict[str, Floats]
    years: Floats
    disputes: Floats
    pacts: Floats

    def __len__(self) -> int:
        return len(self.first)

    @property
    def span(self) -> Floats:
        """Years for which a forecast is made: all of the window, for nobody knew who would end."""
        return self.terms.get("span", self.years)

    def matrix(self, names: Sequence[str]) -> Floats:
        """Terms as columns."""
        return np.column_stack([self.terms[name] for name in names])

    def only(self, keep: NDArray[np.bool_]) -> Pairs:
        """The pairs that `keep` marks."""
        terms = {name: value[keep] for name, value in self.terms.items()}
        rest = (self.years[keep], self.disputes[keep], self.pacts[keep])
        return Pairs(self.first[keep], self.second[keep], terms, *rest)


def join(parts: Iterable[Pairs]) -> Pairs:
    """Pairs of several standings in one."""
    parts = list(parts)
    names = parts[0].terms
    return Pairs(
        np.concatenate([p.first for p in parts]),
        np.concatenate([p.second for p in parts]),
        {name: np.concatenate([p.terms[name] for p in parts]) for name in names},
        np.concatenate([p.years for p in parts]),
        np.concatenate([p.disputes for p in parts]),
        np.concatenate([p.pacts for p in parts]),
    )


def standardise(values: Floats) -> Floats:
    """Mean 0 and standard deviation 1; for terms whose level drifts from age to age."""
    return (values - values.mean()) / max(float(values.std()), 1e-9)


def describe_pairs(standing: Standing, camps: Camps) -> tuple[NDArray, NDArray, dict[str, Floats]]:
    """COW numbers and terms of all unordered pairs of a standing.

    Shared organisations and affinity are standardised over the pairs of the standing: there were
    4 shared organisations a pair in 1900 and 11 in 1948, and only from 1946 are there votes.
    """
    i, j = np.triu_indices(standing.n, 1)
    c = standing.capability
    power = np.log(np.stack([c[i], c[j]]))
    far = np.log(SOFT + standing.km[i, j])
    fear = camps.threat[i, j] + camps.threat[j, i]
    terms = {
        "contiguity": standing.closeness[i, j],
        "threat": np.log(fear + LEAST_THREAT),
        "greater": power.max(axis=0),
        "lesser": power.min(axis=0),
        "product": power.sum(axis=0),
        "top": np.exp(power.max(axis=0)),
        "distance": far,
        "majors": standing.major[i] + standing.major[j],
        "reach": far * np.maximum(standing.major[i], standing.major[j]),
        "crowd": np.full(len(i), np.log(standing.n)),
        "gradient": far * power.max(axis=0),
        "grudge": far * np.log1p(standing.memory[i, j]),
        "rivalry": standing.rivalry[i, j],
        "treaty": standing.defence[i, j],
        "record": np.log1p(standing.record[15.0][i, j]),
        "memory": np.log1p(standing.memory[i, j]),
        "affinity": standardise((camps.affinity[i, j] + camps.affinity[j, i]) / 2),
        "shared": standardise(standing.shared[i, j]),
    }
    return standing.ccodes[i], standing.ccodes[j], terms


@dataclass(frozen=True)
class Hazard:
    """A fitted hazard: constant, coefficients of the scaled terms, frailty k, and the scaling."""

    names: tuple[str, ...]
    constant: float
    slope: Floats
    frailty: float
    mean: Floats
    scale: Floats

    def expect(self, pairs: Pairs) -> Floats:
        """Expected number of disputes of every pair over the window."""
        z = (pairs.matrix(self.names) - self.mean) / self.scale
        return np.exp(np.clip(self.constant + z @ self.slope + np.log(pairs.span), -30, 8))

    def chance(self, pairs: Pairs) -> Floats:
        """Probability of at least one dispute."""
        return -np.expm1(-self.frailty * np.log1p(self.expect(pairs) / self.frailty))


def _objective(
    free: Floats, z: Floats, count: Floats, offset: Floats, weight: Floats, ridge: float
) -> tuple[float, Floats]:
    """Negative log posterior and its gradient in (constant, slopes, log k)."""
    k = np.exp(free[-1])
    mean = np.exp(np.clip(z @ free[:-1] + offset, -30, 8))
    left = -np.log1p(mean / k)
    like, by_k = k * left, left + 1 - (count + k) / (k + mean)
    some = count > 0
    n, m = count[some], mean[some]
    like[some] += gammaln(n + k) - gammaln(k) + n * np.log(m / (k + m))
    by_k[some] += digamma(n + k) - digamma(k)
    by_mean = weight * k * (count - mean) / (k + mean)
    prior = ridge * np.r_[0, free[1:-1], free[-1]]
    value = -(weight * like).sum() + 0.5 * ridge * ((free[1:-1] ** 2).sum() + free[-1] ** 2)
    return float(value), prior - np.r_[z.T @ by_mean, k * (weight * by_k).sum()]


def fit_hazard(
    pairs: Pairs,
    names: Sequence[str] = TERMS,
    *,
    ridge: float = 1.0,
    weight: Floats | None = None,
    near: Hazard | None = None,
) -> Hazard:
    """The hazard with the largest penalised likelihood on `pairs`.

    weight: of every pair, 1 where omitted.  near: a hazard of the same terms from which the search
    starts; the result does not depend on it.

    Errors: RunError for fewer than two pairs with a dispute, or where no maximum is found.
    """
    if (pairs.disputes > 0).sum() < 2:
        raise RunError(f"{len(pairs)} pairs, fewer than two of them with a dispute", where="fit")
    x = pairs.matrix(names)
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    z = np.column_stack([np.ones(len(x)), (x - mean) / scale])
    w = np.ones(len(x)) if weight is None else weight
    lean = np.array([EXPECTED.get(name, 0.0) for name in names])
    offset = np.log(pairs.years) + (x - mean) @ lean
    start = np.zeros(z.shape[1] + 1)
    start[0] = np.log(max((w * pairs.disputes).sum() / (w * pairs.years).sum(), 1e-8))
    if near is not None:
        start[0] = near.constant + (near.slope * (mean - near.mean) / near.scale).sum()
        start[1:] = np.r_[(near.slope / near.scale - lean) * scale, np.log(near.frailty)]
    found = minimize(_objective, start, (z, pairs.disputes, offset, w, ridge), "L-BFGS-B", jac=True)
    if not np.isfinite(found.fun):
        raise RunError(f"the hazard cannot be fitted: {found.message}", where="fit")
    slope, frailty = found.x[1:-1] + lean * scale, float(np.exp(found.x[-1]))
    return Hazard(tuple(names), float(found.x[0]), slope, frailty, mean, scale)
