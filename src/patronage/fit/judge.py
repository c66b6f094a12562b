"""What a fit is worth: later observations under the posterior and under the prior.

Both are ensembles of the engine with the likelihood's own noise on top: a year effect drawn anew,
overdispersion, and the number of roll calls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from patronage import months as clock
from patronage.errors import DataError
from patronage.fit import likelihood as lh
from patronage.fit.evidence import Arms, Evidence, Votes, read_evidence
from patronage.fit.posterior import Posterior, read_posterior
from patronage.fit.task import SIZE, WHETHER, Task, make_task, without_engine

if TYPE_CHECKING:
    import pandas as pd

    from patronage.data.panel import Panel
    from patronage.scenario.world import World

Floats = NDArray[np.float64]
INSIDE = (0.1, 0.9)
RECENT = 3
"""Years whose mean is the naive forecast that is shown beside."""


def draw_prior(task: Task, draws: int, seed: int = 1) -> Posterior:
    """Draws of all parameters from their priors, in the form of a posterior."""
    import jax
    from numpyro import handlers

    blind = without_engine(task)

    def one(key: Any) -> dict[str, Any]:
        sites = handlers.trace(handlers.seed(blind, key)).get_trace()
        return {n: s["value"] for n, s in sites.items() if s["type"] in ("sample", "deterministic")
                and not s.get("is_observed")}  # fmt: skip

    values = jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(seed), draws))
    samples = {n: np.asarray(x)[None] for n, x in values.items() if np.ndim(x)}
    return Posterior.make(task, samples, method="prior", seed=seed)


def judge(
    world: World | str,
    posterior: Posterior | str | Path,
    panel: Panel | str | Path | None = None,
    members: int = 200,
    seed: int = 1,
) -> pd.DataFrame:
    """Scores of votes and arms later than the months that the posterior was fitted to.

    One row a kind of observation, client and patron, and one for all: n, and of prior, posterior
    and a naive forecast (the mean of the last three years that were used) the mean CRPS; of prior
    and posterior the share inside 80 % intervals. Arms as log(1 + value).

    Errors: DataError where nothing is observed later.
    """
    import pandas as pd

    from patronage.data.panel import Panel

    if isinstance(world, str):
        from patronage.scenario.load import load

        world = load(world)
    if isinstance(posterior, (str, Path)):
        posterior = read_posterior(posterior)
    panel = panel if panel is None or isinstance(panel, Panel) else Panel(panel)
    end = int(posterior.manifest["period"][1]) - world.start
    seen, later = _split(read_evidence(world, panel), end)
    if not len(later.votes) and not len(later.arms):
        raise DataError("nothing is observed after the fit", where=clock.format(world.start + end))
    task = make_task(world.until(clock.format(world.start + end)), posterior.parameters, panel)
    prior = draw_prior(task, posterior.size, seed)
    drawn = {
        name: _predict(world, who, later, members, seed)
        for name, who in (("prior", prior), ("posterior", posterior))
    }
    rows: list[dict[str, Any]] = []
    for kind, part in (("votes", 0), ("arms", 1)):
        o: Any = getattr(later, kind)
        if len(o):
            truth = o.equal / o.n if kind == "votes" else np.log1p(o.value)
            naive = _recent(getattr(seen, kind), o, kind)
            own = {name: d[part] for name, d in drawn.items()}
            rows += _score(world, kind, o, truth, naive, own)
    return pd.DataFrame(rows)


def _split(evidence: Evidence, end: int) -> tuple[Evidence, Evidence]:
    """Evidence up to month `end` of the run, and that of which every month is later."""

    def part(o: Any, keep: NDArray[np.bool_]) -> Any:
        names = [n for n in o.__dataclass_fields__ if n != "years"]
        return replace(o, **{n: getattr(o, n)[keep] for n in names})

    votes, arms = evidence.votes, evidence.arms
    before = replace(
        evidence, votes=part(votes, votes.last <= end), arms=part(arms, arms.last <= end)
    )
    after = replace(
        evidence, votes=part(votes, votes.first > end), arms=part(arms, arms.first > end)
    )
    return before, after


def _predict(
    world: World, posterior: Posterior, later: Evidence, members: int, seed: int
) -> tuple[Floats, Floats]:
    """Votes (observation, member) and log arms as an ensemble would have them observed."""
    from patronage.run.ensemble import run

    flow = "arms" if world.commodities else "transfer"
    data = run(
        world, members=members, seed=seed, posterior=posterior, record=["un_agreement", flow],
        every=1, events=False,
    ).data  # fmt: skip
    rng = np.random.default_rng(seed)
    own = posterior.draw(range(members), seed, tuple(posterior.values))
    order = ("month", "client", "patron", "member")
    agreement = _span_mean(data["un_agreement"].transpose(*order).values, later.votes)
    transfer = 12 * _span_mean(data[flow].transpose(*order).values, later.arms)
    return (
        _noisy_votes(agreement, later.votes, own, world, rng),
        _noisy_arms(transfer, later.arms, own, world.codes, rng),
    )


def _span_mean(series: NDArray[Any], o: Votes | Arms) -> Floats:
    rows = [
        series[a : b + 1, i, j].mean(axis=0)
        for i, j, a, b in zip(o.client, o.patron, o.first, o.last, strict=True)
    ]
    return np.array(rows, float).reshape(len(o), series.shape[-1])


def _noisy_votes(
    agreement: Floats, votes: Votes, own: dict[str, Any], world: World, rng: np.random.Generator
) -> Floats:
    """Shares of equal votes: a new year effect for all pairs, a beta and a binomial draw."""
    if not len(votes):
        return agreement
    members = agreement.shape[1]
    spread = own.get("year spread", np.zeros(members))
    usual = np.full(members, world.parameters["observation.dispersion"].value)
    size = own.get("observation.dispersion", usual)
    year = rng.standard_normal((len(votes.years), members))[votes.year]
    share = np.clip(agreement, lh.EDGE, 1 - lh.EDGE)
    share = 1 / (1 + np.exp(-(np.log(share) - np.log1p(-share) + spread * year)))
    share = np.clip(share, lh.EDGE, 1 - lh.EDGE)
    chance = rng.beta(share * size, (1 - share) * size)
    n = votes.n.astype(int)[:, None]
    return rng.binomial(n, chance) / n


def _noisy_arms(
    transfer: Floats, arms: Arms, own: dict[str, Any], codes: tuple[str, ...],
    rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """log(1 + arms): whether any, and how much; the level of a pair not fitted is its prior's."""
    if not len(transfer) or "arms error" not in own:
        return transfer
    x = np.log1p(np.maximum(transfer, 0))
    level = {
        name: np.array([
            own.get(f"{name} {codes[i]} {codes[j]}", rng.normal(*prior, x.shape[1]))
            for i, j in arms.pairs
        ])[arms.pair]
        for name, prior in (("arms whether", WHETHER), ("arms size", SIZE))
    }  # fmt: skip
    chance = 1 / (1 + np.exp(-(level["arms whether"] + own["arms whether slope"] * x)))
    size = level["arms size"] + own["arms size slope"] * x
    size = size + own["arms error"] * rng.standard_normal(x.shape)
    return np.where(rng.random(x.shape) < chance, np.logaddexp(0, np.minimum(size, 60)), 0.0)


