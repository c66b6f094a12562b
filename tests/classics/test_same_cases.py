"""The dispute hazard against independent likelihoods, known parameters and hand-made examples."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import nbinom

from patronage.classics import contention, training
from patronage.classics.contention import Hazard, Pairs, fit_hazard
from patronage.classics.logit import fit_logit
from patronage.classics.regression import logit
from patronage.classics.verification import (
    average_precision,
    correct,
    explained,
    measure,
    resample,
)
from patronage.errors import RunError

NAMES = ("near", "strong")
TRUE = Hazard(NAMES, -3.0, np.array([0.8, -0.5]), 0.7, np.zeros(2), np.ones(2))


def invent(count: int, seed: int) -> Pairs:
    """Pairs with disputes drawn from TRUE: gamma frailty, then Poisson."""
    rng = np.random.default_rng(seed)
    terms = {name: rng.normal(size=count) for name in NAMES}
    years = rng.integers(10, 60, count).astype(float)
    ends = rng.integers(1, 40, (2, count))
    blank = np.zeros(count)
    pairs = Pairs(ends[0], ends[1] + 40, terms, years, blank, blank)
    frail = rng.gamma(TRUE.frailty, 1 / TRUE.frailty, count)
    disputes = rng.poisson(frail * TRUE.expect(pairs)).astype(float)
    return Pairs(ends[0], ends[1] + 40, terms, years, disputes, (disputes > 1).astype(float))


def log_likelihood(free: np.ndarray, pairs: Pairs, ridge: float) -> float:
    """Negative log posterior by scipy's negative binomial, on terms scaled here anew."""
    x = pairs.matrix(NAMES)
    z = (x - x.mean(0)) / x.std(0)
    mean, k = np.exp(free[0] + z @ free[1:3] + np.log(pairs.years)), np.exp(free[3])
    like = nbinom.logpmf(pairs.disputes, k, k / (k + mean)).sum()
    return -like + ridge / 2 * float((free[1:] ** 2).sum())


def objective(free: np.ndarray, pairs: Pairs, ridge: float) -> tuple[float, np.ndarray]:
    x = pairs.matrix(NAMES)
    z = np.column_stack([np.ones(len(x)), (x - x.mean(0)) / x.std(0)])
    offset, weight = np.log(pairs.years), np.ones(len(x))
    return contention._objective(free, z, pairs.disputes, offset, weight, ridge)


def test_likelihood_is_scipys_negative_binomial_up_to_a_constant() -> None:
    pairs = invent(300, 1)
    points = np.random.default_rng(2).normal(scale=0.5, size=(4, 4)) - [3, 0, 0, 0]
    ours = [objective(p, pairs, 1.5)[0] for p in points]
    theirs = [log_likelihood(p, pairs, 1.5) for p in points]
    assert np.diff(ours) == pytest.approx(np.diff(theirs), rel=1e-9)


def test_gradient_is_that_of_the_likelihood() -> None:
    pairs = invent(300, 1)
    at = np.array([-2.5, 0.3, -0.2, 0.4])
    slope = approx_fprime(at, lambda p: objective(p, pairs, 1.5)[0], 1e-6)
    assert objective(at, pairs, 1.5)[1] == pytest.approx(slope, rel=1e-4, abs=1e-3)


@pytest.mark.statistical
def test_known_hazard_is_recovered() -> None:
    """20 fits; each of 80 estimates within 3.5 standard errors (a true fit fails 1 time in 25)."""
    found = []
    for seed in range(20):
        fit = fit_hazard(invent(3000, 100 + seed), NAMES, ridge=1e-6)
        slope = fit.slope / fit.scale
        constant = fit.constant - (slope * fit.mean).sum()
        found.append([constant, *slope, np.log(fit.frailty)])
    estimate = np.array(found)
    truth = np.array([TRUE.constant, *TRUE.slope, np.log(TRUE.frailty)])
    spread = estimate.std(axis=0, ddof=1)
    assert (np.abs(estimate.mean(axis=0) - truth) < 3.5 * spread / np.sqrt(20)).all()
    assert (np.abs(estimate - truth) < 3.5 * spread).all()
    assert (spread < 0.2).all()


def test_search_does_not_depend_on_where_it_starts() -> None:
    pairs = invent(400, 3)
    near = fit_hazard(invent(400, 4), NAMES)
    one, two = fit_hazard(pairs, NAMES), fit_hazard(pairs, NAMES, near=near)
    assert one.chance(pairs) == pytest.approx(two.chance(pairs), abs=2e-3)


def test_weight_is_as_many_copies() -> None:
    pairs = invent(200, 5)
    twice = contention.join([pairs, pairs])
    double = fit_hazard(pairs, NAMES, weight=np.full(200, 2.0))
    assert fit_hazard(twice, NAMES).chance(pairs) == pytest.approx(double.chance(pairs), abs=1e-3)


def test_chance_is_one_less_the_chance_of_none() -> None:
    pairs = invent(50, 6)
    mean = TRUE.expect(pairs)
    none = nbinom.pmf(0, TRUE.frailty, TRUE.frailty / (TRUE.frailty + mean))
    assert TRUE.chance(pairs) == pytest.approx(1 - none)


