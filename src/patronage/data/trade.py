"""Trade (Correlates of War 4.0): totals by state-year, and flows by directed pair and year."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from patronage.data.cleaning import Context, Sheet, both_orders, join
from patronage.data.codes import FIRST_YEAR, LAST_YEAR, split_germany
from patronage.data.files import RawTable
from patronage.data.importer import Family, Importer, Parts, columns

_PAIR = ["ccode1", "ccode2", "year"]


@cache
def _known_problems() -> pd.DataFrame:
    with files("patronage.data").joinpath("known_problems.csv").open(encoding="utf-8") as handle:
        table = pd.read_csv(handle)
    table["first"] = table["first"].fillna(FIRST_YEAR)
    return table.assign(last=table["last"].fillna(LAST_YEAR))


def _mark_usable(sheet: Sheet, *states: str) -> None:
    """`usable` is false where the published values are known to be wrong."""
    usable = np.ones(len(sheet.frame), dtype=bool)
    for row in _known_problems().query("table == @sheet.table").to_dict("records"):
        for state in states:
            mask = (sheet.frame[state] == row["ccode"]) & sheet.frame["year"].between(
                row["first"], row["last"]
            )
            sheet.report(
                mask.to_numpy(), row["problem"], "kept", state, f"{row['note']}; usable is false"
            )
            usable &= ~mask.to_numpy()
    sheet.frame["usable"] = usable


def _read_totals(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    names = {n: n for n in ("ccode", "year", "imports", "exports")}
    sheet = Sheet(raw, "trade_totals", context, names)
    sheet.year()
    sheet.state("ccode")
    for flow in ("imports", "exports"):
        sheet.number(flow, missing=(-9,), low=0)
    _move_west_germany(sheet)
    sheet.unique(["ccode", "year"])
    _mark_usable(sheet, "ccode")
    sheet.membership("ccode")
    types = dict.fromkeys(("imports", "exports"), np.float64)
    return {"trade_totals": sheet.rows().astype(types)}


def _move_west_germany(sheet: Sheet) -> None:
    """Move West Germany's trade of 1960–1989 to 260: the source has it under 255."""
    frame = sheet.frame
    moved = split_germany(frame.ccode.to_numpy(), frame["year"].to_numpy()).astype(np.int16)
    into = set(frame.loc[moved != frame.ccode.to_numpy(), "year"])
    empty = (
        (frame.ccode == 260)
        & frame["year"].isin(into)
        & frame[["imports", "exports"]].isna().all(axis=1)
    )
    sheet.put_aside(empty.to_numpy(), "empty row of West Germany", "ccode", "filled from code 255")
    moved = moved[~empty.to_numpy()]
    sheet.correct("ccode", moved, "code of Germany", "values under 255 are West Germany's: now 260")


def _read_dyads(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    """flow1 is what ccode1 imports from ccode2, flow2 the other way."""
    names = {n: n for n in _PAIR} | {"imports": "flow1", "exports": "flow2"}
    names |= {"smooth_imports": "smoothflow1", "smooth_exports": "smoothflow2"}
    sheet = Sheet(raw, "trade_dyads", context, names)
    sheet.pairs()
    flows = [n for n in ("imports", "exports", "smooth_imports", "smooth_exports") if n in sheet]
    for flow in flows:
        sheet.number(flow, missing=(-9,), low=0)
    sheet.unique(_PAIR)
    _mark_usable(sheet, "ccode1", "ccode2")
    sheet.membership("ccode1", "ccode2")
    swap = [("imports", "exports")]
    if "smooth_imports" in sheet and "smooth_exports" in sheet:
        swap.append(("smooth_imports", "smooth_exports"))
    frame = both_orders(sheet.rows(), swap).drop_duplicates(_PAIR)
    return {"trade_dyads": frame.astype(dict.fromkeys(flows, np.float64))}


def _build(parts: Parts, context: Context) -> dict[str, pd.DataFrame]:
    keys = {"trade_totals": ["ccode", "year"], "trade_dyads": _PAIR}
    return {
        name: join(parts[name], keys[name], name, context).sort_values(
            keys[name], ignore_index=True
        )
        for name in keys
        if name in parts
    }


_CITATION = "barbieri2009"

FAMILY = Family(
    "trade",
    (
        Importer(
            "cow-trade-national", columns("ccode year imports exports"), _read_totals, _CITATION
        ),
        Importer(
            "cow-trade-dyadic", columns("ccode1 ccode2 year flow1 flow2"), _read_dyads, _CITATION
        ),
    ),
    _build,
)
