"""The published form of a scenario: `scenario.yaml` as pydantic models, the CSV files as columns.

`python -m patronage.scenario.schema` writes both as JSON.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

RECORDABLE = (
    "support",
    "output",
    "reserves",
    "insecurity",
    "ideology",
    "militancy",
    "imports_value",
    "exports_value",
    "production",
    "imports",
    "exports",
    "used",
    "stock",
    "shortage",
    "faction_share",
    "affinity",
    "credibility",
    "un_agreement",
    "dependence",
    "trade_share",
    "transfer",
    "credit",
    "premium",
    "arms",
    "compliance",
    "orientation",
    "tension",
    "threat",
    "pledge",
    "envoy",
    "strategic",
    "embargo",
    "insurgency",
    "debt",
    "crisis_rung",
    "crisis_outcome",
    "consulted",
    "deliveries",
    "delivery_price",
    "contract",
    "value",
    "outside",
    "due",
)
"""Results that a run can record."""

FACTIONS = 4
"""Faction slots of a state."""

SPANS = {"month": 1, "year": 12}
"""Words for a number of months."""
_EVERY: dict[str, Any] = {"anyOf": [{"type": "integer"}, {"enum": list(SPANS)}]}

Word = Annotated[str, Field(min_length=1, max_length=200)]
Month = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$", description="YYYY-MM")]
Share = Annotated[float, Field(ge=0, le=1)]
Axis = Annotated[float, Field(ge=-1, le=1)]
FileName = Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$")]


class _Part(BaseModel):
    # deferred, the parts are built once, within the whole, and not each on its own before that
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


class Period(_Part):
    """First and last month."""

    start: Month
    end: Month


class Mode(_Part):
    """Which governments follow history and which choose."""

    kind: Literal["replay", "free"] = "replay"
    free: list[Word] = Field(
        default=[], description="states that choose for themselves in a replay"
    )
    until: Month | None = Field(
        default=None,
        description="history is imposed on all before this month, on nobody from it on",
    )


class Faction(_Part):
    """A group within the elite, with a place in the space of ideas."""

    name: Word
    position: Annotated[list[Axis], Field(min_length=2, max_length=2)] = Field(
        description="capitalist −1 … communist +1; Moscow-orthodox −1 … revolutionary +1"
    )
    share: Share
    looks_to: Word | None = None
    line: str = ""


class State(_Part):
    """A government, or a market that only trades."""

    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
    cow: Annotated[int, Field(ge=0, le=9999)]
    name: Word
    capital: (
        Annotated[list[Annotated[float, Field(ge=-180, le=180)]], Field(min_length=2, max_length=2)]
        | None
    ) = Field(default=None, description="latitude, longitude [degrees]; a market may have none")
    kind: Literal["state", "market"] = "state"
    convertible: bool = Field(default=False, description="whether its currency buys anywhere")
    autonomy: Annotated[float, Field(ge=0, le=100)] = Field(
        default=0.0, description="weight on autonomy [share of output]"
    )
    major: bool = Field(default=False, description="whether it can act as a great power")
    exists: list[Period] = Field(
        default=[], description="spans in which it exists; none: always. Elsewhere it has no ties"
    )
    un_seat: Month | None = Field(
        default=None,
        description="first month in which it votes in the UN General Assembly; none: always",
    )
    factions: Annotated[list[Faction], Field(max_length=FACTIONS)] = []


class Commodity(_Part):
    """A good that is produced, used and shipped."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    unit: Word
    substitutability: Share
    season: Annotated[list[Share], Field(min_length=12, max_length=12)] = Field(
        default=[1 / 12] * 12, description="share of a year's output in each month; sums to 1"
    )
    storage: Annotated[float, Field(ge=0, le=1200)] = Field(
        description="months of need that can be stored"
    )
    essential: Annotated[float, Field(ge=0, le=10)] = Field(
        description="elasticity of output to availability"
    )
    input_lag: Annotated[float, Field(ge=0, le=120)] = Field(
        description="months from use as input to output"
    )
    gestation: Annotated[float, Field(ge=0, le=120)] = Field(
        default=0.0,
        description="months over which lack of inputs lowers output, such as a crop's growth",
    )
    contraband: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0, description="share of the good that a blockade in a crisis stops"
    )
    grant: bool = Field(default=False, description="given as aid out of the transfer, not sold")


class Files(_Part):
    """The tables beside `scenario.yaml`; one that is not named is empty."""

    initial: FileName | None = None
    series: FileName | None = None
    events: FileName | None = None
    observed: FileName | None = None
    references: FileName | None = None


class Override(_Part):
    """A parameter's value in this scenario, in place of the model's."""

    value: float
    source: Word
    low: float | None = None
    high: float | None = None
    prior: str | None = None
    note: str | None = None


def _count_months(every: Any) -> Any:
    return SPANS.get(every, every) if isinstance(every, str) else every


