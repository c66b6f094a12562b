"""The published form of a ledger of claims: documents, records, branches, claims and their checks.

`python -m patronage.history.claims_schema` writes it as JSON Schema. What each check means is in
docs/claims.md; how its answer is found, in `claims_answer`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from patronage.scenario.schema import Word


def _spell_year(value: Any) -> Any:
    """A bare year, which YAML takes for a number, as text."""
    return str(value) if type(value) is int else value


Year = BeforeValidator(_spell_year, json_schema_input_type=str | int)
Key = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
Day = Annotated[
    str, Year, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$", description="YYYY[-MM[-DD]]")
]
Month = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]
Window = Annotated[
    str,
    Year,
    Field(
        pattern=r"^\d{4}(-\d{2})?(:\d{4}(-\d{2})?)?$",
        description="1960, 1960:1964, 1962-10:1963-03",
    ),
]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
Bearing = Literal["supports", "contradicts", "nothing"]
Quality = Literal["high", "medium", "low"]
Measure = Literal[
    "level", "change", "ratio", "trend", "total", "highest", "lowest", "peak", "trough", "reaches"
]
DATED = ("peak", "trough", "reaches")
"""Measures whose value is a month."""
MARKS = ("exit", "fall", "movement-won", "movement-ended")
"""What a run notes beside the instruments that governments choose."""


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, allow_inf_nan=False, frozen=True, defer_build=True
    )


class Place(_Part):
    """A series: a quantity in its cell, or an act of a run by month (1 where it takes place)."""

    quantity: Word | None = None
    state: Word | None = None
    client: Word | None = None
    patron: Word | None = None
    commodity: Word | None = None
    faction: Word | None = Field(default=None, description="name of a faction of the state")
    act: Word | None = Field(
        default=None, description="an instrument, or exit, fall, movement-won, movement-ended"
    )
    actor: Word | None = None
    target: Word | None = Field(default=None, description="anybody, where not given")


class _Measured(_Part):
    of: Place
    measure: Measure = "level"
    window: Window
    base: Window | None = Field(default=None, description="change, ratio: the window compared with")
    versus: Place | None = Field(
        default=None, description="change, ratio: another series in the same window"
    )
    level: float | None = Field(default=None, description="reaches: the value to be reached")
    falling: bool = Field(default=False, description="reaches: from above")
    above: float | None = None
    below: float | None = None
    since: Month | None = Field(default=None, description="peak, trough, reaches: not before")
    until: Month | None = Field(default=None, description="peak, trough, reaches: not after")


class Condition(_Measured):
    """Which members count: those in which the measure lies within its bounds."""


class _Check(_Part):
    says: Text = Field(description="what is asked, in words")
    part: Word | None = Field(default=None, description="the part of the claim that it tests")
    yes: Bearing = Field(description="what it means for the claim if so")
    no: Bearing = Field(description="what it means for the claim if not")


class Observed(_Measured, _Check):
    """A measure of an observed or exogenous series, within the tolerance of its quality."""

    kind: Literal["observed"]
    quality: Quality = Field(default="low", description="the least quality that is used")


class Initial(_Check):
    """A value from which the scenario starts lies within bounds."""

    kind: Literal["initial"]
    of: Place
    above: float | None = None
    below: float | None = None


class Find(_Part):
    """Dated events and records that have all that is given."""

    id: Word | None = None
    type: Word | None = None
    actor: Word | None = None
    target: Word | None = None
    goods: Word | None = Field(default=None, description="a commodity that it is about")


class Event(_Check):
    """A dated event is on record at its time; or, with `none`, there is none in a span."""

    kind: Literal["event"]
    find: Find
    when: Day | None = Field(default=None, description="a day, month or year")
    within: Annotated[int, Field(ge=0, le=3660)] = Field(default=0, description="tolerance [days]")
    first: bool = Field(default=False, description="the first of its kind, not the nearest")
    none: bool = Field(default=False, description="yes where there is none such in the span")
    after: Day | None = Field(default=None, description="span: from this day on")
    before: Day | None = Field(default=None, description="span: earlier than this day")
    above: float | None = Field(default=None, description="bound of its magnitude")
    below: float | None = Field(default=None, description="bound of its magnitude")


class Step(_Part):
    """A dated event, or the month in which a series first reaches a level."""

    event: Word | None = Field(default=None, description="id of an event or record")
    of: Place | None = None
    window: Window | None = None
    level: float | None = None
    falling: bool = False
    name: str = ""


class Order(_Check):
    """Steps that come one after the other, in the record or in the members of the baseline."""

    kind: Literal["order"]
    by: Literal["record", "model"]
    steps: Annotated[list[Step], Field(min_length=2, max_length=8)]
    probability: Annotated[float, Field(gt=0, lt=1)] = 0.5
    among: list[Condition] = []


class Model(_Measured, _Check):
    """A measure of the baseline: the share of members in which it lies within its bounds."""

    kind: Literal["model"]
    probability: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.5, description="yes where surely more members than this, no where surely fewer"
    )
    among: list[Condition] = []
    like_observed: bool = Field(
        default=False, description="bounds are the observed value with its tolerance"
    )


class Effect(_Measured, _Check):
    """Branch minus baseline, member by member: whether the mean difference lies within bounds."""

    kind: Literal["effect"]
    branch: Word = Field(description="a name of `branches`")
    relative: bool = Field(default=False, description="as a share of the baseline's mean")
    probability: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.5, description="least share of members whose own difference lies within bounds"
    )
    among: list[Condition] = []


Check = Observed | Initial | Event | Order | Model | Effect
KINDS: dict[str, type[_Check]] = {
    "observed": Observed,
    "initial": Initial,
    "event": Event,
    "order": Order,
    "model": Model,
    "effect": Effect,
}


class Part(_Part):
    """What a claim asserts beside the rest; a claim holds only if all its parts do."""

    name: Word
    says: Text
    causal: bool = Field(default=False, description="that something is the cause of something")


class Enters(_Part):
    """How a claim stands in the scenario."""

    role: Literal["initial", "event", "tie", "quantity", "outcome", "background", "none"]
    events: list[Word] = []
    quantities: list[Word] = []
    note: str = ""


class Claim(_Part):
    """A claim in our own words, where it is made, what others say of it, and its checks."""

    id: Key
    says: Text
    date: Annotated[str, Year] = ""
    documents: Annotated[list[Word], Field(min_length=1)] = Field(
        description="document and paragraph, as `page-en 4`"
    )
    agrees: list[Word] = Field(default=[], description="keys of independent literature")
    qualifies: list[Word] = []
    disputes: list[Word] = []
    note: str = Field(default="", description="what the literature says, in a sentence")
    enters: Enters
    parts: list[Part] = []
    checks: list[Check] = []


class Document(_Part):
    """A document whose claims are tested."""

    key: Key
    title: Text
    kind: Word
    language: Word
    author: str = ""
    year: Annotated[str, Year] = ""
    note: str = ""
    paragraphs: Annotated[int, Field(ge=1, le=10000)]


class Lineage(_Part):
    """Sources that are one witness: one text, a translation, or wording taken over."""

    name: Word
    sources: Annotated[list[Word], Field(min_length=2)] = Field(
        description="keys of documents and references"
    )
    claims: list[Word] = Field(default=[], description="only for these claims; none means for all")
    why: Text


class Record(_Part):
    """A dated fact that tests claims but does not act in the model."""

    id: Key
    date: Day
    end: Day | None = None
    type: Word
    actor: Word
    target: Word = ""
    magnitude: float | None = None
    unit: str = ""
    description: Text
    source: Word
    quality: Quality


class LedgerFile(_Part):
    """A ledger of claims: the file `claims.yaml` beside a `scenario.yaml`."""

    ledger: Literal[1] = Field(description="version of this format")
    title: Word
    documents: Annotated[list[Document], Field(min_length=1)]
    lineages: list[Lineage] = []
    records: list[Record] = []
    branches: dict[str, Any] = Field(default={}, description="name → the content of a branch file")
    claims: Annotated[list[Claim], Field(min_length=1)]


def ledger_schema() -> dict[str, Any]:
    """JSON Schema of `claims.yaml`."""
    from patronage.history.branch_changes import Body

    schema, branch = LedgerFile.model_json_schema(), Body.model_json_schema()
    schema["$defs"] |= {**branch.pop("$defs"), "Branch": branch}
    schema["properties"]["branches"]["additionalProperties"] = {"$ref": "#/$defs/Branch"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


if __name__ == "__main__":
    path = Path(__file__).parent / "claims.schema.json"
    text = json.dumps(ledger_schema(), indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    print(path)
