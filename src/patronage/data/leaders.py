"""Leaders of states by year (Archigos), with codes of other leader data sets."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

import numpy as np
import pandas as pd

from patronage.data.cleaning import Context, Sheet, expand_years, join
from patronage.data.files import RawTable
from patronage.data.importer import Family, Importer, Parts, columns

_STILL = "Still in Office"


def _read_leaders(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    """A row a year that a leader governed on some day; the exit stands in the last only."""
    names = {n: n for n in ("obsid", "leadid", "leader", "gender", "entry", "exit")}
    names |= {"ccode": "gwcode", "born": "yrborn", "start": "startdate", "end": "enddate"}
    sheet = Sheet(raw, "leaders", context, names | {"exit_code": "exitcode"})
    sheet.number("born", missing=(-999, -777), low=1700, high=2100)
    sheet.day("start")
    sheet.day("end")
    bad = sheet.frame[["start", "end"]].isna().any(axis=1) | (sheet.frame.end < sheet.frame.start)
    sheet.put_aside(bad.to_numpy(), "no possible spell", "obsid")
    sheet.unique(["obsid"])
    still = (sheet.frame["exit"] == _STILL).to_numpy(dtype=bool)
    note = "in office at the end of the source: no exit"
    sheet.report(still, "open end", "set missing", "exit", note)
    sheet.frame["still"] = still
    sheet.frame["first"] = sheet.frame.start.dt.year
    sheet.frame["last"] = sheet.frame.end.dt.year
    sheet.frame = expand_years(sheet.frame, "first", "last")
    sheet.state_from_gw("ccode")
    sheet.membership("ccode")
    frame = sheet.rows()
    ended = (frame["year"] == frame["last"]) & ~frame["still"]
    for column in ("exit", "exit_code"):
        frame[column] = frame[column].astype("string").where(ended)
    frame["end"] = frame["end"].where(ended)
    frame["year_end"] = (frame["year"] < frame["last"]) | frame["still"]
    return {"leaders": frame.drop(columns=["first", "last", "still"])}


def _read_years(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    names = {"ccode": "gwcode", "year": "year", "change": "leadertransition"}
    names |= {n: n for n in ("irregular", "n_leaders")}
    names |= {"first_obsid": "jan1obsid", "last_obsid": "dec31obsid"}
    sheet = Sheet(raw, "leader_years", context, names)
    sheet.year()
    sheet.unique(["ccode", "year"])
    for column in ("change", "irregular"):
        sheet.number(column, low=0, high=1)
    sheet.number("n_leaders", low=0, high=50)
    sheet.state_from_gw("ccode")
    sheet.membership("ccode")
    return {"leader_years": sheet.rows()}


def _read_codes(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    sheet = Sheet(raw, "leaders", context, {n: n for n in ("obsid", "leadid29", "leaderid")})
    sheet.unique(["obsid"])
    return {"leader_codes": sheet.rows()}


def _build(parts: Parts, context: Context) -> dict[str, pd.DataFrame]:
    tables: dict[str, pd.DataFrame] = {}
    if "leaders" in parts:
        leaders = join(parts["leaders"], ["obsid", "ccode", "year"], "leaders", context)
        if "leader_codes" in parts:
            codes = join(parts["leader_codes"], ["obsid"], "leaders", context)
            leaders = leaders.merge(codes, on="obsid", how="left")
        leaders["born"] = leaders["born"].astype("Int16")
        text = leaders.select_dtypes(["object", "string"]).columns
        leaders = leaders.astype(dict.fromkeys(text, "string"))
        tables["leaders"] = leaders.sort_values(["ccode", "year", "start"], ignore_index=True)
    if "leader_years" in parts:
        years = join(parts["leader_years"], ["ccode", "year"], "leader_years", context)
        small = dict.fromkeys(("change", "irregular", "n_leaders"), "Int8")
        tables["leader_years"] = years.astype(dict.fromkeys(small, np.float64)).astype(small)
    return tables


_CITATION = "goemans2009"

FAMILY = Family(
    "leaders",
    (
        Importer(
            "archigos",
            columns("obsid gwcode leadid leader startdate enddate entry exit"),
            _read_leaders,
            _CITATION,
        ),
        Importer(
            "archigos-years",
            columns("gwcode year leadertransition irregular n_leaders"),
            _read_years,
            _CITATION,
        ),
        Importer(
            "leader-codes",
            columns("obsid leadid leadid29 leaderid"),
            _read_codes,
            "ellis2015",
            absent=columns("startdate"),
        ),
    ),
    _build,
)