class Record(_Part):
    """What a run keeps."""

    every: Annotated[
        int,
        BeforeValidator(_count_months),
        Field(ge=1, le=1200, description="months, or: month, year", json_schema_extra=_EVERY),
    ] = 1
    quantities: list[Word] = Field(default=[], description="names of results; none means all")
    events: bool = True
    quantiles: list[Share] = Field(
        default=[], description="of members, kept beside their values at the end of a run on disk"
    )


class Mechanisms(_Part):
    """Parts of the model that are on; one that is not named is on."""

    affinity: bool = True
    threat: bool = True
    dependence: bool = True
    bargain: bool = True
    credibility: bool = True
    crisis: bool = True
    coercion: bool = True
    economy: bool = True
    domestic: bool = True
    revolution: bool = True
    bloc: bool = True
    diplomacy: bool = True


MECHANISMS = tuple(Mechanisms.model_fields)
"""Names of the mechanisms, in the order of the model's month."""


class Scenario(_Part):
    """A scenario: who, when, with what, and by which mechanisms."""

    patronage: Literal[1] = Field(description="version of this format")
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
    title: Word
    description: str = ""
    period: Period
    mode: Mode = Field(default_factory=Mode)
    members: Annotated[int, Field(ge=1, le=10_000_000)] = 500
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 1
    states: Annotated[list[State], Field(min_length=1, max_length=400)]
    commodities: list[Commodity] = []
    files: Files = Field(default_factory=Files)
    mechanisms: Mechanisms = Field(default_factory=Mechanisms)
    parameters: dict[str, Override] = {}
    record: Record = Field(default_factory=Record)


QUALITIES = ("high", "medium", "low", "unusable")
PRECISIONS = ("day", "month", "range", "year")
ROLES = ("decision", "outcome", "exogenous", "note")

_PLACE = ("quantity", "client", "patron", "commodity")
_ORIGIN = ("source", "quality", "note")
COLUMNS: dict[str, tuple[str, ...]] = {
    "initial": (*_PLACE, "value", "unit", *_ORIGIN),
    "series": (*_PLACE, "date", "value", "unit", *_ORIGIN),
    "observed": (*_PLACE, "date", "end", "value", "unit", *_ORIGIN),
    "events": (
        "id",
        "date",
        "end",
        "precision",
        "actor",
        "target",
        "type",
        "magnitude",
        "unit",
        "cameo",
        "goldstein",
        "role",
        "details",
        "description",
        "source",
        "quality",
    ),
}
"""Header of every table; all columns are present, in any order."""

_MEANING = {
    "quantity": "name of a quantity of the table's role",
    "client": "state code; the first state of a pair, or the only one",
    "patron": "state code; the second state of a pair",
    "commodity": "name of a commodity",
    "date": "YYYY or YYYY-MM; in events also YYYY-MM-DD",
    "end": "last date of a span; empty: the span of `date` itself",
    "value": "finite number",
    "unit": "any unit that converts to the quantity's; in events also free words",
    "source": "keys of the references joined by ';', or `assumed`",
    "quality": "may be empty where the source is `assumed`; an unusable value is not used",
    "note": "free text",
    "id": "unique name of the event",
    "precision": "how exactly the date is known",
    "actor": "state code",
    "target": "state code; the actor itself for what happens within a state",
    "type": "an instrument, regime-change, leader-change or other",
    "magnitude": "finite number, or a span such as 50-100, whose mean is used; empty: intensity 1",
    "cameo": "CAMEO code",
    "goldstein": "weight −10 … 10 in place of the instrument's",
    "role": "decision: imposed in replay; exogenous: always; outcome: compared with; note: idle",
    "details": "key=value joined by ';': goods=a|b, shares=0.1/0.9, weight=0.4",
    "description": "free text",
}
_ALLOWED = {"quality": QUALITIES, "precision": PRECISIONS, "role": ROLES}
_MAY_BE_EMPTY = {
    "client",
    "patron",
    "commodity",
    "end",
    "quality",
    "note",
    "magnitude",
    "cameo",
    "goldstein",
    "details",
    "description",
}


def scenario_schema() -> dict[str, Any]:
    """JSON Schema of `scenario.yaml`."""
    schema = Scenario.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def column_schema() -> dict[str, Any]:
    """Columns of every CSV file: name, meaning, whether a cell may be empty, allowed words."""
    tables: dict[str, Any] = {}
    for table, columns in COLUMNS.items():
        tables[table] = []
        for name in columns:
            free = name in _MAY_BE_EMPTY or (table == "events" and name == "unit")
            column: dict[str, Any] = {"name": name, "empty": free, "meaning": _MEANING[name]}
            if name in _ALLOWED:
                column["allowed"] = list(_ALLOWED[name])
            tables[table].append(column)
    return {"format": "comma separated, UTF-8, header row", "tables": tables}


def write(folder: Path) -> list[Path]:
    """Write both schemas into `folder`; returns the files."""
    written = []
    for name, content in (
        ("scenario.schema.json", scenario_schema()),
        ("columns.schema.json", column_schema()),
    ):
        path = folder / name
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    return written


if __name__ == "__main__":
    for file in write(Path(__file__).parent):
        print(file)
