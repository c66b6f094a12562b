"""What moves a tie between client and patron, by year and client: the drivers of a forecast.

Each driver stands for a mechanism of the model. All are read from a panel (or a view of it that
ends at the origin), are known in the year they stand for, and hold their last known value where a
source ends earlier. A panel without a table has zeros for what would come from it.
"""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportOperatorIssue=false, reportReturnType=false
# (pandas types a column as Series or DataFrame)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from patronage.data.panel import Panel
from patronage.forecast.history import REGIONS, Ints, region

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

USA, RUSSIA, CHINA = 2, 365, 710
RIVALS = {USA: RUSSIA, RUSSIA: USA, CHINA: RUSSIA}
"""The patron whose clients a patron contests; any other patron's is the United States."""

_MEMORY = 0.3  # weight of the newest year in moving averages
_SLOW = 0.1

DRIVERS: dict[str, tuple[str, str]] = {
    "alliance": ("threat (protection)", "defence pact with the patron"),
    "rival_alliance": ("threat (protection)", "defence pact with the rival patron"),
    "pact": ("diplomacy", "promise of consultation or non-aggression with the patron"),
    "rival_pact": ("diplomacy", "the same with the rival patron"),
    "organisations": ("affinity (likeness)", "joint memberships, as a share of the largest number"),
    "distance": ("threat (reach)", "log distance to the patron"),
    "disputes": ("threat", "disputes with the patron, moving average"),
    "danger": ("threat", "disputes with anybody, moving average"),
    "rivalries": ("threat", "number of strategic rivals, log"),
    "enemy_armed": ("bloc", "arms of the rival patron to the client's rivals, moving average"),
    "enemy_shared": ("bloc", "arms of the patron to the client's rivals, moving average"),
    "spending": ("economy", "military spending, log"),
    "soldiers": ("economy", "military personnel, log"),
    "capability": ("threat (power)", "share of the world's capabilities, log"),
    "people": ("economy", "population, log"),
    "arms": ("dependence", "arms from the patron, moving average"),
    "rival_arms": ("bargain (outside option)", "arms from the rival patron, moving average"),
    "rival_supplies": ("bargain (outside option)", "whether the rival patron delivers"),
    "other_arms": ("bargain (outside option)", "arms from all others, moving average"),
    "other_habit": ("dependence", "the same over a longer time"),
    "affinity": ("affinity", "estimated from votes, towards the patron"),
    "rival_affinity": ("affinity", "estimated from votes, towards the rival patron"),
    "age": ("domestic", "years in the state system, log"),
}
"""Mechanism that each driver stands for, and what it measures."""

REST = ("alliance", "pact", "organisations", "distance", "disputes", "arms")
"""Drivers of the level at which affinity rests."""

SUPPLY = tuple(
    name for name in DRIVERS
    if name not in ("organisations", "disputes", "arms")
)  # fmt: skip
"""Drivers of arms transfers."""


@dataclass(frozen=True)
class Drivers:
    """Drivers towards one patron; values: year × client × driver, in the order of `names`."""

    names: tuple[str, ...]
    values: Floats

    def pick(self, names: tuple[str, ...]) -> Floats:
        """These drivers; year × client × driver."""
        return self.values[:, :, [self.names.index(n) for n in names]]

    def put(self, name: str, values: Floats) -> Drivers:
        """With one more driver; values: year × client."""
        return Drivers((*self.names, name), np.concatenate([self.values, values[..., None]], -1))


def rival_of(patron: int) -> int:
    """The patron with which this one competes for clients."""
    return RIVALS.get(patron, USA)


def average(values: Floats, weight: float = _MEMORY) -> Floats:
    """Moving average over years (first axis), from 0 on, with this weight of the newest."""
    out, now = np.empty_like(values), np.zeros(values.shape[1:])
    for t, row in enumerate(values):
        now = now + weight * (row - now)
        out[t] = now
    return out


def mark_regions(clients: Ints) -> Floats:
    """1 where a client lies in a region; client × region."""
    return np.eye(len(REGIONS))[[REGIONS.index(region(int(c))) for c in clients]]


