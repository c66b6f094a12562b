"""What is fitted: a world, its evidence, priors, and the NumPyro model that joins them."""

# pyright: reportArgumentType=false, reportOperatorIssue=false
# (NumPyro's samples have a wider type than the arrays that they are)

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage.errors import ModelError
from patronage.fit.evidence import Evidence, read_evidence
from patronage.fit.priors import Prior, list_priors

if TYPE_CHECKING:
    from patronage.data.panel import Panel
    from patronage.scenario.world import World

USUAL = (
    "affinity.likeness",
    "affinity.balance",
    "affinity.benefit",
    "affinity.threat",
    "affinity.rivalry",
    "affinity.inertia",
    "affinity.reciprocity",
    "affinity.event_target",
    "bargain.affinity_pull",
    "bargain.independence",
    "bargain.generosity",
    "bargain.goodwill",
    "observation.compliance_pull",
    "observation.mood",
    "observation.idiosyncrasy",
    "observation.dispersion",
)
"""Parameters that are fitted where none are named: those that votes and arms can tell of."""
YEAR_SPREAD, BASE_SPREAD, SCALE_SPREAD = 0.3, 2.0, 0.3
WHETHER, SIZE, ARMS_SLOPE, ARMS_ERROR = (0.0, 2.0), (3.0, 2.0), 1.0, 0.5
"""Spreads, or mean and spread, of priors of what the model itself does not have (all assumed)."""


@dataclass(frozen=True)
class Task:
    """What is fitted: a world, its evidence, priors by name, and the prediction as a function."""

    world: World
    evidence: Evidence
    priors: dict[str, Prior]
    predict: Callable[[Any], Any]
    base: np.ndarray

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that are fitted."""
        return tuple(self.priors)


def make_task(
    world: World, parameters: Iterable[str] | None = None, panel: Panel | None = None
) -> Task:
    """A fit before it is run.

    Errors: ModelError for unknown or fixed parameters, DataError where there is no evidence.
    """
    from patronage.fit.path import Paths
    from patronage.fit.predict import make_predict

    if parameters is None:
        on = list_priors(world)
        parameters = [name for name in USUAL if name in on]
    priors = list_priors(world, parameters)
    if not priors:
        raise ModelError("no parameter to fit", where="parameters", allowed=list_priors(world))
    evidence = read_evidence(world, panel)
    predict = make_predict(Paths.of(world), evidence, tuple(priors))
    base = [world.instruments[k].base for k in evidence.choices.instruments]
    return Task(world, evidence, priors, predict, np.array(base, np.float32))


def sample_prior(prior: Prior) -> Any:
    """A NumPyro site for a parameter, cut off at its range."""
    import jax.numpy as jnp
    import numpyro
    from numpyro import distributions as dist

    ends: dict[str, Any] = {}
    if np.isfinite(prior.low):
        ends["low"] = prior.low
    if np.isfinite(prior.high):
        ends["high"] = prior.high
    if prior.kind == "normal":
        return numpyro.sample(prior.name, dist.TruncatedNormal(prior.a, prior.b, **ends))
    if prior.kind == "lognormal":
        logs = {k: float(np.log(v)) for k, v in ends.items() if v > 0}
        site = dist.TruncatedNormal(prior.a, prior.b, **logs)
        return numpyro.deterministic(prior.name, jnp.exp(numpyro.sample(f"log {prior.name}", site)))
    if prior.kind == "beta":
        value = numpyro.sample(prior.name, dist.Beta(prior.a, prior.b))
        if prior.low > 0 or prior.high < 1:
            outside = (value < prior.low) | (value > prior.high)
            numpyro.factor(f"range {prior.name}", jnp.where(outside, -1e6, 0.0))
        return value
    return numpyro.sample(prior.name, dist.Uniform(prior.low, prior.high))


def model(task: Task, equal: Any = None, value: Any = None, chosen: Any = None) -> None:
    """The NumPyro model of a task; other data may stand in for what was observed."""
    import jax.numpy as jnp
    import numpyro
    from numpyro import distributions as dist

    from patronage.fit import likelihood as l

    theta = {name: sample_prior(prior) for name, prior in task.priors.items()}
    seen = task.predict(jnp.stack([jnp.asarray(theta[n], jnp.float32) for n in task.names]))
    evidence = task.evidence
    if len(evidence.votes):
        spread = numpyro.sample("year spread", dist.HalfNormal(YEAR_SPREAD))
        years = (len(evidence.votes.years),)
        # standardised: otherwise the joint mode lies at a spread of nought, whatever the votes
        year = numpyro.sample("year", dist.Normal(0, 1).expand(years).to_event(1))
        size = theta.get("observation.dispersion", _value(task, "observation.dispersion"))
        p = l.Vote(spread, year, size)
        numpyro.factor("votes", l.log_votes(seen.agreement, evidence.votes, p, equal).sum())
    if len(evidence.arms):
        pairs = (len(evidence.arms.pairs),)
        # each pair has its own level: a great power buys from an ally that it does not obey;
        # more pay never means fewer arms
        slope = dist.HalfNormal(ARMS_SLOPE)
        gift = l.Gift(
            numpyro.sample("arms whether", dist.Normal(*WHETHER).expand(pairs).to_event(1)),
            numpyro.sample("arms whether slope", slope),
            numpyro.sample("arms size", dist.Normal(*SIZE).expand(pairs).to_event(1)),
            numpyro.sample("arms size slope", slope),
            numpyro.sample("arms error", dist.LogNormal(0, ARMS_ERROR)),
        )
        numpyro.factor("arms", l.log_arms(seen.transfer, evidence.arms, gift, value).sum())
    if len(evidence.choices):
        kinds = (len(evidence.choices.instruments),)
        shift = numpyro.sample(
            "choice shift", dist.Normal(0, BASE_SPREAD).expand(kinds).to_event(1)
        )
        scale = numpyro.sample("choice scale", dist.LogNormal(0, SCALE_SPREAD))
        base = jnp.asarray(task.base)
        terms = l.log_choices(
            seen.drive, seen.able, base, evidence.choices, l.Will(shift, scale), chosen
        )
        numpyro.factor("choices", terms.sum())


def _value(task: Task, name: str) -> float:
    return float(task.world.parameters[name].value)


def without_engine(task: Task) -> Callable[[], None]:
    """The model of a task with a prediction that costs nothing and says nothing: its priors."""
    import jax.numpy as jnp

    from patronage.fit.predict import Prediction

    e = task.evidence
    kinds = (*e.choices.chosen.shape, len(e.choices.instruments))
    flat = Prediction(
        jnp.full(len(e.votes), 0.5), jnp.zeros(len(e.arms)), jnp.zeros(kinds), jnp.ones(kinds)
    )
    return functools.partial(model, replace(task, predict=lambda _: flat))
