"""NUTS and SVI where a prediction costs nothing: the model's own equation of votes, at rest.

Everything but the engine's months is what `fit` runs: priors, likelihood, mode, NUTS, SVI. The
slow tests of test_nuts.py do the same with the engine.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from patronage.fit import evidence as ev
from patronage.fit.posterior import Posterior
from patronage.fit.predict import Prediction
from patronage.fit.priors import list_priors
from patronage.fit.samplers import run_laplace, run_nuts, run_svi
from patronage.fit.task import Task
from patronage.model.observe import agreement_in_votes
from patronage.scenario.world import World

from . import ranks as rk
from .conftest import FITTED

FIVE = (*FITTED[:1], *FITTED[2:])
PLACES = np.array([[-0.9, 0.0], [-0.2, 0.9], [0.2, -0.6], [0.8, 0.3]])
AGENDA = np.array([0.3, 0.6, 0.9])
PAIRS = np.array([(i, j) for i in range(4) for j in range(i)])
pytestmark = pytest.mark.statistical


class Watch:
    """Parameters of the observation with the member last."""

    def __init__(self, own: dict[str, Any]) -> None:
        self.__dict__.update(own)
        self.poles, self.compliance_pull = 1.85, 0.9
        self.caucus_pull, self.south_pull = 0.65, 0.35


def at_rest(values: Any) -> Prediction:
    """Agreement of six pairs in three years, affinity at the rest level of likeness."""
    own = dict(zip((n.partition(".")[2] for n in FIVE), values, strict=True))
    place = jnp.asarray(PLACES)[..., None]
    gap = ((place[:, None] - place[None]) ** 2).sum(axis=2)
    fields = {
        "place": place,
        "compliance": jnp.zeros((4, 4, 1)),
        "south": jnp.zeros((4, 1)),
        "southern": jnp.zeros((4, 1)),
        "caucus": jnp.zeros(1),
        "affinity": jnp.tanh(own["likeness"] * (2 * jnp.exp(-gap / 2) - 1)),
    }
    seen = [agreement_in_votes({**fields, "agenda": g}, Watch(own)) for g in AGENDA]  # type: ignore[arg-type]
    agreement = jnp.stack([x[PAIRS[:, 0], PAIRS[:, 1], 0] for x in seen]).reshape(-1)
    none = jnp.zeros(0)
    return Prediction(agreement, none, none, none)


@pytest.fixture(scope="module")
def rest(world: World) -> Task:
    """A fit of five parameters to eighteen years of pairs."""
    rows = len(PAIRS) * len(AGENDA)
    client, patron = np.tile(PAIRS, (len(AGENDA), 1)).T
    year, n = np.repeat(np.arange(len(AGENDA)), len(PAIRS)), np.full(rows, 150.0)
    zero = np.zeros(rows, np.int64)
    votes = ev.Votes(client, patron, zero, zero, year, n, n / 2, (1950, 1951, 1952))
    none = np.zeros(0, np.int64)
    arms = ev.Arms(none, none, none, none, none.astype(float))
    nobody = np.zeros((1, 0, 4))
    evidence = ev.Evidence(votes, arms, ev.Choices((), (), nobody.astype(np.int64), nobody, 0))
    return Task(world, evidence, list_priors(world, FIVE), at_rest, np.zeros(0, np.float32))


@pytest.mark.slow
def test_the_normal_fit_agrees_with_nuts(rest: Task) -> None:
    """Posterior means within 0.35 posterior sd, sds within a quarter; of the normal at the mode
    within 0.7 and a factor of two.

    The posterior is close to normal here; the noise of 1,600 draws of NUTS is a tenth of that.
    """
    made = rk.invent(rest, jax.jit(jax.vmap(at_rest)), 1, 3)
    data = {"equal": made.equal[0]}
    nuts, extra = run_nuts(rest, 4, 150, 400, 1, data)
    found = Posterior.make(rest, nuts, method="nuts", seed=1, **extra)
    table = found.table().set_index("parameter")
    assert (table.loc[list(FIVE), "r_hat"] < 1.02).all()
    assert (table.loc[list(FIVE), "ess"] > 400).all()
    svi, _ = run_svi(rest, 4, 500, 1500, 1, data)
    mode, _ = run_laplace(rest, 4, 500, 1, data)
    assert set(nuts) == set(mode)
    for name in FIVE:
        mean, sd = nuts[name].mean(), nuts[name].std()
        assert abs(mode[name].mean() - mean) < 0.7 * sd, name
        assert 0.5 < mode[name].std() / sd < 2, name
        assert abs(svi[name].mean() - mean) < 0.35 * sd, name
        assert 0.75 < svi[name].std() / sd < 1.25, name
