"""Section 17: what a government perceives, what it may do, and what it does."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from .arithmetic import EPSILON, Array, Fields, one, positive, turn

NOTHING = -1
SCALE = 10.0
CAP = 20.0
TABLE = Path(__file__).parents[2] / "src/patronage/model/instruments.csv"


def instrument_rows() -> list[dict[str, str]]:
    """Rows of the instrument table, in order."""
    with TABLE.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


ROWS = instrument_rows()


def drivers(f: Fields) -> dict[str, Array]:
    """Drivers by (actor, target)."""
    states, goods = f.need.shape
    square = np.ones((states, states))
    worth = turn(f.value) / np.maximum(EPSILON, f.gdp)[:, None]
    most = np.maximum(EPSILON, worth.max(axis=1, keepdims=True))
    short = f.shortage.mean(axis=1) if goods else np.zeros(states)
    hot = (0.5 * f.rivalry * (1 - f.affinity)).max(axis=1)
    return {
        "affinity": f.affinity,
        "affinity_other": turn(f.affinity),
        "threat": f.threat,
        "dependence": f.dependence,
        "credibility": f.credibility,
        "credibility_other": turn(f.credibility),
        "value": 2 * worth / (worth + most),
        "shortage": short[:, None] * square,
        "rivalry": hot[None, :] * square,
        "ideological_distance": 0.5 * np.sqrt(f.gap),
        "tension": f.tension,
        "militancy": positive(f.place[:, 1])[:, None] * square,
    }


def preconditions(f: Fields) -> dict[str, Array]:
    """Where each precondition holds, by (actor, target)."""
    e, m = f.envoy, f.capability
    stronger = m[:, None] > m[None, :]
    pledged = turn(f.pledge) >= 0.5
    goods = max(1, f.need.shape[1])
    embargoed = turn(f.embargo).sum(axis=2) / goods >= 0.5
    return {
        "none": np.ones(e.shape, bool),
        "no-envoy": e < 1,
        "charge": (e >= 1) & (e < 2),
        "envoy": e >= 1,
        "stronger": stronger,
        "patron": stronger & (e >= 1),
        "pledged": pledged,
        "member": stronger & pledged,
        "deployed": turn(f.strategic) > 0,
        "embargoed": embargoed,
        "no-embargo": ~embargoed,
        "foe": (stronger & (f.agreement < 0.5)) | (f.market[None, :] == 1),
    }


def weights(f: Fields) -> Array:
    """omega[i, j, k] of the logit: 0 where an instrument is not possible."""
    seen, holds = drivers(f), preconditions(f)
    layers = []
    for k, row in enumerate(ROWS):
        appeal = float(row["base"]) + sum(float(row[d] or 0) * x for d, x in seen.items())
        mask = f.trader if row["precondition"] == "foe" else f.pair
        possible = (
            holds[row["precondition"]]
            & (f.allowed[:, :, k] > 0)
            & (f.may_choose == 1)[:, None]
            & (mask == 1)
        )
        layers.append(np.where(possible, np.exp(np.minimum(appeal, CAP)), 0.0))
    return np.stack(layers, axis=2)


def decide(f: Fields, choosers: tuple[int, ...], pick: Array) -> Array:
    """choice[i, j]: the instrument chosen, or -1."""
    states = len(f.capability)
    choice = np.full((states, states), NOTHING)
    weight = weights(f)
    for row, i in enumerate(choosers):
        for j in range(states):
            edges = 1 + np.concatenate([[0.0], np.cumsum(weight[i, j])])
            point = pick[row, j] * edges[-1]
            for k in range(len(ROWS)):
                if edges[k] <= point < edges[k + 1]:
                    choice[i, j] = k
    return np.where(f.forced >= 0, f.forced, choice)


def acts_and_impulse(f: Fields, choice: Array) -> tuple[Array, Array]:
    """Intensities by (actor, target, instrument), and the impulse of the month."""
    acts = f.acts.copy()
    weight = np.zeros(choice.shape)
    for k, row in enumerate(ROWS):
        chosen = one(choice == k)
        acts[:, :, k] += chosen
        weight += chosen * float(row["goldstein"])
    return acts, (f.goldstein + weight) / SCALE
