"""Random worlds of one month: states, settings, months, parameters and draws, member by member.

Everything is valid (signs, masks, shares that sum to 1) but far wilder than history: acts of all
kinds in one month, empty and full stores, crises, interventions, movements about to end or to win.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from math import exp
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np

from .choice import ROWS

Array = np.ndarray
Arrays = dict[str, Array]
Rng = np.random.Generator

PARAMETERS = Path(__file__).parents[2] / "src/patronage/model/parameters.csv"
FACTIONS, AXES, FAR = 4, 2, 9.0
PROBABILITY = {"demand": 0.15, "intervene": 0.12, "purge": 0.1, "sponsor-insurgency": 0.08}


@dataclass(frozen=True)
class Size:
    """States and goods of a world, which states are markets, and which may ever choose."""

    states: int
    goods: int
    markets: tuple[int, ...]
    choosers: tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """All inputs of one member's month."""

    state: Arrays
    setting: Arrays
    month: Arrays
    params: dict[str, SimpleNamespace]
    draws: dict[str, Arrays]


def some(rng: Rng, shape: tuple[int, ...], share: float) -> Array:
    """1 in a random share of the cells, else 0."""
    return (rng.random(shape) < share).astype(float)


def both_ways(x: Array) -> Array:
    """The same both ways, 0 on the diagonal."""
    upper = np.triu(x, 1)
    return upper + upper.T


def make_params(rng: Rng) -> dict[str, SimpleNamespace]:
    """Parameters of one member: near their values, or anywhere in the middle 60 % of the range.

    Each has a stream of its own name, so that a new parameter leaves all else as it was.
    """
    wide, root = rng.random() < 0.5, int(rng.integers(2**32))
    result: dict[str, SimpleNamespace] = {}
    with PARAMETERS.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            low, high, value = (float(row[k]) for k in ("low", "high", "value"))
            own = Random(f"{root} {row['mechanism']}.{row['name']}")
            if wide:
                value = low + (0.2 + 0.6 * own.random()) * (high - low)
            else:
                value = min(max(value * exp(0.3 * own.gauss(0.0, 1.0)), low), high)
            result.setdefault(row["mechanism"], SimpleNamespace())
            setattr(result[row["mechanism"]], row["name"], value)
    return result


def make_setting(rng: Rng, size: Size) -> Arrays:
    """Geography, factions and goods."""
    n, goods = size.states, size.goods
    actor = np.ones(n)
    actor[list(size.markets)] = 0
    apart = 1 - np.eye(n)
    position = rng.uniform(-1, 1, (n, FACTIONS, AXES))
    empty = some(rng, (n, FACTIONS), 0.25)
    empty[:, 0] = 0
    position[empty == 1] = FAR
    looks_to = np.zeros((n, FACTIONS, n))
    for i in range(n):
        for f in range(FACTIONS):
            if not empty[i, f] and rng.random() < 0.6:
                looks_to[i, f, rng.integers(n)] = float(rng.integers(2) or 1)
        looks_to[i, :, i] = 0
    grant = np.zeros(goods)
    if goods > 1 and rng.random() < 0.8:
        grant[-1] = 1
    return {
        "distance": both_ways(rng.uniform(100, 15000, (n, n))),
        "pair": apart * actor[:, None] * actor[None, :],
        "trader": apart,
        "actor": actor,
        "market": 1 - actor,
        "convertible": some(rng, (n,), 0.5),
        "autonomy": rng.uniform(0, 0.6, n),
        "position": position,
        "looks_to": looks_to,
        "substitutability": rng.random(goods),
        "storage": rng.uniform(0, 12, goods) * some(rng, (goods,), 0.9),
        "essential": rng.uniform(0, 0.4, goods),
        "input_lag": rng.integers(0, 12, goods).astype(float),
        "gestation": rng.integers(0, 14, goods).astype(float),
        "contraband": rng.random(goods),
        "grant": grant,
    }


