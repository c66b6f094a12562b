"""The panel: raw data sets of the field imported into tidy Parquet tables, and read back.

`import_raw` writes a folder: one Parquet file a table, `manifest.json`, `problems.csv`. `Panel`
reads it; `Panel.until(year)` reads it as it could have been known at the end of that year.
"""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patronage.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

MANIFEST = "manifest.json"
PROBLEMS = "problems.csv"
FORMAT = 1


def import_raw(raw_dir: str | Path, out_dir: str | Path, *, force: bool = False) -> dict[str, Any]:
    """Import every recognised data set below `raw_dir` into a panel at `out_dir`.

    Files are recognised by their columns. What is not recognised is named in the manifest. The same
    files give the same panel, byte for byte. A panel that is already there is replaced only with
    `force`, and only once the new one is complete; files in it that no import wrote are kept.

    Returns the manifest.

    Errors: DataError for a folder that is missing or empty, a file that cannot be read, a place
    that already holds a panel or something else.
    """
    from patronage.data.writing import write_panel

    return write_panel(Path(raw_dir), Path(out_dir), force=force)


class Panel:
    """A panel on disk; tables are read when asked for.

    Parameters
    ----------
    path: folder written by `import_raw`.

    Errors: DataError if there is no panel, or one of another format.
    """

    __slots__ = ("_limit", "_manifest", "_path")

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._limit: int | None = None
        file = self._path / MANIFEST
        if not file.is_file():
            raise DataError(
                "there is no panel here",
                where=str(path),
                allowed=["a folder written by `data import`"],
            )
        try:
            self._manifest: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DataError(f"the manifest cannot be read: {error}", where=str(file)) from error
        if self._manifest.get("format") != FORMAT:
            raise DataError(
                f"the panel has format {self._manifest.get('format')}",
                where=str(file),
                allowed=[str(FORMAT)],
            )

    def __repr__(self) -> str:
        until = "" if self._limit is None else f", until {self._limit}"
        return f"Panel({self._path.name}{until}: {', '.join(self.names)})"

    @property
    def limit(self) -> int | None:
        """Last year this panel serves; None if it serves all."""
        return self._limit

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tables."""
        return tuple(self._manifest["tables"])

    @property
    def manifest(self) -> dict[str, Any]:
        """Files, tables, citations; in a view, without counts and years of later rows."""
        manifest = json.loads(json.dumps(self._manifest))
        if self._limit is None:
            return manifest
        for entry in manifest["tables"].values():
            for key in ("rows", "years", "sha256"):
                entry.pop(key, None)
        for entry in manifest["files"]:
            entry["objects"] = [
                {k: o[k] for k in ("object", "importer", "citation") if k in o}
                for o in entry["objects"]
            ]
        manifest.pop("problems", None)
        manifest["until"] = self._limit
        return manifest

    def until(self, year: int) -> Panel:
        """The same panel without later rows, and without endings of what then went on.

        Errors: DataError if this panel itself ends before `year`.
        """
        if self._limit is not None and year > self._limit:
            raise DataError(
                f"this view ends in {self._limit} and cannot be widened to {year}",
                allowed=[f"a year up to {self._limit}"],
            )
        view = Panel.__new__(Panel)
        view._path, view._manifest, view._limit = self._path, self._manifest, int(year)
        return view

    def table(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """One table, or some of its columns.

        Errors: DataError if there is no such table or column, or its file is gone.
        """
        import numpy as np
        import pyarrow.parquet as pq

        entry = self._entry(name)
        known = list(entry["columns"])
        for column in columns or ():
            if column not in known:
                raise DataError(
                    f"the table has no column '{column}'", where=name, allowed=known, got=column
                )
        wanted = list(columns) if columns is not None else known
        final, late = entry.get("final", []), entry.get("known")
        needed = [*wanted, late] if self._limit is not None and set(final) & set(wanted) else wanted
        try:
            read = pq.read_table(
                self._path / entry["file"],
                columns=list(dict.fromkeys(needed)),
                filters=self._filter(name),
            )
        except OSError as error:
            raise DataError(
                f"the table cannot be read: {error}", where=str(self._path / entry["file"])
            ) from error
        frame = read.to_pandas()
        if self._limit is not None and late in frame:
            # A missing year means that the end lies beyond the source.
            open_end = ~(frame[late] <= self._limit).fillna(False).to_numpy(dtype=bool)
            for column in [c for c in final if c in frame]:
                frame[column] = frame[column].mask(open_end)
            if late in frame and late not in final:
                frame[late] = frame[late].mask(open_end)
        if self._limit is not None:
            for column in [c for c in entry.get("hindsight", []) if c in frame]:
                frame[column] = frame[column].mask(np.ones(len(frame), dtype=bool))
        return frame[wanted]

    def _filter(self, name: str) -> Any:
        import pyarrow.compute as pc

        if self._limit is None:
            return None
        rows = pc.field("year") <= self._limit
        # What began before the first year that is given (codes) has no year.
        return rows | pc.field("year").is_null() if name == "codes" else rows

    def _entry(self, name: str) -> dict[str, Any]:
        tables = self._manifest["tables"]
        if name not in tables:
            raise DataError(
                f"the panel has no table '{name}'",
                where=self._path.name,
                allowed=list(tables),
                got=name,
            )
        return tables[name]

    @property
    def problems(self) -> pd.DataFrame:
        """What was wrong in the raw files; in a view, only what concerns no later year."""
        import pandas as pd

        types = {"value": "str", "lines": "str", "note": "str", "column": "str"}
        types |= {"first_year": "Int64", "last_year": "Int64"}
        found = pd.read_csv(self._path / PROBLEMS, dtype=types, keep_default_na=False, na_values={
            "first_year": [""], "last_year": [""],
        })  # fmt: skip
        if self._limit is None:
            return found
        inside = (found.last_year <= self._limit).fillna(False).to_numpy(dtype=bool)
        return found[inside].reset_index(drop=True)
