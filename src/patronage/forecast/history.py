"""What happened, as arrays by year and client: the truth of forecasts, and what they start from."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportOperatorIssue=false, reportReturnType=false
# (pandas types a column as Series or DataFrame)

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patronage.data.panel import Panel
from patronage.errors import DataError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

QUANTITIES = ("un_agreement", "arms")
MINIMUM_VOTES = 10
"""Common roll calls below which a year's agreement is not used [votes]."""

REGIONS = ("Americas", "Europe", "Africa", "Middle East", "Asia and Oceania")
_REGION_STARTS = (200, 400, 626, 700)


def region(client: int) -> str:
    """Region of a state by its COW code (the hundreds of the code tell it).

    Sudan (625) is in Africa; Iran (630) and Turkey (640) are in the Middle East.

    >>> region(40), region(365), region(625), region(640), region(900)
    ('Americas', 'Europe', 'Africa', 'Middle East', 'Asia and Oceania')
    """
    return REGIONS[int(np.searchsorted(_REGION_STARTS, client, side="right"))]


def fold(client: int, folds: int) -> int:
    """Group of a client, the same on every machine: its code hashed, modulo `folds`."""
    digest = hashlib.sha256(f"client {int(client)}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % folds


@dataclass(frozen=True)
class History:
    """One quantity towards one patron.

    values: year × client; agreement [0–1] or TIV [million]; NaN where there is no value.
    votes: year × client; roll calls in which both voted; zeros for arms.
    """

    quantity: str
    patron: int
    years: Ints
    clients: Ints
    values: Floats
    votes: Floats

    def pick(self, clients: Sequence[int] | Ints) -> History:
        """The same for these clients, in this order; NaN for those without a value."""
        wanted = np.asarray(clients, dtype=np.int64)
        values = np.full((len(self.years), len(wanted)), np.nan)
        votes = np.zeros(values.shape)
        place = {int(c): k for k, c in enumerate(self.clients)}
        for k, client in enumerate(wanted):
            if int(client) in place:
                values[:, k] = self.values[:, place[int(client)]]
                votes[:, k] = self.votes[:, place[int(client)]]
        return History(self.quantity, self.patron, self.years, wanted, values, votes)

    def recent(self, years: int = 3) -> Ints:
        """Clients with a value in the last `years` years."""
        seen = np.isfinite(self.values[-years:]).any(axis=0)
        return self.clients[seen]


def open_panel(panel: Panel | str | Path) -> Panel:
    """The panel itself, or the one in a folder."""
    return panel if isinstance(panel, Panel) else Panel(panel)


def check_quantity(quantity: str) -> str:
    """The name, if it can be forecast. Errors: DataError for another."""
    if quantity not in QUANTITIES:
        raise DataError(
            f"no forecasts of '{quantity}'", where="quantity", allowed=QUANTITIES, got=quantity
        )
    return quantity


def read_history(
    panel: Panel, quantity: str, patron: int, *, minimum_votes: int = MINIMUM_VOTES
) -> History:
    """A quantity towards a patron, up to the last year that the panel (or view) serves.

    un_agreement: years with fewer than `minimum_votes` common roll calls are left out.
    arms: 0 where no transfer is recorded, for states that exist and that occur in the panel's
    votes or as importers at all (of others nothing is known).

    Errors: DataError for an unknown quantity, or if the panel has nothing of this patron.
    """
    check_quantity(quantity)
    read = _read_votes if quantity == "un_agreement" else _read_arms
    history = read(panel, int(patron), minimum_votes)
    if not np.isfinite(history.values).any():
        until = "" if panel.limit is None else f" until {panel.limit}"
        raise DataError(
            f"the panel has no {quantity} of patron {patron}{until}",
            where="panel" if panel.limit is None else "origin",
            allowed=["an origin with three years of votes before it", "a patron of the panel"],
        )
    return history


def _read_votes(panel: Panel, patron: int, minimum: int) -> History:
    frame = panel.table("un_agreement", ["client", "patron", "year", "agreement", "n"])
    frame = frame[(frame.patron == patron) & (frame.n >= minimum) & frame.agreement.notna()]
    last = int(frame.year.max()) if len(frame) else 0
    first = int(frame.year.min()) if len(frame) else 0
    last = last if panel.limit is None else min(last, panel.limit)
    clients = np.unique(frame.client.to_numpy(np.int64))
    years = np.arange(first, last + 1)
    values = np.full((len(years), len(clients)), np.nan)
    votes = np.zeros(values.shape)
    at = (
        frame.year.to_numpy(np.int64) - first,
        np.searchsorted(clients, frame.client.to_numpy(np.int64)),
    )
    values[at] = frame.agreement.to_numpy(np.float64)
    votes[at] = frame.n.to_numpy(np.float64)
    return History("un_agreement", patron, years, clients, values, votes)


def _read_arms(panel: Panel, patron: int, minimum: int) -> History:
    frame = panel.table("arms", ["client", "patron", "year", "tiv"])
    states = panel.table("states", ["ccode", "year", "days"])
    known = set(frame.client) | set(panel.table("un_agreement", ["client"]).client)
    known.discard(patron)
    first = int(frame.year.min()) if len(frame) else 0
    last = int(frame.year.max()) if len(frame) else 0
    clients = np.array(sorted(int(c) for c in known), dtype=np.int64)
    years = np.arange(first, last + 1)
    values = np.full((len(years), len(clients)), np.nan)
    states = states[(states.year >= first) & (states.days > 0) & states.ccode.isin(clients)]
    if len(states):
        end = int(states.year.max())
        tail = states[states.year == end].ccode.to_numpy(np.int64)
        states = states[states.year <= last]
        values[
            states.year.to_numpy(np.int64) - first,
            np.searchsorted(clients, states.ccode.to_numpy(np.int64)),
        ] = 0.0
        # The states file may end earlier: members at its end are taken to be members afterwards.
        values[max(end - first, 0) :, np.searchsorted(clients, tail)] = 0.0
    mine = frame[(frame.patron == patron) & frame.tiv.notna()]
    at = (
        mine.year.to_numpy(np.int64) - first,
        np.searchsorted(clients, mine.client.to_numpy(np.int64)),
    )
    inside = np.isfinite(values[at])
    values[at[0][inside], at[1][inside]] = mine.tiv.to_numpy(np.float64)[inside]
    seen = np.isfinite(values).any(axis=0)
    return History("arms", patron, years, clients[seen], values[:, seen], 0.0 * values[:, seen])
