"""What a player sees at the start of a turn, as tables to read and as numbers to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

OWN = (
    "support",
    "reserves",
    "insecurity",
    "ideology",
    "militancy",
    "exports_value",
    "imports_value",
)
TIES = (
    ("our affinity", "affinity", False),
    ("their affinity", "affinity", True),
    ("transfer", "transfer", False),
    ("trade share", "trade_share", False),
    ("dependence", "dependence", False),
    ("credibility", "credibility", False),
    ("pledge", "pledge", False),
    ("threat", "threat", False),
    ("tension", "tension", False),
    ("embargo", "embargo", False),
    ("envoy", "envoy", False),
)
"""Column, quantity, and whether it is read from the other side."""
GOODS = ("shortage", "stock")
_PLAIN = ("", "index", "share", "probability", "level")


@dataclass(frozen=True, eq=False)
class View:
    """A state's own figures, its ties to each other state, and its goods, of the last month.

    month: the month that comes next. units: of each quantity; flows are per month.
    """

    month: str
    player: str
    own: pd.Series
    ties: pd.DataFrame
    goods: pd.DataFrame
    units: Mapping[str, str]

    def vector(self) -> np.ndarray:
        """All figures in a row, float32; see `names`."""
        parts = [self.own.to_numpy(), self.ties.to_numpy().ravel(), self.goods.to_numpy().ravel()]
        return np.concatenate(parts).astype(np.float32)

    def names(self) -> tuple[str, ...]:
        """What each number of `vector` is."""
        tables = [f"{row} {col}" for t in (self.ties, self.goods) for row in t.index for col in t]
        return (*map(str, self.own.index), *tables)

    @property
    def notes(self) -> str:
        """What the numbers of the ties are in."""
        told = [(c, self.units[n]) for c, n, _ in TIES if n in self.units]
        measured = [f"{column} in {unit}" for column, unit in told if unit not in _PLAIN]
        return "; ".join([*measured, "envoy: 0 none, 1 chargé, 2 ambassador"])

    def __str__(self) -> str:
        units = {name: self.units[str(name)] for name in self.own.index}
        shown = {name: "" if unit in _PLAIN else f" {unit}" for name, unit in units.items()}
        own = "   ".join(f"{name} {value:.3g}{shown[name]}" for name, value in self.own.items())
        parts = [f"{self.month}   {self.player}", own, f"{_spell(self.ties)}\n({self.notes})"]
        return "\n\n".join([*parts, _spell(self.goods)] if len(self.goods) else parts)


def _spell(table: pd.DataFrame) -> str:
    return table.to_string(float_format=lambda value: f"{value:.2f}")


def look(data: xr.Dataset, player: str, month: str) -> View:
    """The view of a player: the last of the months."""
    import pandas as pd

    last = data.isel(month=-1)
    codes = [str(c) for c in data["state"].values]
    others = [c for c in codes if c != player]

    def read(name: str, **where: str) -> np.ndarray:
        return last[name].sel(where).values

    own = {name: float(read(name, state=player)) for name in OWN if name in data}
    ties = {
        column: read(name, **{"patron" if turned else "client": player})[
            [codes.index(c) for c in others]
        ]
        for column, name, turned in TIES
        if name in data
    }
    goods = {name: read(name, state=player) for name in GOODS if name in data}
    index = [str(c) for c in data["commodity"].values] if "commodity" in data.coords else []
    return View(
        month,
        player,
        pd.Series(own, dtype=np.float32),
        pd.DataFrame(ties, index=others),
        pd.DataFrame(goods, index=index if goods else []),
        {str(name): str(v.attrs.get("units", "")) for name, v in data.data_vars.items()},
    )
