"""A guide of SVI starts at the mode: each value in its own place."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax.flatten_util import ravel_pytree
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoMultivariateNormal

from patronage.fit.samplers import find_order
from patronage.fit.start import Start


def test_the_guide_has_the_modes_values() -> None:
    """A start keeps sites by name, a guide in the order of the model: they differ here."""

    def model() -> None:
        numpyro.sample("z", dist.Normal(0, 1))
        numpyro.sample("year", dist.Normal(0, 1).expand((2,)).to_event(1))
        numpyro.sample("a", dist.LogNormal(0, 1))

    own = {"a": jnp.asarray(3.0), "year": jnp.asarray([10.0, 11.0]), "z": jnp.asarray(7.0)}
    flat, spread = ravel_pytree(own)
    guide = AutoMultivariateNormal(model)
    SVI(model, guide, numpyro.optim.Adam(0.1), Trace_ELBO()).init(jax.random.key(0))
    start = Start(np.asarray(flat, float), np.eye(4), tuple(own), (0.0,), spread)
    order = find_order(start, guide)
    assert sorted(order) == [0, 1, 2, 3]
    seen = guide._unpack_latent(start.mode[order].astype(np.float32))
    for name, value in own.items():
        np.testing.assert_array_equal(seen[name], value)
    assert (order != np.arange(4)).any()
