r"""Likelihoods of what is observed, given the median path of the model.

Votes of a pair in year $t$, $n$ roll calls of which $k$ equal (an abstention of one side half):
$k\sim\text{BetaBinomial}(n,\phi p,\phi(1-p))$,
$\text{logit}\,p=\text{logit}\,\text{agreement}+\sigma u_t$, one $u_t\sim N(0,1)$ a year for all
pairs; $\phi$ is `observation.dispersion`.

Arms $y$ [million US$ a year] of a pair $d$ given the model's transfer $T$: nothing with probability
$1-\Lambda(a_d+a\log(1+T))$, else $\log y\sim N(b_d+b\log(1+T),s^2)$.

Dated choices: conditional logit (McFadden 1974) over the instruments that occur, with nothing as
the base: $\upsilon_k=\beta_k+\delta_k+\lambda\sum_d\beta_{kd}\,\text{driver}_d$, the model's table
with a shift of each instrument's base and one scale; what the preconditions forbid is left out.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.special import gammaln

from patronage.fit.evidence import Arms, Choices, Votes

EDGE = 1e-4
"""How far a predicted share is kept from 0 and 1."""
MOST = 20.0
"""Largest utility, as in the engine."""


class Vote(NamedTuple):
    """Parameters of the votes: spread of the year effect, its values (year), dispersion."""

    spread: Array
    year: Array
    dispersion: Array


class Gift(NamedTuple):
    """Parameters of arms: a (pair) and its slope, of whether; b (pair), slope and s of how much."""

    whether: Array
    whether_slope: Array
    size: Array
    size_slope: Array
    error: Array


class Will(NamedTuple):
    """Parameters of choices: shift of each instrument's base, and the scale of its drivers."""

    shift: Array
    scale: Array


def share_of_votes(agreement: Array, votes: Votes, p: Vote) -> Array:
    """Expected share of equal votes (observation) from the model's agreement."""
    share = jnp.clip(agreement, EDGE, 1 - EDGE)
    logit = jnp.log(share) - jnp.log1p(-share)
    return jax.nn.sigmoid(logit + p.spread * p.year[votes.year])


def log_votes(agreement: Array, votes: Votes, p: Vote, equal: Array | None = None) -> Array:
    """Log-likelihood of each observed year of a pair; `equal` in place of what was observed."""
    share = jnp.clip(share_of_votes(agreement, votes, p), EDGE, 1 - EDGE)
    k = jnp.asarray(votes.equal if equal is None else equal, jnp.float32)
    n = jnp.asarray(votes.n, jnp.float32)
    a, b = share * p.dispersion, (1 - share) * p.dispersion
    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return ways + _log_beta(k + a, n - k + b) - _log_beta(a, b)


def _log_beta(a: Array, b: Array) -> Array:
    return gammaln(a) + gammaln(b) - gammaln(a + b)


def draw_votes(
    agreement: np.ndarray, votes: Votes, p: Vote, rng: np.random.Generator
) -> np.ndarray:
    """Equal votes (observation) as the likelihood has them."""
    share = np.clip(np.asarray(share_of_votes(jnp.asarray(agreement), votes, p)), EDGE, 1 - EDGE)
    size = float(p.dispersion)
    chance = rng.beta(share * size, (1 - share) * size)
    return rng.binomial(votes.n.astype(int), chance).astype(float)


def log_arms(transfer: Array, arms: Arms, p: Gift, value: Array | None = None) -> Array:
    """Log-likelihood of each observed year of arms; transfer [million US$ / year]."""
    x = jnp.log1p(jnp.maximum(transfer, 0))
    y = jnp.asarray(arms.value if value is None else value, jnp.float32)
    logit = p.whether[arms.pair] + p.whether_slope * x
    some = y > 0
    size = jnp.log(jnp.where(some, y, 1.0))
    z = (size - p.size[arms.pair] - p.size_slope * x) / p.error
    amount = -0.5 * z**2 - jnp.log(p.error) - 0.5 * jnp.log(2 * jnp.pi) - size
    return jnp.where(some, jax.nn.log_sigmoid(logit) + amount, jax.nn.log_sigmoid(-logit))


def draw_arms(transfer: np.ndarray, arms: Arms, p: Gift, rng: np.random.Generator) -> np.ndarray:
    """Arms (observation) [million US$ / year] as the likelihood has them."""
    x = np.log1p(np.maximum(transfer, 0))
    whether, size = np.asarray(p.whether)[arms.pair], np.asarray(p.size)[arms.pair]
    chance = 1 / (1 + np.exp(-(whether + float(p.whether_slope) * x)))
    size = size + float(p.size_slope) * x + float(p.error) * rng.standard_normal(x.shape)
    return np.where(rng.random(x.shape) < chance, np.exp(size), 0.0)


def utilities(drive: Array, base: Array, p: Will) -> Array:
    """Utility of each instrument (month, actor, target, instrument)."""
    return jnp.minimum(base + p.shift + p.scale * drive, MOST)


def log_choices(
    drive: Array, able: Array, base: Array, choices: Choices, p: Will, chosen: Array | None = None
) -> Array:
    """Log-likelihood of the choices of each month (month).

    drive: weighted drivers (month, actor, target, instrument); able: 1 where it is possible.
    base: bases of the instruments in the table.
    """
    u = utilities(drive, base, p)
    best = jnp.maximum(0.0, jnp.where(able > 0, u, 0.0).max(axis=-1))
    rest = jnp.where(able > 0, jnp.exp(u - best[..., None]), 0.0).sum(axis=-1)
    whole = best + jnp.log(jnp.exp(-best) + rest)
    pick = jnp.asarray(choices.chosen if chosen is None else chosen)
    at = jnp.maximum(pick, 0)[..., None]
    gain = jnp.where(pick >= 0, jnp.take_along_axis(u, at, axis=-1)[..., 0], 0.0)
    possible = jnp.take_along_axis(able, at, axis=-1)[..., 0] > 0
    counts = jnp.asarray(choices.open, jnp.float32) * jnp.where((pick >= 0) & ~possible, 0.0, 1.0)
    return (counts * (gain - whole)).sum(axis=(-1, -2))


def draw_choices(
    drive: np.ndarray, able: np.ndarray, base: np.ndarray, choices: Choices, p: Will,
    rng: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """Choices (month, actor, target) as the likelihood has them."""
    u = np.asarray(utilities(jnp.asarray(drive), jnp.asarray(base), p))
    weight = np.where(able > 0, np.exp(u), 0.0)
    upper = 1 + np.cumsum(weight, axis=-1)
    point = rng.random(upper.shape[:-1]) * upper[..., -1]
    picked = (point[..., None] >= np.concatenate([np.ones_like(upper[..., :1]), upper], -1)).sum(-1)
    picked = picked - 1
    return np.where(choices.open > 0, picked, -1)
