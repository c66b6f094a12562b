"""Inter-state wars by directed pair and year (COW), onsets of conflict by state-year (UCDP)."""

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

_KEYS = ["war", "ccode1", "ccode2", "year", "resumed"]
_ONSETS = {"new_conflicts": "sumnewconf"} | {f"onsets{n}": f"sumonset{n}" for n in (1, 2, 3, 5, 10)}


def _read_wars(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    names = {"war": "warnum", "ccode1": "ccode1", "ccode2": "ccode2", "year": "year"}
    names |= {"resumed": "resume", "ongoing": "cowinterongoing", "onset": "cowinteronset"}
    for n in (1, 2):
        names |= {f"side{n}": f"sidea{n}", f"initiator{n}": f"initiator{n}"}
        names |= {f"outcome{n}": f"outcome{n}", f"deaths{n}": f"batdeath{n}"}
    sheet = Sheet(raw, "wars", context, names)
    sheet.pairs()
    sheet.number("war")
    for column in ("onset", "resumed", "ongoing", "initiator1", "initiator2"):
        sheet.number(column, low=0, high=1)
    for n in (1, 2):
        sheet.number(f"side{n}", low=1, high=2)
        sheet.number(f"outcome{n}", missing=(-9,), low=1, high=8)
        sheet.number(f"deaths{n}", missing=(-9,), low=0)
    sheet.frame = sheet.frame[(sheet.frame["ongoing"] != 0) & sheet.frame["war"].notna()]
    sheet.frame = sheet.frame.drop(columns="ongoing")
    sheet.unique([k for k in _KEYS if k in sheet])
    sheet.membership("ccode1", "ccode2")
    return {"wars": sheet.rows()}


def _read_onsets(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    sheet = Sheet(raw, "onsets", context, {"ccode": "gwcode", "year": "year", **_ONSETS})
    sheet.year()
    sheet.unique(["ccode", "year"])
    for column in _ONSETS:
        sheet.number(column, low=0, high=100)
    sheet.state_from_gw("ccode")
    sheet.membership("ccode")
    return {"onsets": sheet.rows()}


def _build(parts: Parts, context: Context) -> dict[str, pd.DataFrame]:
    tables: dict[str, pd.DataFrame] = {}
    if "wars" in parts:
        wars = join(parts["wars"], _KEYS, "wars", context)
        # Outcome and deaths are those of the whole war.
        wars["known"] = wars.groupby("war")["year"].transform("max")
        whole = ("war", "resumed", "onset", "side1", "side2", "initiator1", "initiator2")
        small = dict.fromkeys((*whole, "outcome1", "outcome2", "known"), "Int16")
        small |= {"deaths1": "Int32", "deaths2": "Int32"}
        tables["wars"] = wars.astype(dict.fromkeys(small, "Float64")).astype(small)
    if "onsets" in parts:
        onsets = join(parts["onsets"], ["ccode", "year"], "onsets", context)
        small = dict.fromkeys(_ONSETS, "Int8")
        tables["onsets"] = onsets.astype(dict.fromkeys(small, np.float64)).astype(small)
    return tables


FAMILY = Family(
    "wars",
    (
        Importer(
            "cow-inter-state-wars",
            columns("warnum ccode1 ccode2 year cowinterongoing cowinteronset outcome1 batdeath1"),
            _read_wars,
            "sarkees2010",
        ),
        Importer(
            "ucdp-onsets",
            columns("gwcode year sumnewconf sumonset1 sumonset2"),
            _read_onsets,
            "gleditsch2002",
        ),
    ),
    _build,
)
