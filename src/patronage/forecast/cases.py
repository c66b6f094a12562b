"""A forecast in memory and on disk: cases, and draws of each; one row a draw in the file."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportReturnType=false
# (pandas types a column as Series or DataFrame)

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from patronage.errors import DataError
from patronage.forecast.history import check_quantity

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("quantity", "patron", "client", "origin", "year")
COLUMNS = (*KEYS, "member", "value")


@dataclass(frozen=True)
class Forecast:
    """Draws by case.

    keys: one row a case, with `quantity`, `patron`, `client` (COW codes), `origin` and `year`.
    draws: case × member; agreement [0–1] or TIV [million].
    """

    keys: pd.DataFrame
    draws: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.keys)

    def to_frame(self) -> pd.DataFrame:
        """One row a draw."""
        members = self.draws.shape[1]
        frame = self.keys.loc[self.keys.index.repeat(members)].reset_index(drop=True)
        frame["member"] = np.tile(np.arange(members, dtype=np.int32), len(self.keys))
        frame["value"] = self.draws.reshape(-1)
        return frame

    def write(self, path: str | Path) -> Path:
        """Write a Parquet file, one row a draw; returns its path.

        The file appears when it is complete; until then an older one stays.
        """
        path = Path(path)
        frame = self.to_frame()
        frame["quantity"] = frame["quantity"].astype("category")
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        try:
            frame.to_parquet(part, index=False)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return path

    @classmethod
    def read(cls, path: str | Path) -> Forecast:
        """Read a forecast file. Errors: DataError if it cannot be read, or for what is in it."""
        import pandas as pd

        try:
            frame = pd.read_parquet(path)
        except Exception as error:  # whatever the reader finds wrong, it is the file
            raise DataError(f"no forecast can be read: {error}", where=str(path)) from error
        return cls.from_frame(frame, where=str(path))

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, where: str = "forecast") -> Forecast:
        """From one row a draw, in any order.

        Errors: DataError for missing columns or values, impossible values, years not after the
        origin, a draw given twice, or cases with unequal numbers of draws.
        """
        for column in COLUMNS:
            if column not in frame:
                names = [str(c) for c in frame.columns]
                raise DataError(f"no column '{column}'", where=where, allowed=COLUMNS, got=names[0]
                                if names else None)  # fmt: skip
        frame = frame[list(COLUMNS)].copy()
        frame["quantity"] = frame["quantity"].astype(str)
        for quantity in frame["quantity"].unique():
            check_quantity(quantity)
        _check_values(frame, where)
        frame = frame.sort_values(list(COLUMNS[:-1]), kind="stable")
        counts = frame.groupby(list(KEYS), observed=True, sort=True).size()
        if counts.nunique() != 1:
            few = counts.index[int(counts.argmin())]
            raise DataError(
                f"cases have from {counts.min()} to {counts.max()} draws; the fewest: {few}",
                where=where,
                allowed=["the same number of draws for every case"],
            )
        members = int(counts.iloc[0])
        keys = frame.iloc[::members][list(KEYS)].reset_index(drop=True)
        draws = frame["value"].to_numpy(np.float64).reshape(-1, members)
        return cls(_typed(keys), draws)


def _check_values(frame: pd.DataFrame, where: str) -> None:
    if not len(frame):
        raise DataError("there is no draw", where=where)
    value = frame["value"].to_numpy(np.float64)
    high = np.where(frame["quantity"].to_numpy() == "un_agreement", 1.0, np.inf)
    wrong = ~((value >= 0) & (value <= high) & np.isfinite(value))
    late = (frame["year"] <= frame["origin"]).to_numpy()
    twice = frame.duplicated(list(COLUMNS[:-1])).to_numpy()
    said = (
        (wrong, "impossible value", ["un_agreement in 0–1", "arms ≥ 0"]),
        (late, "year not after the origin", ["year > origin"]),
        (twice, "a draw is given twice", ["one row for each case and member"]),
    )
    for bad, what, allowed in said:
        if bad.any():
            row = frame.iloc[int(np.argmax(bad))].to_dict()
            raise DataError(f"{what} in {int(bad.sum())} rows; the first: {row}", where=where,
                            allowed=allowed)  # fmt: skip


def _typed(keys: pd.DataFrame) -> pd.DataFrame:
    return keys.astype(dict.fromkeys(KEYS[1:], "int32"))


def make_keys(
    quantity: str, patron: int, clients: Iterable[int], origin: int, years: Iterable[int]
) -> pd.DataFrame:
    """Cases of all clients and years, by client and then by year."""
    import pandas as pd

    years = list(years)
    rows = [(quantity, patron, int(c), origin, y) for c in clients for y in years]
    return _typed(pd.DataFrame(rows, columns=list(KEYS)))


def join(parts: Iterable[Forecast]) -> Forecast:
    """Several forecasts of different cases as one. Errors: DataError if there is none."""
    import pandas as pd

    parts = list(parts)
    if not parts:
        raise DataError("there is nothing to forecast", where="forecast")
    keys = pd.concat([p.keys for p in parts], ignore_index=True)
    return Forecast(keys, np.concatenate([p.draws for p in parts]))
