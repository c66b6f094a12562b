"""One table of state codes with dates of validity: COW, Gleditsch–Ward, ISO 3166-1 alpha-3, names.

`codes.csv` holds what the published lists say, one row per code and period of one identity; the
dates of system membership come from the COW states file, where there is one.
"""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from patronage.errors import DataError, nearest

FIRST_YEAR, LAST_YEAR = 1400, 2100
_TOP = 1000


def fold(name: str) -> str:
    """A name without accents, case and double spaces, for comparison.

    >>> fold("Côte d’Ivoire")
    "cote d'ivoire"
    """
    plain = unicodedata.normalize("NFKD", name.replace("’", "'"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


@cache
def identities() -> pd.DataFrame:
    """Rows of `codes.csv`: ccode, first, last (years), gwcode, iso3, name, aliases."""
    path = files("patronage.data").joinpath("codes.csv")
    with path.open(encoding="utf-8") as handle:
        table = pd.read_csv(handle, dtype=str, keep_default_na=False)
    for column, default in (
        ("first", FIRST_YEAR),
        ("last", LAST_YEAR),
        ("ccode", 0),
        ("gwcode", 0),
    ):
        table[column] = table[column].replace("", str(default)).astype(int)
    return table


class Codes:
    """Codes of states, translated with regard to the year.

    Parameters
    ----------
    spells: membership of the state system: ccode, abb, name, start, end (dates; end missing while
        the state exists). None if no states file is at hand: membership is then unknown.
    """

    def __init__(self, spells: pd.DataFrame | None = None) -> None:
        self.spells = spells
        self._known = np.zeros(_TOP, dtype=bool)
        self._known[identities().ccode.to_numpy()] = True
        self._member = np.zeros((_TOP, LAST_YEAR - FIRST_YEAR + 1), dtype=bool)
        if spells is not None:
            self._known[spells.ccode.to_numpy()] = True
            first = spells.start.dt.year.to_numpy()
            last = spells.end.dt.year.fillna(LAST_YEAR).to_numpy().astype(int)
            for code, a, b in zip(spells.ccode.to_numpy(), first, last, strict=True):
                self._member[code, a - FIRST_YEAR : b - FIRST_YEAR + 1] = True
        self._names = _names()
        self._gw = _gw_table()

    def known(self, code: np.ndarray) -> np.ndarray:
        """Whether each number is the COW code of a state."""
        inside = (code >= 0) & (code < _TOP)
        return inside & self._known[np.where(inside, code, 0).astype(int)]

    def member(self, code: np.ndarray, year: np.ndarray) -> np.ndarray:
        """Whether each state was in the system on some day of the year (False if unknown)."""
        inside = (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (code >= 0) & (code < _TOP)
        row = np.where(inside, code, 0).astype(int)
        column = np.where(inside, year - FIRST_YEAR, 0).astype(int)
        return inside & self._member[row, column]

    def from_gw(self, code: np.ndarray, year: np.ndarray) -> np.ndarray:
        """COW codes of Gleditsch–Ward codes at the end of a year; −1 where COW has none.

        >>> Codes().from_gw(np.array([260, 260, 678, 340]), np.array([1989, 1990, 2000, 2010]))
        array([260, 255, 679, 345])
        """
        inside = (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (code >= 0) & (code < _TOP)
        row = np.where(inside, code, 0).astype(int)
        column = np.where(inside, year - FIRST_YEAR, 0).astype(int)
        return np.where(inside, self._gw[row, column], -1)

    def from_names(self, names: pd.Series, years: pd.Series) -> np.ndarray:
        """COW codes of names in a year; −1 where no state, or more than one, has that name."""
        pairs = pd.MultiIndex.from_arrays([names.astype(str), years])
        place, unique = pd.factorize(pairs)
        found = np.array([self._from_name(fold(n), int(y)) for n, y in unique], dtype=int)
        return found[place] if len(found) else np.empty(0, dtype=int)

    def _from_name(self, name: str, year: int) -> int:
        rows = self._names.get(name, [])
        inside = [r for r in rows if r[1] <= year <= r[2]]
        if inside:
            return max(inside, key=lambda r: r[1])[0]
        codes = {r[0] for r in rows}
        return codes.pop() if len(codes) == 1 else -1

    def from_iso3(self, iso3: str, year: int) -> int:
        """COW code of an ISO 3166-1 alpha-3 code in a year.

        Errors: DataError if no state has that code in that year.
        """
        table = identities()
        inside = (table["first"] <= year) & (table["last"] >= year)
        match = table[inside & (table.iso3 == iso3.upper())]
        if match.empty:
            allowed = sorted(set(table[inside].iso3) - {""})
            close = nearest(iso3, allowed)
            raise DataError(
                f"no state has the ISO code '{iso3}' in {year}", allowed=allowed, got=close
            )
        return int(match.sort_values("first").ccode.iloc[-1])

    def table(self) -> pd.DataFrame:
        """One row per state and period of one identity: codes, names, and dates of validity.

        Columns: ccode, gwcode, iso3, abb, name, start, end (dates), year, last_year. An `end` is
        missing where the state goes on at the end of its source.
        """
        table = identities().drop(columns="aliases")
        if self.spells is None:
            first = table["first"].where(table["first"] > FIRST_YEAR)
            start = pd.to_datetime(first.astype("Int64").astype("string") + "-01-01")
            last = table["last"].where(table["last"] < LAST_YEAR)
            end = pd.to_datetime(last.astype("Int64").astype("string") + "-12-31")
            table = table.assign(abb="", start=start, end=end)
        else:
            spells = self.spells.rename(columns={"name": "cow_name"})
            table = spells.merge(table, on="ccode", how="left")
            table["name"] = table["name"].fillna(table.cow_name)
            low = pd.to_datetime(
                table["first"].fillna(FIRST_YEAR).astype(int).astype(str) + "-01-01"
            )
            high = pd.to_datetime(
                table["last"].fillna(LAST_YEAR).astype(int).astype(str) + "-12-31"
            )
            table["start"] = table.start.where(table.start >= low, low)
            goes_on = table.end.isna() & (table["last"].fillna(LAST_YEAR) >= LAST_YEAR)
            table["end"] = table.end.where(table.end <= high, high).mask(goes_on)
            table = table[table.end.isna() | (table.start <= table.end)]
        table = table.assign(
            year=table.start.dt.year.astype("Int64"),
            last_year=table.end.dt.year.astype("Int64"),
            gwcode=table.gwcode.astype("Int64"),
            iso3=table.iso3.replace("", pd.NA),
        )
        columns = ["ccode", "gwcode", "iso3", "abb", "name", "start", "end", "year", "last_year"]
        return table[columns].sort_values(["ccode", "year"]).reset_index(drop=True)


@cache
def _names() -> dict[str, list[tuple[int, int, int]]]:
    names: dict[str, list[tuple[int, int, int]]] = {}
    for row in identities().to_dict("records"):
        for name in [row["name"], *filter(None, row["aliases"].split("|"))]:
            names.setdefault(fold(name), []).append((row["ccode"], row["first"], row["last"]))
    return names


@cache
def _gw_table() -> np.ndarray:
    """COW code by GW code and year; where two COW codes share a year, the later one holds.

    Outside the years of its identity a code stands for the same state, unless another code does so.
    """
    table = np.full((_TOP, LAST_YEAR - FIRST_YEAR + 1), -1)
    rows = identities().sort_values("first").to_dict("records")
    for row in rows:
        first, last = row["first"] - FIRST_YEAR, row["last"] - FIRST_YEAR
        table[row["gwcode"], first : last + 1] = row["ccode"]
    for code in {row["gwcode"] for row in rows}:
        states = {row["ccode"] for row in rows if row["gwcode"] == code}
        if len(states) == 1:
            state = states.pop()
            free = (table[code] < 0) & ~(table == state).any(axis=0)
            table[code, free] = state
    return table


def split_germany(code: np.ndarray, year: np.ndarray) -> np.ndarray:
    """255 (Germany) and 260 (West Germany) as their dates have it: 260 from 1946 to 1989.

    >>> split_germany(np.array([255, 255, 260]), np.array([1970, 1990, 1991]))
    array([260, 255, 255])
    """
    west = (code == 255) & (year >= 1946) & (year <= 1989)
    whole = (code == 260) & (year >= 1991)
    return np.where(west, 260, np.where(whole, 255, code))