def test_a_coefficient_that_data_do_not_tell_is_the_expected_one() -> None:
    """How many states there are: where it hardly varies, disputes of a pair halve as it doubles."""
    pairs = invent(300, 11)
    crowd = np.random.default_rng(12).normal(scale=1e-3, size=300)
    pairs = replace(pairs, terms=pairs.terms | {"crowd": crowd})
    plain, found = fit_hazard(pairs, NAMES), fit_hazard(pairs, (*NAMES, "crowd"), ridge=1e9)
    assert found.slope[2] / found.scale[2] == pytest.approx(-1, abs=0.2)
    twice = replace(pairs, terms=pairs.terms | {"crowd": crowd + np.log(2)})
    half = found.expect(pairs) / found.expect(twice)
    assert half == pytest.approx(2, rel=0.15)
    assert plain.expect(twice) == pytest.approx(plain.expect(pairs))
    near = fit_hazard(pairs, (*NAMES, "crowd"), ridge=1e9, near=found)
    assert near.chance(pairs) == pytest.approx(found.chance(pairs), abs=2e-3)


def test_a_hazard_needs_disputes() -> None:
    calm = invent(50, 7)
    calm.disputes[:] = 0
    with pytest.raises(RunError, match="fewer than two"):
        fit_hazard(calm, NAMES)


def test_logit_with_one_term_is_the_plain_one() -> None:
    pairs = invent(400, 8)
    some = (pairs.disputes > 0).astype(float)
    plain = logit(pairs.terms["near"], some)
    ours = fit_logit(pairs, ("near",), some, ridge=0.0, exposed=False)
    z = plain.constant + plain.slope * pairs.terms["near"]
    assert ours.chance(pairs) == pytest.approx(1 / (1 + np.exp(-z)), abs=1e-7)


def test_average_precision_by_its_definition() -> None:
    rng = np.random.default_rng(9)
    score, some = rng.integers(0, 6, 40) / 5, (rng.random(40) < 0.3).astype(float)
    steps = []
    for level in sorted(set(score), reverse=True):
        named = score >= level
        steps.append((some[named].sum() / some.sum(), some[named].mean()))
    recall = [0.0, *[r for r, _ in steps]]
    want = sum(
        (b - a) * p for (a, b), (_, p) in zip(itertools.pairwise(recall), steps, strict=True)
    )
    assert average_precision(score, some) == pytest.approx(want)


def test_scores_of_plain_forecasts() -> None:
    some = np.array([1.0, 0, 0, 1, 0])
    flat = measure(np.full(5, 0.4), some)
    assert [flat[k] for k in ("AUC", "skill", "McFadden")] == pytest.approx([0.5, 0, 0])
    assert flat["Brier"] == pytest.approx(0.24)
    perfect = measure(some, some)
    assert [perfect[k] for k in ("AUC", "AP", "skill")] == pytest.approx([1, 1, 1])
    assert perfect["McFadden"] == pytest.approx(1, abs=1e-4)
    assert set(measure(some * 7, some, probability=False)) == {"AUC", "AP"}
    assert explained(3 - 2 * some, some) == pytest.approx(1)
    assert correct(3 - 2 * some, some) < 0 < correct(some * 0.9, some)


def test_weights_of_scores_are_copies() -> None:
    rng = np.random.default_rng(10)
    chance, some = rng.random(30), (rng.random(30) < 0.4).astype(float)
    times = rng.integers(0, 4, 30)
    copied = measure(np.repeat(chance, times), np.repeat(some, times))
    assert measure(chance, some, times.astype(float)) == pytest.approx(copied)


def test_countries_are_drawn_and_not_pairs() -> None:
    first, second = np.triu_indices(8, 1)
    seen: list[np.ndarray] = []

    def of(weight: np.ndarray) -> dict[str, float]:
        seen.append(weight)
        return {"share": float(weight[first == 0].sum()), "one": 1.0}

    found = resample((first, second), of, draws=30)
    assert found["one"].low == found["one"].high == found["one"].value == 1
    assert (seen[0] == 1).all()
    for weight in seen[1:]:
        square = np.zeros((8, 8))
        square[first, second] = weight
        square += square.T
        times = np.array([square[k].sum() for k in range(8)])
        # a country that was not drawn has no pair at all
        gone = times == 0
        assert gone.any() or (weight > 0).all()
        assert (weight[gone[first] | gone[second]] == 0).all()
    assert found["share"].low < found["share"].high


def test_pairs_that_train_share_no_country_with_pairs_that_test() -> None:
    first, second = (k + 1 for k in np.triu_indices(20, 1))
    blank = np.zeros(len(first))
    pairs = Pairs(first, second, {}, blank + 1, blank, blank)
    tested = np.zeros(len(pairs))
    for train, test in training.split_countries(pairs, 3, groups=5):
        tested += test
        inside = {*first[train], *second[train]}
        assert not inside & {*first[test], *second[test]}
        assert train.any()
    assert (tested == 1).all()
    tested[:] = 0
    for train, test in training.split_pairs(pairs, 3):
        tested += test
        assert (train != test).all()
    assert (tested == 1).all()
