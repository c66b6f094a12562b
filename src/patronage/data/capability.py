"""National Material Capabilities (Correlates of War): the six components and CINC by state-year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from patronage.data.cleaning import Context, Sheet
from patronage.data.files import RawTable
from patronage.data.importer import Family, Importer, Parts, columns
from patronage.data.problems import KEPT

COMPONENTS = ("milex", "milper", "irst", "pec", "tpop", "upop")


def _read(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    names = {c: c for c in ("ccode", "year", *COMPONENTS, "cinc")}
    sheet = Sheet(raw, "capability", context, names)
    sheet.year()
    sheet.state("ccode")
    for component in COMPONENTS:
        sheet.number(component, missing=(-9,), low=0)
    sheet.number("cinc", missing=(-9,), low=0, high=1)
    sheet.unique(["ccode", "year"])
    sheet.membership("ccode")
    frame = sheet.rows()
    frame["source"] = raw.file
    return {"capability": frame}


def _build(parts: Parts, context: Context) -> dict[str, pd.DataFrame]:
    """One row a state-year, from the file that reaches furthest; others fill its gaps."""
    if "capability" not in parts:
        return {}
    order = sorted(parts["capability"], key=lambda f: (f["year"].max(), len(f)), reverse=True)
    best = order[0]
    for other in order[1:]:
        both = best.merge(other, on=["ccode", "year"], suffixes=("", "_other"))
        for column in (*COMPONENTS, "cinc"):
            ours, theirs = both[column].to_numpy(), both[f"{column}_other"].to_numpy()
            differ = ~np.isclose(ours, theirs, rtol=1e-6, equal_nan=True)
            if differ.any():
                context.problems.add(
                    "two files disagree",
                    KEPT,
                    file=str(other["source"].iloc[0]),
                    table="capability",
                    column=column,
                    rows=int(differ.sum()),
                    years=both.loc[differ, "year"],
                    note=f"the value of {best['source'].iloc[0]} is used",
                )
        best = pd.concat([best, other]).drop_duplicates(["ccode", "year"])
    types = dict.fromkeys((*COMPONENTS,), np.float32) | {"cinc": np.float64}
    return {"capability": best.astype(types).sort_values(["ccode", "year"], ignore_index=True)}


FAMILY = Family(
    "capability",
    (
        Importer(
            "cow-nmc",
            columns("ccode year milex milper irst pec tpop upop cinc"),
            _read,
            "singer1972",
        ),
    ),
    _build,
)
