"""A CSV file as rows of text, each with its line number."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from patronage.errors import PatronageError, ScenarioError


class Line(dict[str, str]):
    """One row: where it stands, and its cells by column (stripped of surrounding blanks)."""

    __slots__ = ("where",)

    def __init__(self, where: str, cells: Iterable[tuple[str, str]]) -> None:
        super().__init__(cells)
        self.where = where


def decode(data: bytes, file: str) -> str:
    """Text of a UTF-8 file, with or without a byte order mark.

    Errors: ScenarioError with the line of the first byte that is not UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ScenarioError(
            f"byte 0x{data[error.start]:02x} is not UTF-8 text",
            where=f"{file}:{line}",
            allowed=["UTF-8"],
        ) from None
    if (place := text.find("\0")) >= 0:
        line = text.count("\n", 0, place) + 1
        raise ScenarioError("a zero byte: this is not a text file", where=f"{file}:{line}")
    return text


def read(text: str, file: str, columns: tuple[str, ...], found: list[PatronageError]) -> list[Line]:
    """Rows of a table whose header holds exactly `columns`, in any order.

    Faults go to `found`; a row of the wrong length is left out.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Line] = []
    header: list[str] | None = None
    first = 1
    try:
        for cells in reader:
            where, first = f"{file}:{first}", reader.line_num + 1
            cells = list(map(str.strip, cells))
            if not any(cells):
                # a line of commas alone is as empty as an empty line
                continue
            if header is None:
                header = cells
                if faults := _check_header(header, where, columns):
                    found.extend(faults)
                    return []
            elif len(cells) != len(header):
                found.append(
                    ScenarioError(f"{len(cells)} cells under {len(header)} columns", where=where)
                )
            else:
                rows.append(Line(where, zip(header, cells, strict=True)))
    except csv.Error as error:
        found.append(ScenarioError(f"not valid CSV: {error}", where=f"{file}:{reader.line_num}"))
    if header is None:
        found.append(ScenarioError("the file is empty", where=f"{file}:1", allowed=columns))
    return rows


def _check_header(header: list[str], where: str, columns: tuple[str, ...]) -> list[PatronageError]:
    """Missing, unknown and repeated columns."""
    faults: list[PatronageError] = []
    for name in header:
        if name not in columns:
            faults.append(
                ScenarioError(f"unknown column '{name}'", where=where, allowed=columns, got=name)
            )
    faults += [
        ScenarioError(f"missing column '{name}'", where=where, allowed=columns)
        for name in columns
        if name not in header
    ]
    faults += [
        ScenarioError(f"column '{name}' occurs twice", where=where)
        for i, name in enumerate(header)
        if name in header[:i]
    ]
    return faults
