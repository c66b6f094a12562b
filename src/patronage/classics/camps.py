r"""How states come to stand to each other: the engine's threat and affinity, run from a standing.

Two mechanisms of the model run month by month, as they are: threat (power that fades with distance,
times the other's ill will) and affinity (likeness, common friends and foes, threat, rivalry).
Nobody acts: what comes out is where liking and fear drift of themselves.  Capabilities wander at
random in every member, for their future is not known.

What the standing says becomes the first state by the rules of worlds made from a panel
(`data/world_assumptions.csv`): treaties, rivalries and votes give affinity, treaties give pledges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from patronage.classics.standing import TENSION, Floats, Standing
from patronage.model.mechanism import Parameters, View
from patronage.model.mechanisms import affinity, threat
from patronage.model.state import gap_between
from patronage.run import keys

MONTHS = 12
WANDER = 0.05
"""Standard deviation of yearly changes of log capability (assumed)."""
DRAWN = ("camps.mood", "camps.growth")


@dataclass(frozen=True)
class Camps:
    """Means over months and members, [client, patron]: what the first feels of the second."""

    threat: Floats
    affinity: Floats


def first_affinity(standing: Standing) -> Floats:
    """Affinity at the origin, from treaties, rivalries and votes."""
    from patronage.data.world import read_assumptions

    rule = read_assumptions()
    value = rule["pact_affinity"] * standing.defence
    value = value - rule["rival_affinity"] * standing.rivalry + standing.liking
    most = rule["affinity_most"]
    return np.clip(value, -most, most) * (1 - np.eye(standing.n))


def _parameters() -> dict[str, dict[str, Any]]:
    from patronage.scenario import catalogue

    found: dict[str, dict[str, Any]] = {}
    for key, parameter in catalogue.read().parameters.items():
        mechanism, name = key.split(".", 1)
        found.setdefault(mechanism, {})[name] = jnp.float32(parameter.value)
    return found


def _fields(standing: Standing) -> dict[str, Any]:
    """What the two mechanisms read and nothing here changes; members last."""
    from patronage.data.world import read_assumptions

    rule, n = read_assumptions(), standing.n

    def tail(array: Any) -> jax.Array:
        return jnp.asarray(np.asarray(array, np.float32)[..., None])

    nothing, good = np.zeros((n, n)), np.zeros((n, n, 1))
    pledge = np.maximum(
        rule["pact_pledge"] * standing.defence, rule["consult_pledge"] * standing.consultation
    )
    place = np.stack([standing.place, np.zeros(n)], axis=1)
    fixed = {
        "pair": 1 - np.eye(n), "distance": standing.km, "pledge": pledge,
        "rivalry": rule["rival_base"] * standing.rivalry, "credibility": nothing + 0.5,
        "gdp": np.ones(n), "world_price": np.zeros(1), "need": np.zeros((n, 1)),
        "upheaval": np.zeros(n), "embargo": good,
    }  # fmt: skip
    fixed |= dict.fromkeys(("strategic", "deployed", "transfer", "impulse"), nothing)
    return {name: tail(array) for name, array in fixed.items()} | {"gap": gap_between(tail(place))}


@jax.jit
def _drift(
    start: tuple[jax.Array, jax.Array, jax.Array],
    fixed: dict[str, Any],
    params: dict[str, dict[str, Any]],
    drawn: dict[str, jax.Array],
    wander: jax.Array,
    months: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """Mean threat and affinity (client, patron, member) over the months."""
    fear, like = threat.MECHANISM.phases[0], affinity.MECHANISM.phases[0]
    p_fear = Parameters("threat", params["threat"])
    p_like = Parameters("affinity", params["affinity"])
    n = start[0].shape[0]
    nothing = jnp.zeros_like(start[0])

    def draw(name: str, month: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        def one(key: jax.Array) -> jax.Array:
            return jax.random.normal(jax.random.fold_in(key, month), shape)

        return jax.vmap(one, out_axes=-1)(drawn[name])

    def month(number: jax.Array, carry: Any) -> Any:
        disposition, tension, power, sum_threat, sum_affinity = carry
        now = fixed | {
            "disposition": disposition, "tension": tension, "affinity": jnp.tanh(disposition),
            "capability": jnp.exp(power) / jnp.exp(power).sum(axis=0),
            "grievance": nothing,  # compliance alone would read it
        }  # fmt: skip
        now |= fear.function(View(now, None, fear.reads, "threat.perceive"), p_fear)
        mood = {"mood": draw("camps.mood", number, (n, n))}
        after = like.function(View(now, None, like.reads, "affinity.react"), p_like, mood)
        power = power + wander * draw("camps.growth", number, (n,))
        tension = tension * (1 - params["crisis"]["tension_decay"])
        sums = (sum_threat + now["threat"], sum_affinity + now["affinity"])
        return (after["disposition"], tension, power, *sums)

    done = jax.lax.fori_loop(0, months, month, (*start, nothing, nothing))
    return done[3] / months, done[4] / months


def drift(
    standing: Standing, years: int = 50, *, members: int = 8, seed: int = 1, wander: float = WANDER
) -> Camps:
    """Run the two mechanisms for `years` and average what each state feels of each other.

    >>> import numpy as np
    >>> from patronage.classics.standing import Standing
    >>> z = np.zeros((2, 2))
    >>> near = np.array([[0.0, 100.0], [100.0, 0.0]])
    >>> two = Standing(1948, np.array([1, 2]), np.array([0.2, 0.01]), np.zeros(2), np.zeros(2),
    ...                near, z, z, z, z, z, {1.4: z, 15.0: z, 50.0: z}, z, z)
    >>> felt = drift(two, years=2, members=2)
    >>> bool(felt.threat[1, 0] > felt.threat[0, 1])  # the small one fears more
    True
    """
    spread = (standing.n, standing.n, members)
    mind = np.arctanh(first_affinity(standing))[..., None]
    tension = np.minimum(1, standing.record[TENSION])[..., None]
    power = np.log(standing.capability)[:, None]
    start = tuple(
        jnp.asarray(np.broadcast_to(a, (*a.shape[:-1], members)), jnp.float32)
        for a in (mind, tension, power)
    )
    drawn = keys.member_keys(seed, jnp.arange(members), DRAWN)
    monthly = jnp.float32(wander / np.sqrt(MONTHS))
    fear, like = _drift(start, _fields(standing), _parameters(), drawn, monthly, years * MONTHS)  # pyright: ignore[reportArgumentType]
    assert fear.shape == spread
    return Camps(np.asarray(fear, float).mean(-1), np.asarray(like, float).mean(-1))
