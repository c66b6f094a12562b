"""A good start for the samplers: the mode of the posterior, and the curvature there.

A gradient costs a run of the engine. A sampler that begins near the mode, with steps in proportion
to the posterior's own width, needs few of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patronage.errors import RunError

STARTS = 4
"""Climbs side by side: more than one, so that a second mode is seen."""
CLIMB, RATE = 250, 0.08
"""Steps of each climb by Adam, and its first rate, which falls to nought along a cosine."""
STEP = 0.03
"""Half-width of the differences that give the curvature (on the unbounded scale)."""
FLATTEST = 0.5
"""Least curvature, that of the prior being 1: nothing is taken as much wider than the prior."""
PRIOR_DRAWS = 1000
SCATTER = 1.0
"""Chains start so many posterior widths around the mode."""
SEGMENTS, LENGTH, MOST_JUMP = 32, 0.03, 1.0
"""Short ways (in widths of the prior) on which the slope has to account for the change of the log
density, all but so much.
"""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Start:
    """mode: unbounded values of all sites, flat. covariance: inverse curvature at the mode.

    sites: names in the order of the flat values. heights: log density that each climb reached.
    potential: minus the log density of unbounded values by site, where it is at hand.
    """

    mode: Floats
    covariance: Floats
    sites: tuple[str, ...]
    heights: tuple[float, ...]
    spread: Callable[[Any], Any]
    potential: Callable[[Any], Any] | None = None

    def scatter(self, chains: int, seed: int, wide: float = SCATTER) -> dict[str, Any]:
        """Values (chain, …) by site around the mode, `wide` posterior widths off."""
        import jax

        rng = np.random.default_rng(seed)
        root = np.linalg.cholesky(self.covariance)
        away = wide * rng.standard_normal((chains, len(self.mode))) @ root.T
        return jax.vmap(self.spread)(np.asarray(self.mode + away, np.float32))


def find_start(model: Callable[..., None], seed: int, data: dict[str, Any] | None = None) -> Start:
    """The mode of a NumPyro model by climbs from several starts, and the curvature there.

    data: keyword arguments of the model.
    Errors: RunError where no climb reaches a finite density, or where the density jumps.
    """
    import jax
    import jax.numpy as jnp
    from jax.flatten_util import ravel_pytree
    from numpyro.infer import init_to_median
    from numpyro.infer.util import initialize_model

    first = initialize_model(
        jax.random.key(seed), model, model_kwargs=data or {},
        init_strategy=init_to_median(num_samples=10),
    )  # fmt: skip
    middle, spread = ravel_pytree(first.param_info.z)
    slopes = jax.jit(jax.vmap(jax.value_and_grad(lambda x: first.potential_fn(spread(x)))))
    rng = np.random.default_rng(seed)
    wide = prior_widths(model, first.param_info.z, seed, data)
    go_down = lambda x: slopes(jnp.asarray(x, jnp.float32))  # noqa: E731
    if jumps := count_jumps(go_down, np.asarray(middle, float), wide, rng):
        raise RunError(
            f"the density jumps on {jumps} of {SEGMENTS} short ways: its gradients do not serve",
            where="method", allowed=["laplace"],
        )  # fmt: skip
    some = np.asarray(middle) + 0.4 * rng.standard_normal((STARTS, len(middle)))
    some[0] = middle
    points, value = climb(go_down, some)
    if not np.isfinite(value).any():
        raise RunError("the posterior is nowhere finite", where="fit")
    best = points[int(np.nanargmin(value))]
    bend = curvature(lambda x: slopes(jnp.asarray(x, jnp.float32))[1], best)
    covariance = widths_of(bend, wide)
    sites = tuple(sorted(first.param_info.z))
    heights = tuple(-float(v) for v in value)
    return Start(best, covariance, sites, heights, spread, first.potential_fn)


def count_jumps(
    slopes: Callable[[Floats], Any], middle: Floats, wide: Floats, rng: np.random.Generator
) -> int:
    """Of `SEGMENTS` short ways around a point, those that end where the slopes do not lead.

    A density with steps (an act becomes possible or not) has gradients that know nothing of them.
    """
    found = 0
    for _ in range(0, SEGMENTS, STARTS):
        here = middle + 0.5 * wide * rng.standard_normal((STARTS, len(middle)))
        off = LENGTH * wide * rng.standard_normal((STARTS, len(middle)))
        values, own = zip(*(slopes(here + k * off) for k in (0.0, 0.5, 1.0)), strict=True)
        v, g = np.array(values, float), np.array(own, float)
        told = (off * (g[0] + 4 * g[1] + g[2]) / 6).sum(axis=1)
        found += int((np.abs(v[2] - v[0] - told) > MOST_JUMP + 0.05 * np.abs(told)).sum())
    return found


def climb(slopes: Callable[[Floats], Any], points: Floats) -> tuple[Floats, Floats]:
    """Best points (start, site) and potentials (start) that Adam finds from each start."""
    steady, gain, lift = 0.9, 0.99, 1e-8
    mean, square = np.zeros_like(points), np.zeros_like(points)
    best, lowest = points.copy(), np.full(len(points), np.inf)
    for k in range(1, CLIMB + 1):
        value, slope = (np.asarray(x, float) for x in slopes(points))
        better = value < lowest
        best[better], lowest[better] = points[better], value[better]
        slope = np.where(np.isfinite(slope), slope, 0.0)
        mean = steady * mean + (1 - steady) * slope
        square = gain * square + (1 - gain) * slope**2
        rate = RATE * 0.5 * (1 + np.cos(np.pi * k / CLIMB))
        up = mean / (1 - steady**k), np.sqrt(square / (1 - gain**k)) + lift
        points = points - rate * up[0] / up[1]
    return best, lowest


def prior_widths(
    model: Callable[..., None], sites: dict[str, Any], seed: int, data: dict[str, Any] | None
) -> Floats:
    """Standard deviations of the prior of all sites on the unbounded scale, flat."""
    import jax
    from jax.flatten_util import ravel_pytree
    from numpyro import handlers
    from numpyro.distributions import biject_to

    def one(key: Any) -> Any:
        trace = handlers.trace(handlers.seed(model, key)).get_trace(**(data or {}))
        return ravel_pytree(
            {n: biject_to(trace[n]["fn"].support).inv(trace[n]["value"]) for n in sites}
        )[0]

    drawn = jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(seed), PRIOR_DRAWS))
    return np.asarray(drawn, float).std(axis=0)


def widths_of(bend: Floats, prior: Floats) -> Floats:
    """Covariance of a posterior from its curvature; `prior`: standard deviations of the prior.

    Directions in which the curvature is small or negative are taken as wide as the prior allows.
    """
    weight, axes = np.linalg.eigh(bend * prior[:, None] * prior)
    scaled = (axes / np.maximum(weight, FLATTEST)) @ axes.T
    return scaled * prior[:, None] * prior


def curvature(slope: Callable[[Floats], Any], mode: Floats) -> Floats:
    """Symmetric matrix of second differences of the potential, `STARTS` rows at a time."""
    size = len(mode)
    away = STEP * np.eye(size)
    points = np.concatenate([mode + away, mode - away])
    short = -len(points) % STARTS
    points = np.concatenate([points, np.repeat(points[-1:], short, axis=0)])
    rows = [np.asarray(slope(points[k : k + STARTS])) for k in range(0, len(points), STARTS)]
    found = np.concatenate(rows).astype(float)[: 2 * size]
    bend = (found[:size] - found[size:]) / (2 * STEP)
    bend = np.where(np.isfinite(bend), bend, 0.0)
    return (bend + bend.T) / 2