def make_month(rng: Rng, size: Size, setting: Arrays) -> Arrays:
    """Series, imposed acts, changes of regime and freedom of choice."""
    n, goods, kinds = size.states, size.goods, len(ROWS)
    need = rng.lognormal(3, 1.2, (n, goods)) * some(rng, (n, goods), 0.9)
    supply = need * rng.lognormal(0, 1, (n, goods)) * some(rng, (n, goods), 0.7)
    world_price = rng.lognormal(-2, 1, goods)
    scale = (need * world_price).sum(axis=1) + 20
    apart = setting["trader"]
    chance = np.array([PROBABILITY.get(row["name"], 0.03) for row in ROWS])
    acts = (rng.random((n, n, kinds)) < chance) * rng.uniform(0.25, 3, (n, n, kinds))
    if rng.random() < 0.4:
        acts = acts * 0
    scope = rng.random((n, n, goods)) * some(rng, (n, n, goods), 0.6) * some(rng, (n, n, 1), 0.4)
    filled = setting["position"][:, :, 0] != FAR
    shares = rng.dirichlet(np.ones(FACTIONS), n) * filled
    may = np.zeros(n)
    may[list(size.choosers)] = some(rng, (len(size.choosers),), 0.8)
    forced = np.full((n, n), -1)
    rows = list(size.choosers)
    drawn = rng.integers(0, kinds, (len(rows), n))
    forced[rows] = np.where(rng.random((len(rows), n)) < 0.05, drawn, -1)
    np.fill_diagonal(forced, -1)
    month = {
        "capability": rng.dirichlet(np.full(n, 0.5)) * rng.uniform(0.3, 1),
        "gdp": scale * rng.lognormal(1, 0.7, n),
        "capacity": supply * rng.uniform(0, 2, (n, goods)),
        "supply": supply,
        "need": need,
        "world_price": world_price,
        "rivalry": both_ways(rng.random((n, n)) * some(rng, (n, n), 0.5)),
        "agenda": rng.random(),
        "acts": acts * apart[:, :, None],
        "goldstein": rng.normal(0, 4, (n, n)) * some(rng, (n, n), 0.2) * apart,
        "scope": scope * apart[:, :, None],
        "regime_weight": rng.random(n) * some(rng, (n,), 0.2),
        "regime_shares": shares / shares.sum(axis=1, keepdims=True),
        "may_choose": may,
        "allowed": some(rng, (n, n, kinds), 0.9),
        "forced": forced,
    }
    # made of what is there, so that no later draw changes
    south = month["agenda"] * setting["autonomy"] * setting["actor"]
    southern = setting["actor"] * np.minimum(1, 2 * month["capability"])
    return month | {"south": south, "southern": southern, "caucus": 2 * month["agenda"] - 1}


def make_ties(rng: Rng, setting: Arrays, month: Arrays) -> Arrays:
    """Dyadic fields of the state but for trade."""
    n = len(month["gdp"])
    pair, apart, gdp = setting["pair"], setting["trader"], month["gdp"][:, None]
    # in a first month what a scenario gives for the diagonal and the market is there as well
    given = np.ones((n, n)) if rng.random() < 0.3 else pair
    square = (n, n)
    allegiance = rng.dirichlet(np.ones(n), n) * rng.random((n, 1)) * pair
    flow = gdp * rng.exponential(0.1, square) * pair
    return {
        "disposition": np.clip(rng.normal(0, 0.7, square), -2, 2) * pair,
        "kept": rng.gamma(2, 1.5, square) * given,
        "broken": rng.gamma(1, 1.5, square) * given,
        "envoy": both_ways(rng.choice([0, 0.4, 1, 2, 2.0], square)) * given,
        "agreement": both_ways(rng.random(square) * some(rng, square, 0.7)) * apart,
        "information": rng.random(square) * pair,
        "pledge": rng.random(square) * some(rng, square, 0.6) * given,
        "deployed": rng.random(square) * some(rng, square, 0.4) * pair,
        "strategic": rng.uniform(0, 1.2, square) * some(rng, square, 0.3) * pair,
        "tension": rng.random(square) * some(rng, square, 0.6) * pair,
        "grievance": rng.uniform(0, 3, square) * some(rng, square, 0.6) * pair,
        "compliance": rng.random(square) * allegiance,
        "orientation": allegiance,
        "transfer": flow * some(rng, square, 0.6),
        "line": flow * 3 * some(rng, square, 0.6),
        "debt": flow * 10 * some(rng, square, 0.6),
        "favour": rng.uniform(-0.5, 1, square) * pair,
        "insurgency": rng.choice([0, 0.004, 0.011, 0.2, 0.9], square)
        * rng.uniform(0.8, 1.1, square)
        * apart
        * setting["actor"][None, :],
    }