def _recent(seen: Any, later: Any, kind: str) -> Floats:
    """The mean of a pair's last years that were used; of all pairs where it has none."""
    value = seen.equal / seen.n if kind == "votes" else np.log1p(seen.value)
    whole = float(value.mean()) if len(value) else np.nan
    found = []
    for i, j in zip(later.client, later.patron, strict=True):
        own = np.flatnonzero((seen.client == i) & (seen.patron == j))
        own = own[np.argsort(seen.last[own])][-RECENT:]
        found.append(float(value[own].mean()) if len(own) else whole)
    return np.array(found)


def _score(
    world: World, kind: str, o: Any, truth: Floats, naive: Floats, drawn: dict[str, Floats]
) -> list[dict[str, Any]]:
    """Rows of the table: each pair, then all."""
    from patronage.forecast.rules import crps

    columns: dict[str, Floats] = {}
    for name, x in drawn.items():
        low, high = np.quantile(x, INSIDE, axis=1)
        columns[f"crps_{name}"] = crps(x, truth)
        columns[f"inside_{name}"] = ((low <= truth) & (truth <= high)).astype(float)
    columns["naive"] = np.abs(truth - naive)
    pairs = [*dict.fromkeys(zip(o.client.tolist(), o.patron.tolist(), strict=True)), None]
    take: Callable[[Any], NDArray[np.bool_]] = lambda p: (  # noqa: E731
        np.ones(len(o), bool) if p is None else (o.client == p[0]) & (o.patron == p[1])
    )
    return [
        {
            "kind": kind,
            "client": "all" if p is None else world.codes[p[0]],
            "patron": "" if p is None else world.codes[p[1]],
            "n": int(take(p).sum()),
            **{name: float(x[take(p)].mean()) for name, x in columns.items()},
        }
        for p in pairs
    ]
