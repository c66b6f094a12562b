"""Simulation-based calibration: ranks of true values in their posteriors are uniform.

Talts et al. (2018). Truths and posterior draws come from the same prior; data come from the
generator of `likelihood.draw_votes` (a beta and a binomial draw), posteriors from `log_votes`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from patronage.fit import likelihood as lh
from patronage.fit.calibrate import YEAR_SPREAD
from patronage.fit.evidence import Evidence

from .conftest import FITTED, Cloud

TRUTHS, DRAWS, BINS = 150, 19, 5
ERROR = 0.001
"""Rate at which a sound fit fails one parameter; for all six together at most 0.006."""
pytestmark = pytest.mark.statistical


class Ranks(NamedTuple):
    """ranks: 0 … DRAWS (truth, parameter); means (truth, parameter); carried (truth)."""

    ranks: np.ndarray
    means: np.ndarray
    carried: np.ndarray


def ranks_of(cloud: Cloud, evidence: Evidence, wrong: str = "") -> Ranks:
    """Ranks, posterior means, and the number of draws that carry each posterior.

    The posterior is the cloud weighted by its likelihood: exact as the cloud grows.
    """
    votes = evidence.votes
    agreement = jnp.asarray(cloud.seen.agreement)
    sizes = jnp.asarray(cloud.values[FITTED.index("observation.dispersion")])
    rng = np.random.default_rng(5)
    sets = cloud.values.shape[1]
    spread = np.abs(rng.normal(0, YEAR_SPREAD, sets))
    year = rng.standard_normal((len(votes.years), sets))

    def terms(equal: Any) -> Any:
        def one(a: Any, s: Any, u: Any, d: Any) -> Any:
            seen = equal if wrong != "sign" else votes.n - equal
            p = lh.Vote(s, u, jnp.full_like(d, 1e4) if wrong == "binomial" else d)
            return lh.log_votes(a, votes, p, seen).sum()

        return jax.vmap(one, (1, 0, 1, 0))(agreement, spread, year, sizes)

    weigh = jax.jit(terms)
    ranks = np.empty((TRUTHS, len(FITTED)), int)
    means, carried = np.empty((TRUTHS, len(FITTED))), np.empty(TRUTHS)
    for t in range(TRUTHS):
        truth = lh.Vote(jnp.asarray(spread[t]), jnp.asarray(year[:, t]), sizes[t])
        equal = lh.draw_votes(np.asarray(agreement[:, t]), votes, truth, rng)
        log = np.asarray(weigh(equal.astype(np.float32)), np.float64)
        log[t] = -np.inf  # the truth itself is no draw
        weight = np.exp(log - log.max())
        weight /= weight.sum()
        means[t] = cloud.values @ weight
        carried[t] = 1 / (weight**2).sum()
        drawn = rng.choice(sets, DRAWS, p=weight)
        ranks[t] = (cloud.values[:, drawn] < cloud.values[:, [t]]).sum(axis=1)
    return Ranks(ranks, means, carried)


def p_value(ranks: np.ndarray) -> float:
    """Of uniform ranks, by χ² over bins of equal size."""
    counts = np.histogram(ranks, bins=BINS, range=(0, DRAWS + 1))[0]
    return float(stats.chisquare(counts).pvalue)


@pytest.fixture(scope="module")
def sound(cloud: Cloud, evidence: Evidence) -> Ranks:
    """Under the likelihood as it is."""
    return ranks_of(cloud, evidence)


def test_ranks_are_uniform(sound: Ranks) -> None:
    """Error rate 0.001 a parameter. The seed is fixed: it fails always or never."""
    assert np.median(sound.carried) > 2 * DRAWS
    found = {name: p_value(sound.ranks[:, k]) for k, name in enumerate(FITTED)}
    assert min(found.values()) > ERROR, found


def test_votes_teach(cloud: Cloud, sound: Ranks) -> None:
    """Posterior means follow the truth: a posterior that is the prior is calibrated too.

    A correlation of 0.4 over 150 truths comes by chance once in a million.
    """
    found = [np.corrcoef(sound.means[:, k], cloud.values[k, :TRUTHS])[0, 1] for k in range(6)]
    assert max(found) > 0.4, dict(zip(FITTED, found, strict=True))


@pytest.mark.parametrize("wrong", ["binomial", "sign"])
def test_a_wrong_likelihood_is_found_out(cloud: Cloud, evidence: Evidence, wrong: str) -> None:
    """Without overdispersion posteriors are too narrow; with votes turned round they are off."""
    ranks = ranks_of(cloud, evidence, wrong).ranks
    assert min(p_value(ranks[:, k]) for k in range(len(FITTED))) < ERROR
