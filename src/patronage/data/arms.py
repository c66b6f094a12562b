"""SIPRI arms transfers: supplier (patron) to recipient (client), trend-indicator value by year."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

import numpy as np
import pandas as pd

from patronage.data.cleaning import Context, Sheet, join
from patronage.data.codes import fold
from patronage.data.files import RawTable
from patronage.data.importer import Family, Importer, Parts, columns

# Names without SIPRI's asterisk that are no state of their own, whatever code the file gives them.
NOT_STATES = frozenset(
    {"northern cyprus", "western sahara", "palestine", "katanga", "biafra", "aruba"}
)
_SIDES = {"patron": "supplier", "client": "recipient"}


def _read(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    names = {"year": "year", "tiv": "value" if "value" in raw.columns else "tiv"}
    for side, word in _SIDES.items():
        names |= {f"{side}_name": word, side: f"{word}_cown"}
    sheet = Sheet(raw, "arms", context, names)
    sheet.year()
    sheet.number("tiv", low=0)
    for side in _SIDES:
        _put_aside_others(sheet, side)
        _set_code(sheet, side, context)
        sheet.state(side)
    sheet.put_aside(sheet.frame.tiv.isna().to_numpy(), "no value", "tiv")
    sheet.unique(["client_name", "patron_name", "year"])
    same = (sheet.frame.client == sheet.frame.patron).to_numpy()
    sheet.put_aside(same, "state with itself", "client")
    sheet.membership("client", "patron")
    note = "a positive value below one half, rounded to 0 in the source"
    sheet.report((sheet.frame.tiv == 0).to_numpy(), "value of 0", "kept", note=note)
    # Two names of one state in one year (Libya under two governments) are one state's transfers.
    keys = ["client", "patron", "year"]
    twice = sheet.frame.duplicated(keys, keep=False).to_numpy()
    sheet.report(twice, "two names of one state", "corrected", "client", "their values are added")
    frame = (
        sheet.rows()
        .groupby(keys, as_index=False)
        .agg(tiv=("tiv", "sum"), in_system=("in_system", "min"))
    )
    return {"arms": frame.astype({"tiv": np.float32})}


def _put_aside_others(sheet: Sheet, side: str) -> None:
    """Put aside rebels, organisations, unknown parties: the source gives some their host's code."""
    name = f"{side}_name"
    folded = sheet.frame[name].astype(str).map(fold)
    unknown = folded.str.startswith("unknown").to_numpy(dtype=bool)
    sheet.put_aside(unknown, "unknown party", name)
    folded = sheet.frame[name].astype(str).map(fold)
    other = (folded.str.endswith("*") | folded.isin(NOT_STATES)).to_numpy(dtype=bool)
    sheet.put_aside(other, "party is no state", name, "not added to the state of the same code")


def _set_code(sheet: Sheet, side: str, context: Context) -> None:
    """Code from the name; where the name is not known, the file's own code."""
    name = f"{side}_name"
    by_name = context.codes.from_names(sheet.frame[name], sheet.frame["year"])
    if side not in sheet:
        sheet.frame[side] = np.where(by_name >= 0, by_name, np.nan)
        return
    sheet.number(side)
    given = sheet.frame[side].to_numpy()
    filled = np.isnan(given) & (by_name >= 0)
    sheet.report(filled, "code filled from name", "corrected", name)
    differs = ~np.isnan(given) & (by_name >= 0) & (given != by_name)
    sheet.report(differs, "code and name disagree", "corrected", name, "the name is used")
    sheet.frame[side] = np.where(by_name >= 0, by_name, given)


def _build(parts: Parts, context: Context) -> dict[str, pd.DataFrame]:
    if "arms" not in parts:
        return {}
    return {"arms": join(parts["arms"], ["client", "patron", "year"], "arms", context)}


_CITATION = "sipri"

FAMILY = Family(
    "arms",
    (
        Importer("sipri-tidy", columns("supplier recipient year value"), _read, _CITATION),
        Importer(
            "sipri-tidy-tiv",
            columns("supplier recipient year tiv"),
            _read,
            _CITATION,
            columns("value"),
        ),
    ),
    _build,
)
