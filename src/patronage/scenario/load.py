"""From a scenario's files to a `World`: all is checked, and every fault is reported at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from patronage import months
from patronage.errors import Errors, PatronageError, ScenarioError
from patronage.scenario import catalogue as model
from patronage.scenario import check, document, references, rows, schema, table
from patronage.scenario.script import Event, Observation, Row, Script

if TYPE_CHECKING:
    from patronage.scenario.world import World

MOST_ERRORS = 200
"""More than anyone reads: a binary file taken for a table would print a line for every line."""
MOST_BYTES = 200_000_000
SCENARIO = "scenario.yaml"


def shipped() -> dict[str, Path]:
    """Folders of the scenarios that come with the package, by name."""
    root = Path(__file__).parents[1] / "scenarios"
    return {p.parent.name: p.parent for p in sorted(root.glob(f"*/{SCENARIO}"))}


def find(name_or_path: str | Path) -> Path:
    """The `scenario.yaml` of a shipped scenario's name, of a folder, or of the file itself.

    A bare name is a shipped scenario first; write `./name` for a folder of that name.
    Errors: ScenarioError where there is none.
    """
    text = str(name_or_path)
    names = shipped()
    if text in names:
        return names[text] / SCENARIO
    path = Path(text)
    try:
        if path.is_file() and path.suffix in (".csv", ".bib"):
            raise ScenarioError(
                "is a table of a scenario", where=text,
                allowed=[f"the folder {path.parent}", str(path.parent / SCENARIO)],
            )  # fmt: skip
        if path.is_file():
            return path
        if path.is_dir():
            if (path / SCENARIO).is_file():
                return path / SCENARIO
            raise ScenarioError(f"no file {SCENARIO} in this folder", where=text)
    except (OSError, ValueError):
        pass
    raise ScenarioError(
        f"no scenario '{text}'",
        allowed=[*names, "a folder with scenario.yaml", "a path of such a file"],
        got=text,
    )


def load(name_or_path: str | Path) -> World:
    """The world that a scenario describes.

    Errors: PatronageError (`Errors`, where there are several) with file and line of each fault.

    >>> load("tiny").codes
    ('ARC', 'BOR', 'CYL', 'MAR')
    """
    script = read(name_or_path)
    from patronage.scenario import arrays

    return arrays.build(script)


def validate(name_or_path: str | Path) -> Script:
    """The script of a scenario, if it is valid; its `notes` say what has no effect.

    Errors: as `load`.
    """
    return read(name_or_path)


def describe(script: Script) -> str:
    """What a valid scenario holds, in a line, its checksum, and its notes."""
    return "\n".join(
        [
            f"{script.name} is valid: {len(script.codes)} states, "
            f"{len(script.commodities)} commodities, "
            f"{months.format(script.start)} to {months.format(script.end)} "
            f"({script.months} months), "
            f"{len(script.events)} events, {len(script.observed)} observations",
            f"sha256 {script.hash}",
            *(f"note: {note}" for note in script.notes),
        ]
    )


def read(name_or_path: str | Path) -> Script:
    """A scenario checked in full, without arrays (and so without NumPy).

    Errors: as `load`.
    """
    path = find(name_or_path)
    data = {path.name: _read_bytes(path, path.name)}
    found: list[PatronageError] = []
    yaml = document.read(table.decode(data[path.name], path.name), path.name, found)
    scenario = check.parse(yaml, found)
    if scenario is None:
        _stop(found)
        raise AssertionError("a scenario that cannot be read has at least one fault")
    own = model.read()
    texts = _read_tables(path, scenario.files, yaml, data, found)
    bib = {
        **own.references,
        **references.read(texts["references"], scenario.files.references or "", found),
    }
    check.check(scenario, yaml, own, bib, found)
    reader = rows.Reader(
        catalogue=own,
        codes=tuple(s.code for s in scenario.states),
        commodities={c.name: c.unit for c in scenario.commodities},
        factions={s.code: len(s.factions) for s in scenario.states},
        references=bib,
        found=found,
    )
    lines = {
        name: table.read(texts[name], getattr(scenario.files, name), schema.COLUMNS[name], found)
        for name in schema.COLUMNS
        if getattr(scenario.files, name) is not None
    }
    tables = _check_tables(scenario, lines, reader, path.name)
    _stop(found)
    return _build(scenario, tables, reader, path, _digest(data))


def _stop(found: list[PatronageError]) -> None:
    """Report what was found, if anything."""
    if len(found) > MOST_ERRORS:
        rest = len(found) - MOST_ERRORS
        raise Errors([*found[:MOST_ERRORS], ScenarioError(f"… and {rest} more errors")])
    if found:
        raise Errors(found)


def _read_bytes(path: Path, where: str) -> bytes:
    try:
        if path.is_dir():
            raise ScenarioError("this is a folder, not a file", where=where)
        if path.stat().st_size > MOST_BYTES:
            raise ScenarioError("the file is too large", where=where, allowed=["200 MB"])
        return path.read_bytes()
    except FileNotFoundError:
        try:
            beside = [p.name for p in path.parent.iterdir()]
        except OSError:
            beside = []
        raise ScenarioError(
            f"no file '{path.name}'", where=where, allowed=sorted(beside), got=path.name
        ) from None
    except OSError as error:
        raise ScenarioError(f"cannot be read: {error.strerror}", where=where) from None


def _read_tables(
    path: Path,
    files: schema.Files,
    yaml: document.Document,
    data: dict[str, bytes],
    found: list[PatronageError],
) -> dict[str, str]:
    """Text of every file that the scenario names; empty text for those it does not."""
    texts: dict[str, str] = {}
    for key in schema.Files.model_fields:
        name = getattr(files, key)
        texts[key] = ""
        if name is None:
            continue
        try:
            data[name] = _read_bytes(path.parent / name, yaml.where(("files", key)))
            texts[key] = table.decode(data[name], name)
        except PatronageError as error:
            found.append(error)
    return texts


def _digest(data: dict[str, bytes]) -> str:
    """SHA-256 over all files, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(data):
        digest.update(f"{name}\0{len(data[name])}\0".encode())
        digest.update(data[name])
    return digest.hexdigest()


