"""Militarised interstate disputes by directed pair and year: COW dyadic MID, and GML."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

import numpy as np
import pandas as pd

from patronage.data.cleaning import Context, Sheet, join
from patronage.data.files import RawTable
from patronage.data.importer import Family, Importer, Parts, columns

KEYS = ["source", "dispute", "episode", "ccode1", "ccode2", "year"]
_LEVELS = ("hostility", "hostility1", "hostility2")
_DEATHS = ("fatality", "fatality1", "fatality2")


def _levels(sheet: Sheet) -> None:
    for name in _LEVELS:
        sheet.number(name, missing=(-9,), low=0, high=5)
    for name in _DEATHS:
        sheet.number(name, missing=(-9,), low=0, high=6)


def _read_mid(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    names = {"dispute": "disno", "episode": "dyindex", "ccode1": "statea", "ccode2": "stateb"}
    names |= {"year": "year", "start_year": "strtyr", "end_year": "endyear", "side1": "sideaa"}
    names |= {"outcome": "outcome", "settlement": "settlmnt", "hostility": "hihost"}
    names |= {"hostility1": "hihosta", "hostility2": "hihostb", "fatality": "fatlev"}
    names |= {"fatality1": "fatleva", "fatality2": "fatlevb", "side2": "sideab"}
    names |= {"ongoing_2014": "ongo2014"}
    sheet = Sheet(raw, "disputes", context, names)
    sheet.pairs()
    sheet.number("dispute")
    sheet.number("episode")
    sheet.number("start_year", low=1815, high=2100)
    sheet.number("end_year", missing=(-9,), low=1815, high=2100)
    sheet.number("side1", low=0, high=1)
    # Not carried, but a side that is a year shows rows with a slip in them.
    sheet.number("side2", low=0, high=2)
    sheet.number("outcome", missing=(-9,), low=0, high=9)
    sheet.number("settlement", missing=(-9,), low=0, high=4)
    _levels(sheet)
    blank = sheet.frame["ongoing_2014"].isna() if "ongoing_2014" in sheet else pd.Series(dtype=bool)
    if len(blank):
        sheet.number("ongoing_2014")
        open_end = sheet.frame["ongoing_2014"].isna().to_numpy()
        sheet.report(open_end, "dispute may go on", "kept", "ongoing_2014", "ongo2014 is empty")
    early = (sheet.frame["year"] < sheet.frame["start_year"]).to_numpy()
    late = (sheet.frame["year"] > sheet.frame["end_year"]).to_numpy()
    sheet.report(early | late, "year outside dispute", "kept", "dispute")
    sheet.frame = sheet.frame.drop(columns=["side2", "ongoing_2014"], errors="ignore")
    sheet.unique(["dispute", "episode", "ccode1", "ccode2", "year"])
    sheet.membership("ccode1", "ccode2")
    frame = sheet.rows()
    frame["onset"] = (frame["year"] == frame["start_year"]).astype(int)
    frame["source"] = "mid"
    return {"disputes": frame}


def _read_gml(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    names = {"dispute": "dispnum", "ccode1": "ccode1", "ccode2": "ccode2", "year": "year"}
    names |= {"onset": "gmlmidonset", "side1": "sidea1", "hostility": "hostlev"}
    names |= {"hostility1": "hostlev1", "hostility2": "hostlev2", "fatality": "fatality"}
    names |= {"fatality1": "fatality1", "fatality2": "fatality2", "ongoing": "gmlmidongoing"}
    sheet = Sheet(raw, "disputes", context, names)
    sheet.pairs()
    sheet.number("dispute")
    sheet.number("onset", low=0, high=1)
    sheet.number("side1", low=0, high=1)
    sheet.number("ongoing", low=0, high=1)
    _levels(sheet)
    # Some packagings hold every pair and year, with 0 where there was no dispute.
    sheet.frame = sheet.frame[(sheet.frame["ongoing"] != 0) & sheet.frame["dispute"].notna()]
    sheet.frame = sheet.frame.drop(columns="ongoing")
    sheet.unique(["dispute", "ccode1", "ccode2", "year"])
    sheet.membership("ccode1", "ccode2")
    frame = sheet.rows()
    spans = frame.groupby(["dispute", "ccode1", "ccode2"])["year"]
    frame["start_year"], frame["end_year"] = spans.transform("min"), spans.transform("max")
    frame["source"], frame["episode"] = "gml", np.nan
    return {"disputes": frame}


def _build(parts: Parts, context: Context) -> dict[str, pd.DataFrame]:
    if "disputes" not in parts:
        return {}
    frame = join(parts["disputes"], KEYS, "disputes", context)
    # Levels are those of the whole dispute, so they are known when all of it has ended.
    last = frame.groupby(["source", "dispute"])[["end_year", "year"]].transform("max").max(axis=1)
    frame["known"] = last
    whole = ("dispute", "start_year", "end_year", "known", "onset", "side1")
    small = (*whole, "outcome", "settlement", *_LEVELS, *_DEATHS)
    for column in small:
        values = frame[column] if column in frame else pd.Series(np.nan, index=frame.index)
        frame[column] = values.astype("Float64").astype("Int16")
    order = [*KEYS, "onset", "side1", "start_year", "end_year", "outcome", "settlement"]
    order += [*_LEVELS, *_DEATHS, "known", "in_system"]
    return {"disputes": frame[order].sort_values(KEYS, ignore_index=True)}


FAMILY = Family(
    "disputes",
    (
        Importer(
            "cow-mid-dyadic",
            columns(
                "disno dyindex statea stateb year strtyr endyear hihost hihosta hihostb outcome"
            ),
            _read_mid,
            "maoz2019",
        ),
        Importer(
            "gml-mid-directed-dyad-year",
            columns("dispnum ccode1 ccode2 year gmlmidongoing gmlmidonset hostlev"),
            _read_gml,
            "gibler2016",
        ),
    ),
    _build,
)
