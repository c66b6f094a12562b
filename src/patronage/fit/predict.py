"""What the model predicts of the evidence, as a function that NumPyro can differentiate and batch.

Chains run side by side as members: a batch of parameters is one run of the engine with as many
members, which costs little more than one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.custom_batching import custom_vmap

from patronage.fit.evidence import Evidence
from patronage.fit.path import Params, Paths, months_mean
from patronage.model import instruments

YEAR = 12


class Prediction(NamedTuple):
    """Of a parameter set: agreement (votes), transfer [million US$ / year] (arms), and weighted
    drivers and possibility of each instrument (month, actor, target, instrument).
    """

    agreement: Array
    transfer: Array
    drive: Array
    able: Array


def make_predict(
    paths: Paths, evidence: Evidence, names: tuple[str, ...]
) -> Callable[[Array], Prediction]:
    """A function from parameters (name,) to their prediction; under `vmap`, of a batch at once."""

    def run(values: Array) -> Prediction:
        """All members at once: values (name, member), predictions with the member last."""
        return predict_members(paths, evidence, dict(zip(names, values, strict=True)))

    def back(values: Array, slopes: Prediction) -> Array:
        _, pull = jax.vjp(run, values)
        return pull(slopes)[0]

    def _one(tree: Any) -> Any:
        return jax.tree.map(lambda x: x[..., 0], tree)

    def _many(tree: Any) -> Any:
        return jax.tree.map(lambda x: jnp.moveaxis(x, -1, 0), tree)

    forward = custom_vmap(lambda values: _one(run(values[:, None])))
    backward = custom_vmap(
        lambda values, slopes: back(values[:, None], jax.tree.map(lambda x: x[..., None], slopes))[
            :, 0
        ]
    )

    @forward.def_vmap
    def _forward(size: int, batched: Any, values: Array) -> Any:  # pyright: ignore[reportUnusedFunction]
        out = _many(run(values.T))
        return out, jax.tree.map(lambda _: True, out)

    @backward.def_vmap
    def _backward(size: int, batched: Any, values: Array, slopes: Any) -> Any:  # pyright: ignore[reportUnusedFunction]
        if not batched[0]:
            values = jnp.broadcast_to(values, (size, *values.shape))
        slopes = jax.tree.map(
            lambda x, b: jnp.moveaxis(x if b else jnp.broadcast_to(x, (size, *x.shape)), 0, -1),
            slopes,
            batched[1],
        )
        return back(values.T, slopes).T, True

    @jax.custom_vjp
    def predict(values: Array) -> Prediction:
        return forward(values)

    predict.defvjp(
        lambda values: (forward(values), values), lambda values, slopes: (backward(values, slopes),)
    )
    return predict


def predict_members(paths: Paths, evidence: Evidence, values: Mapping[str, Any]) -> Prediction:
    """Predictions of parameter sets given along the member axis; members last."""
    first = next(iter(values.values()))
    members = int(jnp.shape(first)[-1]) if jnp.ndim(first) else 1
    flow = "arms" if paths.world.commodities else "transfer"
    wanted = tuple(
        name
        for name, there in (("un_agreement", len(evidence.votes)), (flow, len(evidence.arms)))
        if there
    )
    look = _make_look(paths, evidence) if len(evidence.choices) else None
    seen, told = paths.run(values, wanted, look, members)
    votes, arms = evidence.votes, evidence.arms
    none = jnp.zeros((0, members))
    agreement = (
        months_mean(seen["un_agreement"][:, votes.client, votes.patron], votes.first, votes.last)
        if len(votes)
        else none
    )
    transfer = (
        YEAR * months_mean(seen[flow][:, arms.client, arms.patron], arms.first, arms.last)
        if len(arms)
        else none
    )
    if told is None:
        return Prediction(agreement, transfer, none, none)
    return Prediction(agreement, transfer, *told)


def _make_look(paths: Paths, evidence: Evidence) -> Callable[[Mapping[str, Any], Params], Any]:
    """Weighted drivers and preconditions (actor, target, instrument, member) of a month."""
    choices = evidence.choices
    rows, kinds = np.array(choices.actors), np.array(choices.instruments)
    weights = paths.compiled.table["weights"][kinds]
    names = [paths.compiled.shape.preconditions[k] for k in kinds]

    def look(known: Mapping[str, Any], params: Params) -> tuple[Array, Array]:
        drivers = instruments.drivers_of(known)
        stacked = jnp.stack([drivers[name][rows] for name in instruments.DRIVERS], axis=-1)
        drive = jnp.einsum("kd,rnmd->rnkm", weights, stacked)
        able = jnp.stack(
            [instruments.PRECONDITIONS[name](known)[rows] for name in names], axis=2
        ).astype(jnp.float32)
        return drive, jax.lax.stop_gradient(jnp.broadcast_to(able, drive.shape))

    return look
