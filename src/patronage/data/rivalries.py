"""Strategic rivalries by pair and year: Thompson and Dreyer, and Thompson, Sakuwa and Suhas."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

import pandas as pd

from patronage.data.cleaning import Context, Sheet, both_orders, expand_years
from patronage.data.files import RawTable
from patronage.data.importer import Family, Importer, Parts, columns

KINDS = ("spatial", "positional", "ideological", "interventionary")
_KEYS = ["source", "ccode1", "ccode2", "year"]


def _years(sheet: Sheet, source: str) -> dict[str, pd.DataFrame]:
    for column in ("start", "end"):
        sheet.number(column, low=1400, high=2100)
    bad = sheet.frame[["start", "end"]].isna().any(axis=1) | (sheet.frame.end < sheet.frame.start)
    sheet.put_aside(bad.to_numpy(), "no possible spell", "ccode1")
    sheet.state("ccode1")
    sheet.state("ccode2")
    sheet.frame = expand_years(sheet.frame, "start", "end").drop(columns=["start", "end"])
    sheet.pairs()
    frame = both_orders(sheet.rows())
    frame["source"] = source
    return {"rivalries": frame}


def _read_td(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    names = {"ccode1": "ccode1", "ccode2": "ccode2", "start": "styear", "end": "endyear"}
    kinds = {n: n for n in ("type1", "type2", "type3")}
    sheet = Sheet(raw, "rivalries", context, names | kinds)
    types = sheet.frame[[k for k in kinds if k in sheet]].astype("string")
    for kind in KINDS:
        sheet.frame[kind] = types.eq(kind).any(axis=1).astype(int)
    sheet.frame = sheet.frame.drop(columns=list(types))
    return _years(sheet, "td")


def _read_tss(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    names = {"ccode1": "ccode1", "ccode2": "ccode2", "start": "start", "end": "end"}
    sheet = Sheet(raw, "rivalries", context, names | {n: n for n in (*KINDS, "principal")})
    for kind in (*KINDS, "principal"):
        sheet.number(kind, low=0, high=1)
        sheet.frame[kind] = sheet.frame[kind].fillna(0)
    return _years(sheet, "tss")


def _build(parts: Parts, context: Context) -> dict[str, pd.DataFrame]:
    if "rivalries" not in parts:
        return {}
    frame = pd.concat(parts["rivalries"], ignore_index=True)
    if "principal" not in frame:
        frame["principal"] = pd.NA
    # Two numbered rivalries of one pair that meet in a year are one pair-year.
    frame = frame.groupby(_KEYS, as_index=False)[[*KINDS, "principal"]].max()
    small = dict.fromkeys((*KINDS, "principal"), "Int8")
    frame = frame.astype(dict.fromkeys(small, "Float64")).astype(small)
    frame["in_system"] = _both_members(frame, context)
    return {"rivalries": frame}


def _both_members(frame: pd.DataFrame, context: Context) -> object:
    if context.codes.spells is None:
        return pd.array([pd.NA] * len(frame), dtype="boolean")
    year = frame["year"].to_numpy()
    first = context.codes.member(frame.ccode1.to_numpy(), year)
    return first & context.codes.member(frame.ccode2.to_numpy(), year)


FAMILY = Family(
    "rivalries",
    (
        Importer(
            "td-rivalries",
            columns("rivalryno ccode1 ccode2 styear endyear type1"),
            _read_td,
            "thompson2012",
        ),
        Importer(
            "tss-rivalries",
            columns("ccode1 ccode2 start end spatial positional ideological interventionary"),
            _read_tss,
            "thompson2021",
        ),
    ),
    _build,
)
