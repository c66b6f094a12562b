"""State system membership and major powers (Correlates of War), as spells and by year."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from patronage.data.cleaning import Context, Sheet, expand_years
from patronage.data.files import RawTable
from patronage.data.importer import Family, Importer, Parts, columns
from patronage.data.problems import KEPT

_PARTS = {"styear": "styear", "stmonth": "stmonth", "stday": "stday"}
_PARTS |= {"endyear": "endyear", "endmonth": "endmonth", "endday": "endday"}


def _spells(raw: RawTable, context: Context, table: str, names: Mapping[str, str]) -> pd.DataFrame:
    sheet = Sheet(raw, table, context, {"ccode": "ccode", **names, **_PARTS})
    sheet.number("ccode", low=1, high=999)
    for part in _PARTS:
        sheet.number(part)
    sheet.frame["year"] = sheet.frame["styear"]
    whole = sheet.frame[["ccode", "styear", "endyear"]].notna().all(axis=1).to_numpy()
    sheet.put_aside(~whole, "no code or year", "ccode")
    sheet.frame["start"] = sheet.frame["end"] = pd.NaT
    sheet.day("start", ("styear", "stmonth", "stday"))
    sheet.day("end", ("endyear", "endmonth", "endday"))
    turned = (sheet.frame.end < sheet.frame.start).to_numpy()
    sheet.put_aside(turned, "ends before it starts", "ccode")
    sheet.frame = sheet.frame.drop(columns=[*_PARTS, "year"])
    sheet.frame["ccode"] = sheet.frame["ccode"].astype(np.int16)
    sheet.unique(["ccode", "start"])
    frame = sheet.rows()
    # Where many spells end on the last day, that is the end of the source, not of these states.
    limit = frame.end.max()
    frame["limit"] = limit
    frame["end"] = frame.end.mask((frame.end == limit) & (limit.month == 12) & (limit.day == 31))
    return frame


def _read_states(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    names = {"abb": "stateabb", "name": "statenme"}
    return {"spells": _spells(raw, context, "states", names)}


def _read_majors(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    return {"major_spells": _spells(raw, context, "majors", {})}


def _by_year(spells: pd.DataFrame) -> pd.DataFrame:
    """State-years with the number of days of each year that a spell covers."""
    end = spells.end.fillna(spells.limit)
    frame = spells.assign(first=spells.start.dt.year, last=end.dt.year, stop=end)
    frame = expand_years(frame, "first", "last")
    year = frame["year"].astype("Int64").astype("string")
    opens = pd.to_datetime(year + "-01-01").clip(lower=frame.start)
    closes = pd.to_datetime(year + "-12-31")
    frame["days"] = (closes.where(closes < frame["stop"], frame["stop"]) - opens).dt.days + 1
    keys = [c for c in ("ccode", "year", "abb", "name") if c in frame]
    return frame.groupby(keys, as_index=False).agg(days=("days", "sum"))


def _build(parts: Parts, context: Context) -> dict[str, pd.DataFrame]:
    tables: dict[str, pd.DataFrame] = {}
    for part, name in (("spells", "states"), ("major_spells", "majors")):
        if part in parts:
            if len(parts[part]) > 1:
                note = "the file with the latest end is used"
                context.problems.add("more than one file", KEPT, file="", table=name, note=note)
            spells = max(
                parts[part], key=lambda frame: frame.limit.iloc[0] if len(frame) else pd.NaT
            )
            tables[part] = spells
            tables[name] = _by_year(spells).astype({"days": np.int16})
    return tables


_SPELL = "ccode styear stmonth stday endyear endmonth endday"
_SYSTEM = "cow-system"

FAMILY = Family(
    "states",
    (
        Importer("cow-states", columns(_SPELL + " statenme"), _read_states, _SYSTEM),
        Importer(
            "cow-majors",
            columns(_SPELL),
            _read_majors,
            "cow-majors",
            absent=columns("statenme"),
        ),
    ),
    _build,
)
