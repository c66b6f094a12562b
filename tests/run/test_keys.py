"""Random keys: a member's numbers hang on its own number, the seed, the phase and the month."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from scipy import stats

from patronage.model.mechanism import Draw
from patronage.run import keys

NAMES = ("domestic.react", "crisis.settle")
ONE = {"mood": Draw("normal", ("state",)), "fall": Draw("uniform", ("state",))}
SIZES = {"mood": (50,), "fall": (50,)}


def draw(seed: int, members: list[int], name: str, month: int = 0) -> dict[str, np.ndarray]:
    found = keys.member_keys(seed, jnp.asarray(members, jnp.uint32), NAMES)
    draws = keys.monthly_draws(found[name], jnp.asarray(month, jnp.uint32), ONE, SIZES)
    return {k: np.asarray(v) for k, v in draws.items()}


def test_alone_as_in_a_crowd() -> None:
    crowd, alone = draw(1, [3, 7, 9], NAMES[0]), draw(1, [7], NAMES[0])
    for name in ONE:
        np.testing.assert_array_equal(crowd[name][:, 1], alone[name][:, 0])


def test_other_mechanisms_do_not_matter() -> None:
    """The keys of one phase are the same whatever other phases there are."""
    few = keys.member_keys(1, jnp.arange(4, dtype=jnp.uint32), NAMES[:1])
    many = keys.member_keys(1, jnp.arange(4, dtype=jnp.uint32), (*NAMES, "bloc.settle"))
    a, b = (
        keys.monthly_draws(k[NAMES[0]], jnp.asarray(5, jnp.uint32), ONE, SIZES) for k in (few, many)
    )
    np.testing.assert_array_equal(np.asarray(a["mood"]), np.asarray(b["mood"]))


def test_everything_else_changes_every_number() -> None:
    base = draw(1, [3], NAMES[0])["fall"]
    for other in (
        draw(2, [3], NAMES[0]), draw(1, [4], NAMES[0]), draw(1, [3], NAMES[1]),
        draw(1, [3], NAMES[0], month=1),
    ):  # fmt: skip
        assert not (base == other["fall"]).any()


def test_distributions() -> None:
    """Kolmogorov-Smirnov on 20,000 draws of a fixed seed: fails for one seed in a thousand."""
    draws = draw(11, list(range(400)), NAMES[0])
    assert stats.kstest(draws["mood"].ravel(), "norm").pvalue > 1e-3
    assert stats.kstest(draws["fall"].ravel(), "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(draws["mood"].ravel(), draws["fall"].ravel())[0, 1]) < 0.03
