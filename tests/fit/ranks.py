"""Simulation-based calibration by NUTS: many data sets at once, a chain for each.

The chains use what `fit` uses: `task.model`, its likelihoods, and steps scaled by the
curvature at a mode. Only the loop over data sets is our own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

from patronage.fit import likelihood as lh
from patronage.fit.start import STEP as STEP_OFF
from patronage.fit.start import climb, prior_widths, widths_of
from patronage.fit.task import YEAR_SPREAD, Task, model

DRAWS, BINS = 19, 5
WARMUP, THIN, DEEPEST, STEP = 150, 3, 3, 0.4
"""Steps thrown away and between draws; doublings of a path at most; first step in widths."""
ERROR = 0.001
"""Rate at which a sound fit fails one parameter."""
WRONG = ("binomial", "own year")
"""Ways in which votes can be drawn otherwise than the likelihood has them: without overdispersion;
each pair with a year effect of its own.
"""


class Truths(NamedTuple):
    """values (parameter, truth) with the year spread last, and votes (truth, observation)."""

    names: tuple[str, ...]
    values: np.ndarray
    equal: np.ndarray


def invent(
    task: Task, predict: Callable[[Any], Any], many: int, seed: int, wrong: str = ""
) -> Truths:
    """Truths from the prior and votes that they lead to; `predict` of a batch (truth, name)."""
    rng = np.random.default_rng(seed)
    votes = task.evidence.votes
    theta = np.array([p.draw(rng, many) for p in task.priors.values()], np.float32)
    spread = np.abs(rng.normal(0, YEAR_SPREAD, many))
    agreement = np.asarray(predict(theta.T).agreement)
    own = wrong == "own year"
    years = np.arange(len(votes)) if own else votes.year
    row = replace(votes, year=np.arange(len(votes)))
    equal = []
    for k in range(many):
        year = rng.standard_normal(len(votes) if own else len(votes.years))
        size = 1e5 if wrong == "binomial" else theta[-1, k]
        p = lh.Vote(jnp.asarray(spread[k]), jnp.asarray(year[years]), jnp.asarray(size))
        equal.append(lh.draw_votes(agreement[k], row, p, rng))
    names = (*task.names, "year spread")
    return Truths(names, np.concatenate([theta, spread[None]]), np.array(equal))


def sample_many(
    task: Task, equals: np.ndarray, seed: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """A NUTS chain for each data set, side by side: (data set, draw) by name; acceptance of each.

    Each chain starts at its own mode, its steps scaled by the curvature there as in `run_nuts`.
    """
    from jax.flatten_util import ravel_pytree
    from numpyro.distributions import biject_to
    from numpyro.infer import init_to_median
    from numpyro.infer.hmc import hmc
    from numpyro.infer.util import initialize_model

    whole = functools.partial(model, task)
    first = initialize_model(
        jax.random.key(0), whole, model_kwargs={"equal": equals[0]}, dynamic_args=True,
        init_strategy=init_to_median(num_samples=10),
    )  # fmt: skip
    middle, spread = ravel_pytree(first.param_info.z)
    data = jnp.asarray(equals, jnp.float32)
    slopes = jax.jit(
        jax.vmap(jax.value_and_grad(lambda x, e: first.potential_fn(equal=e)(spread(x))))
    )
    wide = prior_widths(whole, first.param_info.z, 0, {"equal": equals[0]})
    go_down = lambda x: slopes(jnp.asarray(x, jnp.float32), data)  # noqa: E731
    modes, roots = _starts(go_down, middle, len(data), wide)
    begins = jnp.asarray(modes, jnp.float32)
    mass = jnp.asarray(roots @ roots.transpose(0, 2, 1), jnp.float32)
    start, go = hmc(potential_fn_gen=first.potential_fn, algo="NUTS")
    settings: dict[str, Any] = {
        "num_warmup": WARMUP, "max_tree_depth": DEEPEST, "dense_mass": True, "step_size": STEP,
        "adapt_mass_matrix": False,
    }  # fmt: skip

    def chain(key: Any, equal: Any, at: Any, mass: Any) -> Any:
        given: dict[str, Any] = {"model_kwargs": {"equal": equal}}
        # height and slope of this chain's own start: with another's no step is ever accepted
        height, slope = jax.value_and_grad(first.potential_fn(**given["model_kwargs"]))(spread(at))
        info = first.param_info._replace(z=spread(at), potential_energy=height, z_grad=slope)
        state = start(info, rng_key=key, inverse_mass_matrix=mass, **settings, **given)

        def one(state: Any, _: Any) -> tuple[Any, Any]:
            state = go(state, **given)
            return state, (state.z, state.accept_prob)

        _, (z, accepted) = jax.lax.scan(one, state, None, length=WARMUP + DRAWS * THIN)
        return jax.tree.map(lambda x: x[WARMUP + THIN - 1 :: THIN], z), accepted[WARMUP:].mean()

    keys = jax.random.split(jax.random.key(seed), len(data))
    found, accepted = jax.jit(jax.vmap(chain))(keys, data, begins, mass)
    sites = {n: s for n, s in first.model_trace.items() if n in found}
    values = {n: np.asarray(biject_to(s["fn"].support)(found[n])) for n, s in sites.items()}
    logs = {n.removeprefix("log "): np.exp(x) for n, x in values.items() if n.startswith("log ")}
    return values | logs, np.asarray(accepted)


def _starts(slopes: Any, middle: Any, many: int, wide: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mode (data set, site) and root of the inverse curvature of each data set's posterior."""
    modes, _ = climb(slopes, np.tile(np.asarray(middle, float), (many, 1)))
    rows = []
    for away in STEP_OFF * np.eye(modes.shape[1]):
        ahead, behind = (np.asarray(slopes(modes + k * away)[1], float) for k in (1, -1))
        rows.append((ahead - behind) / (2 * STEP_OFF))
    bend = np.stack(rows, axis=1)
    return modes, np.array([np.linalg.cholesky(widths_of((b + b.T) / 2, wide)) for b in bend])


def p_values(truths: Truths, found: dict[str, np.ndarray], part: slice) -> dict[str, float]:
    """p of uniform ranks by parameter: χ² over bins of equal size."""
    p = {}
    for name, truth in zip(truths.names, truths.values, strict=True):
        ranks = (found[name][part] < truth[:, None]).sum(axis=1)
        counts = np.histogram(ranks, bins=BINS, range=(0, DRAWS + 1))[0]
        p[name] = float(stats.chisquare(counts).pvalue)
    return p


def learnt(truths: Truths, found: dict[str, np.ndarray], part: slice) -> dict[str, float]:
    """Correlation of posterior means with truths, by parameter."""
    return {
        name: float(np.corrcoef(found[name][part].mean(axis=1), truth)[0, 1])
        for name, truth in zip(truths.names, truths.values, strict=True)
    }
