"""Perceive: sections 5 (threat), 6 (coercion), 7 (dependence) and 8 (bargain)."""

from __future__ import annotations

import numpy as np

from .arithmetic import (
    EPSILON,
    Array,
    Fields,
    Written,
    import_need,
    need_weights,
    one,
    positive,
    sh,
    spare_supply,
    turn,
)


def perceive_threat(f: Fields, p: Fields) -> Written:
    """Section 5: who frightens and who shields."""
    m = f.capability
    power = m[None, :] / np.maximum(EPSILON, m[:, None] + m[None, :])
    reach = np.exp(-f.distance / (p.reach * (1 + p.power_reach * m[None, :])))
    intent = 0.5 * (1 - turn(f.affinity))
    nearness = np.exp(-f.distance / p.strategic_range)
    exposure = f.pair * (nearness @ f.strategic)
    threat = f.pair * (
        p.hostility * power * reach * intent
        + p.strategic_threat * exposure * intent
        + p.tension_threat * f.tension
    )
    commitment = np.minimum(1, f.pledge + p.tripwire * f.deployed)
    protection = (f.pair * f.credibility * commitment * power).sum(axis=1)
    insecurity = np.exp(-p.shield * protection) * threat.sum(axis=1)
    return {
        "exposure": exposure,
        "threat": threat,
        "protection": protection,
        "insecurity": insecurity,
    }


def open_access(f: Fields, p: Fields, embargo: Array, blockade: Array) -> Array:
    """Section 6: access[i, j, c] for a given embargo and blockade."""
    states = len(f.capability)
    m = f.capability
    kept = 1 - (1 - p.leakage) * embargo
    relative = m[None, :] / np.maximum(EPSILON, m[:, None] + m[None, :])
    force = f.pair * np.minimum(1, p.enforcement * relative * np.exp(-f.distance / p.reach))
    passing = np.ones(f.need.shape)
    for s in range(states):
        passing = passing * (1 - blockade[:, s, :] * force[:, s, None])
    joined = np.ones(embargo.shape)
    for i in range(states):
        for j in range(states):
            for s in range(states):
                joined[i, j] *= 1 - p.cooperation * f.compliance[j, s] * embargo[i, s]
    return (
        f.trader[:, :, None]
        * kept
        * turn(kept)
        * passing[:, None, :]
        * passing[None, :, :]
        * joined
    )


def perceive_coercion(f: Fields, p: Fields) -> Written:
    """Section 6, perceive."""
    return {"access": open_access(f, p, f.embargo, f.blockade)}


def perceive_dependence(f: Fields, p: Fields) -> Written:
    """Section 7: what it would cost to lose a partner."""
    weights = need_weights(f)
    sigma = f.substitutability
    fed = np.minimum(1, sh(f.contract * f.access, f.need[:, None, :]))
    supply = (weights[:, None, :] * fed * (1 - sigma)).sum(axis=2)
    sales = turn(f.contract * f.price)  # [i, j, c]: sold by i to j
    lost = (sales * turn(f.access) * (1 - p.market_ease * sigma)).sum(axis=2)
    output = np.maximum(EPSILON, f.gdp)[:, None]
    market = sh(lost, sales.sum(axis=(1, 2))[:, None] + p.market_scale * output)
    given = positive(f.transfer)
    aid = given / (given + p.aid_scale * output)
    trade = np.minimum(1, p.supply_weight * supply + (1 - p.supply_weight) * market)
    both_ways = f.trade + turn(f.trade)
    return {
        "dependence": f.pair * (1 - (1 - trade) * (1 - aid)),
        "trade_share": f.trader * sh(both_ways, both_ways.sum(axis=1)[:, None]),
    }


def value_of_clients(f: Fields, p: Fields) -> Array:
    """Section 8: V[i, j], what a fully compliant client i is worth to patron j."""
    m = f.capability
    rivalry = 0.5 * f.rivalry * (1 - f.affinity)
    far = 1 - np.exp(-f.distance / p.proximity_range)
    near = f.pair * (1 - far * (1 - f.orientation))
    contested = np.einsum("iq,jq->ij", near, rivalry)
    above = m[None, :] - m[:, None]
    dominance = positive(sh(above, m[None, :] + m[:, None]))
    likeness = np.exp(-f.gap / (2 * p.likeness_range**2))
    worth = positive(
        p.base_value
        + p.likeness_value * likeness
        + p.size_value * np.sqrt(m)[:, None]
        + (p.rivalry_value + p.loyalty_value * turn(f.affinity)) * contested
    )
    return f.pair * p.generosity * f.gdp[None, :] * dominance * (1 + f.favour) * worth


def supply_of_patrons(f: Fields) -> Array:
    """Section 8: sup[i, j], how much of what i must import j could supply."""
    short, spare = import_need(f), spare_supply(f)
    value = short * f.world_price[None, :]
    weights = sh(value, value.sum(axis=1, keepdims=True))
    fits = np.minimum(1, sh(spare[None, :, :], short[:, None, :]))
    supplied = (weights[:, None, :] * f.access * fits).sum(axis=2)
    return np.where(weights.sum(axis=1)[:, None] == 0, 1.0, supplied)


def best_of_others(offer: Array) -> Array:
    """best[i, j]: the highest offer to i of any state but j, never below 0."""
    states = len(offer)
    best = np.zeros(offer.shape)
    for i in range(states):
        for j in range(states):
            others = [offer[i, q] for q in range(states) if q != j]
            best[i, j] = max([0.0, *others])
    return best


def perceive_bargain(f: Fields, p: Fields) -> Written:
    """Section 8, perceive: what a bargain with each patron would be worth."""
    value = value_of_clients(f, p)
    price = f.autonomy[:, None] * f.gdp[:, None] * f.gap
    efficient = np.minimum(1, value / np.maximum(EPSILON, price))
    cost = 0.5 * price * efficient**2
    surplus = value * efficient - cost
    channel = f.agreement * np.minimum(1, f.envoy)
    supply = supply_of_patrons(f)
    offer = surplus * channel * supply * f.credibility * 0.5 * (1 + f.affinity)
    offer = offer * one(~np.eye(len(offer), dtype=bool))  # the diagonal offer is 0
    best = best_of_others(offer)
    outside = np.minimum(surplus, best * (1 - p.switching_cost * f.dependence))
    shield = p.protection_price * f.gdp[:, None] * f.insecurity[:, None] * f.credibility * f.pledge
    asked = outside + p.client_share * (surplus - outside) + cost - shield
    return {
        "value": value,
        "efficient": efficient,
        "outside": outside,
        "due": channel * positive(asked),
        "surplus": surplus * channel * supply,
    }
