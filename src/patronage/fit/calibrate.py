"""Fit a world's parameters to votes, arms and dated choices, by NumPyro."""

# pyright: reportArgumentType=false, reportOperatorIssue=false
# (NumPyro's samples have a wider type than the arrays that they are)

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage.errors import ModelError, RunError
from patronage.fit.evidence import Evidence, read_evidence
from patronage.fit.priors import Prior, list_priors

if TYPE_CHECKING:
    from patronage.data.panel import Panel
    from patronage.fit.posterior import Posterior
    from patronage.fit.start import Start
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
METHODS = ("nuts", "svi", "laplace")
YEAR_SPREAD, ARMS_SPREAD, BASE_SPREAD, SCALE_SPREAD = 0.3, 1.0, 2.0, 0.3
"""Spreads of the priors of what the model itself does not have (all assumed)."""
TARGET, DEEPEST = 0.85, 6
"""Acceptance that NUTS aims at, and how often a path may double."""
RATE = 0.01
"""First rate of SVI's Adam; the second half of the steps has a tenth."""
Tell = Callable[[str], None]


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
        normal = dist.Normal(0, ARMS_SPREAD)
        gift = l.Gift(
            numpyro.sample("arms whether", dist.Normal(0, 2 * ARMS_SPREAD)),
            numpyro.sample("arms whether slope", normal),
            numpyro.sample("arms size", dist.Normal(3, 2 * ARMS_SPREAD)),
            numpyro.sample("arms size slope", normal),
            numpyro.sample("arms error", dist.LogNormal(0, 0.5)),
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


def fit(
    world: World | str | Path,
    panel: Panel | str | Path | None = None,
    parameters: Iterable[str] | None = None,
    method: str = "nuts",
    chains: int = 4,
    warmup: int = 400,
    draws: int = 400,
    steps: int = 3000,
    seed: int = 1,
    until: str | None = None,
    out: str | Path | None = None,
    tell: Tell | None = None,
) -> Posterior:
    """Posterior of parameters from a scenario's observations and dated choices.

    Parameters
    ----------
    world: from `load`, or a scenario's name or path.
    panel: where votes and arms are read instead of the scenario's own observations.
    parameters: dotted names; those that votes and arms can tell of, where not given.
    method: `nuts` (chains side by side), `svi` with a normal guide of full rank, or `laplace`, a
        normal at the mode.
    chains, warmup, draws: of NUTS; of the others, chains × draws are drawn from the normal, which
        SVI has after `steps`.
    until: last month that is used, as `1970-12`: the rest can then judge the fit.
    out: a Parquet file for the posterior.

    Errors: ModelError, DataError, RunError for a method or number that is not known.
    """
    from patronage.data.panel import Panel
    from patronage.fit.posterior import Posterior

    if isinstance(world, (str, Path)):
        from patronage.scenario.load import load

        world = load(world)
    if until is not None:
        world = world.until(until)
    if method not in METHODS:
        raise RunError(f"no method '{method}'", where="method", allowed=METHODS, got=method)
    for name, number in (
        ("chains", chains),
        ("warmup", warmup),
        ("draws", draws),
        ("steps", steps),
    ):
        if number < 1:
            raise RunError(f"{number} is out of range", where=name, allowed=["1 …"])
    source = panel if panel is None or isinstance(panel, Panel) else Panel(panel)
    task = make_task(world, parameters, source)
    tell = tell or (lambda _: None)
    tell(", ".join(f"{n} {kind}" for kind, n in task.evidence.counts().items()))
    if method == "nuts":
        samples, extra = run_nuts(task, chains, warmup, draws, seed)
    elif method == "laplace":
        samples, extra = run_laplace(task, chains, draws, seed)
    else:
        samples, extra = run_svi(task, chains, draws, steps, seed)
    found = Posterior.make(task, samples, method=method, seed=seed, **extra)
    if out is not None:
        found.write(out)
    return found


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
        make_kernel(whole, start), num_warmup=warmup, num_samples=draws, num_chains=chains,
        chain_method=chain_method, progress_bar=False,
    )  # fmt: skip
    first = start.scatter(chains, seed)
    if chains == 1:
        first = jax.tree.map(lambda x: x[0], first)
    mcmc.run(
        jax.random.key(seed), **(data or {}), init_params=first,
        extra_fields=("diverging", "num_steps"),
    )  # fmt: skip
    samples = {n: np.asarray(x) for n, x in mcmc.get_samples(group_by_chain=True).items()}
    fields = mcmc.get_extra_fields(group_by_chain=True)
    return samples, {
        "warmup": warmup,
        "heights": [round(h, 2) for h in start.heights],
        "divergences": [int(n) for n in np.asarray(fields["diverging"]).sum(axis=1)],
        "steps": float(np.asarray(fields["num_steps"]).mean()),
    }


def run_laplace(
    task: Task, chains: int, draws: int, seed: int, data: dict[str, Any] | None = None
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Draws (chain, draw, …) from a normal at the mode with the curvature there."""
    import jax
    from numpyro.infer.util import constrain_fn

    from patronage.fit.start import find_start

    start = find_start(functools.partial(model, task), seed, data)
    blind = without_engine(task)
    flat = start.scatter(chains * draws, seed, 1.0)
    whole = jax.jit(jax.vmap(lambda z: constrain_fn(blind, (), {}, z, True)))(flat)
    samples = {n: np.asarray(x) for n, x in whole.items() if not n.startswith("range ")}
    samples = {n: x.reshape(chains, draws, *x.shape[1:]) for n, x in samples.items()}
    return samples, {"heights": [round(h, 2) for h in start.heights], "divergences": []}


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


def make_kernel(whole: Callable[..., None], start: Start) -> Any:
    """The No-U-Turn sampler of a model, its steps scaled by the curvature at the mode."""
    from numpyro.infer import NUTS

    return NUTS(
        whole,
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
    first = {
        "auto_loc": np.asarray(start.mode, np.float32),
        "auto_scale_tril": np.asarray(np.linalg.cholesky(start.covariance), np.float32),
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
