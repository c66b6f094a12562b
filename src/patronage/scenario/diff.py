"""What differs between two scenarios, by meaning and not by text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from patronage import months as clock
from patronage.scenario.load import read
from patronage.scenario.script import Event, Observation, Row, Script


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same: a table, an entry of it, a field, and both values.

    `before` is None for what only the second has, `after` for what only the first has.
    """

    table: str
    entry: str
    field: str
    before: str | None
    after: str | None


def diff(a: Script | str | Path, b: Script | str | Path) -> list[Difference]:
    """Differences between two scenarios, in the order of the file.

    Origins of values (source, quality, note) are compared; order and spelling are not:
    `1 Mt` and `1000 kt` are the same.
    Errors: as `load`.
    """
    one, two = (w if isinstance(w, Script) else read(w) for w in (a, b))
    found: list[Difference] = []
    for table, describe in _TABLES:
        before, after = describe(one), describe(two)
        for entry in [*before, *(e for e in after if e not in before)]:
            found += _compare(table, entry, before.get(entry), after.get(entry))
    return found


Entries = dict[str, dict[str, Any]]


def _compare(
    table: str, entry: str, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> list[Difference]:
    if before is None or after is None:
        present = before if after is None else after
        said = _summary(present or {})
        if after is None:
            return [Difference(table, entry, "", said, None)]
        return [Difference(table, entry, "", None, said)]
    return [
        Difference(table, entry, key, _spell(before.get(key)), _spell(after.get(key)))
        for key in {**before, **after}
        if not _same(before.get(key), after.get(key))
    ]


def _same(one: Any, two: Any) -> bool:
    """Equality, with room for the rounding of a conversion of units."""
    if isinstance(one, float) and isinstance(two, float):
        return one == two or abs(one - two) <= 1e-9 * max(abs(one), abs(two))
    return bool(one == two)


def _spell(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return "; ".join(_spell(v) for v in value) or "–"
    if isinstance(value, dict):
        return "; ".join(f"{k} {_spell(v)}" for k, v in value.items()) or "–"
    return str(value)


def _summary(fields: dict[str, Any]) -> str:
    """An entry in a line: its first fields that say something."""
    said = [
        f"{key} {_spell(value)}" for key, value in fields.items() if value not in (None, "", ())
    ]
    return ", ".join(said[:5])


def _settings(script: Script) -> Entries:
    return {
        "title": {"": script.title},
        "period": {"start": clock.format(script.start), "end": clock.format(script.end)},
        "mode": script.mode.model_dump(),
        "run": {"members": script.members, "seed": script.seed},
        "record": script.record.model_dump(),
    }


def _states(script: Script) -> Entries:
    entries: Entries = {}
    for state in script.states:
        entries[state.code] = state.model_dump(exclude={"code", "factions"})
        for faction in state.factions:
            entries[f"{state.code} / {faction.name}"] = faction.model_dump(exclude={"name"})
    return entries


def _commodities(script: Script) -> Entries:
    return {good.name: good.model_dump(exclude={"name"}) for good in script.goods}


def _mechanisms(script: Script) -> Entries:
    return {name: {"": on} for name, on in script.mechanisms.items()}


def _parameters(script: Script) -> Entries:
    keys = ("value", "unit", "low", "high", "prior", "source")
    return {
        name: {key: getattr(parameter, key) for key in keys}
        for name, parameter in script.parameters.items()
    }


def _origin(row: Row | Observation | Event) -> dict[str, Any]:
    return {"source": row.source, "quality": row.quality}


def _rows(table: str) -> Any:
    def describe(script: Script) -> Entries:
        return {
            f"{script.name_cell(row)} {row.date}".rstrip(): {"value": row.value, **_origin(row)}
            for row in script.rows[table]
        }

    return describe


def _events(script: Script) -> Entries:
    left_out = ("id", "where", "month", "end", "goods", "shares", "weight")
    return {
        event.id: {
            **{key: value for key, value in asdict(event).items() if key not in left_out},
            "end": None if event.end is None else clock.format(event.end),
        }
        for event in script.events
    }


def _observed(script: Script) -> Entries:
    entries: Entries = {}
    for row in script.observed:
        span = f"{clock.format(row.first)} … {clock.format(row.last)}"
        # the source is part of the entry: two may speak of the same months
        entry = f"{script.name_cell(row)} {span} ({'; '.join(row.source)})"
        entries[entry] = {"value": row.value, "quality": row.quality}
    return entries


_TABLES = (
    ("settings", _settings),
    ("states", _states),
    ("commodities", _commodities),
    ("mechanisms", _mechanisms),
    ("parameters", _parameters),
    ("initial", _rows("initial")),
    ("series", _rows("series")),
    ("events", _events),
    ("observed", _observed),
)
