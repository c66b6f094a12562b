"""Alliance obligations by directed pair and year: ATOP, and COW formal alliances."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from patronage.data.cleaning import Context, Sheet, both_orders, expand_years
from patronage.data.files import RawTable
from patronage.data.importer import Family, Importer, Parts, columns
from patronage.data.problems import CORRECTED

LAST_COW = 2012
"""Last year of COW alliances 4.1."""
KEYS = ["ccode1", "ccode2", "year"]
OBLIGATIONS = ("defense", "offense", "neutrality", "nonaggression", "consultation", "entente")


def _read(
    raw: RawTable,
    context: Context,
    pair: tuple[str, str],
    names: Mapping[str, str],
    source: str,
    spells: bool = False,
) -> dict[str, pd.DataFrame]:
    when = {"first": "dyad_st_year", "last": "dyad_end_year"} if spells else {"year": "year"}
    sheet = Sheet(
        raw, "alliances", context, {"ccode1": pair[0], "ccode2": pair[1], **when, **names}
    )
    if spells:
        _spell_out(sheet)
    sheet.pairs()
    for name in names:
        sheet.number(name, missing=(-9,), low=0, high=1)
    frame = sheet.frame
    pairs = set(zip(frame.ccode1, frame.ccode2, strict=True))
    one_way = not any((b, a) in pairs for a, b in pairs)
    sheet.membership("ccode1", "ccode2")
    frame = sheet.rows()
    if one_way and len(frame):
        note = "each pair is in the file once; the other order is added"
        context.problems.add(
            "one order only",
            CORRECTED,
            file=raw.file,
            table="alliances",
            rows=len(frame),
            note=note,
        )
        frame = both_orders(frame)
    # Several treaties of one pair in one year: the pair has each obligation that any of them has.
    frame = frame.groupby(KEYS, as_index=False).agg(dict.fromkeys([*names, "in_system"], "max"))
    frame["source"] = source
    return {"alliances": frame}


def _spell_out(sheet: Sheet) -> None:
    """A row for each year; a treaty without an end was in force at the end of the data."""
    for column in ("first", "last"):
        sheet.number(column, missing=(-9,), low=1648, high=LAST_COW)
    sheet.frame["last"] = sheet.frame["last"].fillna(LAST_COW)
    bad = sheet.frame["first"].isna() | (sheet.frame["last"] < sheet.frame["first"])
    sheet.put_aside(bad.to_numpy(), "no possible spell", "ccode1")
    sheet.frame = expand_years(sheet.frame, "first", "last").drop(columns=["first", "last"])


def _read_atop(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    old = ("atop_defense", "atop_offense", "atop_neutral", "atop_nonagg", "atop_consul")
    return _read(
        raw, context, ("ccode1", "ccode2"), dict(zip(OBLIGATIONS, old, strict=False)), "atop"
    )


def _read_atop_original(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    old = ("defense", "offense", "neutral", "nonagg", "consul")
    return _read(
        raw, context, ("statea", "stateb"), dict(zip(OBLIGATIONS, old, strict=False)), "atop"
    )


def _read_cow(raw: RawTable, context: Context, spells: bool = False) -> dict[str, pd.DataFrame]:
    names = {n: n for n in ("defense", "neutrality", "nonaggression", "entente")}
    return _read(raw, context, ("ccode1", "ccode2"), names, "cow", spells)


def _read_cow_spells(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    return _read_cow(raw, context, spells=True)


def _build(parts: Parts, context: Context) -> dict[str, pd.DataFrame]:
    if "alliances" not in parts:
        return {}
    frame = pd.concat(parts["alliances"], ignore_index=True)
    # COW comes as a table of pairs and as one of directed pairs: the same treaties twice.
    frame = frame.groupby(["source", *KEYS], as_index=False).max()
    for column in OBLIGATIONS:
        values = frame[column] if column in frame else pd.Series(np.nan, index=frame.index)
        frame[column] = values.astype("Float32").astype("Int8")
    return {"alliances": frame[[*KEYS, *OBLIGATIONS, "source", "in_system"]]}


_ATOP = "leeds2002"

FAMILY = Family(
    "alliances",
    (
        Importer(
            "atop-directed-dyad-year",
            columns(
                "ccode1 ccode2 year atop_defense atop_offense atop_neutral atop_nonagg atop_consul"
            ),
            _read_atop,
            _ATOP,
        ),
        Importer(
            "atop-original",
            columns("statea stateb year defense offense neutral nonagg consul"),
            _read_atop_original,
            _ATOP,
        ),
        Importer(
            "cow-alliances",
            columns("version4id ccode1 ccode2 year defense neutrality nonaggression entente"),
            _read_cow,
            "gibler2009",
        ),
        Importer(
            "cow-alliances-spells",
            columns(
                "version4id ccode1 ccode2 dyad_st_year dyad_end_year defense neutrality "
                "nonaggression entente"
            ),
            _read_cow_spells,
            "gibler2009",
            absent=columns("year"),
        ),
    ),
    _build,
)
