"""The mode of a posterior without gradients of the engine, for large worlds (Gauss–Newton).

What the engine predicts is taken as linear in the parameters around a point: one run with two
members a parameter. Then the posterior has a mode that costs nothing to find; on the way to it the
engine says how far to go, and the lines are drawn again there. Its curvature at the end is that of
the lines: no narrow dent of the surface disturbs it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from patronage.errors import RunError
from patronage.fit.likelihood import EDGE
from patronage.fit.predict import Prediction
from patronage.fit.start import SCATTER, Floats, Start, curvature, prior_widths, widths_of
from patronage.fit.task import Task, model, without_engine

ASIDE = 0.2
"""How far the two members stand aside, in standard deviations of the prior."""
CLIMBS, ROUNDS = 2, 12
"""Ways up from different starts, and drawings of lines on each at most."""
SHARES = (1.0, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02)
"""Shares of the way to the lines' mode that the engine tries side by side."""
ENOUGH = 0.05
"""A gain of log density that ends a climb."""
MOST_STEPS = 200


class Lines(NamedTuple):
    """Predictions (…) at a point (name) and their slopes (name, …), on scales that are straighter:
    logarithms of parameters with a lognormal prior and of transfers, log odds of agreement.
    """

    point: NDArray[np.float32]
    at: Prediction
    slopes: Prediction


def find_mode(task: Task, seed: int, data: dict[str, Any] | None = None) -> Start:
    """The mode by climbs along lines, and the curvature of the lines there.

    Errors: RunError where no climb reaches a finite density.
    """
    import jax
    from jax.flatten_util import ravel_pytree
    from numpyro.infer import init_to_median
    from numpyro.infer.util import initialize_model

    first = initialize_model(
        jax.random.key(seed), without_engine(task), model_kwargs=data or {},
        init_strategy=init_to_median(num_samples=10),
    )  # fmt: skip
    middle, spread = ravel_pytree(first.param_info.z)
    whole = functools.partial(model, task)
    wide = prior_widths(without_engine(task), first.param_info.z, seed, data)
    hill = _Hill(task, whole, spread, data or {})
    rng = np.random.default_rng(seed)
    ends = []
    for k in range(CLIMBS):
        start = np.asarray(middle, float)
        ends.append(_climb(hill, start + (k > 0) * SCATTER * wide * rng.standard_normal(len(wide))))
    heights = tuple(height for _, height in ends)
    if not np.isfinite(heights).any():
        raise RunError("the posterior is nowhere finite", where="fit")
    best = ends[int(np.nanargmax(heights))][0]
    lines = hill.draw_lines(best)
    bend = curvature(lambda x: hill.slopes(lines, x)[1], best)
    sites = tuple(sorted(first.param_info.z))
    return Start(best, widths_of(bend, wide), sites, heights, spread)


def _climb(hill: _Hill, point: Floats) -> tuple[Floats, float]:
    height = float(hill.heights(point[None].repeat(len(SHARES), axis=0))[0])
    for _ in range(ROUNDS):
        away = hill.top_of_lines(hill.draw_lines(point), point) - point
        tried = point + np.array(SHARES)[:, None] * away
        reached = hill.heights(tried)
        reached = np.where(np.isfinite(reached), reached, -np.inf)
        best = int(reached.argmax())
        gain = reached[best] - height
        if gain > 0 or not np.isfinite(height):
            point, height = tried[best], float(reached[best])
        if gain < ENOUGH:
            break
    return point, height


