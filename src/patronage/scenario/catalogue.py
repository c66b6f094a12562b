"""What the model offers a scenario: quantities, parameters and instruments, from its data files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from patronage.errors import DataError, Errors, PatronageError
from patronage.scenario import references, table

BACKGROUND_TYPES = ("regime-change", "leader-change", "other")
"""Event types that are no instrument: only their Goldstein weight and new faction shares act."""
SYMMETRIC = ("distance", "envoy", "agreement", "rivalry")
"""Dyadic quantities that are the same in both directions."""
_QUANTITY_COLUMNS = (
    "name",
    "dims",
    "unit",
    "roles",
    "interpolate",
    "default",
    "minimum",
    "maximum",
    "meaning",
)
_PARAMETER_COLUMNS = (
    "mechanism",
    "name",
    "value",
    "unit",
    "low",
    "high",
    "prior",
    "source",
    "meaning",
)


@dataclass(frozen=True)
class Quantity:
    """A named quantity: its dimensions, its unit, and how a scenario may give it."""

    name: str
    dims: tuple[str, ...]
    unit: str
    roles: tuple[str, ...]
    interpolate: str
    default: float | None
    minimum: float
    maximum: float
    meaning: str


@dataclass(frozen=True)
class Parameter:
    """A number of the model: unit, range, prior and source."""

    value: float
    unit: str
    low: float | None
    high: float | None
    prior: str
    source: str
    meaning: str
    overridden: bool = False


@dataclass(frozen=True)
class Instrument:
    """What one government can do to another.

    `reference` [`unit`] is the magnitude of intensity 1; `drivers` are weights of the choice.
    """

    name: str
    goldstein: float
    reference: float | None
    unit: str
    base: float
    drivers: dict[str, float]
    precondition: str
    lag: float
    source: str
    meaning: str


@dataclass(frozen=True)
class Catalogue:
    """The model's own tables."""

    quantities: dict[str, Quantity]
    parameters: dict[str, Parameter]
    instruments: tuple[Instrument, ...]
    references: dict[str, dict[str, str]]

    @property
    def event_types(self) -> tuple[str, ...]:
        """Every type an event may have."""
        return (*(i.name for i in self.instruments), *BACKGROUND_TYPES)


def parse_number(text: str, what: str, where: str, error: type[PatronageError]) -> float:
    """A finite number written plainly (no thousands separators).

    Errors: `error` for anything else.
    """
    try:
        if "_" in text:
            raise ValueError
        value = float(text)
    except ValueError:
        raise error(f"{what} '{text}' is not a number", where=where, allowed=["1.5"]) from None
    if not math.isfinite(value):
        raise error(f"{what} is {text}", where=where, allowed=["a finite number"])
    return value


def _number(line: table.Line, column: str) -> float:
    return parse_number(line[column], column, line.where, DataError)


def _maybe(line: table.Line, column: str) -> float | None:
    return _number(line, column) if line[column] else None


@cache
def read() -> Catalogue:
    """The tables shipped with the model.

    Errors: DataError where a table is missing or malformed.
    """
    found: list[PatronageError] = []
    bib = references.read(_text("references.bib"), "references.bib", found)
    catalogue = Catalogue(
        _read_quantities(found), _read_parameters(found), _read_instruments(found), bib
    )
    if found:
        raise Errors(found)
    return catalogue


def _text(name: str) -> str:
    resource = Path(__file__).parents[1] / "model" / name
    try:
        data = resource.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read the model's {name}: {error.strerror}", where=name) from None
    return table.decode(data, name)


def _read_quantities(found: list[PatronageError]) -> dict[str, Quantity]:
    quantities: dict[str, Quantity] = {}
    for line in table.read(_text("quantities.csv"), "quantities.csv", _QUANTITY_COLUMNS, found):
        dims = tuple(line["dims"].split())
        quantities[line["name"]] = Quantity(
            name=line["name"],
            dims=() if dims == ("world",) else dims,
            unit=line["unit"],
            roles=tuple(line["roles"].split()),
            interpolate=line["interpolate"],
            default=_maybe(line, "default"),
            minimum=_number(line, "minimum"),
            maximum=_number(line, "maximum"),
            meaning=line["meaning"],
        )
    return quantities


def _read_parameters(found: list[PatronageError]) -> dict[str, Parameter]:
    parameters: dict[str, Parameter] = {}
    name = "parameters.csv"
    for line in table.read(_text(name), name, _PARAMETER_COLUMNS, found):
        key = f"{line['mechanism']}.{line['name']}"
        if key in parameters:
            found.append(DataError(f"duplicate parameter '{key}'", where=line.where))
        parameters[key] = Parameter(
            value=_number(line, "value"),
            unit=line["unit"],
            low=_maybe(line, "low"),
            high=_maybe(line, "high"),
            prior=line["prior"],
            source=line["source"],
            meaning=line["meaning"],
        )
    return parameters


def _read_instruments(found: list[PatronageError]) -> tuple[Instrument, ...]:
    name = "instruments.csv"
    text = _text(name)
    # the drivers are the columns between `base` and `precondition`: a new one needs no change here
    columns = tuple(c.strip() for c in text.partition("\n")[0].split(","))
    for needed in ("base", "precondition"):
        if needed not in columns:
            raise DataError(f"missing column '{needed}'", where=f"{name}:1")
    drivers = columns[columns.index("base") + 1 : columns.index("precondition")]
    return tuple(
        Instrument(
            name=line["name"],
            goldstein=_number(line, "goldstein"),
            reference=_maybe(line, "reference"),
            unit=line["unit"],
            base=_number(line, "base"),
            drivers={d: _number(line, d) for d in drivers},
            precondition=line["precondition"],
            lag=_number(line, "lag"),
            source=line["source"],
            meaning=line["meaning"],
        )
        for line in table.read(text, name, columns, found)
    )
