"""What is wrong in raw files: where, how often, and what was done. Nothing goes in silence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

KEPT = "kept"
SET_MISSING = "set missing"
PUT_ASIDE = "put aside"
CORRECTED = "corrected"
LEFT_OUT = "left out"  # counted, but in no table: another file says it, or it refers to nothing
ACTIONS = (KEPT, SET_MISSING, PUT_ASIDE, CORRECTED, LEFT_OUT)
COLUMNS = (
    *("file", "table", "problem", "column", "value", "rows", "action", "lines"),
    *("first_year", "last_year", "note"),
)


def compress(lines: Iterable[int], limit: int = 1000) -> str:
    """Line numbers as ranges; beyond `limit` ranges, how many more there are.

    >>> compress([7, 3, 4, 5])
    '3-5;7'
    >>> compress([1, 3, 5, 7], limit=2)
    '1;3;and 2 more ranges'
    """
    numbers = np.unique(np.fromiter(lines, dtype=np.int64))
    if not len(numbers):
        return ""
    breaks = np.flatnonzero(np.diff(numbers) > 1)
    starts = numbers[np.r_[0, breaks + 1]]
    ends = numbers[np.r_[breaks, len(numbers) - 1]]
    pairs = zip(starts[:limit].tolist(), ends[:limit].tolist(), strict=True)
    ranges = [str(a) if a == b else f"{a}-{b}" for a, b in pairs]
    if len(starts) > limit:
        ranges.append(f"and {len(starts) - limit} more ranges")
    return ";".join(ranges)


class Problems:
    """The problems found in one import, and the rows put aside."""

    def __init__(self) -> None:
        self._found: list[dict[str, Any]] = []
        self._aside: list[pd.DataFrame] = []

    def add(
        self,
        problem: str,
        action: str,
        *,
        file: str,
        table: str = "",
        column: str = "",
        value: object = "",
        lines: Iterable[int] = (),
        rows: int | None = None,
        years: Iterable[float] = (),
        note: str = "",
    ) -> None:
        """Note one problem; `lines` are lines of a text file (header 1), rows of other forms."""
        if action not in ACTIONS:
            raise ValueError(f"{action} is none of {ACTIONS}")
        numbers = list(lines)
        known = [int(y) for y in years if y == y]
        entry: dict[str, Any] = {"file": file, "table": table, "problem": problem, "column": column}
        entry |= {"value": str(value), "rows": len(numbers) if rows is None else rows}
        entry |= {"action": action, "lines": compress(numbers), "note": note}
        entry["first_year"] = min(known) if known else None
        entry["last_year"] = max(known) if known else None
        self._found.append(entry)

    def put_aside(
        self,
        rows: pd.DataFrame,
        *,
        file: str,
        table: str,
        problem: str,
        lines: np.ndarray,
        years: np.ndarray,
    ) -> None:
        """Keep raw rows out of the tables, in the quarantine (each as one JSON object)."""
        text = rows.to_json(orient="records", lines=True, date_format="iso", default_handler=str)
        aside = pd.DataFrame({"file": file, "table": table, "line": lines, "problem": problem})
        aside["year"] = pd.array(years, dtype="Int64")
        aside["row"] = (text or "").splitlines()
        self._aside.append(aside)

    def frame(self) -> pd.DataFrame:
        """All problems, one row each, sorted by file, table and kind."""
        found = pd.DataFrame(self._found, columns=list(COLUMNS))
        for column in ("first_year", "last_year"):
            found[column] = pd.array(found[column].tolist(), dtype="Int64")
        order = ["file", "table", "problem", "column", "value"]
        return found.sort_values(order, kind="stable").reset_index(drop=True)

    def quarantine(self) -> pd.DataFrame:
        """All rows put aside: file, table, line, problem, year, row (JSON)."""
        if self._aside:
            return pd.concat(self._aside, ignore_index=True)
        empty = {"file": "str", "table": "str", "line": "int64", "problem": "str", "year": "Int64"}
        return pd.DataFrame({k: pd.Series(dtype=v) for k, v in (empty | {"row": "str"}).items()})

    def counts(self) -> dict[str, int]:
        """Rows concerned, by kind of problem."""
        counts: dict[str, int] = {}
        for entry in self._found:
            counts[entry["problem"]] = counts.get(entry["problem"], 0) + int(entry["rows"])
        return dict(sorted(counts.items()))
