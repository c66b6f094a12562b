"""A made-up run of the Cuban case, in the format of real results, for tests of the report.

The shapes follow the dated record loosely (a change of patron in 1960, a crisis in October 1962,
a rift in 1967–68, the end of 1991), so that figures
look as they would in use. No number here is data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from synthetic_paths import (
    AFFINITY,
    AGREEMENT,
    COMMODITIES,
    FACTIONS,
    STATES,
    TRADE,
    TRANSFER,
)
from synthetic_world import Observation, make_observations, make_world

__all__ = ["STATES", "Observation", "make_observations", "make_world"]

MONTHS = np.arange("1943-01", "1992-01", dtype="datetime64[M]")
YEARS = 1943 + np.arange(MONTHS.size) / 12


@dataclass
class Results:
    """The three parts of a run that the report reads."""

    data: xr.Dataset
    log: pd.DataFrame
    manifest: dict[str, Any] = field(default_factory=dict)


def _path(knots: dict[float, float]) -> np.ndarray:
    return np.interp(YEARS, list(knots), list(knots.values()))


def _spread(rng: np.random.Generator, path: np.ndarray, members: int, sd: float) -> np.ndarray:
    """Members around a path: a slow autoregressive disturbance."""
    noise = np.empty((members, path.size))
    noise[:, 0] = rng.normal(size=members)
    for t in range(1, path.size):
        noise[:, t] = 0.97 * noise[:, t - 1] + np.sqrt(1 - 0.97**2) * rng.normal(size=members)
    return path + sd * noise


def _dyadic(rng: np.random.Generator, m: int) -> dict[str, np.ndarray]:
    n, t = len(STATES), MONTHS.size
    at = STATES.index
    zero = np.zeros((m, t, n, n), dtype=np.float32)
    out = {name: zero.copy() for name in ("un_agreement", "affinity", "credibility", "dependence")}
    out |= {k: zero.copy() for k in ("trade_share", "transfer", "credit", "premium", "arms")}
    for p, knots in AGREEMENT.items():
        out["un_agreement"][:, :, 0, at(p)] = np.clip(_spread(rng, _path(knots), m, 0.05), 0, 1)
    for (i, j), knots in AFFINITY.items():
        value = np.clip(_spread(rng, _path(knots), m, 0.1), -1, 1)
        out["affinity"][:, :, at(i), at(j)] = value
        out["affinity"][:, :, at(j), at(i)] = np.clip(value + 0.05, -1, 1)
    for p in ("RUS", "USA", "CHN"):
        belief = {1943: 0.6, 1962.8: 0.75, 1963: 0.5, 1992: 0.55} if p == "RUS" else TRADE[p]
        out["credibility"][:, :, 0, at(p)] = np.clip(_spread(rng, _path(belief), m, 0.06), 0, 1)
        share = np.clip(_spread(rng, _path(TRADE[p]), m, 0.02), 0, 1)
        out["trade_share"][:, :, 0, at(p)] = share
        out["dependence"][:, :, 0, at(p)] = 0.8 * share
        scale = np.exp(_spread(rng, np.zeros(t), m, 0.25))
        total = _path(TRANSFER[p]) * scale / 12
        out["premium"][:, :, 0, at(p)] = (0.5 if p == "RUS" else 0.95) * total
        out["premium"][:, 228:250, 0, at(p)] *= -0.3  # sugar sold below the market in 1962–63
        out["credit"][:, :, 0, at(p)] = 0.3 * total
        out["arms"][:, :, 0, at(p)] = 0.15 * total
        parts = sum(out[k][:, :, 0, at(p)] for k in ("premium", "credit", "arms"))
        out["transfer"][:, :, 0, at(p)] = parts + 0.05 * total
    out["trade_share"][:, :, at("CZE"), at("RUS")] = 0.35
    out["trade_share"][:, :, at("BOL"), at("USA")] = 0.5
    return out


def _crises(rng: np.random.Generator, m: int) -> dict[str, np.ndarray]:
    rung = np.zeros((m, MONTHS.size), dtype=np.float32)
    outcome, consulted = rung.copy(), rung.copy()
    for date, chance, top in (
        ("1948-06", 0.3, 3),
        ("1961-04", 0.4, 4),
        ("1962-10", 1.0, 5),
        ("1970-09", 0.2, 2),
    ):
        t = int(np.flatnonzero(np.datetime64(date) == MONTHS)[0])
        hit = rng.random(m) < chance
        rung[hit, t] = rng.integers(1, top + 1, hit.sum())
        accident = (rung[hit, t] >= 2) & (rng.random(hit.sum()) < 0.2)
        war = (rung[hit, t] == 5) | accident
        outcome[hit, t] = np.where(war, 3, rng.integers(1, 3, hit.sum()))
        consulted[hit, t] = rng.random(hit.sum()) < 0.1
    return {"crisis_rung": rung, "crisis_outcome": outcome, "consulted": consulted}


def make_data(members: int = 60, seed: int = 1) -> xr.Dataset:
    """A synthetic dataset, dims as in real results."""
    rng = np.random.default_rng(seed)
    n, t = len(STATES), MONTHS.size
    dyad, state = ("member", "month", "client", "patron"), ("member", "month", "state")
    variables: dict[str, Any] = {k: (dyad, v) for k, v in _dyadic(rng, members).items()}
    support = np.full((members, t, n), 0.6, dtype=np.float32)
    support[:, :, 0] = np.clip(
        _spread(rng, _path({1943: 0.5, 1957: 0.3, 1960: 0.8, 1992: 0.5}), members, 0.06), 0, 1
    )
    variables["support"] = (state, support)
    variables["output"] = (state, 1.6 * support)
    shortage = np.zeros((members, t, n, len(COMMODITIES)), dtype=np.float32)
    peaks = {
        "oil": {1943: 0.02, 1967: 0.03, 1968.2: 0.15, 1970: 0.03, 1990: 0.05, 1992: 0.4},
        "rice": {1943: 0.05, 1961: 0.1, 1962: 0.25, 1965: 0.2, 1966.3: 0.48, 1970: 0.2, 1992: 0.2},
        "wheat": {1943: 0.02, 1962: 0.1, 1992: 0.15},
        "machinery": {1943: 0.02, 1960: 0.05, 1962: 0.35, 1970: 0.15, 1992: 0.5},
    }
    for c, knots in peaks.items():
        shortage[:, :, 0, COMMODITIES.index(c)] = np.clip(
            _spread(rng, _path(knots), members, 0.04), 0, 1
        )
    made = np.zeros_like(shortage)
    crop = {
        1943: 2900,
        1952: 7000,
        1955: 4500,
        1961: 6800,
        1963: 3800,
        1969: 4500,
        1970: 8500,
        1972: 4400,
        1992: 7600,
    }
    season = np.tile([2.4, 2.6, 2.8, 2.2, 1.2, 0.4, 0.1, 0, 0, 0, 0, 0.3], t // 12)
    made[:, :, 0, 0] = _spread(rng, _path(crop), members, 400) / 12 * season
    goods = (*state, "commodity")
    bought = np.zeros_like(made)
    for c, knots in {
        "oil": {1943: 1500, 1960: 3000, 1989: 13000, 1992: 2000},
        "rice": {1943: 150, 1965: 280, 1966: 150, 1992: 250},
        "wheat": {1943: 200, 1992: 1300},
    }.items():
        bought[:, :, 0, COMMODITIES.index(c)] = _spread(rng, _path(knots), members, 20) / 12
    value = np.zeros((members, t, n), dtype=np.float32)
    value[:, :, 0] = (
        _spread(
            rng,
            _path({1943: 350, 1958: 763, 1962: 521, 1975: 3000, 1989: 5400, 1992: 2000}),
            members,
            30,
        )
        / 12
    )
    variables |= {
        "shortage": (goods, shortage),
        "production": (goods, made),
        "imports": (goods, bought),
    }
    variables |= {"exports_value": (state, value), "imports_value": (state, 1.2 * value)}
    shares = {
        "old-order": {1943: 1, 1958: 0.9, 1959.2: 0.2, 1961: 0, 1992: 0},
        "pro-moscow": {1943: 0, 1959: 0.1, 1962: 0.3, 1968: 0.12, 1975: 0.35, 1992: 0.3},
        "fidelista": {1943: 0, 1958: 0.05, 1959.2: 0.5, 1962: 0.45, 1992: 0.5},
        "revolutionary": {1943: 0, 1959: 0.2, 1967: 0.35, 1972: 0.1, 1992: 0.05},
    }
    weight = np.stack(
        [np.clip(_spread(rng, _path(shares[f]), members, 0.03), 0, 1) for f in FACTIONS], -1
    )
    faction = np.zeros((members, t, n, 4), dtype=np.float32)
    faction[:, :, 0] = weight / weight.sum(-1, keepdims=True)
    variables["faction_share"] = ((*state, "faction"), faction)
    variables |= {k: (("member", "month"), v) for k, v in _crises(rng, members).items()}
    coords = {
        "member": np.arange(members),
        "month": MONTHS.astype("datetime64[ns]"),
        "state": list(STATES),
        "client": list(STATES),
        "patron": list(STATES),
        "commodity": list(COMMODITIES),
        "faction": np.arange(4),
    }
    data = xr.Dataset(variables, coords=coords)
    for name in ("transfer", "credit", "premium", "arms"):
        data[name].attrs["units"] = "million US$ / month"
    for name in ("production", "imports"):
        data[name].attrs["units"] = "unit / month"
    for name in ("exports_value", "imports_value"):
        data[name].attrs["units"] = "million US$ / month"
    return data


def make_log(members: int = 60, seed: int = 1) -> pd.DataFrame:
    """A synthetic event log: imposed events in every member, own choices in some."""
    rng = np.random.default_rng(seed)
    imposed = [
        ("1943-07", "RUS", "CUB", "open-embassy"),
        ("1952-04", "CUB", "RUS", "sever-relations"),
        ("1960-02", "RUS", "CUB", "trade-agreement"),
        ("1960-02", "RUS", "CUB", "credit"),
        ("1960-05", "CUB", "RUS", "recognise"),
        ("1960-07", "USA", "CUB", "embargo"),
        ("1962-02", "USA", "CUB", "embargo"),
        ("1962-07", "RUS", "CUB", "deploy-strategic"),
        ("1962-11", "RUS", "CUB", "withdraw-strategic"),
        ("1963-04", "CUB", "RUS", "state-visit"),
        ("1962-10", "USA", "CUB", "blockade"),
        ("1968-01", "CUB", "CUB", "purge"),
        ("1968-08", "CUB", "RUS", "endorse"),
        ("1966-02", "CUB", "CHN", "denounce"),
    ]
    rows = [(m, d, a, b, w, 1.0, "calendar") for m in range(members) for d, a, b, w in imposed]
    kinds = [
        "credit",
        "arms-transfer",
        "denounce",
        "endorse",
        "court-rival",
        "state-visit",
        "sponsor-insurgency",
        "nationalise",
        "pledge",
    ]
    for m in range(members):
        for when in rng.integers(0, MONTHS.size, 60):
            pair = ("CUB", "RUS") if rng.random() < 0.5 else ("USA", "CUB")
            kind = kinds[int(rng.integers(len(kinds)))]
            rows.append((m, str(MONTHS[when]), *pair, kind, 1.0, "diplomacy"))
    log = pd.DataFrame(
        rows, columns=["member", "month", "who", "whom", "what", "how_much", "mechanism"]
    )
    log["month"] = pd.to_datetime(log["month"])
    return log


def make_results(members: int = 60, seed: int = 1) -> Results:
    """A synthetic run with data, log and manifest."""
    manifest = {
        "scenario": "cuba",
        "scenario_hash": "3f1c9a7e55d2",
        "members": members,
        "seed": seed,
        "versions": {"patronage": "0.1.0", "jax": "0.10.2", "numpy": "2.4.6"},
        "parameters": {f"p{k}": k for k in range(120)},
        "mode": {"kind": "replay", "free": ["CUB"]},
    }
    return Results(make_data(members, seed), make_log(members, seed), manifest)
