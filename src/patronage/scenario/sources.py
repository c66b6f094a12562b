"""Where every number and event of a scenario comes from, and which are assumed."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from patronage import months as clock
from patronage import units
from patronage.scenario import references
from patronage.scenario.load import read
from patronage.scenario.references import ASSUMED
from patronage.scenario.script import Script


@dataclass(frozen=True)
class Origin:
    """One entry: what it is, its value, and where it comes from.

    `source` holds keys of the references joined by `; `, or `assumed`.
    """

    table: str
    entry: str
    value: str
    unit: str
    range: str
    prior: str
    source: str
    quality: str
    meaning: str
    assumed: bool
    where: str


def sources(scenario: Script | str | Path, *, assumed: bool = False) -> list[Origin]:
    """Origin of every parameter, instrument, initial value, series value, event and observation.

    With `assumed`, only those that rest on no source at all.
    Errors: as `load`.
    """
    script = scenario if isinstance(scenario, Script) else read(scenario)
    found = [*_parameters(script), *_instruments(script), *_rows(script), *_dated(script)]
    return [origin for origin in found if origin.assumed or not assumed]


def _make(
    table: str,
    entry: str,
    source: tuple[str, ...],
    *,
    value: str = "",
    unit: str = "",
    range: str = "",
    prior: str = "",
    quality: str = "",
    meaning: str = "",
    where: str = "",
) -> Origin:
    lone = all(key == ASSUMED for key in source)
    joined = "; ".join(source)
    return Origin(table, entry, value, unit, range, prior, joined, quality, meaning, lone, where)


def _parameters(script: Script) -> list[Origin]:
    found = []
    for name, p in script.parameters.items():
        low = "" if p.low is None else f"{p.low:g}"
        high = "" if p.high is None else f"{p.high:g}"
        found.append(
            _make(
                "parameter",
                name,
                references.keys(p.source),
                value=f"{p.value:g}",
                unit=p.unit,
                range=f"{low} … {high}" if low or high else "",
                prior=p.prior,
                meaning=p.meaning,
                where=f"{script.name}: parameters" if p.overridden else "the model",
            )
        )
    return found


def _instruments(script: Script) -> list[Origin]:
    return [
        _make(
            "instrument",
            i.name,
            references.keys(i.source),
            value=f"{i.goldstein:g}",
            unit="Goldstein weight",
            meaning=i.meaning,
            where="the model",
        )
        for i in script.instruments
    ]


def _rows(script: Script) -> list[Origin]:
    goods = dict(zip(script.commodities, script.commodity_units, strict=True))
    found = []
    for table, rows in script.rows.items():
        for row in rows:
            quantity = script.quantities[row.quantity]
            unit = quantity.unit
            if "commodity" in quantity.dims:
                unit = units.of_commodity(unit, goods[script.commodities[row.index[-1]]])
            found.append(
                _make(
                    table,
                    f"{script.name_cell(row)} {row.date}".rstrip(),
                    row.source,
                    value=f"{row.value:g}",
                    unit=unit,
                    quality=row.quality,
                    meaning=row.note,
                    where=row.where,
                )
            )
    return found


def _dated(script: Script) -> list[Origin]:
    events = [
        _make(
            "event",
            f"{e.id} {e.date} {e.actor} {e.type} {e.target}",
            e.source,
            value="" if e.magnitude is None else f"{e.magnitude:g}",
            unit=e.unit,
            quality=e.quality,
            meaning=e.description,
            where=e.where,
        )
        for e in script.events
    ]
    observed = [
        _make(
            "observed",
            f"{script.name_cell(o)} {clock.format(o.first)} … {clock.format(o.last)}",
            o.source,
            value=f"{o.value:g}",
            unit=o.unit,
            quality=o.quality,
            meaning=o.note,
            where=o.where,
        )
        for o in script.observed
    ]
    return [*events, *observed]


def cite(script: Script, key: str) -> str:
    """A reference in a line: author, year, title.

    >>> cite(read("tiny"), "harbour1951")
    'Invented, Boris (1951). What Passed through the Harbour. Journal of Invented Trade'
    """
    entry = script.references.get(key)
    if entry is None:
        return "assumed: nobody has measured it" if key == ASSUMED else key
    who = entry.get("author", entry.get("editor", entry.get("organization", "")))
    year = f" ({entry['year']})" if "year" in entry else ""
    place = entry.get("journal", entry.get("booktitle", entry.get("publisher", "")))
    parts = [f"{who}{year}".strip(), entry.get("title", ""), place, entry.get("url", "")]
    return ". ".join(p for p in parts if p)


def to_json(script: Script, origins: list[Origin]) -> str:
    """Origins, and the references they cite, as JSON."""
    used = {key for origin in origins for key in references.keys(origin.source)}
    content = {
        "scenario": script.name,
        "hash": script.hash,
        "entries": [asdict(origin) for origin in origins],
        "references": {k: script.references[k] for k in sorted(used) if k in script.references},
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def to_csv(origins: list[Origin]) -> str:
    """Origins as CSV text with a header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(Origin.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(origin) for origin in origins)
    return out.getvalue()


def list_cited(origins: list[Origin]) -> list[str]:
    """Keys that the origins cite, in alphabetical order, without `assumed`."""
    used = {key for origin in origins for key in references.keys(origin.source)}
    return sorted(used - {ASSUMED})
