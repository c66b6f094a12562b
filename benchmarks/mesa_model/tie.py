"""The tie of a client to a patron: what the one feels about the other, gets and is promised."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Any

from .inputs import DYADS, TRADES

if TYPE_CHECKING:
    from .government import Government

SMALL = 1e-6


def ratio(part: float, whole: float) -> float:
    """part / whole, and 0 where the whole is nothing."""
    return part / whole if whole > SMALL else 0.0


def clip(x: float, low: float, high: float) -> float:
    """x kept between low and high."""
    return low if x < low else high if x > high else x


def logistic(x: float) -> float:
    """1 / (1 + e^-x)."""
    return 1.0 / (1.0 + exp(-x)) if x > -700 else 0.0


@dataclass(slots=True, init=False, eq=False)
class Tie:
    """One direction of a pair of states; `back` is the other direction."""

    client: Government
    patron: Government
    back: Tie
    pair: bool
    both_hard: bool
    embargo: list[float]
    blockade: list[float]
    contract: list[float]
    price: list[float]
    scope: list[float]
    access: list[float]
    fills: list[float]
    goods: list[float]
    charged: list[float]
    disposition: float
    kept: float
    broken: float
    envoy: float
    agreement: float
    information: float
    pledge: float
    deployed: float
    strategic: float
    tension: float
    grievance: float
    compliance: float
    orientation: float
    transfer: float
    line: float
    debt: float
    favour: float
    trade: float
    insurgency: float
    distance: float
    nearness: float
    remoteness: float
    coast: float
    trade_reach: float
    affinity: float
    credibility: float
    gap: float
    rivalry: float
    rival: float
    impulse: float
    threat: float
    exposure: float
    dependence: float
    trade_share: float
    value: float
    resistance: float
    full_surplus: float
    offer: float
    efficient: float
    surplus: float
    outside: float
    opened: float
    cost: float
    due: float
    breach: float
    stood: float
    endorsed: float
    denounced: float
    signed: float
    bill: float
    over: float
    promised: float
    premium: float
    arms: float
    credit: float
    fulfilled: float
    markup: float
    won: float
    ended: float

    def __init__(self, client: Government, patron: Government, state: dict[str, Any]) -> None:
        i, j = client.number, patron.number
        for name in (*DYADS, *TRADES):
            setattr(self, name, state[name][i][j])
        self.client, self.patron = client, patron
        self.pair = not (client.is_market or patron.is_market)
        self.breach = self.stood = self.endorsed = self.denounced = 0.0
        self.won = self.ended = 0.0

    def place(self, distance: float, p: dict[str, Any]) -> None:
        """Geography: how far things carry between the two."""
        self.distance = distance
        self.nearness = exp(-distance / p["threat"].strategic_range)
        self.remoteness = 1 - exp(-distance / p["bargain"].proximity_range)
        self.coast = exp(-distance / p["coercion"].reach)
        foreign = self.client.hard != self.patron.hard
        self.trade_reach = exp(-distance / p["economy"].trade_range)
        if foreign:
            self.trade_reach *= p["economy"].foreign_currency
        self.both_hard = self.client.hard and self.patron.hard
