"""`scenario.yaml` checked: its form by the schema, then what its parts say of one another."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from patronage import units
from patronage.errors import PatronageError, ScenarioError
from patronage.scenario import dates, references
from patronage.scenario.catalogue import Catalogue, Parameter
from patronage.scenario.document import Document, Path, spell
from patronage.scenario.schema import RECORDABLE, Period, Scenario

SHARES_TOLERANCE = 1e-6
SEASON_TOLERANCE = 2e-3
"""Twelve shares written with four digits sum to 1 within this; they are scaled to sum to 1."""
_PRIOR = re.compile(r"^(fixed|[a-z]+\(\s*-?[\d.eE+-]+(\s*,\s*-?[\d.eE+-]+)*\s*\))$")


def parse(yaml: Document, found: list[PatronageError]) -> Scenario | None:
    """The scenario of a document; None where its form is wrong, with the faults in `found`."""
    if not isinstance(yaml.value, dict):
        found.append(
            ScenarioError(
                "not a scenario: the file holds no keys",
                where=yaml.where(()),
                allowed=list(Scenario.model_fields),
            )
        )
        return None
    try:
        return Scenario.model_validate(yaml.value)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            found.append(explain(fault, yaml))
        return None


def explain(
    fault: Any, yaml: Document, root: type[BaseModel] = Scenario, above: Path = ()
) -> ScenarioError:
    """One fault of a schema in our words; `root` is what stands at the key path `above`."""
    path: Path = (*above, *fault["loc"])
    beside = fault["loc"][:-1]
    where, name = yaml.where(path), spell(path)
    context = fault.get("ctx", {})
    match fault["type"]:
        case "extra_forbidden":
            allowed = _keys_at(beside, root)
            return ScenarioError(
                f"unknown key '{name}'", where=where, allowed=allowed, got=str(path[-1])
            )
        case "missing":
            return ScenarioError(
                f"missing key '{name}'", where=where, allowed=_keys_at(beside, root)
            )
        case "literal_error":
            words = re.findall(r"'([^']*)'", context["expected"]) or [context["expected"]]
            return ScenarioError(
                f"{name} is {_show(fault['input'])}",
                where=where,
                allowed=words,
                got=str(fault["input"]),
            )
        case "string_pattern_mismatch":
            return ScenarioError(
                f"{name} is {_show(fault['input'])}",
                where=where,
                allowed=[f"text of the form {context['pattern']}"],
            )
    message = fault["msg"].removeprefix("Input should be ").replace("Input should ", "")
    return ScenarioError(f"{name} is {_show(fault['input'])}", where=where, allowed=[message])


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return f"{value} (in YAML, on, off, yes and no are true or false unless quoted)"
    if value is None:
        return "empty"
    text = repr(value)
    return text if len(text) < 60 else f"{text[:57]}…"


def _keys_at(path: Path, root: type[BaseModel]) -> list[str]:
    """Keys that the schema `root` allows at a key path."""
    model: Any = root
    for part in path:
        if isinstance(part, int) or not isinstance(model, type):
            continue
        if part not in model.model_fields:
            # the key of a free mapping, such as a parameter's name
            continue
        inner = _models_in(model.model_fields[part].annotation)
        if not inner:
            return []
        model = inner[0]
    return list(model.model_fields)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for a in getattr(annotation, "__args__", ()) for m in _models_in(a)]


def check(
    scenario: Scenario,
    yaml: Document,
    catalogue: Catalogue,
    bib: dict[str, dict[str, str]],
    found: list[PatronageError],
) -> None:
    """What the schema cannot see: names that must exist or be unique, sums, order of dates."""
    codes = [s.code for s in scenario.states]
    _check_period(scenario, yaml, found)
    _check_unique(codes, "states", "code", yaml, found)
    _check_unique([s.cow for s in scenario.states], "states", "cow", yaml, found)
    _check_unique([c.name for c in scenario.commodities], "commodities", "name", yaml, found)
    _check_mode(scenario, yaml, codes, found)
    _check_states(scenario, yaml, codes, found)
    for i, commodity in enumerate(scenario.commodities):
        try:
            units.parse(commodity.unit, yaml.where(("commodities", i, "unit")))
        except PatronageError as error:
            found.append(error)
        if abs(sum(commodity.season) - 1) > SEASON_TOLERANCE:
            found.append(
                ScenarioError(
                    f"commodities[{i}].season sums to {sum(commodity.season):g}",
                    where=yaml.where(("commodities", i, "season")),
                    allowed=["twelve shares that sum to 1"],
                )
            )
    _check_parameters(scenario, yaml, catalogue, bib, found)
    for i, name in enumerate(scenario.record.quantities):
        if name not in RECORDABLE:
            where = yaml.where(("record", "quantities", i))
            found.append(
                ScenarioError(
                    f"no result is called '{name}'", where=where, allowed=RECORDABLE, got=name
                )
            )


def _check_unique(
    words: list[Any], table: str, key: str, yaml: Document, found: list[PatronageError]
) -> None:
    for i, word in enumerate(words):
        if word in words[:i]:
            first = yaml.where((table, words.index(word), key))
            found.append(
                ScenarioError(
                    f"duplicate {key} '{word}' in {table}, first at {first}",
                    where=yaml.where((table, i, key)),
                )
            )


def _month(date: str, path: Path, yaml: Document, found: list[PatronageError]) -> int | None:
    try:
        return dates.parse(date, yaml.where(path))[0]
    except PatronageError as error:
        found.append(error)
        return None


def _check_span(
    span: Period, what: str, path: Path, yaml: Document, found: list[PatronageError]
) -> tuple[int, int] | None:
    """First and last month of a span; None where it has a fault."""
    start = _month(span.start, (*path, "start"), yaml, found)
    end = _month(span.end, (*path, "end"), yaml, found)
    if start is None or end is None or start <= end:
        return None if start is None or end is None else (start, end)
    found.append(
        ScenarioError(
            f"{what} ends ({span.end}) before it starts",
            where=yaml.where((*path, "end")),
            allowed=[f"{span.start} or later"],
        )
    )
    return None


def _check_period(scenario: Scenario, yaml: Document, found: list[PatronageError]) -> None:
    for i, state in enumerate(scenario.states):
        for j, span in enumerate(state.exists):
            what = f"the existence of {state.code}"
            _check_span(span, what, ("states", i, "exists", j), yaml, found)
    span = _check_span(scenario.period, "the period", ("period",), yaml, found)
    if span is None:
        return
    start, end = span
    if scenario.mode.until is None:
        return
    path = ("mode", "until")
    until = _month(scenario.mode.until, path, yaml, found)
    if until is not None and not start <= until <= end:
        found.append(
            ScenarioError(
                f"mode.until ({scenario.mode.until}) is outside the period",
                where=yaml.where(path),
                allowed=[f"{scenario.period.start} … {scenario.period.end}"],
            )
        )


def _check_mode(
    scenario: Scenario, yaml: Document, codes: list[str], found: list[PatronageError]
) -> None:
    governments = [s.code for s in scenario.states if s.kind == "state"]
    for i, code in enumerate(scenario.mode.free):
        if code not in governments:
            said = "is a market, which does not choose" if code in codes else "is not a state"
            found.append(
                ScenarioError(
                    f"mode.free: '{code}' {said}",
                    where=yaml.where(("mode", "free", i)),
                    allowed=governments,
                    got=code,
                )
            )
    if scenario.mode.kind == "free" and scenario.mode.free and scenario.mode.until is None:
        found.append(
            ScenarioError(
                "mode.free names states, but in kind: free everybody chooses",
                where=yaml.where(("mode", "free")),
                allowed=["kind: replay with a list", "kind: free without one"],
            )
        )


def _check_states(
    scenario: Scenario, yaml: Document, codes: list[str], found: list[PatronageError]
) -> None:
    for i, state in enumerate(scenario.states):
        path: Path = ("states", i)
        if state.capital is None and state.kind == "state":
            found.append(
                ScenarioError(
                    f"{state.code} has no capital",
                    where=yaml.where(path),
                    allowed=["capital: [latitude, longitude]"],
                )
            )
        if state.capital is not None and abs(state.capital[0]) > 90:
            found.append(
                ScenarioError(
                    f"latitude {state.capital[0]:g} of {state.code}",
                    where=yaml.where((*path, "capital")),
                    allowed=["-90 … 90"],
                )
            )
        total = sum(f.share for f in state.factions)
        if state.factions and abs(total - 1) > SHARES_TOLERANCE:
            found.append(
                ScenarioError(
                    f"faction shares of {state.code} sum to {total:g}",
                    where=yaml.where((*path, "factions")),
                    allowed=["1"],
                )
            )
        names = [f.name for f in state.factions]
        for j, faction in enumerate(state.factions):
            here = (*path, "factions", j)
            if faction.name in names[:j]:
                found.append(
                    ScenarioError(
                        f"duplicate faction '{faction.name}' of {state.code}",
                        where=yaml.where((*here, "name")),
                    )
                )
            if faction.looks_to is not None and faction.looks_to not in codes:
                found.append(
                    ScenarioError(
                        f"faction '{faction.name}' looks to unknown state '{faction.looks_to}'",
                        where=yaml.where((*here, "looks_to")),
                        allowed=codes,
                        got=faction.looks_to,
                    )
                )


def _check_parameters(
    scenario: Scenario,
    yaml: Document,
    catalogue: Catalogue,
    bib: dict[str, dict[str, str]],
    found: list[PatronageError],
) -> None:
    for name, override in scenario.parameters.items():
        path: Path = ("parameters", name)
        if name not in catalogue.parameters:
            found.append(
                ScenarioError(
                    f"unknown parameter '{name}'",
                    where=yaml.where(path),
                    allowed=list(catalogue.parameters),
                    got=name,
                )
            )
            continue
        new = _override(catalogue.parameters[name], override)
        low = -math.inf if new.low is None else new.low
        high = math.inf if new.high is None else new.high
        if not low <= new.value <= high:
            found.append(
                ScenarioError(
                    f"{name} is {new.value:g} {new.unit}".rstrip(),
                    where=yaml.where((*path, "value")),
                    allowed=[f"{low:g} … {high:g} {new.unit}".rstrip()],
                )
            )
        if override.prior is not None and not _PRIOR.match(override.prior):
            found.append(
                ScenarioError(
                    f"prior '{override.prior}'",
                    where=yaml.where((*path, "prior")),
                    allowed=["normal(0.5, 0.1)", "lognormal(…)", "beta(…)", "uniform(…)", "fixed"],
                )
            )
        references.split(override.source, bib, yaml.where((*path, "source")), found)


def _override(parameter: Parameter, override: Any) -> Parameter:
    given = {
        key: getattr(override, key)
        for key in ("low", "high", "prior")
        if getattr(override, key) is not None
    }
    return replace(
        parameter, value=override.value, source=override.source, overridden=True, **given
    )


def parameters(scenario: Scenario, catalogue: Catalogue) -> dict[str, Parameter]:
    """The model's parameters, with those that this scenario sets itself."""
    return {
        name: _override(parameter, scenario.parameters[name])
        if name in scenario.parameters
        else parameter
        for name, parameter in catalogue.parameters.items()
    }


def period(scenario: Scenario) -> tuple[int, int]:
    """First month and number of months."""
    start = dates.parse(scenario.period.start)[0]
    return start, dates.parse(scenario.period.end)[0] - start + 1
