"""Who is in a world made from a panel: states, when they exist, and which pairs can matter."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false, reportOptionalMemberAccess=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from patronage.data.codes import fold
from patronage.data.panel import Panel
from patronage.errors import DataError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

USA, RUSSIA, CHINA = 2, 365, 710
SMALL_WORLD = 20
"""Up to so many states every pair is written; beyond, pairs that can matter."""
NEAR = (1, 2, 3)
"""Types of contiguity that make neighbours: land, and water up to 24 miles."""
ALL = "all"


@dataclass(frozen=True)
class Player:
    """A state of the world.

    spells: first and last month number of each time in which it exists within the period.
    capital: latitude and longitude [degrees] of the last capital known by the start (or entry).
    """

    ccode: int
    code: str
    name: str
    spells: tuple[tuple[int, int], ...]
    capital: tuple[float, float]
    major: bool

    @property
    def entry(self) -> int:
        """First month in which it exists."""
        return self.spells[0][0]

    def exists(self, month: int) -> bool:
        """Whether it exists in a month."""
        return any(a <= month <= b for a, b in self.spells)

    def exists_in(self, year: int) -> bool:
        """Whether it exists in some month of a year."""
        return any(a <= 12 * year + 11 and 12 * year <= b for a, b in self.spells)


@dataclass(frozen=True)
class Cast:
    """All states of the world over the months `start` … `end`, and the panel they come from."""

    panel: Panel
    players: tuple[Player, ...]
    start: int
    end: int
    notes: list[str] = field(default_factory=list)

    @property
    def years(self) -> tuple[int, int]:
        """First and last year."""
        return self.start // 12, self.end // 12

    @property
    def seen(self) -> int:
        """Last year of the period that the panel tells of."""
        limit = self.panel.limit
        return self.end // 12 if limit is None else min(self.end // 12, limit)

    @cached_property
    def code_of(self) -> dict[int, str]:
        """Code by COW number."""
        return {p.ccode: p.code for p in self.players}

    @cached_property
    def by_number(self) -> dict[int, Player]:
        """Player by COW number."""
        return {p.ccode: p for p in self.players}

    def has(self, table: str) -> bool:
        """Whether the panel has a table."""
        return table in self.panel.names

    def pairs_table(
        self,
        table: str,
        columns: Sequence[str],
        names: tuple[str, str] = ("ccode1", "ccode2"),
        years: tuple[int, int] | None = None,
    ) -> pd.DataFrame:
        """Rows of a dyadic table between players, within `years` (the period); empty if none."""
        wanted = [*names, "year", *columns]
        if not self.has(table):
            return pd.DataFrame({name: [] for name in wanted})
        first, last = years or self.years
        found = self.panel.table(table, wanted)
        found = found[found["year"].between(first, last)]
        return found[found[names[0]].isin(self.code_of) & found[names[1]].isin(self.code_of)]

    @cached_property
    def pairs(self) -> frozenset[tuple[int, int]]:
        """Unordered pairs (smaller number first) that rows are written for.

        All in a small world; else those with a major power, neighbours, rivals, and the two sides
        of an arms transfer: the politically relevant dyads of the field and a little more.
        """
        numbers = sorted(self.code_of)
        if len(numbers) <= SMALL_WORLD:
            return frozenset((a, b) for a in numbers for b in numbers if a < b)
        majors = [p.ccode for p in self.players if p.major]
        found = {(min(a, b), max(a, b)) for a in majors for b in numbers if a != b}
        near = self.pairs_table("contiguity", ["type"])
        found |= _unordered(near[near["type"].isin(NEAR)])
        found |= _unordered(self.pairs_table("rivalries", []))
        arms = self.pairs_table("arms", ["tiv"], ("client", "patron"))
        found |= _unordered(arms[arms["tiv"] >= 1], ("client", "patron"))
        return frozenset(found)

    def relevant(self, a: int, b: int) -> bool:
        """Whether rows are written for a pair."""
        return (min(a, b), max(a, b)) in self.pairs


def _unordered(
    frame: pd.DataFrame, names: tuple[str, str] = ("ccode1", "ccode2")
) -> set[tuple[int, int]]:
    pairs = zip(frame[names[0]].to_numpy(), frame[names[1]].to_numpy(), strict=True)
    return {(int(min(a, b)), int(max(a, b))) for a, b in pairs}


def choose_states(panel: Panel, words: Iterable[str], years: tuple[int, int]) -> list[int]:
    """COW numbers of states named by number, COW abbreviation, ISO code or name; `all` for all.

    Errors: DataError for a word that names no state (with the nearest match), or a state that did
    not exist in those years.
    """
    words = [str(w).strip() for w in words if str(w).strip()]
    table = panel.table("codes")
    spans = _spans(table)
    living = {c for c, s in spans.items() if any(a[0] <= years[1] and a[1] >= years[0] for a in s)}
    if [w.casefold() for w in words] == [ALL]:
        return sorted(living)
    names = _names(table, living)
    found: list[int] = []
    for word in words:
        number = int(word) if word.isdigit() else names.get(fold(word))
        if number is None or number not in spans:
            shown = sorted({str(a) for a in table["abb"] if a})
            close = nearest(fold(word), list(names))
            got = word if close is None else _show(table, names[close])
            raise DataError(f"no state is called '{word}'", where="states", allowed=shown, got=got)
        if number not in living:
            when = ", ".join(f"{a}–{b}" if b < 9999 else f"{a} on" for a, b in spans[number])
            raise DataError(
                f"{_show(table, number)} ({number}) was no state in {years[0]}–{years[1]}",
                where="states",
                allowed=[when],
            )
        if number not in found:
            found.append(number)
    if len(found) < 2:
        raise DataError("a world needs two states or more", where="states", allowed=["CUB,RUS"])
    return found


def _spans(table: pd.DataFrame) -> dict[int, list[tuple[int, int]]]:
    """First and last years in which each state existed."""
    found: dict[int, list[tuple[int, int]]] = {}
    for row in table.sort_values(["ccode", "year"]).itertuples():
        first = 0 if pd.isna(row.year) else int(row.year)
        last = 9999 if pd.isna(row.last_year) else int(row.last_year)
        found.setdefault(int(row.ccode), []).append((first, last))
    return found


def _names(table: pd.DataFrame, living: set[int]) -> dict[str, int]:
    """Number by folded abbreviation, ISO code or name; a state of the years before another."""
    names: dict[str, int] = {}
    rows = sorted(table.to_dict("records"), key=lambda r: int(r["ccode"]) in living)
    for key in ("name", "iso3", "abb"):
        for row in rows:
            if isinstance(row[key], str) and row[key]:
                names[fold(row[key])] = int(row["ccode"])
    return names


def _show(table: pd.DataFrame, number: int) -> str:
    row = table[table["ccode"] == number].iloc[-1]
    return str(row["abb"] or row["name"])


def read_cast(panel: Panel, words: Iterable[str], first: int, last: int) -> Cast:
    """The cast of a world over the years `first` … `last`.

    Errors: DataError as `choose_states`, and for a period that the panel does not reach.
    """
    if last < first:
        raise DataError(f"the period ends ({last}) before it starts ({first})", where="years")
    for needed in ("codes", "capability"):
        if needed not in panel.names:
            raise DataError(
                f"the panel has no table '{needed}'", where=repr(panel), allowed=panel.names
            )
    numbers = choose_states(panel, words, (first, last))
    start, end = first * 12, last * 12 + 11
    cast = Cast(panel, (), start, end)
    table = panel.table("codes")
    majors = _majors(panel, first, last)
    capitals = panel.table("capitals") if "capitals" in panel.names else None
    players, used = [], set()
    for number in numbers:
        own = table[table["ccode"] == number]
        spells = _spells(own, start, end)
        place = _capital(capitals, number, max(first, spells[0][0] // 12))
        if place is None:
            cast.notes.append(f"{_show(table, number)} is left out: its capital is not known")
            continue
        code = _code(own, spells[0][0] // 12, used)
        used.add(code)
        name = str(_current(own, spells[0][0] // 12)["name"])
        players.append(Player(number, code, name, spells, place, number in majors))
    if len(players) < 2:
        raise DataError("fewer than two states have a known capital", where=repr(panel))
    return Cast(panel, tuple(players), start, end, cast.notes)


def _majors(panel: Panel, first: int, last: int) -> set[int]:
    """Major powers for more than half of the period."""
    if "majors" not in panel.names:
        return {USA, RUSSIA, CHINA}
    table = panel.table("majors")
    years = table[table["year"].between(first, last)].groupby("ccode").size()
    last = last if panel.limit is None else min(last, panel.limit)
    return {int(c) for c, n in years.items() if 2 * n > last - first}


def _spells(own: pd.DataFrame, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Months of existence within the period; spells that follow on each other are one."""
    spells: list[tuple[int, int]] = []
    for row in own.sort_values("start", na_position="first").itertuples():
        a = 0 if pd.isna(row.start) else row.start.year * 12 + row.start.month - 1
        b = 10**6 if pd.isna(row.end) else row.end.year * 12 + row.end.month - 1
        if spells and a <= spells[-1][1] + 1:
            spells[-1] = (spells[-1][0], max(b, spells[-1][1]))
        else:
            spells.append((a, b))
    inside = [(max(a, start), min(b, end)) for a, b in spells if a <= end and b >= start]
    return tuple(inside)


def _current(own: pd.DataFrame, year: int) -> pd.Series:
    """The row of a state's codes that holds in a year."""
    first = own["year"].fillna(0).astype(int)
    held = own[first <= year]
    return (held if len(held) else own).sort_values("year", na_position="first").iloc[-1]


def _code(own: pd.DataFrame, year: int, used: set[str]) -> str:
    row = _current(own, year)
    for key in ("abb", "iso3"):
        word = row[key]
        if isinstance(word, str) and len(word) >= 2 and word.isalnum() and word.upper() not in used:
            return word.upper()
    return f"S{int(row['ccode'])}"


def _capital(capitals: pd.DataFrame | None, number: int, year: int) -> tuple[float, float] | None:
    if capitals is None:
        return None
    own = capitals[capitals["ccode"] == number].sort_values("year")
    if own.empty:
        return None
    before = own[own["year"] <= year]
    row = before.iloc[-1] if len(before) else own.iloc[0]
    return round(float(row["latitude"]), 2), round(float(row["longitude"]), 2)
