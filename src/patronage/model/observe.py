r"""Observation: what a month of the model would look like in the data.

Agreement in the UN General Assembly, for states $i,j$ with stances $\psi$ (ideology drawn towards
patrons by compliance), agenda polarisation $g_t$, affinity $A$ and the share $s_{it}$ of the agenda on
which $i$ votes with the South against both powers, as far as no patron draws it away:

$$\psi_i=\theta_i+\kappa\sum_p x_{ip}(\theta_p-\theta_i),\qquad
  S_i=s_i+\rho\sum_p x_{ip}(s_p-s_i),$$
$$\text{agree}_{ij}=(1-\iota)\Big(1-g_t\min\big(1,\tfrac{|\psi_{i1}-\psi_{j1}|}{d}\big)\Big)
  (1-|S_i-S_j|)\,
  e^{-o(\psi_{i2}-\psi_{j2})^2-\mu(1-\bar A_{ij})/2},\quad \bar A_{ij}=\tfrac12(A_{ij}+A_{ji})$$

A spatial model of voting with a year effect, in the spirit of Bailey, Strezhnev & Voeten (2017).
"""

from __future__ import annotations

from collections.abc import Mapping

import jax.numpy as jnp
from jax import Array

from patronage.model.mechanism import Parameters
from patronage.model.state import turn


def stance_of(place: Array, compliance: Array, pull: Array) -> Array:
    """Foreign-policy stance (state, axis, member): ideology drawn towards patrons."""
    drawn = pull * compliance[:, :, None] * (place[None] - place[:, None])
    return place + drawn.sum(axis=1)


def agreement_in_votes(f: Mapping[str, Array], p: Parameters) -> Array:
    """Expected share of equal UN votes (client, patron, member)."""
    stance = stance_of(f["place"], f["compliance"], p.compliance_pull)
    across = jnp.abs(stance[:, None, 0] - stance[None, :, 0])
    beside = (stance[:, None, 1] - stance[None, :, 1]) ** 2
    liking = (f["affinity"] + turn(f["affinity"])) / 2
    main = (1 - p.idiosyncrasy) * (1 - f["agenda"] * jnp.minimum(1, across / p.poles))
    south = f["south"]
    south = south + p.south_pull * (f["compliance"] * (south[None] - south[:, None])).sum(axis=1)
    main = main * (1 - jnp.abs(south[:, None] - south[None]))
    return main * jnp.exp(-p.offaxis * beside - p.mood * (1 - liking) / 2)


STATE = ("support", "output", "reserves", "insecurity", "ideology", "militancy")
TOTALS = ("imports_value", "exports_value")
GOODS = ("production", "imports", "exports", "used", "stock", "shortage")
DYADS = (
    "affinity",
    "credibility",
    "un_agreement",
    "dependence",
    "trade_share",
    "transfer",
    "credit",
    "premium",
    "arms",
    "compliance",
    "orientation",
    "tension",
    "grievance",
    "threat",
    "pledge",
    "envoy",
    "strategic",
    "embargo",
    "insurgency",
    "debt",
    "value",
    "outside",
    "due",
)
TRADE = ("deliveries", "delivery_price", "contract")
CRISIS = ("crisis_rung", "crisis_outcome", "consulted")

_GROUPS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    ((*STATE, *TOTALS), ("state",)),
    (GOODS, ("state", "commodity")),
    (("faction_share",), ("state", "faction")),
    (DYADS, ("client", "patron")),
    (TRADE, ("client", "patron", "commodity")),
    (CRISIS, ("state",)),
)
DIMS = {name: dims for names, dims in _GROUPS for name in names}
RENAMED = {"production": "produced", "imports": "imported", "exports": "exported"}


def observe(f: Mapping[str, Array], p: Parameters, quantity: str) -> Array:
    """One recorded quantity of the month, dims as in `DIMS`, members last.

    Support is recorded as a probability, flows per month.
    """
    if quantity == "un_agreement":
        return agreement_in_votes(f, p) * f["pair"] + (1 - f["pair"]) * 0
    if quantity == "support":
        return 1 / (1 + jnp.exp(-f["support"]))
    if quantity == "ideology":
        return f["place"][:, 0]
    if quantity == "militancy":
        return f["place"][:, 1]
    if quantity == "imports_value":
        return f["bill"].sum(axis=1)
    if quantity == "exports_value":
        return f["bill"].sum(axis=0)
    if quantity == "faction_share":
        return f["share"]
    if quantity == "deliveries":
        return f["goods"]
    if quantity == "delivery_price":
        return f["charged"]
    if quantity == "transfer":
        return f["premium"] + f["credit"] + f["arms"] if f["goods"].shape[2] else f["transfer"]
    if quantity == "embargo":
        return f["embargo"].mean(axis=2) if f["embargo"].shape[2] else 0 * f["affinity"]
    return f[RENAMED.get(quantity, quantity)]
