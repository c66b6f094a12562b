"""Inputs of the expected utility model: one row a country, read from CSV and checked."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from patronage.errors import DataError, Errors, PatronageError, ScenarioError, nearest

REQUIRED = ("country", "capability", "position")
OPTIONAL = ("salience",)


@dataclass(frozen=True)
class Inputs:
    """Countries in the order of the file, which breaks ties and fixes who is `last`.

    countries: names, unique.
    capability: > 0, any scale; only ratios matter.
    position: in [0, 1]; 0 and 1 are the two sides' ideal outcomes.
    salience: in [0, 1], held fixed where given; NaN = drawn anew every step.
    """

    countries: tuple[str, ...]
    capability: np.ndarray
    position: np.ndarray
    salience: np.ndarray

    @property
    def n(self) -> int:
        return len(self.countries)


def _columns(path: Path, header: list[str], position: str) -> None:
    where = f"{path}:1"
    wanted = ("country", "capability", position)
    for name in wanted:
        if name not in header:
            close = nearest(name, header)
            hint = f"; did you mean the column {close}?" if close else ""
            raise DataError(f"no column '{name}' (columns: {', '.join(header)}){hint}", where=where)
    known = (*wanted, *OPTIONAL)
    for name in known:
        if header.count(name) > 1:
            raise DataError(f"the column {name} stands {header.count(name)} times", where=where)
    for name in header:
        close = nearest(name, OPTIONAL) if name not in known else None
        if close and close not in header:
            raise DataError(f"unknown column '{name}'", where=where, allowed=known, got=name)


def _number(text: str, name: str, where: str, low: float, high: float, open_low: bool) -> float:
    bracket = f"{name} {'>' if open_low else '>='} {low:g}" + (
        f" and <= {high:g}" if math.isfinite(high) else ""
    )
    try:
        value = float(text)
    except ValueError:
        raise DataError(
            f"'{text}' is not a number (column {name})", where=where, allowed=[bracket]
        ) from None
    inside = low < value if open_low else low <= value
    if not (math.isfinite(value) and inside and value <= high):
        raise DataError(f"{name} {text} is out of range", where=where, allowed=[bracket])
    return value


def read_inputs(path: str | Path, *, position: str = "position") -> Inputs:
    """Countries from a CSV file with columns country, capability, position and perhaps salience.

    Further columns are left alone; `position` names the column to take positions from.  An empty
    salience cell means that this country's salience is drawn at every step.

    Raises DataError (file:line) for a missing, misspelt or doubled column, a row of another length
    than the header, a number out of range, a country named twice or a file that is not UTF-8 text;
    several faults come together as Errors.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError("no such file", where=str(path))
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        header = [name.strip() for name in reader.fieldnames or []]
        reader.fieldnames = header
        _columns(path, header, position)
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise DataError(f"not a CSV row: {error}", where=f"{path}:{reader.line_num + 1}") from None
    return _checked(path, rows, position)


def _text(path: Path) -> str:
    from patronage.scenario.table import decode

    try:
        return decode(path.read_bytes(), str(path))
    except ScenarioError as error:
        raise DataError(error.what, where=error.where, allowed=error.allowed) from None
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(path)) from None


def _row(row: dict[str, str], position: str, where: str) -> tuple[str, float, float, float]:
    cells = [cell for key, cell in row.items() if key is not None]
    extra = row.get(None) or ()  # pyright: ignore[reportArgumentType,reportCallIssue]
    if extra or None in cells:
        given = len(cells) - cells.count(None) + len(extra)  # pyright: ignore[reportArgumentType]
        raise DataError(f"{given} cells, {len(cells)} in the header", where=where)
    name = (row["country"] or "").strip()
    if not name:
        raise DataError("a country without a name", where=where)
    salience = (row.get("salience") or "").strip()
    return (
        name,
        _number(row["capability"] or "", "capability", where, 0, math.inf, True),
        _number(row[position] or "", position, where, 0, 1, False),
        _number(salience, "salience", where, 0, 1, False) if salience else math.nan,
    )


def _checked(path: Path, rows: list[tuple[int, dict[str, str]]], position: str) -> Inputs:
    found: list[PatronageError] = []
    lines: dict[str, int] = {}
    kept: list[tuple[str, float, float, float]] = []
    for line, row in rows:
        where = f"{path}:{line}"
        try:
            entry = _row(row, position, where)
            if entry[0] in lines:
                raise DataError(f"{entry[0]} stands in line {lines[entry[0]]} too", where=where)
            lines[entry[0]] = line
            kept.append(entry)
        except DataError as error:
            found.append(error)
    if not found and len(kept) < 2:
        found.append(DataError("at least two countries are needed", where=str(path)))
    if found:
        raise found[0] if len(found) == 1 else Errors(found)
    names, *numbers = zip(*kept, strict=True)
    capability, place, salience = (np.asarray(column, float) for column in numbers)
    return Inputs(names, capability, np.abs(place), salience)