class Reader:
    """Tables of a panel as arrays by year and client.

    panel: the panel or view. years, clients: what the arrays go by.
    """

    def __init__(self, panel: Panel, years: Ints, clients: Ints) -> None:
        self.panel, self.years, self.clients = panel, years, clients
        self._frames: dict[tuple[str, tuple[str, ...]], pd.DataFrame | None] = {}

    def frame(self, table: str, *columns: str) -> pd.DataFrame | None:
        """Columns of a table; None where the panel has no such table."""
        key = (table, columns)
        if key not in self._frames:
            has = table in self.panel.names
            self._frames[key] = self.panel.table(table, list(columns)) if has else None
        return self._frames[key]

    def zeros(self) -> Floats:
        """No value of anybody."""
        return np.zeros((len(self.years), len(self.clients)))

    def spread(
        self, frame: pd.DataFrame, client: str, values: Floats, *, hold: bool, largest: bool = False
    ) -> Floats:
        """Sums by year and client; the last year of the table is repeated where it `hold`s."""
        out = self.zeros()
        year, code = frame["year"].to_numpy(np.int64), frame[client].to_numpy(np.int64)
        inside = (year >= self.years[0]) & (year <= self.years[-1]) & np.isin(code, self.clients)
        at = (year[inside] - self.years[0], np.searchsorted(self.clients, code[inside]))
        add = np.nan_to_num(values[inside])
        (np.maximum if largest else np.add).at(out, at, add)
        if hold and len(year):
            last = int(np.clip(year.max() - self.years[0], 0, len(out) - 1))
            out[last + 1 :] = out[last]
        return out

    def pair(
        self, table: str, patron: int, value: str | tuple[str, ...] | None = None,
        *, hold: bool = True,
    ) -> Floats:  # fmt: skip
        """Largest value of a pair's rows towards a patron; 1 for a row without a value."""
        wanted = (value,) if isinstance(value, str) else tuple(value or ())
        frame = self.frame(table, "ccode1", "ccode2", "year", *wanted)
        if frame is None:
            return self.zeros()
        frame = frame[frame["ccode2"] == patron]
        values = np.ones(len(frame))
        if wanted:
            values = frame[list(wanted)].astype(float).max(axis=1).to_numpy(np.float64)
        return self.spread(frame, "ccode1", np.maximum(values, 0), hold=hold, largest=True)

    def own(self, column: str) -> Floats:
        """A column of capabilities; the last known value holds."""
        frame = self.frame("capability", "ccode", "year", column)
        if frame is None:
            return self.zeros()
        frame = frame[frame[column].notna()]
        values = frame[column].astype(float).to_numpy(np.float64)
        found = self.spread(frame, "ccode", np.maximum(values, 0), hold=False, largest=True)
        for t in range(1, len(found)):
            found[t] = np.where(found[t] > 0, found[t], found[t - 1])
        return found

    def arms(self, keep: Callable[[Ints], NDArray[np.bool_]]) -> Floats:
        """Arms from the patrons that `keep` names [million]."""
        frame = self.frame("arms", "client", "patron", "year", "tiv")
        if frame is None:
            return self.zeros()
        frame = frame[keep(frame["patron"].to_numpy(np.int64))]
        values = frame["tiv"].astype(float).to_numpy(np.float64)
        return self.spread(frame, "client", np.maximum(values, 0.5), hold=False)

    def enemies(self) -> tuple[Floats, pd.DataFrame | None]:
        """Number of strategic rivals, and rows of client, rival and year."""
        frame = self.frame("rivalries", "ccode1", "ccode2", "year")
        if frame is None:
            return self.zeros(), None
        frame = frame.drop_duplicates()
        return self.spread(frame, "ccode1", np.ones(len(frame)), hold=True), frame

    def enemies_arms(self, rows: pd.DataFrame | None, patron: int) -> Floats:
        """Arms of a patron to the client's strategic rivals [million]."""
        arms = self.frame("arms", "client", "patron", "year", "tiv")
        if rows is None or arms is None:
            return self.zeros()
        arms = arms[arms["patron"] == patron].rename(columns={"client": "ccode2"})
        met = rows.merge(arms[["ccode2", "year", "tiv"]], on=["ccode2", "year"])
        return self.spread(met, "ccode1", met["tiv"].to_numpy(np.float64), hold=False)


def read_rest(reader: Reader, patron: int) -> Drivers:
    """Drivers of affinity's rest level (`REST`); nothing later than the panel serves."""
    joint = reader.pair("igo", patron, "igos")
    found = {
        "alliance": reader.pair("alliances", patron, "defense"),
        "pact": reader.pair("alliances", patron, ("nonaggression", "consultation")),
        "organisations": joint / np.maximum(joint.max(axis=1, keepdims=True), 1),
        "distance": np.log1p(reader.pair("distance", patron, "km")) / 10,
        "disputes": average(reader.pair("disputes", patron, hold=False)),
        "arms": average(np.log1p(reader.arms(lambda p: p == patron))) / 5,
    }
    return Drivers(REST, np.stack([found[n] for n in REST], axis=-1))


def read_supply(
    reader: Reader, patron: int, affinity: Floats, rival_affinity: Floats, member: Floats
) -> Drivers:
    """Drivers of arms transfers (`SUPPLY`); year × client each.

    affinity, rival_affinity: year × client, towards the patron and its rival. member: 1 in years
    in which the client is in the state system.
    """
    rival = rival_of(patron)
    from_rival = np.log1p(reader.arms(lambda p: p == rival))
    from_others = np.log1p(reader.arms(lambda p: p != patron))
    rivals, rows = reader.enemies()
    disputes = reader.frame("disputes", "ccode1", "year")
    trouble = reader.zeros()
    if disputes is not None:
        trouble = reader.spread(disputes, "ccode1", np.ones(len(disputes)), hold=False)
    found = {
        "alliance": reader.pair("alliances", patron, "defense"),
        "rival_alliance": reader.pair("alliances", rival, "defense"),
        "pact": reader.pair("alliances", patron, ("nonaggression", "consultation")),
        "rival_pact": reader.pair("alliances", rival, ("nonaggression", "consultation")),
        "distance": np.log1p(reader.pair("distance", patron, "km")),
        "danger": average(np.log1p(trouble)),
        "rivalries": np.log1p(rivals),
        "enemy_armed": average(np.log1p(reader.enemies_arms(rows, rival))),
        "enemy_shared": average(np.log1p(reader.enemies_arms(rows, patron))),
        "spending": np.log1p(reader.own("milex")),
        "soldiers": np.log1p(reader.own("milper")),
        "capability": np.log(np.maximum(reader.own("cinc"), 1e-6)),
        "people": np.log1p(reader.own("tpop")),
        "rival_arms": average(from_rival),
        "rival_supplies": average((from_rival > 0).astype(np.float64)),
        "other_arms": average(from_others),
        "other_habit": average(from_others, _SLOW),
        "affinity": affinity,
        "rival_affinity": rival_affinity,
        "age": np.log1p(np.cumsum(member, axis=0)),
    }
    return Drivers(SUPPLY, np.stack([found[n] for n in SUPPLY], axis=-1))
