"""Priors: what the data files say, cut off at the range."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patronage.errors import ModelError
from patronage.fit.priors import list_priors, read_prior
from patronage.scenario.catalogue import Parameter
from patronage.scenario.load import load
from patronage.scenario.world import World


def parameter(prior: str, low: float | None = None, high: float | None = None) -> Parameter:
    return Parameter(0.5, "index", low, high, prior, "assumed", "")


def test_every_shipped_prior_can_be_read() -> None:
    priors = list_priors(load("cuba"))
    assert len(priors) > 100
    for prior in priors.values():
        value = prior.quantile([0.001, 0.5, 0.999])
        assert (np.diff(value) > 0).all(), prior.name
        assert prior.low <= value[0], prior.name
        assert value[-1] <= prior.high, prior.name


@settings(max_examples=30)
@given(st.floats(0.01, 0.99), st.sampled_from(["normal(0.4,0.3)", "lognormal(-1,0.5)",
                                               "beta(2,5)", "uniform(0.1,0.6)"]))  # fmt: skip
def test_quantiles_rise_and_stay_inside(p: float, text: str) -> None:
    prior = read_prior("x.y", parameter(text, 0.05, 0.7))
    low, high = prior.quantile([p, min(p + 0.005, 1.0)])
    assert 0.05 <= low <= high <= 0.7


def test_cut_off_normal_by_hand() -> None:
    """Half of a normal above its mean: the median is the 75 % point of the whole."""
    prior = read_prior("x.y", parameter("normal(0,1)", 0.0))
    assert float(prior.quantile(0.5)) == pytest.approx(0.6745, abs=1e-3)


@pytest.mark.parametrize("text", ["fixed", "gamma(1,2)", "normal(1)", "normal(0,-1)", "beta(0,1)"])
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(ModelError):
        read_prior("x.y", parameter(text))


def test_names(world: World) -> None:
    assert set(list_priors(world, ["affinity.inertia"])) == {"affinity.inertia"}
    with pytest.raises(ModelError, match=r"affinity\.inertia"):
        list_priors(world, ["affinity.inertai"])
    with pytest.raises(ModelError, match="is off"):
        list_priors(world, ["crisis.accident"])
    with pytest.raises(ModelError, match="fixed"):
        list_priors(world, ["affinity.limit"])
    assert not any(n.startswith("crisis.") for n in list_priors(world))
