"""Raw files as the field distributes them, read into named tables with line numbers.

CSV, TSV, Parquet, R's `.rda`, `.RData` and `.rds`, and zip archives of these. Cells of text files
stay text here: what is a number, and what stands for a missing value, the importer says.
"""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

import csv
import hashlib
import io
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from patronage.errors import DataError

TEXT = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
R_FILES = (".rda", ".rdata", ".rds")
READABLE = (*TEXT, ".parquet", *R_FILES, ".zip")
LINE = "_line"


@dataclass
class RawTable:
    """One table of a raw file.

    Parameters
    ----------
    file: name of the file below the raw folder; `archive.zip/inner.csv` for a member of an archive.
    name: name of the R object; the file's stem for other forms.
    frame: columns in lower case, and `_line`: line of a text file (the header is 1), row of others.
    bad_lines: text of lines with more cells than the header has.
    short_lines: numbers of lines with fewer cells than the header has; the lacking ones are empty.
    """

    file: str
    name: str
    frame: pd.DataFrame
    bad_lines: list[str] = field(default_factory=list)
    short_lines: list[int] = field(default_factory=list)

    @property
    def columns(self) -> set[str]:
        return set(self.frame.columns) - {LINE}


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def list_files(raw: Path) -> list[Path]:
    """Every file below `raw`, sorted by name; hidden files are left out.

    Errors: DataError if the folder is missing, is no folder, or holds no file.
    """
    if not raw.exists():
        raise DataError("there is no such folder", where=str(raw), allowed=["a folder of raw data"])
    if not raw.is_dir():
        raise DataError("this is not a folder", where=str(raw), allowed=["a folder of raw data"])
    found = sorted(
        p
        for p in raw.rglob("*")
        if p.is_file() and not any(part.startswith(".") for part in p.relative_to(raw).parts)
    )
    if not found:
        raise DataError(
            "the folder holds no file", where=str(raw), allowed=[f"*{s}" for s in READABLE]
        )
    return found


def read_tables(path: Path, name: str) -> Iterator[RawTable]:
    """The tables of one file; none if its ending is not one of `READABLE`.

    Errors: DataError if the file cannot be read as what its ending says.
    """
    if path.suffix.lower() not in READABLE:
        return
    try:
        yield from _tables(path.read_bytes(), name)
    except DataError:
        raise
    except Exception as error:  # any reader's own error: say which file, and why
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"the file cannot be read: {reason}",
            where=str(path),
            allowed=["a whole file of that form", "a folder without this file"],
        ) from error


def _tables(data: bytes, name: str) -> Iterator[RawTable]:
    suffix = Path(name).suffix.lower()
    stem = Path(name).stem
    if suffix in TEXT:
        yield _read_text(data, name, stem, TEXT[suffix])
    elif suffix == ".parquet":
        yield _numbered(pd.read_parquet(io.BytesIO(data)), name, stem, first=1)
    elif suffix in R_FILES:
        for key, frame in _read_r(data, stem, single=suffix == ".rds"):
            yield _numbered(frame, name, key, first=1)
    elif suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in sorted(archive.namelist()):
                base = Path(member).name
                if not base.startswith(".") and not member.startswith("__MACOSX"):
                    yield from _tables(archive.read(member), f"{name}/{member}")


def _numbered(frame: pd.DataFrame, file: str, name: str, first: int) -> RawTable:
    frame = frame.reset_index(drop=True)
    frame.columns = [str(c).strip().strip('"').lower() for c in frame.columns]
    # The unnamed first column of R's write.csv holds row names.
    frame = frame.loc[:, [c not in ("", "rownames", "unnamed: 0", LINE) for c in frame.columns]]
    frame = frame.loc[:, ~frame.columns.duplicated()].copy()
    frame[LINE] = range(first, first + len(frame))
    return RawTable(file, name, frame)


def _read_text(data: bytes, file: str, name: str, separator: str) -> RawTable:
    if not data.strip():
        raise DataError("the file is empty", where=file, allowed=["a header row and rows of data"])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    options: dict[str, Any] = {"sep": separator, "dtype": str, "keep_default_na": False}
    options["skip_blank_lines"] = False  # so that row numbers stay line numbers
    bad: list[str] = []
    try:
        frame = pd.read_csv(io.StringIO(text), index_col=False, **options)
    except pd.errors.ParserError:
        text, bad = _without_long_lines(text, separator)
        frame = pd.read_csv(io.StringIO(text), index_col=False, **options)
    table = _numbered(frame, file, name, first=2)
    blank = (frame.isna() | (frame == "")).all(axis=1).to_numpy()
    table.frame = table.frame[~blank]
    table.bad_lines, table.short_lines = bad, _short_lines(table.frame, text, separator)
    return table


def _short_lines(frame: pd.DataFrame, text: str, separator: str) -> list[int]:
    """Lines that end before the last column; only those whose last cell is empty can be such."""
    last = frame.columns.drop(LINE)[-1:]
    if frame.empty or not len(last):
        return []
    suspects = frame.loc[frame[last[0]].isna() | (frame[last[0]] == ""), LINE].tolist()
    lines = text.split("\n") if suspects else []
    width = len(next(csv.reader(lines[:1], delimiter=separator))) if lines else 0
    inside = [n for n in suspects if n <= len(lines)]
    cells = csv.reader((lines[n - 1] for n in inside), delimiter=separator)
    return [n for n, row in zip(inside, cells, strict=False) if len(row) < width]


def _without_long_lines(text: str, separator: str) -> tuple[str, list[str]]:
    """The text with lines longer than the header emptied, and these lines with their numbers."""
    lines = text.splitlines()
    width = len(next(csv.reader(lines[:1], delimiter=separator)))
    bad: list[str] = []
    for number, line in enumerate(lines, start=1):
        if line.count(separator) >= width:
            cells = next(csv.reader([line], delimiter=separator))
            if len(cells) > width:
                bad.append(f"{number}: {line}")
                lines[number - 1] = ""
    return "\n".join(lines) + "\n", bad


def _read_r(data: bytes, stem: str, *, single: bool) -> Iterator[tuple[str, pd.DataFrame]]:
    try:
        import rdata
    except ImportError as error:
        raise DataError(
            "R files need the package rdata", where=stem, allowed=["pip install 'patronage[data]'"]
        ) from error
    table = rdata.conversion.dataframe_constructor
    classes = {**rdata.conversion.DEFAULT_CLASS_MAP, "tbl_df": table, "tbl": table}
    classes |= {"grouped_df": table, "rowwise_df": table, "data.table": table, "Date": _dates}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes without constructor keep their plain value
        parsed = rdata.parser.parse_data(data, extension=".rds" if single else ".rda")
        read = rdata.conversion.convert(parsed, constructor_dict=classes)
    objects = {stem: read} if single else read
    for key, value in objects.items():
        if isinstance(value, pd.DataFrame):
            yield str(key), value


def _dates(value: Any, attributes: Any) -> Any:
    """R's Date: days since 1970."""
    import numpy as np

    days = np.asarray(value, dtype=float)
    return np.where(np.isfinite(days), np.nan_to_num(days), np.iinfo("i8").min).astype("M8[D]")
