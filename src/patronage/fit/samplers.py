"""Draws from the posterior of a task: NUTS, a normal guide by SVI, a normal at the mode."""

# pyright: reportArgumentType=false, reportOperatorIssue=false
# (NumPyro's samples have a wider type than the arrays that they are)

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage.fit.task import Task, model, without_engine

if TYPE_CHECKING:
    from patronage.fit.start import Start

TARGET, DEEPEST = 0.85, 6
"""Acceptance that NUTS aims at, and how often a path may double."""
WALL = 1e4
"""Log density below the mode where the surface ends for NUTS: no chain has business there."""
RATE = 0.01
"""First rate of SVI's Adam; the second half of the steps has a tenth."""


def run_nuts(
    task: Task, chains: int, warmup: int, draws: int, seed: int, data: dict[str, Any] | None = None
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Draws (chain, draw, …) by name, and diagnostics; chains run side by side.

    Chains start around the mode. Steps are scaled by the curvature there, which stays; the warm-up
    sets their length.
    """
    import jax
    from numpyro.infer import MCMC

    from patronage.fit.start import find_start

    whole = functools.partial(model, task)
    start = find_start(whole, seed, data)
    chain_method = "vectorized" if chains > 1 else "sequential"
    mcmc = MCMC(
        make_kernel(start), num_warmup=warmup, num_samples=draws, num_chains=chains,
        chain_method=chain_method, progress_bar=False,
    )  # fmt: skip
    first = start.scatter(chains, seed)
    if chains == 1:
        first = jax.tree.map(lambda x: x[0], first)
    mcmc.run(
        jax.random.key(seed), init_params=first,
        extra_fields=("diverging", "num_steps", "accept_prob"),
    )  # fmt: skip
    samples = _name_values(task, mcmc.get_samples(), chains, draws)
    fields = mcmc.get_extra_fields(group_by_chain=True)
    return samples, {
        "warmup": warmup,
        "heights": [round(h, 2) for h in start.heights],
        "divergences": [int(n) for n in np.asarray(fields["diverging"]).sum(axis=1)],
        "acceptance": [round(float(a), 3) for a in np.asarray(fields["accept_prob"]).mean(axis=1)],
        "steps": float(np.asarray(fields["num_steps"]).mean()),
    }


def run_laplace(
    task: Task, chains: int, draws: int, seed: int, data: dict[str, Any] | None = None
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Draws (chain, draw, …) from a normal at the mode with the curvature there."""
    from patronage.fit.lines import find_mode

    start = find_mode(task, seed, data)
    flat = start.scatter(chains * draws, seed, 1.0)
    samples = _name_values(task, flat, chains, draws)
    return samples, {"heights": [round(h, 2) for h in start.heights], "divergences": []}


def _name_values(
    task: Task, flat: dict[str, Any], chains: int, draws: int
) -> dict[str, np.ndarray]:
    """Values (chain, draw, …) on their own scale of unbounded ones (chain × draw, …) by site."""
    import jax
    from numpyro.infer.util import constrain_fn

    blind = without_engine(task)
    whole = jax.jit(jax.vmap(lambda z: constrain_fn(blind, (), {}, z, True)))(flat)
    samples = {n: np.asarray(x) for n, x in whole.items() if not n.startswith("range ")}
    return {n: x.reshape(chains, draws, *x.shape[1:]) for n, x in samples.items()}


def end_at(floor: float, potential: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A potential that is flat at `floor` from there on, and where it is not a number."""
    import jax.numpy as jnp

    def ended(values: Any) -> Any:
        depth = potential(values)
        return jnp.where(depth < floor, depth, floor)

    return ended


def make_kernel(start: Start) -> Any:
    """The No-U-Turn sampler around a mode, its steps scaled by the curvature there.

    While the length of steps is sought (anew at the end of each window of the warm-up), leaps of
    ten widths are tried. One that lands where a slope is 10²⁰ has, in floats of 32 bits, a kinetic
    energy of minus infinity: it would be taken, and the chain would never leave. So the surface
    ends `WALL` below the mode; NUTS gives up a path that falls by a thousand.
    """
    from numpyro.infer import NUTS

    assert start.potential is not None
    return NUTS(
        potential_fn=end_at(WALL - np.nanmax(start.heights), start.potential),
        target_accept_prob=TARGET,
        max_tree_depth=DEEPEST,
        dense_mass=True,
        inverse_mass_matrix=np.asarray(start.covariance, np.float32),
        adapt_mass_matrix=False,
    )


def run_svi(
    task: Task, chains: int, draws: int, steps: int, seed: int, data: dict[str, Any] | None = None
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Draws (chain, draw, …) from a normal guide of full rank, fitted by Adam.

    The guide starts at the mode with the curvature there as its covariance.
    """
    import jax
    import jax.numpy as jnp
    import numpyro
    from numpyro.infer import SVI, Trace_ELBO, init_to_median
    from numpyro.infer.autoguide import AutoMultivariateNormal

    from patronage.fit.start import find_start

    whole = functools.partial(model, task)
    start = find_start(whole, seed, data)
    guide = AutoMultivariateNormal(whole, init_loc_fn=init_to_median(num_samples=10))
    optim = numpyro.optim.ClippedAdam(lambda k: RATE * jnp.where(k < steps // 2, 1.0, 0.1))
    svi = SVI(whole, guide, optim, Trace_ELBO(num_particles=4))
    one, two = jax.random.split(jax.random.key(seed))
    svi.init(one, **(data or {}))
    order = find_order(start, guide)
    covariance = start.covariance[np.ix_(order, order)]
    first = {
        "auto_loc": np.asarray(start.mode[order], np.float32),
        "auto_scale_tril": np.asarray(np.linalg.cholesky(covariance), np.float32),
    }
    done = svi.run(
        one, steps, **(data or {}), progress_bar=False, stable_update=True, init_params=first
    )
    latent = guide.sample_posterior(two, done.params, sample_shape=(chains * draws,))
    flat = {n: np.asarray(x) for n, x in latent.items()}
    for name, prior in task.priors.items():
        if prior.kind == "lognormal" and name not in flat:
            flat[name] = np.exp(flat[f"log {name}"])
    samples = {n: x.reshape(chains, draws, *x.shape[1:]) for n, x in flat.items()}
    losses = np.asarray(done.losses, float)
    tail = losses[-max(1, steps // 10) :]
    return samples, {
        "elbo": float(-tail.mean()),
        "elbo_error": float(tail.std() / np.sqrt(len(tail))),
        "updates": steps,
        "heights": [round(h, 2) for h in start.heights],
        "divergences": [],
    }


def find_order(start: Start, guide: Any) -> np.ndarray:
    """Index into a start's flat values of each value of a guide, whose order is its own."""
    count = np.arange(len(start.mode), dtype=np.float32)
    ours, theirs = start.spread(count), guide._unpack_latent(count)
    order = np.empty(len(count), int)
    for site, places in theirs.items():
        order[np.asarray(places, int).ravel()] = np.asarray(ours[site], int).ravel()
    return order
