"""State of the world: one frozen pytree.

Every field carries its named dimensions first and the member axis last, so that a parameter drawn
per member, of shape (member,), broadcasts against any field, and arithmetic runs along members.
`client` and `patron` both run over all states: `x[client, patron]` is what the first state feels
about, gets from or promises to the second, unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Dyad = Float[Array, "client patron member"]
Trade = Float[Array, "client patron commodity member"]
Unit = Float[Array, "state member"]
Goods = Float[Array, "state commodity member"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class State:
    """What a month hands to the next.

    disposition: latent affinity a; affinity is tanh a [-]
    kept, broken: discounted counts of commitments the patron kept and broke towards the client
    envoy: 0 none, 1 chargé, 2 ambassador (same both ways)
    agreement: trade agreement in force, 0…1 (same both ways)
    information: what the client knows of the patron, 0…1
    pledge: the patron's commitment to defend the client, 0…1
    deployed, strategic: the patron's forces, and strategic weapons, on the client's soil, 0…
    tension: decaying memory of crisis, 0…1
    grievance: what the client holds against the patron: unfriendly acts less amends, fading
        [acts of weight ten]
    compliance: policy compliance of the client with the patron, 0…1
    orientation: share of the client's allegiance given to the patron, sums to at most 1
    transfer: net transfer agreed, patron to client [million US$ / month]
    line: credit granted and not yet drawn [million US$]
    debt: owed by the client to the patron [million US$]
    favour: gratitude of the patron for the client's support, 0…
    trade: smoothed value of deliveries from patron to client [million US$ / month]
    insurgency: strength in the client of the movement that the patron sponsors, 0…1
    embargo, blockade: of the patron against the client, per commodity, 0…1
    contract: promised delivery from patron to client [unit / month]
    price: of such deliveries [million US$ / unit]
    reserves: convertible currency [million US$]
    support: domestic support of the ruler [logit]
    share: elite share of each faction, sums to 1
    stock: goods in store [unit]
    vigour: smoothed availability of each commodity, 1 = all needs met
    tended: smoothed effect of input shortages on each good's output, 0…1
    shortage: share of the need not met last month, 0…1
    shipped: smoothed exports of each commodity [unit / month]
    custom: smoothed share of the convertible money at hand spent on each commodity, 0…1
    norm_price: smoothed world price [million US$ / unit]
    """

    disposition: Dyad
    kept: Dyad
    broken: Dyad
    envoy: Dyad
    agreement: Dyad
    information: Dyad
    pledge: Dyad
    deployed: Dyad
    strategic: Dyad
    tension: Dyad
    grievance: Dyad
    compliance: Dyad
    orientation: Dyad
    transfer: Dyad
    line: Dyad
    debt: Dyad
    favour: Dyad
    trade: Dyad
    insurgency: Dyad
    embargo: Trade
    blockade: Trade
    contract: Trade
    price: Trade
    reserves: Unit
    support: Unit
    share: Float[Array, "state faction member"]
    stock: Goods
    vigour: Goods
    tended: Goods
    shortage: Goods
    shipped: Goods
    custom: Goods
    norm_price: Float[Array, "commodity member"]

    def replace(self, **updates: Any) -> State:
        """The same state with some fields replaced."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return State(**(values | updates))


CARRIED = tuple(f.name for f in fields(State))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Setting:
    """What stays the same through a run; a trailing axis of length 1 stands for the members.

    distance [km]; pair: 1 between two different political states; actor: 1 for a political state;
    market: 1 for the market; convertible: 1 where the currency is; autonomy: price of autonomy
    [share of output]; position: faction positions (state, faction, axis);
    looks_to: 1 where a faction looks to a patron (state, faction, patron);
    substitutability, storage [months], essential, input_lag and gestation [months], contraband,
    grant: per commodity.
    """

    distance: Array
    pair: Array
    trader: Array
    actor: Array
    market: Array
    convertible: Array
    autonomy: Array
    position: Array
    looks_to: Array
    substitutability: Array
    storage: Array
    essential: Array
    input_lag: Array
    gestation: Array
    contraband: Array
    grant: Array


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Month:
    """What the calendar and the exogenous series say of one month (trailing axis 1 for members).

    capability (share), gdp [million US$ / month], capacity and need [unit / month], world_price
    [million US$ / unit], rivalry, agenda, caucus, south, southern; acts and goldstein imposed
    (actor, target, …); scope of trade acts; regime weight and shares; may_choose; switches: 1 where
    a mechanism is on; present: 1 for a state that exists, None where all do throughout. In a world
    of many states what is imposed between them is `Thin`.
    """

    number: Array
    capability: Array
    gdp: Array
    capacity: Array
    supply: Array
    need: Array
    world_price: Array
    rivalry: Array
    agenda: Array
    caucus: Array
    south: Array
    southern: Array
    acts: Array
    goldstein: Array
    scope: Array
    regime_weight: Array
    regime_shares: Array
    may_choose: Array
    allowed: Array
    forced: Array
    switches: Array
    present: Array | None = None


def turn(dyad: Array) -> Array:
    """A dyadic field seen from the other side: x[client, patron] -> x[patron, client]."""
    return jnp.swapaxes(dyad, 0, 1)


def position_of(share: Array, position: Array) -> Array:
    """Ruling ideology (state, axis, member): shares of the factions times their positions."""
    return (share[:, :, None] * position).sum(axis=1)


def gap_between(place: Array) -> Array:
    """Squared distance (client, patron, member) between places (state, axis, member)."""
    return ((place[:, None] - place[None, :]) ** 2).sum(axis=2)


def root_of(square: Array) -> Array:
    """Square root with a gradient of nought, not NaN, at nought."""
    apart = square > 0
    return jnp.where(apart, jnp.sqrt(jnp.where(apart, square, 1)), 0)


def contract_middle(left: Array, right: Array, few: int = 12) -> Array:
    """Sum over k of left[i, k] × right[k, j], members last; unrolled for small worlds.

    A sum of few products over whole member vectors runs faster than a batch of tiny matrix
    products; from `few` states on the matrix product wins.
    """
    states = left.shape[1]
    if states <= few:
        total = left[:, 0, None] * right[None, 0]
        for k in range(1, states):
            total = total + left[:, k, None] * right[None, k]
        return total
    if left.shape[-1] == 1 and right.shape[-1] > 1:
        return jnp.einsum("ik,kjm->ijm", left[..., 0], right)
    if right.shape[-1] == 1 and left.shape[-1] > 1:
        return jnp.einsum("ikm,kj->ijm", left, right[..., 0])
    return jnp.einsum("ikm,kjm->ijm", left, right)


SMALL = 1e-6


def share_of(part: Array, whole: Array) -> Array:
    """part / whole, and 0 where the whole is nothing."""
    return jnp.where(whole > SMALL, part / jnp.maximum(whole, SMALL), jnp.zeros_like(part))