@dataclass(frozen=True)
class _Tables:
    rows: dict[str, tuple[Row, ...]]
    events: tuple[Event, ...]
    observed: tuple[Observation, ...]


def _check_tables(
    scenario: schema.Scenario,
    lines: dict[str, list[table.Line]],
    reader: rows.Reader,
    file: str,
) -> _Tables:
    """Rows of all tables; their faults go to the reader."""
    given = {t: rows.read_rows(lines.get(t, []), t, reader) for t in ("initial", "series")}
    for table_rows in given.values():
        rows.mirror(table_rows, reader.found)
    _check_given(scenario, reader.catalogue, given, file, reader.found)
    events = rows.read_events(lines.get("events", []), reader)
    return _Tables(given, events, rows.read_observed(lines.get("observed", []), reader))


def _build(
    scenario: schema.Scenario, tables: _Tables, reader: rows.Reader, path: Path, digest: str
) -> Script:
    """The script of what has been checked."""
    start, count = check.period(scenario)
    reader.notes += [
        f"{e.where}: event {e.id} ({e.date}) is outside the period: ignored"
        for e in tables.events
        if not start <= e.month < start + count
    ]
    return Script(
        name=scenario.name,
        title=scenario.title,
        description=scenario.description,
        folder=str(path.parent),
        hash=digest,
        start=start,
        months=count,
        states=tuple(scenario.states),
        goods=tuple(scenario.commodities),
        rows=tables.rows,
        events=tables.events,
        observed=tables.observed,
        mechanisms=scenario.mechanisms.model_dump(),
        parameters=check.parameters(scenario, reader.catalogue),
        instruments=reader.catalogue.instruments,
        quantities=reader.catalogue.quantities,
        record=scenario.record,
        mode=scenario.mode,
        members=scenario.members,
        seed=scenario.seed,
        references=reader.references,
        notes=tuple(reader.notes),
    )


def _check_given(
    scenario: schema.Scenario,
    catalogue: model.Catalogue,
    given: dict[str, tuple[Row, ...]],
    file: str,
    found: list[PatronageError],
) -> None:
    """World prices have no default: every commodity needs one."""
    name = "world_price"
    priced = {r.index[0] for table_rows in given.values() for r in table_rows if r.quantity == name}
    for i, commodity in enumerate(scenario.commodities):
        if i not in priced and catalogue.quantities[name].default is None:
            found.append(
                ScenarioError(
                    f"{name} of {commodity.name} is not given",
                    where=file,
                    allowed=["a row in the table of initial values or series"],
                )
            )
