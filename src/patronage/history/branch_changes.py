"""What a branch changes, as data: the published form of a change, and the branch that holds them.

`python -m patronage.history.branch_changes` writes the JSON Schema of a branch file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from patronage import months as clock
from patronage.scenario.schema import Word

Month = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}(-\d{2})?$", description="YYYY-MM or YYYY-MM-DD")]
Pair = Annotated[str, Field(pattern=r"^[A-Z0-9]+-[A-Z0-9]+$")]


class _Part(BaseModel):
    # frozen, so that a change can be hashed and compared
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class _Spanned(_Part):
    since: Month | None = Field(default=None, description="first month; that of the branch")
    until: Month | None = Field(default=None, description="last month; that of the run")


class _Course(_Spanned):
    value: float | None = Field(default=None, description="new value; or else `factor`")
    factor: float | None = Field(default=None, description="times the value it would have")
    ramp: bool = Field(
        default=False, description="reached in a straight line at `until`, and kept from then on"
    )


class Drop(_Part):
    """An event that does not happen."""

    drop: Word = Field(description="id of an event")


class Move(_Part):
    """An event that happens in another month."""

    move: Word = Field(description="id of an event")
    to: Day


class Rescale(_Part):
    """An event of another strength: a factor on its intensity, and on its new faction shares."""

    rescale: Word = Field(description="id of an event")
    factor: Annotated[float, Field(ge=0, le=100)]


class NewEvent(_Part):
    """A row of the table of events; what is not given is assumed."""

    id: Word
    date: Day
    actor: Word
    target: Word
    type: Word
    end: Day | None = None
    magnitude: float | None = None
    unit: str = ""
    goldstein: float | None = None
    role: str = Field(default="exogenous", description="exogenous: imposed on a free state too")
    details: str = ""
    description: str = ""
    source: Word = "assumed"
    quality: str = ""


class Add(_Part):
    """An event that history does not have."""

    add: NewEvent


class Parameter(_Course):
    """A parameter of the model with another value."""

    parameter: Word = Field(description="mechanism.name")


class Series(_Course):
    """An exogenous quantity with other values; a state or commodity not named means all."""

    quantity: Word
    state: Word | None = None
    pair: Pair | None = Field(default=None, description="client-patron, such as CUB-RUS")
    commodity: Word | None = None
    unit: str | None = Field(default=None, description="unit of `value`; the quantity's own")


class Mechanism(_Spanned):
    """A part of the model switched on or off."""

    mechanism: Word
    switch: bool


class Instrument(_Spanned):
    """What nobody may do while it is off: it is neither chosen nor imposed."""

    instrument: Word
    switch: bool


class Force(_Spanned):
    """An act that a state commits in every month of the span, whatever it would choose."""

    force: Word = Field(description="an instrument")
    actor: Word
    target: Word


class Forbid(_Spanned):
    """An act that a state does not commit in the span, towards one target or towards any."""

    forbid: Word = Field(description="an instrument")
    actor: Word
    target: Word | None = None


Change = Drop | Move | Rescale | Add | Parameter | Series | Mechanism | Instrument | Force | Forbid
KINDS: dict[str, type[_Part]] = {
    "drop": Drop,
    "move": Move,
    "rescale": Rescale,
    "add": Add,
    "parameter": Parameter,
    "quantity": Series,
    "mechanism": Mechanism,
    "instrument": Instrument,
    "force": Force,
    "forbid": Forbid,
}
"""Kind of change by the key that tells it from the others."""


class Body(_Part):
    """A branch: from when on, and what is changed."""

    at: Month
    name: str = ""
    changes: Annotated[list[Change], Field(min_length=1)]


class BranchFile(_Part):
    """A branch in a file of its own."""

    branch: Body


@dataclass(frozen=True)
class Branch:
    """Changes of a world from month number `at` on, in the order in which they apply."""

    at: int
    changes: tuple[Change, ...]
    name: str = ""

    @property
    def date(self) -> str:
        """Its first month, as `YYYY-MM`."""
        return clock.format(self.at)

    def to_dict(self) -> dict[str, Any]:
        """The content of a branch file, as plain values."""
        changes = [c.model_dump(exclude_defaults=True) for c in self.changes]
        return {"at": self.date, "name": self.name, "changes": changes}

    def __str__(self) -> str:
        return f"from {self.date}: " + ("; ".join(map(describe, self.changes)) or "no change")


def describe(change: Change) -> str:
    """A change in a line.

    >>> describe(Series(quantity="rivalry", pair="RUS-CHN", value=0.0))
    'quantity rivalry, pair RUS-CHN, value 0'
    """
    given = change.model_dump(exclude_defaults=True)
    if isinstance(change, Add):
        given = {"add": change.add.id, **{k: v for k, v in given["add"].items() if k != "id"}}
    first = [k for k in KINDS if k in given]
    course = [k for k in _Course.model_fields if k in given]
    rest = [k for k in given if k not in (*first, *course)]
    return ", ".join(f"{k} {_spell(given[k])}" for k in (*first, *rest, *course))


def _spell(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def branch_schema() -> dict[str, Any]:
    """JSON Schema of a branch file."""
    schema = BranchFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


if __name__ == "__main__":
    path = Path(__file__).parent / "branch.schema.json"
    text = json.dumps(branch_schema(), indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    print(path)
