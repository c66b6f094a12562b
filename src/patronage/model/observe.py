r"""Observation: what a month of the model would look like in the data.

Agreement in the UN General Assembly, for states $i,j$ with stances $\psi$: ideology drawn towards
patrons by compliance $x$ and, on axis 1 and as far as no patron is complied with, towards the place
$c_t$ of the South's caucus in the session. $g_t$ is the polarisation of the agenda, $A$ affinity and
$s_{it}$ the share of the agenda on which $i$ votes with the South against both powers, as far as no
patron draws it away:

$$\psi_{i1}=\theta_{i1}+\kappa\sum_p x_{ip}(\theta_{p1}-\theta_{i1})
  +\lambda h_i\big[1-\textstyle\sum_p x_{ip}\big]_+(c_t-\theta_{i1}),\qquad
  S_i=s_i+\rho\sum_p x_{ip}(s_p-s_i),$$
$$\text{agree}_{ij}=(1-\iota)\Big[1-g_t\min\big(1,\tfrac{|\psi_{i1}-\psi_{j1}|}{d}\big)
  -|S_i-S_j|\Big]_+
  e^{-o(\psi_{i2}-\psi_{j2})^2-\mu(1-\bar A_{ij})/2},\quad \bar A_{ij}=\tfrac12(A_{ij}+A_{ji})$$

A spatial model of voting with a year effect, in the spirit of Bailey, Strezhnev & Voeten (2017).
"""

from __future__ import annotations

from collections.abc import Mapping

import jax.numpy as jnp
from jax import Array

from patronage.model.mechanism import Parameters
from patronage.model.state import turn


def stance_of(f: Mapping[str, Array], p: Parameters) -> Array:
    """Stance in the votes (state, axis, member): ideology, drawn by patrons and by the caucus."""
    place, compliance = f["place"], f["compliance"]
    drawn = p.compliance_pull * compliance[:, :, None] * (place[None] - place[:, None])
    unbound = f["southern"] * jnp.maximum(0, 1 - compliance.sum(axis=1))
    moved = p.caucus_pull * unbound * (f["caucus"] - place[:, 0])
    stance = place + drawn.sum(axis=1)
    return jnp.stack([stance[:, 0] + moved, stance[:, 1]], axis=1)


def agreement_in_votes(f: Mapping[str, Array], p: Parameters) -> Array:
    """Expected share of equal UN votes (client, patron, member)."""
    stance = stance_of(f, p)
    across = jnp.abs(stance[:, None, 0] - stance[None, :, 0])
    beside = (stance[:, None, 1] - stance[None, :, 1]) ** 2
    liking = (f["affinity"] + turn(f["affinity"])) / 2
    south = f["south"]
    south = south + p.south_pull * (f["compliance"] * (south[None] - south[:, None])).sum(axis=1)
    camps = jnp.abs(south[:, None] - south[None])
    apart = f["agenda"] * jnp.minimum(1, across / p.poles) + camps
    main = (1 - p.idiosyncrasy) * jnp.maximum(0, 1 - apart)
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
