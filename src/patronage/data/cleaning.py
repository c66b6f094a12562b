"""From a raw table to clean rows: numbers, codes, years, duplicates; faults go by line."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from patronage.data.codes import FIRST_YEAR, LAST_YEAR, Codes
from patronage.data.files import LINE, RawTable
from patronage.data.problems import CORRECTED, KEPT, LEFT_OUT, PUT_ASIDE, SET_MISSING, Problems


@dataclass
class Context:
    """What every importer needs beside its file: the code table and the list of problems."""

    codes: Codes
    problems: Problems


class Sheet:
    """One raw table on its way to a clean one.

    Parameters
    ----------
    raw: the table as read.
    table: name of the panel table the rows are meant for.
    columns: new name -> raw name; raw columns left out here are not carried.
    """

    def __init__(
        self, raw: RawTable, table: str, context: Context, columns: Mapping[str, str]
    ) -> None:
        self.raw, self.table, self.context = raw, table, context
        present = {new: old for new, old in columns.items() if old in raw.columns}
        self.frame = pd.DataFrame({new: raw.frame[old] for new, old in present.items()})
        self.frame[LINE] = raw.frame[LINE].to_numpy()
        self._raw_name = present
        for line in raw.bad_lines:
            number, _, text = line.partition(": ")
            self._aside(pd.DataFrame({"text": [text]}), np.array([int(number)]), "line too long")
        self.report(self.frame[LINE].isin(raw.short_lines).to_numpy(), "line too short", KEPT)

    def __contains__(self, column: str) -> bool:
        return column in self.frame

    # ---- reporting ------------------------------------------------------------------------

    def report(
        self, mask: np.ndarray, problem: str, action: str, column: str = "", note: str = ""
    ) -> None:
        """Report the marked rows, one entry for each distinct value of `column` (20 at most)."""
        if not mask.any():
            return
        rows = self.frame[mask]
        groups = [("", rows)]
        if column in rows:
            values = rows[column].astype("string").fillna("")
            if values.nunique() <= 20 or column.startswith(("ccode", "client", "patron", "gwcode")):
                groups = [(str(k), g) for k, g in rows.groupby(values.to_numpy(), sort=True)]
        for value, group in groups:
            self.context.problems.add(
                problem,
                action,
                file=self.raw.file,
                table=self.table,
                column=self._raw_name.get(column, column),
                value=value.removesuffix(".0"),
                lines=group[LINE].to_numpy(),
                years=_numbers(group["year"]) if "year" in group else (),
                note=note,
            )

    def _aside(self, rows: pd.DataFrame, lines: np.ndarray, problem: str, years=None) -> None:
        problems, where = self.context.problems, {"file": self.raw.file, "table": self.table}
        if years is None:
            years = np.full(len(rows), np.nan)
            problems.add(problem, PUT_ASIDE, lines=lines, **where)
        problems.put_aside(rows, problem=problem, lines=lines, years=years, **where)

    def put_aside(self, mask: np.ndarray, problem: str, column: str = "", note: str = "") -> None:
        """Move the marked rows to the quarantine."""
        mask = np.asarray(mask, dtype=bool)
        if not mask.any():
            return
        self.report(mask, problem, PUT_ASIDE, column, note)
        lines = self.frame.loc[mask, LINE].to_numpy()
        original = self.raw.frame.set_index(LINE, drop=True).loc[lines]
        years = np.full(len(lines), np.nan)
        if "year" in self.frame:
            years = _numbers(self.frame.loc[mask, "year"])
            years = np.where((years >= FIRST_YEAR) & (years <= LAST_YEAR), np.floor(years), np.nan)
        self._aside(original, lines, problem, years)
        self.frame = self.frame[~mask]

    # ---- columns --------------------------------------------------------------------------

    def number(
        self,
        column: str,
        *,
        missing: Sequence[float] = (),
        low: float = -np.inf,
        high: float = np.inf,
    ) -> None:
        """Make a column numeric: missing codes and impossible values become missing."""
        if column not in self.frame:
            return
        before = self.frame[column]
        values = _numbers(before)
        unread = np.isnan(values) & ~_blank(before)
        self.report(unread, "not a number", SET_MISSING, column)
        self.frame[column] = values
        code = np.isin(values, missing)
        self.report(code, "missing code", SET_MISSING, column)
        outside = ~code & ((values < low) | (values > high))
        self.report(
            outside, "impossible value", SET_MISSING, column, f"allowed: {low:g} to {high:g}"
        )
        self.frame[column] = np.where(code | outside, np.nan, values)

    def year(self, column: str = "year") -> None:
        """A calendar year in every row; rows without one are put aside."""
        values = _numbers(self.frame[column])
        good = (values >= FIRST_YEAR) & (values <= LAST_YEAR) & (values == np.floor(values))
        self.put_aside(~good, "no possible year", column)
        self.frame[column] = values[good].astype(np.int16)

    def state(self, column: str) -> None:
        """The COW code of a state in every row; rows with another code are put aside."""
        values = _numbers(self.frame[column])
        whole = np.where(np.isfinite(values) & (values == np.floor(values)), values, -1)
        known = self.context.codes.known(whole)
        self.put_aside(~known, "unknown code", column)
        self.frame[column] = values[known].astype(np.int16)

    def state_from_gw(self, column: str) -> None:
        """Turn Gleditsch–Ward codes into COW codes by year; codes COW lacks are put aside."""
        values = _numbers(self.frame[column])
        whole = np.where(np.isfinite(values), values, -1).astype(int)
        found = self.context.codes.from_gw(whole, self.frame["year"].to_numpy())
        note = "no COW code stands for this Gleditsch–Ward code in this year"
        self.put_aside(found < 0, "unknown code", column, note)
        self.frame[column] = found[found >= 0].astype(np.int16)

    def pairs(self, first: str = "ccode1", second: str = "ccode2") -> None:
        """Two states and a year in every row, the states different."""
        self.year()
        self.state(first)
        self.state(second)
        self.put_aside(
            (self.frame[first] == self.frame[second]).to_numpy(), "state with itself", first
        )

    def day(self, column: str, parts: Sequence[str] = ()) -> None:
        """A date: from a date, text, or three numeric columns (year, month, day)."""
        if parts:
            y, m, d = (_numbers(self.frame[p]) for p in parts)
            text = pd.DataFrame({"year": y, "month": np.clip(m, 1, 12), "day": np.clip(d, 1, 31)})
            value = pd.to_datetime(text, errors="coerce")
            # A day that its month lacks (31 June) is taken as the month's last.
            last = pd.to_datetime(text.assign(day=1), errors="coerce") + pd.offsets.MonthEnd(0)
            value = value.fillna(last).to_numpy()
        else:
            value = _days(self.frame[column])
        self.frame[column] = value.astype("M8[s]")
        unread = np.isnat(self.frame[column].to_numpy())
        self.report(unread, "no date", SET_MISSING, column)

    # ---- rows -----------------------------------------------------------------------------

    def unique(self, keys: Sequence[str]) -> None:
        """One row a key: of equal rows the first stays, differing rows are all put aside."""
        keys = list(keys)
        cells = [c for c in self.frame.columns if c != LINE]
        if not self.frame.duplicated(keys).any():
            return
        self.put_aside(self.frame.duplicated(cells).to_numpy(), "duplicate row", keys[0])
        clash = self.frame.duplicated(keys, keep=False).to_numpy()
        note = f"rows with the same {', '.join(keys)} say different things"
        self.put_aside(clash, "contradicting rows", keys[0], note)

    def membership(self, *columns: str) -> None:
        """Mark in `in_system` whether all states of a row were in the state system that year."""
        codes, year = self.context.codes, self.frame["year"].to_numpy()
        inside = np.ones(len(self.frame), dtype=bool)
        for column in columns:
            member = codes.member(self.frame[column].to_numpy(), year)
            inside &= member
            if codes.spells is not None:
                self.report(~member, "outside membership", KEPT, column, "in_system is false")
        if codes.spells is None:
            self.frame["in_system"] = pd.array([pd.NA] * len(self.frame), dtype="boolean")
        else:
            self.frame["in_system"] = inside

    def correct(self, column: str, values: np.ndarray, problem: str, note: str = "") -> None:
        """Put `values` in place of a column, and report the rows that change."""
        changed = self.frame[column].to_numpy() != values
        self.report(changed, problem, CORRECTED, column, note)
        self.frame[column] = values

    def rows(self) -> pd.DataFrame:
        """The clean rows, without line numbers."""
        return self.frame.drop(columns=LINE).reset_index(drop=True)


def _blank(values: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(values):
        return values.isna().to_numpy()
    text = values.astype("string").str.strip()
    return (text.isna() | text.isin(["", "NA", "NaN", ".", "nan"])).to_numpy(dtype=bool)


def _numbers(values: pd.Series) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(values):
        values = pd.to_numeric(values.astype("string").str.strip(), errors="coerce")
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    # R's NA is a NaN of its own kind, which some conversions refuse.
    return np.where(np.isnan(numbers), np.nan, numbers)


def _days(values: pd.Series) -> np.ndarray:
    """Dates of dates, of numbers (R: days since 1970), of text (ISO first, then as it looks)."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.to_numpy()
    if pd.api.types.is_numeric_dtype(values):
        days = values.to_numpy(dtype=float, na_value=np.nan)
        known = np.isfinite(days)
        return np.where(known, np.where(known, days, 0).astype("M8[D]"), np.datetime64("NaT"))
    text = values.astype("string").str.strip()
    found = pd.to_datetime(text, format="ISO8601", errors="coerce")
    unread = found.isna()
    if unread.any():
        found[unread] = pd.to_datetime(text[unread], format="mixed", errors="coerce")
    return found.to_numpy()


