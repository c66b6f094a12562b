"""Contiguity and distance of pairs of states, and capitals, by year."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

import numpy as np
import pandas as pd

from patronage.data.cleaning import Context, Sheet, both_orders, expand_years, join
from patronage.data.files import RawTable
from patronage.data.importer import Family, Importer, Parts, columns

_PAIR = ["ccode1", "ccode2", "year"]


def _finish_contiguity(sheet: Sheet) -> dict[str, pd.DataFrame]:
    """Both orders, one row a year: the closest kind of contiguity in force on any day of it."""
    frame = both_orders(sheet.rows())
    frame["rank"] = frame["type"].where(frame["type"] > 0, 9)  # 0 is none, so the farthest
    frame = frame.sort_values([*_PAIR, "rank"], kind="stable").drop_duplicates(_PAIR)
    return {"contiguity": frame[[*_PAIR, "type"]].astype({"type": np.int8})}


def _read_contiguity(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    if "stdate" in raw.columns:
        names = {"ccode1": "ccode1", "ccode2": "ccode2", "start": "stdate", "end": "enddate"}
    else:
        names = {"ccode1": "state1no", "ccode2": "state2no", "start": "begin", "end": "end"}
    sheet = Sheet(raw, "contiguity", context, names | {"type": "conttype"})
    for column in ("start", "end"):
        if "begin" in raw.columns:  # COW's own file: year and month as one number
            sheet.number(column)
            sheet.frame[column] = sheet.frame[column] // 100
        else:
            sheet.day(column)
            sheet.frame[column] = sheet.frame[column].dt.year
    sheet.number("type", low=0, high=5)
    bad = sheet.frame[["start", "end", "type"]].isna().any(axis=1) | (
        sheet.frame.end < sheet.frame.start
    )
    sheet.put_aside(bad.to_numpy(), "no possible spell", "ccode1")
    sheet.frame = expand_years(sheet.frame, "start", "end")
    sheet.frame = sheet.frame.drop(columns=["start", "end"])
    sheet.pairs()
    return _finish_contiguity(sheet)


def _read_contiguity_yearly(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    names = {"ccode1": "state1no", "ccode2": "state2no", "year": "year", "type": "conttype"}
    sheet = Sheet(raw, "contiguity", context, names)
    sheet.pairs()
    sheet.number("type", low=0, high=5)
    sheet.put_aside(sheet.frame["type"].isna().to_numpy(), "no value", "type")
    return _finish_contiguity(sheet)


def _read_distance(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    names = {"ccode1": "ccode1", "ccode2": "ccode2", "year": "year", "km": "mindist"}
    sheet = Sheet(raw, "distance", context, names)
    sheet.pairs()
    sheet.number("km", low=0, high=20_040)
    sheet.unique(_PAIR)
    sheet.membership("ccode1", "ccode2")
    frame = both_orders(sheet.rows()).drop_duplicates(_PAIR)
    return {"distance": frame.astype({"km": np.float32})}


def _read_capitals(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    names = {"ccode": "ccode", "capital": "capital", "start": "stdate", "end": "enddate"}
    sheet = Sheet(raw, "capitals", context, names | {"latitude": "lat", "longitude": "lng"})
    sheet.state("ccode")
    sheet.day("start")
    sheet.day("end")
    sheet.number("latitude", low=-90, high=90)
    sheet.number("longitude", low=-180, high=180)
    bad = sheet.frame[["start", "end"]].isna().any(axis=1) | (sheet.frame.end < sheet.frame.start)
    sheet.put_aside(bad.to_numpy(), "no possible spell", "ccode")
    frame = sheet.rows()
    spells = frame.assign(first=frame.start.dt.year, last=frame.end.dt.year)
    years = expand_years(spells, "first", "last").sort_values(["ccode", "year", "start"])
    # Of several capitals in one year, the last one.
    years = years.drop_duplicates(["ccode", "year"], keep="last")
    years["in_system"] = context.codes.member(years.ccode.to_numpy(), years["year"].to_numpy())
    kept = ["ccode", "year", "capital", "latitude", "longitude", "in_system"]
    return {"capitals": years[kept].reset_index(drop=True)}


def _build(parts: Parts, context: Context) -> dict[str, pd.DataFrame]:
    keys = {"contiguity": _PAIR, "distance": _PAIR, "capitals": ["ccode", "year"]}
    return {name: join(parts[name], keys[name], name, context) for name in keys if name in parts}


_CONTIGUITY = "stinnett2002"

FAMILY = Family(
    "geography",
    (
        Importer(
            "cow-contiguity-spells",
            columns("ccode1 ccode2 conttype stdate enddate"),
            _read_contiguity,
            _CONTIGUITY,
        ),
        Importer(
            "cow-contiguity-original",
            columns("state1no state2no conttype begin end"),
            _read_contiguity,
            _CONTIGUITY,
        ),
        Importer(
            "cow-contiguity-yearly",
            columns("state1no state2no conttype year"),
            _read_contiguity_yearly,
            _CONTIGUITY,
        ),
        Importer(
            "minimum-distance",
            columns("ccode1 ccode2 year mindist"),
            _read_distance,
            "weidmann2010",
        ),
        Importer(
            "cow-capitals",
            columns("ccode capital stdate enddate lat lng"),
            _read_capitals,
            "miller2022",
        ),
    ),
    _build,
)
