"""Forecasts from rolling origins, each from what was known by then, and naive ones on any cases."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# (pandas types a column as Series or DataFrame)

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from patronage import __version__
from patronage.data.panel import Panel
from patronage.errors import DataError
from patronage.forecast.baselines import Method, find_method
from patronage.forecast.cases import Forecast, join, make_keys
from patronage.forecast.history import (
    MINIMUM_VOTES,
    QUANTITIES,
    History,
    fold,
    open_panel,
    read_history,
)

if TYPE_CHECKING:
    import pandas as pd

ORIGINS = tuple(range(1960, 2006, 5))
HORIZONS = (1, 2, 3, 5, 7, 10)
PATRONS = (2, 365)
"""The United States and Russia (the Soviet Union)."""


def rolling(
    panel: Panel | str | Path,
    origins: Sequence[int] = ORIGINS,
    horizons: Sequence[int] = HORIZONS,
    *,
    method: str | Method = "autoregression",
    quantities: Sequence[str] = QUANTITIES,
    patrons: Sequence[int] = PATRONS,
    members: int = 200,
    seed: int = 1,
    folds: int = 0,
    minimum_votes: int = MINIMUM_VOTES,
    cache: str | Path | None = None,
) -> Forecast:
    """Forecasts of every client with a value in the three years up to each origin.

    method: a name of `baselines.METHODS`, or a function of that form. folds: with 2 or more,
    clients fall into that many groups by their code (`history.fold`), and the parameters shared
    by clients are estimated without the clients that they are used for. cache: folder that keeps
    the result of each origin; for methods given by name.

    Errors: DataError for unknown names, or an origin before the panel's first year.
    """
    panel = open_panel(panel)
    parts = []
    for quantity in quantities:
        for patron in patrons:
            for origin in origins:
                history = read_history(
                    panel.until(origin), quantity, patron, minimum_votes=minimum_votes
                )
                years = [origin + h for h in horizons]
                keys = make_keys(quantity, patron, history.recent(), origin, years)
                store = _place(cache, panel, method, keys, members, seed, folds, minimum_votes)
                if store is not None and store.is_file():
                    parts.append(Forecast(keys, np.load(store)))
                    continue
                part = _draw_part(history, keys, method, members, seed, folds)
                if store is not None:
                    store.parent.mkdir(parents=True, exist_ok=True)
                    np.save(store, part.draws)
                parts.append(part)
    return join(parts)


def forecast_cases(
    panel: Panel | str | Path,
    keys: pd.DataFrame,
    method: str | Method = "autoregression",
    *,
    members: int = 200,
    seed: int = 1,
    folds: int = 0,
    minimum_votes: int = MINIMUM_VOTES,
) -> Forecast:
    """A naive forecast of the given cases (rows of quantity, patron, client, origin, year).

    Of the panel only `until(origin)` is read.
    """
    panel = open_panel(panel)
    parts = []
    for (quantity, patron, origin), some in keys.groupby(["quantity", "patron", "origin"]):
        view = panel.until(int(origin))
        history = read_history(view, str(quantity), int(patron), minimum_votes=minimum_votes)
        parts.append(_draw_part(history, some.reset_index(drop=True), method, members, seed, folds))
    return join(parts)


def _draw_part(
    history: History, keys: pd.DataFrame, method: str | Method, members: int, seed: int, folds: int
) -> Forecast:
    """Draws of cases that share quantity, patron and origin."""
    draw = find_method(method)
    origin = int(keys["origin"].iloc[0])
    if len(history.years) < 3:
        raise DataError(
            f"{len(history.years)} years are too few for a forecast from {origin}",
            where=f"{history.quantity} of patron {history.patron}",
            allowed=["three years or more up to the origin"],
        )
    client, year = keys["client"].to_numpy(np.int64), keys["year"].to_numpy(np.int64)
    clients = np.unique(client)
    last = int(history.years[-1])
    ahead = int(year.max()) - last

    def run(trains: NDArray[np.bool_] | None) -> NDArray[np.float64]:
        # The same random numbers for every group: the year effect stays joint over clients.
        rng = np.random.default_rng(
            [seed, QUANTITIES.index(history.quantity), history.patron, origin]
        )
        return draw(history, clients, ahead, members, rng, trains=trains)

    if folds < 2:
        draws = run(None)
    else:
        draws = np.empty((members, ahead, len(clients)))
        group = np.array([fold(int(c), folds) for c in history.clients])
        own = np.array([fold(int(c), folds) for c in clients])
        for g in np.unique(own):
            draws[:, :, own == g] = run(group != g)[:, :, own == g]
    at = draws[:, year - last - 1, np.searchsorted(clients, client)]
    return Forecast(keys, np.ascontiguousarray(at.T, dtype=np.float64))


def _place(
    cache: str | Path | None, panel: Panel, method: str | Method, keys: pd.DataFrame, *how: int
) -> Path | None:
    """File of one origin's draws, named by all that they depend on."""
    if cache is None or not isinstance(method, str) or not len(keys):
        return None
    tables = panel.manifest["tables"]
    sums = [tables[t].get("sha256") for t in ("un_agreement", "arms", "states") if t in tables]
    text = json.dumps([__version__, method, sums, panel.limit, *how])
    digest = hashlib.sha256(text.encode() + keys.to_csv(index=False).encode())
    first = keys.iloc[0]
    name = f"{method}-{first.quantity}-{first.patron}-{first.origin}-{digest.hexdigest()[:16]}.npy"
    return Path(cache) / name


def read_truth(
    panel: Panel | str | Path, keys: pd.DataFrame, *, minimum_votes: int = MINIMUM_VOTES
) -> NDArray[np.float64]:
    """What happened in each case; NaN where the panel has no value."""
    panel = open_panel(panel)
    out = np.full(len(keys), np.nan)
    quantity = keys["quantity"].to_numpy(str)
    patron, client, year = (keys[c].to_numpy(np.int64) for c in ("patron", "client", "year"))
    for q, p in _pairs(quantity, patron):
        history = read_history(panel, q, p, minimum_votes=minimum_votes)
        mine = (quantity == q) & (patron == p)
        values = history.pick(np.unique(client[mine]))
        inside = mine & (year >= history.years[0]) & (year <= history.years[-1])
        column = np.searchsorted(values.clients, client[inside])
        out[inside] = values.values[year[inside] - history.years[0], column]
    return out


def _pairs(quantity: NDArray[np.str_], patron: NDArray[np.int64]) -> Iterable[tuple[str, int]]:
    return sorted({(str(q), int(p)) for q, p in zip(quantity, patron, strict=True)})
