"""How states stand at the start of a year: what a forecast of that origin may know, and no more.

What states are (power, borders, treaties, memberships) is taken from the origin year itself; what
they do (disputes, rivalries, votes) ends with the year before, for the forecast covers the year.
"""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from patronage.data.panel import Panel
from patronage.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TABLES = ("states", "majors", "capability", "alliances", "contiguity", "distance", "capitals")
TABLES += ("rivalries", "igo", "disputes")
SOURCE = "gml"
"""Disputes that serve as record and as truth where nothing else is said (Gibler et al. 2016)."""
GENERAL_WARS = (257, 258)
"""Dispute numbers of the two world wars: 44 and 153 pairs in one dispute each."""
WAR_YEARS = (*range(1914, 1919), *range(1939, 1946))
"""Years of the two general wars: states that never quarrel otherwise were drawn in."""
MEMORY = 50.0
"""Time constant of the memory of disputes [years] (assumed)."""
TENSION = 1.4
"""Time constant of tension [years]: it fades by 6 % a month (`crisis.tension_decay`)."""
LEAST_SHARE = 1e-5
CLOSENESS = 6
"""Contiguity 1 (land) … 5 (400 miles of water) becomes 5 … 1; 0 is none."""
FIRST_DISTANCE, FIRST_VOTES = 1886, 1946


@dataclass(frozen=True)
class Standing:
    """States at the start of `origin`, in the order of `ccodes`; pairs are [state, state].

    capability: share of the world.  major: 1 for a major power.  place: on the axis that votes
    show, 0 where there are none.  km: least distance [km].  closeness: 5 land border … 0 none.
    defence, consultation: 1 with such an obligation.  shared: organisations both belong to.
    rivalry: 1 for strategic rivals.  record: time constant [years] -> disputes, discounted.
    memory: disputes that did not begin in years of general war, fading in `MEMORY` years.
    liking: what votes show beyond what the two and the year lead to expect.
    """

    origin: int
    ccodes: Integers
    capability: Floats
    major: Floats
    place: Floats
    km: Floats
    closeness: Floats
    defence: Floats
    consultation: Floats
    shared: Floats
    rivalry: Floats
    record: dict[float, Floats]
    memory: Floats
    liking: Floats

    @property
    def n(self) -> int:
        return len(self.ccodes)


def members_of(panel: Panel, year: int) -> list[int]:
    """COW numbers of the members of the state system in a year."""
    table = panel.table("states", ["ccode", "year"])
    return sorted(int(c) for c in table[table["year"] == year]["ccode"].unique())


def lay_out(table: pd.DataFrame, ccodes: Integers, value: str | None = None) -> Floats:
    """A dyadic table as a matrix; the largest value where a pair has several rows, 0 where none.

    Both orders are read, so a table that holds each pair once gives a symmetric matrix.
    """
    place = {int(c): k for k, c in enumerate(ccodes)}
    table = table[table["ccode1"].isin(place) & table["ccode2"].isin(place)]
    out = np.zeros((len(ccodes), len(ccodes)))
    a, b = (table[c].map(place).to_numpy(dtype=int) for c in ("ccode1", "ccode2"))
    v = np.ones(len(table)) if value is None else table[value].to_numpy(dtype=float)
    np.maximum.at(out, (a, b), np.nan_to_num(v))
    return np.maximum(out, out.T)


def discount(table: pd.DataFrame, ccodes: Integers, until: int, years: float) -> Floats:
    """Disputes that began up to `until`, each weighted by exp(−age / years)."""
    from pandas import DataFrame

    begun = table[(table["year"] <= until) & (table["start_year"] == table["year"])]
    weight = np.exp(-(until - begun["year"].to_numpy(dtype=float)) / years)
    keys = ["ccode1", "ccode2", "dispute"]
    rows: DataFrame = begun[keys].assign(weight=weight).drop_duplicates(keys)
    total = rows.groupby(["ccode1", "ccode2"], as_index=False)["weight"].sum()
    return lay_out(total, ccodes, "weight")


