"""Likelihoods against SciPy, and against their own generators."""

# pyright: reportAttributeAccessIssue=false
# (SciPy's distributions have no types)

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from patronage.fit import evidence as ev
from patronage.fit import likelihood as lh

RNG = np.random.default_rng(3)
ZERO = np.zeros(4, np.int64)
VOTES = ev.Votes(
    ZERO, ZERO, ZERO, ZERO, np.array([0, 0, 1, 1]), np.array([40.0, 60, 25, 80]),
    np.array([10.0, 55, 25, 33]), (1950, 1951),
)  # fmt: skip


def vote(dispersion: float = 30.0) -> lh.Vote:
    return lh.Vote(jnp.asarray(0.4), jnp.asarray([0.5, -1.0]), jnp.asarray(dispersion))


def test_votes_are_beta_binomial() -> None:
    agreement = np.array([0.3, 0.9, 0.97, 0.5])
    share = np.asarray(lh.share_of_votes(jnp.asarray(agreement), VOTES, vote()), float)
    logit = np.log(agreement / (1 - agreement)) + 0.4 * np.array([0.5, 0.5, -1, -1])
    assert share == pytest.approx(1 / (1 + np.exp(-logit)), rel=1e-5)
    wanted = stats.betabinom(VOTES.n, 30 * share, 30 * (1 - share)).logpmf(VOTES.equal)
    assert np.asarray(lh.log_votes(jnp.asarray(agreement), VOTES, vote())) == pytest.approx(
        wanted, rel=1e-3, abs=1e-3
    )


def test_half_votes_lie_between_whole_ones() -> None:
    """An abstention of one side counts half: 10.5 equal votes are no error."""
    a = jnp.asarray([0.3, 0.9, 0.97, 0.5])
    low, middle, high = (
        np.asarray(lh.log_votes(a, VOTES, vote(), jnp.asarray(VOTES.n / 2 + d)))
        for d in (-0.5, 0.0, 0.5)
    )
    assert (np.minimum(low, high) <= middle + 1e-3).all()
    assert (middle <= np.maximum(low, high) + 0.1).all()


def test_arms_are_lognormal_with_zeros() -> None:
    value = np.array([0.0, 12.0, 300.0, 0.0])
    arms = ev.Arms(np.array([2, 0, 0, 2]), np.array([1, 1, 1, 1]), ZERO, ZERO, value)
    assert arms.pairs == ((0, 1), (2, 1))
    transfer = np.array([0.0, 5.0, 100.0, 50.0])
    p = lh.Gift(*(jnp.asarray(x) for x in ([-1.0, 0.3], 0.5, [1.0, 2.0], 0.8, 1.3)))
    x = np.log1p(transfer)
    chance = 1 / (1 + np.exp(-np.array([0.3, -1, -1, 0.3]) - 0.5 * x))
    level = np.array([2.0, 1, 1, 2])
    size = stats.lognorm(1.3, scale=np.exp(level + 0.8 * x)).logpdf(np.maximum(value, 1e-9))
    wanted = np.where(value > 0, np.log(chance) + size, np.log(1 - chance))
    assert np.asarray(lh.log_arms(jnp.asarray(transfer), arms, p)) == pytest.approx(
        wanted, rel=1e-4
    )


def _choices(chosen: np.ndarray) -> ev.Choices:
    return ev.Choices((0,), (3, 7), chosen, np.ones(chosen.shape), 0)


def test_choices_are_a_conditional_logit() -> None:
    """By hand: two instruments, the second impossible in the last month."""
    drive = np.array([[0.5, -1.0], [2.0, 0.3], [0.1, 0.2]]).reshape(3, 1, 1, 2)
    able = np.array([[1, 1], [1, 1], [1, 0]], float).reshape(3, 1, 1, 2)
    base, p = np.array([-1.0, 0.5]), lh.Will(jnp.asarray([0.2, -0.1]), jnp.asarray(1.5))
    chosen = np.array([-1, 1, 0]).reshape(3, 1, 1)
    u = base + np.array([0.2, -0.1]) + 1.5 * drive[:, 0, 0]
    whole = 1 + (np.exp(u) * able[:, 0, 0]).sum(axis=1)
    wanted = np.log(np.array([1, np.exp(u[1, 1]), np.exp(u[2, 0])]) / whole)
    args = (jnp.asarray(drive), jnp.asarray(able), jnp.asarray(base))
    assert np.asarray(lh.log_choices(*args, _choices(chosen), p)) == pytest.approx(wanted, rel=1e-5)
    forbidden = np.array([-1, 1, 1]).reshape(3, 1, 1)
    assert float(lh.log_choices(*args, _choices(forbidden), p)[2]) == 0


@pytest.mark.statistical
def test_generators_match_their_likelihoods() -> None:
    """Shares of what is drawn against the likelihood's probabilities: five standard errors.

    Error rate below 1e-5; the seed is fixed.
    """
    many = 20_000
    drive = np.broadcast_to(np.array([0.5, -1.0]), (many, 1, 1, 2))
    able, base = np.ones(drive.shape), np.array([-1.0, 0.5])
    p = lh.Will(jnp.zeros(2), jnp.asarray(1.0))
    drawn = lh.draw_choices(drive, able, base, _choices(np.zeros((many, 1, 1), int)), p, RNG)
    for k in (-1, 0, 1):
        one = _choices(np.full((1, 1, 1), k))
        args = (jnp.asarray(drive[:1]), jnp.asarray(able[:1]), jnp.asarray(base))
        chance = np.exp(float(lh.log_choices(*args, one, p)[0]))
        error = np.sqrt(chance * (1 - chance) / many)
        assert abs((drawn == k).mean() - chance) < 5 * error
    gift = lh.Gift(*(jnp.asarray(x) for x in ([-1.0], 0.5, [1.0], 0.8, 1.3)))
    same = np.zeros(many, int)
    arms = lh.draw_arms(np.full(many, 20.0), ev.Arms(same, same, same, same, same * 1.0), gift, RNG)
    chance = 1 / (1 + np.exp(1 - 0.5 * np.log1p(20.0)))
    assert abs((arms > 0).mean() - chance) < 5 * np.sqrt(chance * (1 - chance) / many)
    logs = np.log(arms[arms > 0])
    assert abs(logs.mean() - (1 + 0.8 * np.log1p(20.0))) < 5 * 1.3 / np.sqrt(len(logs))
