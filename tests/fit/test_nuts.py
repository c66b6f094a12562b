"""NUTS on the engine itself: gradients, recovered parameters, simulation-based calibration."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from patronage.fit import likelihood as lh
from patronage.fit.calibrate import YEAR_SPREAD, Task, model, run_nuts, run_svi
from patronage.fit.evidence import Evidence
from patronage.fit.path import Paths, middle_draws, one_month
from patronage.fit.posterior import Posterior
from patronage.fit.predict import make_predict
from patronage.fit.priors import list_priors
from patronage.model import step
from patronage.run.compile import first_state
from patronage.scenario.world import World

from .conftest import FITTED, ON

FIVE = (*FITTED[:1], *FITTED[2:])
"""What NUTS fits: `affinity.likeness` and the four numbers of the observation."""


@pytest.mark.slow
def test_the_month_is_the_engines(world: World) -> None:
    """Leaving out mechanisms that are off changes nothing: two months, field by field."""
    paths = Paths.of(world)
    c = paths.compiled
    a = b = first_state(paths.world, 2, c.params)
    draws = middle_draws(c.shape, 2)
    for k in range(2):
        month = jax.tree.map(lambda x, k=k: x[k + 8], c.months)
        a, _, _ = one_month(a, month, c.setting, c.params, c.shape, draws, paths.on)
        b, _ = step.step(b, month, c.setting, c.params, c.table, draws, c.shape)
    assert paths.on == set(ON)
    for name in ("disposition", "orientation", "compliance", "transfer", "pledge", "support"):
        one, two = np.asarray(getattr(a, name)), np.asarray(getattr(b, name))
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6, err_msg=name)


@pytest.fixture(scope="module")
def task(world: World, evidence: Evidence) -> Task:
    """A fit of five parameters to votes."""
    predict = make_predict(Paths.of(world), evidence, FIVE)
    return Task(world, evidence, list_priors(world, FIVE), predict, np.zeros(0, np.float32))


def invent(task: Task, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """A truth from the prior, votes that it leads to, and its year spread."""
    rng = np.random.default_rng(seed)
    truth = np.array([p.draw(rng, ()) for p in task.priors.values()], np.float32)
    spread = abs(rng.normal(0, YEAR_SPREAD))
    year = rng.standard_normal(len(task.evidence.votes.years))
    seen = _predict(task)(truth)
    p = lh.Vote(jnp.asarray(spread), jnp.asarray(year), jnp.asarray(truth[-1]))
    return truth, lh.draw_votes(np.asarray(seen.agreement), task.evidence.votes, p, rng), spread


@functools.lru_cache(maxsize=4)
def _compiled(task_id: int, predict: Any) -> Any:
    return jax.jit(predict)


def _predict(task: Task) -> Any:
    return _compiled(id(task), task.predict)


@pytest.mark.slow
def test_gradients_are_true_and_batches_agree(task: Task) -> None:
    """Of the log-likelihood, against central differences; a batch against its members."""
    votes = task.evidence.votes
    x = np.array([p.value for p in task.priors.values()], np.float32)

    def value(x: Any) -> Any:
        p = lh.Vote(jnp.asarray(0.1), jnp.zeros(len(votes.years)), x[-1])
        return lh.log_votes(task.predict(x).agreement, votes, p).sum()

    run = jax.jit(jax.value_and_grad(value))
    _, slope = run(x)
    for k in range(len(x)):
        shift = np.zeros(len(x), np.float32)
        shift[k] = 0.03 * x[k]
        wanted = float(run(x + shift)[0] - run(x - shift)[0]) / (2 * float(shift[k]))
        assert float(slope[k]) == pytest.approx(wanted, rel=0.05, abs=0.02 * abs(wanted) + 0.02)
    batch = np.stack([x, x * 1.05, x * 0.9])
    many = jax.jit(jax.vmap(jax.value_and_grad(value)))(batch)
    for k, one in enumerate(batch):
        single = run(one)
        assert float(many[0][k]) == pytest.approx(float(single[0]), rel=1e-4)
        np.testing.assert_allclose(many[1][k], single[1], rtol=2e-3, atol=2e-2)


@pytest.mark.slow
@pytest.mark.statistical
def test_parameters_are_recovered(task: Task) -> None:
    """Of five true values at least four lie in the 98 % intervals (chance of fewer: 0.004)."""
    truth, equal, _ = invent(task, 3)
    votes = replace(task.evidence.votes, equal=equal)
    given = replace(task, evidence=replace(task.evidence, votes=votes))
    samples, extra = run_nuts(given, chains=2, warmup=200, draws=200, seed=1)
    found = Posterior.make(given, samples, method="nuts", seed=1, **extra)
    table = found.table().set_index("parameter")
    low, high = (np.array([np.quantile(found.values[n], q) for n in FIVE]) for q in (0.01, 0.99))
    assert ((low <= truth) & (truth <= high)).sum() >= 4
    assert (table.loc[list(FIVE), "r_hat"] < 1.05).all()
    assert sum(found.manifest["divergences"]) <= 8
    assert float(table["learnt"].max()) > 0.3


TRUTHS, WARMUP, DRAWS, THIN, BINS = 100, 150, 19, 8, 5


def sample_many(task: Task, equals: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """A NUTS chain for each data set, side by side: (data set, draw) by name."""
    from numpyro.distributions import biject_to
    from numpyro.infer import init_to_median
    from numpyro.infer.hmc import hmc
    from numpyro.infer.util import initialize_model

    whole = functools.partial(model, task)
    first = initialize_model(
        jax.random.key(0), whole, model_kwargs={"equal": equals[0]}, dynamic_args=True,
        init_strategy=init_to_median(num_samples=10),
    )  # fmt: skip
    start, go = hmc(potential_fn_gen=first.potential_fn, algo="NUTS")

    def chain(key: Any, equal: Any) -> Any:
        given: dict[str, Any] = {"model_kwargs": {"equal": equal}}
        state = start(first.param_info, num_warmup=WARMUP, max_tree_depth=5, rng_key=key, **given)

        def one(state: Any, _: Any) -> tuple[Any, Any]:
            state = go(state, **given)
            return state, state.z

        state, _ = jax.lax.scan(one, state, None, length=WARMUP)
        _, z = jax.lax.scan(one, state, None, length=DRAWS * THIN)
        return jax.tree.map(lambda x: x[THIN - 1 :: THIN], z)

    keys = jax.random.split(jax.random.key(seed), len(equals))
    found = jax.jit(jax.vmap(chain))(keys, jnp.asarray(equals, jnp.float32))
    sites = {n: s for n, s in first.model_trace.items() if n in found}
    values = {n: np.asarray(biject_to(s["fn"].support)(found[n])) for n, s in sites.items()}
    logs = {n.removeprefix("log "): np.exp(x) for n, x in values.items() if n.startswith("log ")}
    return values | logs


@pytest.mark.slow
@pytest.mark.statistical
def test_nuts_is_calibrated(task: Task) -> None:
    """Ranks of 100 truths, five parameters and the year spread, among 19 thinned draws each.

    Error rate 0.001 a parameter by χ² over five bins; at most 0.006 for the test.
    """
    made = [invent(task, 100 + t) for t in range(TRUTHS)]
    found = sample_many(task, np.stack([equal for _, equal, _ in made]), 7)
    truths = {name: np.array([m[0][k] for m in made]) for k, name in enumerate(FIVE)}
    truths["year spread"] = np.array([m[2] for m in made])
    for name, truth in truths.items():
        ranks = (found[name] < truth[:, None]).sum(axis=1)
        counts = np.histogram(ranks, bins=BINS, range=(0, DRAWS + 1))[0]
        assert stats.chisquare(counts).pvalue > 0.001, (name, counts)


@pytest.mark.slow
def test_variational_fit(task: Task) -> None:
    """Draws of every parameter inside its range; the bound on the evidence is finite."""
    truth, equal, _ = invent(task, 3)
    votes = replace(task.evidence.votes, equal=equal)
    given = replace(task, evidence=replace(task.evidence, votes=votes))
    samples, extra = run_svi(given, chains=2, draws=100, steps=200, seed=1)
    found = Posterior.make(given, samples, method="svi", seed=1, **extra)
    assert np.isfinite(found.manifest["elbo"])
    assert set(FIVE) <= set(found.values)
    for name, prior in given.priors.items():
        assert found.values[name].shape == (2, 100)
        assert (found.values[name] >= prior.low).all()
        assert (found.values[name] <= prior.high).all()
    middle = np.array([np.median(found.values[n]) for n in FIVE])
    spread = np.array([p.moments()[1] for p in given.priors.values()])
    assert (np.abs(middle - truth) < 4 * spread).all()
    assert found.table()["r_hat"].isna().all()
