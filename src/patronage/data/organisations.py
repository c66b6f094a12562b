"""Joint memberships of pairs of states in intergovernmental organisations, by year (COW)."""

from __future__ import annotations

import pandas as pd

from patronage.data.cleaning import Context, Sheet, both_orders, join
from patronage.data.files import RawTable
from patronage.data.importer import Family, Importer, Parts, columns

_PAIR = ["ccode1", "ccode2", "year"]


def _read(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    sheet = Sheet(raw, "igo", context, {**{n: n for n in _PAIR}, "igos": "dyadigos"})
    sheet.pairs()
    sheet.number("igos", missing=(-9,), low=0, high=1000)
    sheet.unique(_PAIR)
    sheet.membership("ccode1", "ccode2")
    frame = both_orders(sheet.rows()).drop_duplicates(_PAIR)
    return {"igo": frame.assign(igos=frame.igos.astype("Float32").astype("Int16"))}


def _build(parts: Parts, context: Context) -> dict[str, pd.DataFrame]:
    return {"igo": join(parts["igo"], _PAIR, "igo", context)} if "igo" in parts else {}


FAMILY = Family(
    "organisations",
    (
        Importer(
            "cow-igo-dyad-year",
            columns("ccode1 ccode2 year dyadigos"),
            _read,
            "pevehouse2020",
        ),
    ),
    _build,
)
