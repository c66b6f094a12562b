"""Later observations under prior and posterior: the parts, and the whole on the tiny world."""

from __future__ import annotations

import numpy as np
import pytest

from patronage.errors import DataError
from patronage.fit import evidence as ev
from patronage.fit.judge import _noisy_arms, _noisy_votes, _recent, _split, draw_prior, judge
from patronage.fit.priors import list_priors
from patronage.fit.task import Task, make_task
from patronage.scenario.load import load
from patronage.scenario.world import World

from .conftest import FITTED

pytestmark = pytest.mark.statistical


@pytest.mark.slow
def test_draws_from_the_prior(world: World, evidence: ev.Evidence) -> None:
    """Means within five standard errors of the priors' own; error rate below 1e-5."""
    none = np.zeros(0, np.float32)
    task = Task(world, evidence, list_priors(world, FITTED), lambda _: None, none)
    drawn = draw_prior(task, 4000, 3)
    assert drawn.parameters == FITTED
    for name, prior in task.priors.items():
        mean, sd = prior.moments()
        assert abs(drawn.values[name].mean() - mean) < 5 * sd / np.sqrt(4000), name
    assert drawn.values["year spread"].mean() == pytest.approx(0.3 * np.sqrt(2 / np.pi), rel=0.1)
    assert drawn.values["year 1950"].std() == pytest.approx(1, rel=0.1)


def test_what_was_used_and_what_comes_later(evidence: ev.Evidence) -> None:
    seen, later = _split(evidence, 11)
    assert len(seen.votes) == len(later.votes) == len(evidence.votes) // 2
    assert seen.votes.last.max() == 11
    assert later.votes.first.min() == 12
    naive = _recent(seen.votes, later.votes, "votes")
    np.testing.assert_allclose(naive, 0.5)


def test_noise_is_the_likelihoods(world: World, evidence: ev.Evidence) -> None:
    """Variance of shares and share of noughts, by hand; five standard errors."""
    many = 40_000
    rng = np.random.default_rng(2)
    own = {"observation.dispersion": np.full(many, 30.0)}
    agreement = np.full((len(evidence.votes), many), 0.7)
    votes = _noisy_votes(agreement, evidence.votes, own, world, rng)[0]
    n = float(evidence.votes.n[0])
    wanted = 0.7 * 0.3 / n * (1 + (n - 1) / 31)  # beta-binomial
    assert votes.mean() == pytest.approx(0.7, abs=5 * np.sqrt(wanted / many))
    assert votes.var() == pytest.approx(wanted, rel=5 * np.sqrt(2 / many))
    own = {"arms whether slope": 0.0, "arms size slope": 0.5, "arms error": 0.0,
           "arms whether B A": np.full(many, 0.5), "arms size B A": np.ones(many)}  # fmt: skip
    one, none = np.ones(1, np.int64), np.zeros(1, np.int64)
    gifts = ev.Arms(one, none, none, none, np.zeros(1))
    arms = _noisy_arms(np.full((1, many), 20.0), gifts, own, ("A", "B"), rng)[0]
    chance = 1 / (1 + np.exp(-0.5))
    assert (arms > 0).mean() == pytest.approx(chance, abs=5 * np.sqrt(chance * (1 - chance) / many))
    np.testing.assert_allclose(arms[arms > 0], np.log1p(np.exp(1 + 0.5 * np.log(21))))


@pytest.mark.slow
def test_a_posterior_that_is_the_prior_scores_as_the_prior() -> None:
    """On the tiny world: the same draws give the same scores to the bit."""
    tiny = load("tiny")
    first = min(o.last for o in tiny.observed if o.quantity in ("un_agreement", "arms"))
    until = f"{first // 12}-{first % 12 + 1:02d}"
    task = make_task(tiny.until(until), FITTED)
    same = draw_prior(task, 400, 1)
    table = judge(tiny, same, members=64)
    assert set(table["kind"]) <= {"votes", "arms"}
    np.testing.assert_array_equal(table["crps_prior"], table["crps_posterior"])
    assert (table["n"] > 0).all()
    late = make_task(tiny, FITTED)
    with pytest.raises(DataError, match="nothing is observed after"):
        judge(tiny, draw_prior(late, 10, 1))