class _Hill:
    """The posterior of a task with the engine in it, and with lines in its place."""

    def __init__(
        self, task: Task, whole: Callable[..., None], spread: Any, data: dict[str, Any]
    ) -> None:
        import jax
        from numpyro.infer.util import constrain_fn, potential_energy

        self.task, names = task, task.names
        blind = without_engine(task)
        self._heights = jax.jit(jax.vmap(lambda x: -potential_energy(whole, (), data, spread(x))))
        self._theta = jax.jit(
            lambda x: [constrain_fn(blind, (), data, spread(x), True)[n] for n in names]
        )
        self._predict = jax.jit(jax.vmap(task.predict))

        def low(lines: Lines, x: Any) -> Any:
            near = replace(task, predict=functools.partial(self._along, lines))
            return potential_energy(functools.partial(model, near), (), data, spread(x))

        self._slope = jax.jit(jax.value_and_grad(low, argnums=1))
        self._slopes = jax.jit(jax.vmap(jax.value_and_grad(low, argnums=1), (None, 0)))
        self._logs = np.array([p.kind == "lognormal" for p in task.priors.values()])

    def heights(self, points: Floats) -> Floats:
        """Log density (point) with the engine; always as many points as `SHARES`."""
        return np.asarray(self._heights(np.asarray(points, np.float32)), float)

    def slopes(self, lines: Lines, points: Floats) -> Any:
        """Potential (point) along lines and its slope (point, site)."""
        return self._slopes(lines, np.asarray(points, np.float32))

    def _straight(self, theta: Any) -> Any:
        import jax.numpy as jnp

        theta = jnp.asarray(theta)
        return jnp.where(self._logs, jnp.log(jnp.where(self._logs, theta, 1.0)), theta)

    def _along(self, lines: Lines, theta: Any) -> Prediction:
        """What lines predict of parameters (name)."""
        import jax
        import jax.numpy as jnp

        away = self._straight(theta) - lines.point
        moved = jax.tree.map(
            lambda at, slope: at + jnp.tensordot(away, slope, 1), lines.at, lines.slopes
        )
        return Prediction(
            jax.nn.sigmoid(moved.agreement), jnp.expm1(moved.transfer), moved.drive, lines.at.able
        )

    def draw_lines(self, point: Floats) -> Lines:
        """Lines through a point (site): the engine with each parameter a little aside."""
        import jax

        theta = np.array(self._theta(np.asarray(point, np.float32)), float)
        size = len(theta)
        both = np.tile(theta, (2 * size + 1, 1))
        for k, prior in enumerate(self.task.priors.values()):
            off = ASIDE * (theta[k] * prior.b if prior.kind == "lognormal" else prior.moments()[1])
            room = 1e-3 * off
            both[1 + k, k] = max(theta[k] - off, min(prior.low + room, theta[k]))
            both[1 + size + k, k] = min(theta[k] + off, max(prior.high - room, theta[k]))
        seen = self._predict(np.asarray(both, np.float32))
        share = np.clip(np.asarray(seen.agreement, float), EDGE, 1 - EDGE)
        scaled = seen._replace(
            agreement=np.log(share) - np.log1p(-share),
            transfer=np.log1p(np.maximum(seen.transfer, 0)),
        )
        at = np.asarray(self._straight(both), float)
        span = np.array([at[1 + size + k, k] - at[1 + k, k] for k in range(size)])
        slopes = jax.tree.map(
            lambda x: np.asarray(
                (x[1 + size :] - x[1 : 1 + size]) / span.reshape(-1, *[1] * (x.ndim - 1)),
                np.float32,
            ),
            scaled,
        )
        middle = jax.tree.map(lambda x: np.asarray(x[0], np.float32), scaled)
        return Lines(np.asarray(at[0], np.float32), middle, slopes)

    def top_of_lines(self, lines: Lines, point: Floats) -> Floats:
        """The mode (site) of the posterior along lines."""
        from scipy.optimize import minimize

        def low(x: Floats) -> tuple[float, Floats]:
            value, slope = self._slope(lines, np.asarray(x, np.float32))
            slope = np.asarray(slope, float)
            if not np.isfinite(float(value)) or not np.isfinite(slope).all():
                return 1e10, np.zeros_like(x)
            return float(value), slope

        return minimize(low, point, jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS}).x
