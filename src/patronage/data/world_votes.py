"""What votes in the General Assembly say of a world: the agenda of years, places, affinities."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from patronage.data.panel import Panel
from patronage.data.world_cast import RUSSIA, USA

LEAST_VOTES = 10
"""Common roll calls below which a year's agreement is not used."""
LEAST_STATES = 10
"""Voters from which the South's line of a year is taken."""


@dataclass(frozen=True)
class Votes:
    """Agreement by year, with the assumptions by which it is read (`world_assumptions.csv`)."""

    panel: Panel
    assumed: dict[str, float]

    @cached_property
    def table(self) -> pd.DataFrame:
        """client, patron, year, agreement, n: years with enough common roll calls."""
        columns = ["client", "patron", "year", "agreement", "n"]
        if "un_agreement" not in self.panel.names:
            return pd.DataFrame({c: pd.Series(dtype=float) for c in columns})
        found = self.panel.table("un_agreement", columns)
        found = found[found["n"] >= LEAST_VOTES]
        return found.assign(agreement=found["agreement"].astype(float))

    @cached_property
    def first(self) -> dict[int, int]:
        """ccode -> the first year in which it voted."""
        years = self.table.groupby("client")["year"].min()
        return {int(code): int(year) for code, year in years.items()}

    def between(self, a: int, b: int) -> dict[int, tuple[float, int]]:
        """Year -> agreement and common roll calls of two states."""
        found = self._with(b)
        own = found[found["client"] == a]
        return {int(r.year): (float(r.agreement), int(r.n)) for r in own.itertuples()}

    def _with(self, patron: int) -> pd.DataFrame:
        if patron not in self._by_patron:
            self._by_patron[patron] = self.table[self.table["patron"] == patron]
        return self._by_patron[patron]

    @cached_property
    def _by_patron(self) -> dict[int, pd.DataFrame]:
        return {}

    @cached_property
    def agenda(self) -> dict[int, float]:
        """Year -> polarisation of the agenda, 0 … 1, from the agreement of the two poles."""
        least, full = self.assumed["agenda_least"], self.assumed["agreeing"]
        return {
            year: float(np.clip(1 - share / full, least, 1))
            for year, (share, _) in sorted(self.between(USA, RUSSIA).items())
        }

    @cached_property
    def places(self) -> pd.DataFrame:
        """ccode, year, place, n: place on axis 1 that a year's votes show.

        The model's agreement with a pole falls by the agenda times the distance from it; half the
        difference of the agreements with both is the place.
        """
        both = self._with_poles
        half = self.assumed["poles"] / 2
        agenda = both["year"].map(self.agenda)
        place = (both["agreement"] - both["agreement_west"]) / (self.assumed["agreeing"] * agenda)
        both = both.assign(place=(half * place).clip(-half, half)).dropna()
        return both.rename(columns={"client": "ccode"})[["ccode", "year", "place", "n"]]

    @cached_property
    def _with_poles(self) -> pd.DataFrame:
        """client, year, agreement with Russia, n, agreement_west with the United States."""
        east = self._with(RUSSIA)[["client", "year", "agreement", "n"]]
        west = self._with(USA)[["client", "year", "agreement"]]
        return east.merge(west, on=["client", "year"], suffixes=("", "_west"))

    @cached_property
    def _apart(self) -> pd.DataFrame:
        """client, year, apart: share of a year's votes in which a state is apart from both poles.

        Between the poles, on a line, it would agree with the two together as much as they do with
        each other and fully with one: apart is half of what is missing.
        """
        found = self._with_poles
        found = found[~found["client"].isin([USA, RUSSIA])]
        poles = found["year"].map({y: share for y, (share, _) in self.between(USA, RUSSIA).items()})
        missing = 1 + poles - found["agreement"] - found["agreement_west"]
        return found.assign(apart=missing / 2)[["client", "year", "apart"]].dropna()

    @cached_property
    def _apart_of(self) -> dict[int, dict[int, float]]:
        found = self._apart.groupby("client")
        return {int(c): dict(zip(t["year"], t["apart"], strict=True)) for c, t in found}

    @cached_property
    def _median_apart(self) -> dict[int, float]:
        found = self._apart.groupby("year")["apart"].agg(["median", "size"])
        found = found[found["size"] >= LEAST_STATES]
        return {int(year): max(0.0, float(v)) for year, v in found["median"].items()}

    @cached_property
    def south(self) -> dict[int, float]:
        """Year -> share of the agenda on which the South stands apart from both poles.

        That of the median state, less what any two delegations disagree.
        """
        usual = (1 - self.assumed["agreeing"]) / 2
        return {year: max(0.0, value - usual) for year, value in self._median_apart.items()}

    def southern(self, ccode: int, first: int, last: int) -> float:
        """How far a state went with the South in the years `first` … `last`, 0 … 1.

        The poles never do; a state whose votes do not tell is taken to go all the way.
        """
        if ccode in (USA, RUSSIA):
            return 0.0
        line_of = {y: v for y, v in self._median_apart.items() if first <= y <= last}
        own = {y: v for y, v in self._apart_of.get(ccode, {}).items() if y in line_of}
        line = sum(line_of[year] for year in own)
        return float(np.clip(sum(own.values()) / line, 0, 1)) if line > 0 else 1.0

    def place(self, ccode: int, first: int, last: int) -> float | None:
        """Mean place over the years `first` … `last`; None without votes. The poles are fixed."""
        half = self.assumed["poles"] / 2
        if ccode in (USA, RUSSIA):
            return half if ccode == RUSSIA else -half
        own = self._places.get(ccode)
        if own is None:
            return None
        own = own[own["year"].between(first, last)]
        if own.empty:
            return None
        return float(np.average(own["place"], weights=own["n"]))

    @cached_property
    def _places(self) -> dict[int, pd.DataFrame]:
        return {int(c): t for c, t in self.places.groupby("ccode")}

    def window(self, ccode: int, entry: int) -> tuple[int, int] | None:
        """Years that place a state: the last before `entry` (a year), else its first from it on."""
        span = int(self.assumed["window"])
        before = (entry - span, entry - 1)
        if self.place(ccode, *before) is not None:
            return before
        own = self._places.get(ccode)
        later = [] if own is None else own.loc[own["year"] >= entry, "year"].tolist()
        return (int(min(later)), int(min(later)) + span - 1) if later else None

    @cached_property
    def surplus(self) -> pd.DataFrame:
        """client, patron, year, surplus: agreement beyond what the two and the year let expect.

        Double-centred within each year over all pairs of voters.
        """
        t = self.table
        mean = t.groupby(["client", "year"])["agreement"].mean().rename("own")
        whole = t.groupby("year")["agreement"].mean().rename("all")
        t = t.join(mean, on=["client", "year"]).join(whole, on="year")
        other = mean.rename("other").rename_axis(["patron", "year"])
        t = t.join(other, on=["patron", "year"])
        value = t["agreement"] - t["own"] - t["other"] + t["all"]
        return t.assign(surplus=value)[["client", "patron", "year", "surplus", "n"]]

    def liking(self, members: set[int], first: int, last: int) -> dict[tuple[int, int], float]:
        """(client, patron) -> affinity that votes of some years show, among `members`."""
        t = self.surplus
        t = t[
            t["year"].between(first, last) & t["client"].isin(members) & t["patron"].isin(members)
        ]
        t = t.assign(weighted=t["surplus"] * t["n"])
        sums = t.groupby(["client", "patron"])[["weighted", "n"]].sum()
        mean = sums["weighted"] / sums["n"]
        most, scale = self.assumed["vote_affinity"], self.assumed["vote_scale"]
        return {
            (int(a), int(b)): most * math.tanh(v / scale)  # pyright: ignore[reportGeneralTypeIssues]
            for (a, b), v in mean.items()
        }
