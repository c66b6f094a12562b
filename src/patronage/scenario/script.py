"""A checked scenario as it is written: its settings, rows and events, and no arrays yet.

Everything here does without NumPy, whose import alone would take a third of the time of `validate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from patronage.errors import ScenarioError
from patronage.scenario.catalogue import Instrument, Parameter, Quantity
from patronage.scenario.schema import Commodity, Mode, Record, State

GOVERNMENT = "government"
"""Name of the only faction of a state whose scenario lists none."""


@dataclass(frozen=True)
class Row:
    """One value of `initial` or `series`, in the quantity's own unit.

    `index` follows the quantity's dims. `position` is the month that the value stands for (−1 for
    the start), with fraction: a year's value in a linear series stands at mid-year.
    """

    quantity: str
    index: tuple[int, ...]
    position: float
    date: str
    value: float
    source: tuple[str, ...]
    quality: str
    note: str
    where: str


@dataclass(frozen=True)
class Observation:
    """One observed value [the quantity's unit] over the months `first` … `last`, both included."""

    quantity: str
    index: tuple[int, ...]
    client: str | None
    patron: str | None
    commodity: str | None
    first: int
    last: int
    value: float
    unit: str
    source: tuple[str, ...]
    quality: str
    note: str
    where: str


@dataclass(frozen=True)
class Event:
    """A dated event. `month` … `end` are month numbers; `date` is as written.

    `magnitude` [`unit`] is None where none is given, the mean of a span where one is.
    `shares` are new faction shares of the target, mixed in with `weight`. `scale` multiplies the
    intensity; it is 1 but in a branch, and 0 there means that the event does not happen.
    """

    id: str
    month: int
    end: int | None
    date: str
    precision: str
    actor: str
    target: str
    type: str
    magnitude: float | None
    unit: str
    cameo: str
    goldstein: float | None
    role: str
    goods: tuple[str, ...]
    shares: tuple[float, ...] | None
    weight: float
    details: dict[str, str]
    description: str
    source: tuple[str, ...]
    quality: str
    where: str
    scale: float = 1.0


@dataclass(frozen=True, eq=False, repr=False)
class Script:
    """A valid scenario, without arrays: enough to check, compare and list it."""

    name: str
    title: str
    description: str
    folder: str
    hash: str
    """SHA-256 of the scenario's files"""
    start: int
    """first month, as a month number"""
    months: int
    """number of months"""
    states: tuple[State, ...]
    goods: tuple[Commodity, ...]
    rows: dict[str, tuple[Row, ...]]
    """what the scenario gives itself: `initial` and `series`, in file order"""
    events: tuple[Event, ...]
    observed: tuple[Observation, ...]
    mechanisms: dict[str, bool]
    parameters: dict[str, Parameter]
    instruments: tuple[Instrument, ...]
    quantities: dict[str, Quantity]
    record: Record
    mode: Mode
    members: int
    seed: int
    references: dict[str, dict[str, str]]
    notes: tuple[str, ...]
    """remarks on what is valid but has no effect"""

    @property
    def end(self) -> int:
        """Last month, as a month number."""
        return self.start + self.months - 1

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """State codes, in order."""
        return tuple(s.code for s in self.states)

    @cached_property
    def cow(self) -> tuple[int, ...]:
        """Correlates of War numbers, in the order of `codes`."""
        return tuple(s.cow for s in self.states)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the states, in the order of `codes`."""
        return tuple(s.name for s in self.states)

    @cached_property
    def commodities(self) -> tuple[str, ...]:
        """Names of the commodities, in order."""
        return tuple(c.name for c in self.goods)

    @cached_property
    def commodity_units(self) -> tuple[str, ...]:
        """Units of the commodities, in order."""
        return tuple(c.unit for c in self.goods)

    @cached_property
    def faction_names(self) -> tuple[tuple[str, ...], ...]:
        """Names of each state's factions."""
        return tuple(tuple(f.name for f in s.factions) or (GOVERNMENT,) for s in self.states)

    @cached_property
    def faction_line(self) -> tuple[tuple[str, ...], ...]:
        """Line of each state's factions."""
        return tuple(tuple(f.line for f in s.factions) or ("",) for s in self.states)

    @cached_property
    def place(self) -> dict[str, int]:
        """Index of each state code."""
        return {code: i for i, code in enumerate(self.codes)}

    def index(self, code: str) -> int:
        """Index of a state code.

        Errors: ScenarioError for a code that is not in this scenario.
        """
        if code not in self.place:
            raise ScenarioError(f"unknown state '{code}'", allowed=self.codes, got=code)
        return self.place[code]

    def name_cell(self, row: Row | Observation) -> str:
        """A quantity and its cell, as `contract CYL ARC fuel`."""
        words = [row.quantity]
        for dim, i in zip(self.quantities[row.quantity].dims, row.index, strict=True):
            words.append(self.commodities[i] if dim == "commodity" else self.codes[i])
        return " ".join(words)
