"""What the model is given, as plain Python numbers and lists: setting, calendar, first state."""

from __future__ import annotations

import random
from dataclasses import dataclass, fields
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np

from patronage.model.instruments import DRIVERS
from patronage.model.state import State

DYADS = (
    *("disposition", "kept", "broken", "envoy", "agreement", "information", "pledge", "deployed"),
    *("strategic", "tension", "compliance", "orientation", "transfer", "line", "debt", "favour"),
    *("trade", "insurgency", "grievance"),
)
TRADES = ("embargo", "blockade", "contract", "price")
UNITS = (
    *("reserves", "support", "share", "stock", "vigour", "tended", "shortage", "shipped"),
    "custom",
)


class Chance(Protocol):
    """Where random numbers come from."""

    def uniform(self, stream: str, name: str, *place: int) -> float: ...

    def normal(self, stream: str, name: str, *place: int) -> float: ...


class Luck:
    """Random numbers as Mesa gives them: Python's generator of the model."""

    def __init__(self, source: random.Random) -> None:
        self._source = source

    def uniform(self, stream: str, name: str, *place: int) -> float:
        """A number in [0, 1)."""
        return self._source.random()

    def normal(self, stream: str, name: str, *place: int) -> float:
        """A standard normal number."""
        return self._source.gauss(0.0, 1.0)


class Given:
    """Numbers handed over month by month, for a comparison with another implementation.

    months: for each month stream -> name -> array over the states.
    """

    def __init__(self, months: list[dict[str, dict[str, Any]]]) -> None:
        self._months = iter(months)
        self._now: dict[str, dict[str, Any]] = {}

    def turn_page(self) -> None:
        """Go on to the next month."""
        self._now = next(self._months)

    def uniform(self, stream: str, name: str, *place: int) -> float:
        """The number for this place."""
        return float(self._now[stream][name][place])

    normal = uniform


@dataclass(frozen=True)
class Inputs:
    """Everything but the random numbers.

    setting, state, each of months: field -> nested lists; parameters: mechanism -> namespace;
    instruments: rows with name, base, weights by driver, goldstein, precondition.
    """

    setting: dict[str, Any]
    state: dict[str, Any]
    months: list[dict[str, Any]]
    parameters: dict[str, SimpleNamespace]
    instruments: list[SimpleNamespace]
    choosers: tuple[int, ...]


def _plain(array: Any, member: int = 0) -> Any:
    array = np.asarray(array)
    return np.asarray(array[..., min(member, array.shape[-1] - 1)], float).tolist()


def read_inputs(
    setting: Any, months: Any, state: State, params: Any, table: Any, shape: Any, member: int = 0
) -> Inputs:
    """From the engine's arrays (members last; `months` with a leading month axis)."""
    left = ("acts", "number", "switches", "present")
    names = [f.name for f in fields(months) if f.name not in left]
    dated = {n: np.asarray(getattr(months, n)) for n in names}
    acts = np.asarray(months.acts)[..., 0]
    weights = np.asarray(table["weights"], float)
    rows: list[dict[str, Any]] = []
    for t in range(len(acts)):
        row = {n: _plain(x[t]) for n, x in dated.items()}
        row["acts"] = [
            (int(i), int(j), shape.instruments[k], float(acts[t, i, j, k]))
            for i, j, k in zip(*np.nonzero(acts[t]), strict=True)
        ]
        rows.append(row)
    return Inputs(
        setting={f.name: _plain(getattr(setting, f.name)) for f in fields(setting)},
        state={f.name: _plain(getattr(state, f.name), member) for f in fields(state)},
        months=rows,
        parameters={
            m: SimpleNamespace(**{k: float(np.asarray(v)) for k, v in values.items()})
            for m, values in params.items()
        },
        instruments=[
            SimpleNamespace(
                name=name,
                base=float(table["base"][k]),
                weights=[(d, w) for d, w in zip(DRIVERS, weights[k].tolist(), strict=True) if w],
                goldstein=float(table["goldstein"][k]),
                precondition=shape.preconditions[k],
            )
            for k, name in enumerate(shape.instruments)
        ],
        choosers=shape.choosers,
    )