def make_state(rng: Rng, size: Size, setting: Arrays, month: Arrays) -> Arrays:
    """What the month before handed over."""
    n, goods = size.states, size.goods
    trade, apart = (n, n, goods), setting["trader"][:, :, None]
    need, supply = month["need"], month["supply"]
    contract = need[:, None, :] * rng.uniform(0, 0.6, trade) * some(rng, trade, 0.6) * apart
    price = month["world_price"] * rng.lognormal(0, 0.5, trade) * apart * (1 - setting["grant"])
    store = setting["storage"] * (need + supply) * rng.uniform(0, 1.2, (n, goods))
    filled = setting["position"][:, :, 0] != FAR
    share = rng.dirichlet(np.ones(FACTIONS), n) * filled * some(rng, (n, FACTIONS), 0.9)
    share[:, 0] += 1e-3
    unit = (n, goods)
    return make_ties(rng, setting, month) | {
        "trade": (contract * price).sum(axis=2) * rng.lognormal(0, 0.3, (n, n)),
        "embargo": rng.random(trade) * some(rng, trade, 0.5) * some(rng, (n, n, 1), 0.4) * apart,
        "blockade": rng.random(trade) * some(rng, (n, n, 1), 0.2) * apart,
        "contract": contract,
        "price": price,
        "reserves": month["gdp"] * rng.exponential(1, n) * setting["actor"],
        "support": rng.normal(0, 1.5, n),
        "share": share / share.sum(axis=1, keepdims=True),
        "stock": store * some(rng, unit, 0.8),
        "vigour": np.clip(rng.uniform(-0.1, 1.05, unit), 0, 1),
        "tended": rng.uniform(0.3, 1, unit),
        "shortage": rng.random(unit) * some(rng, unit, 0.5),
        "shipped": contract.sum(axis=0) * rng.uniform(0, 1.5, unit),
        "custom": rng.dirichlet(np.ones(unit[1] + 1), unit[0])[:, :-1],
        "norm_price": month["world_price"] * rng.lognormal(0, 0.3, goods),
    }


def make_draws(rng: Rng, size: Size) -> dict[str, Arrays]:
    """Random numbers of the month, by stream."""
    n = size.states

    def uniform(*shape: int) -> Array:
        return rng.uniform(1e-7, 1, shape)

    def low(*shape: int) -> Array:
        """Mostly small numbers, so that rare things happen: exits, victories, falls."""
        return uniform(*shape) ** 3

    return {
        "crisis.settle": {"end": uniform(n), "consult": uniform(n)},
        "bloc.settle": {"answer": uniform(n)},
        "bargain.settle": {"budget": rng.standard_normal(n)},
        "economy.deliver": {"logistics": rng.standard_normal(n), "season": uniform(n)},
        "domestic.react": {
            "mood": rng.standard_normal(n),
            "exit": low(n),
            "fall": low(n),
        },
        "revolution.react": {
            "where": uniform(n),
            "luck": rng.standard_normal(n),
            "win": low(n),
        },
        "affinity.react": {"mood": rng.standard_normal((n, n))},
        "decide": {"pick": uniform(len(size.choosers), n)},
    }


def make_cases(seed: int, size: Size, members: int, shared: bool) -> list[Case]:
    """One case per member; `shared`: all members in the same setting and month, as in a run."""
    rng = np.random.default_rng(seed)
    cases: list[Case] = []
    for _ in range(members):
        setting = make_setting(rng, size)
        month = make_month(rng, size, setting)
        if shared and cases:
            setting, month = cases[0].setting, cases[0].month
        state = make_state(rng, size, setting, month)
        cases.append(Case(state, setting, month, make_params(rng), make_draws(rng, size)))
    return cases


def stack(rows: list[Any]) -> Array:
    """Members along a last axis."""
    return np.stack([np.asarray(row) for row in rows], axis=-1)