def _votes(panel: Panel, ccodes: Integers, last: int) -> tuple[Floats, Floats]:
    """Place on axis 1 and liking from the votes up to `last`; noughts where there are none."""
    n = len(ccodes)
    place, liking = np.zeros(n), np.zeros((n, n))
    if last < FIRST_VOTES or "un_agreement" not in panel.names:
        return place, liking
    from patronage.data.world import read_assumptions
    from patronage.data.world_votes import Votes

    votes = Votes(panel.until(last), read_assumptions())
    for k, c in enumerate(ccodes):
        place[k] = votes.place(int(c), FIRST_VOTES, last) or 0.0
    index = {int(c): k for k, c in enumerate(ccodes)}
    for (a, b), value in votes.liking(set(index), FIRST_VOTES, last).items():
        liking[index[a], index[b]] = value
    return place, (liking + liking.T) / 2


def _distances(
    table: pd.DataFrame, capitals: pd.DataFrame, closeness: Floats, ccodes: Integers
) -> Floats:
    """Least distances [km]; neighbours by land at 0; capitals where a pair is not in the table.

    States that were founded during the origin year are not in the table yet (Israel in 1948).
    """
    from patronage.scenario.arrays import great_circle

    spot = capitals.groupby("ccode")[["latitude", "longitude"]].last().reindex(ccodes)
    between = great_circle(spot.to_numpy(dtype=float))
    km = np.where(lay_out(table, ccodes) > 0, lay_out(table, ccodes, "km"), between)
    return np.where(closeness == CLOSENESS - 1, 0.0, km) * (1 - np.eye(len(ccodes)))


def read_standing(
    panel: Panel,
    origin: int,
    states: Sequence[int] | None = None,
    record: Sequence[float] = (TENSION, 15, 50),
) -> Standing:
    """The standing of `states` (all members of the system where omitted) at the start of `origin`.

    Only `panel.until(origin)` is read.  record: time constants of the discounted disputes [years].

    Errors: DataError for a missing table, a state that is no member, or a year before 1887, when
    distances begin.
    """
    view = panel if panel.limit is not None and panel.limit <= origin else panel.until(origin)
    missing = [t for t in TABLES if t not in view.names]
    if missing:
        raise DataError(f"the panel lacks {', '.join(missing)}", where=repr(view), allowed=TABLES)
    if origin <= FIRST_DISTANCE:
        said = f"no standing at {origin}: distances begin in {FIRST_DISTANCE}"
        raise DataError(said, where="origin")
    living = members_of(view, origin)
    wanted = living if states is None else sorted(int(s) for s in states)
    for state in wanted:
        if state not in living:
            raise DataError(
                f"{state} was no member of the state system in {origin}",
                where="states", allowed=[str(c) for c in living], got=str(state),
            )  # fmt: skip
    ccodes = np.array(wanted)

    def now(name: str, year: int = origin) -> pd.DataFrame:
        table = view.table(name)
        return table[table["year"] == year]

    share = now("capability").set_index("ccode")["cinc"].reindex(ccodes).to_numpy(dtype=float)
    near = now("contiguity")
    near = near[near["type"] > 0].assign(closeness=lambda t: CLOSENESS - t["type"])
    closeness = lay_out(near, ccodes, "closeness")
    treaties = now("alliances")
    disputes = view.table("disputes")
    disputes = disputes[disputes["source"] == SOURCE]
    calm = disputes[~disputes["start_year"].isin(WAR_YEARS)]
    place, liking = _votes(view, ccodes, origin - 1)
    return Standing(
        origin=origin,
        ccodes=ccodes,
        capability=np.maximum(np.nan_to_num(share), LEAST_SHARE),
        major=np.isin(ccodes, now("majors")["ccode"].unique()).astype(float),
        place=place,
        km=_distances(now("distance"), now("capitals"), closeness, ccodes),
        closeness=closeness,
        defence=lay_out(treaties, ccodes, "defense"),
        consultation=lay_out(treaties, ccodes, "consultation"),
        shared=lay_out(now("igo"), ccodes, "igos") * (1 - np.eye(len(ccodes))),
        rivalry=lay_out(now("rivalries", origin - 1), ccodes),
        record={float(t): discount(disputes, ccodes, origin - 1, float(t)) for t in record},
        memory=discount(calm, ccodes, origin - 1, MEMORY),
        liking=liking,
    )