def both_orders(frame: pd.DataFrame, swap: Sequence[tuple[str, str]] = ()) -> pd.DataFrame:
    """Each pair in both orders: a copy with ccode1 and ccode2, and the named columns, swapped."""
    names = {}
    for a, b in (("ccode1", "ccode2"), *swap):
        names |= {a: b, b: a}
    turned = frame.rename(columns=names)[frame.columns]
    return pd.concat([frame, turned], ignore_index=True)


def expand_years(frame: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    """One row a year of each spell, both end years included; the year goes to `year`."""
    start = frame[first].to_numpy(dtype=int)
    length = frame[last].to_numpy(dtype=int) - start + 1
    place = np.repeat(np.arange(len(frame)), length)
    offset = np.arange(len(place)) - np.repeat(np.cumsum(length) - length, length)
    years = frame.iloc[place].reset_index(drop=True)
    years["year"] = (start[place] + offset).astype(np.int16)
    return years


def join(
    parts: list[pd.DataFrame], keys: Sequence[str], table: str, context: Context
) -> pd.DataFrame:
    """One table of the parts of several files; of rows with one key the first file's is used."""
    frame = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    if len(parts) == 1:
        return frame
    again = frame.duplicated(list(keys))
    if again.any():
        note = "the same key in more than one file: the row of the first file, by name, is used"
        years = frame.loc[again, "year"] if "year" in frame else ()
        context.problems.add(
            "row in two files", LEFT_OUT, file="", table=table,
            rows=int(again.sum()), years=years, note=note,
        )  # fmt: skip
    return frame[~again].reset_index(drop=True)
