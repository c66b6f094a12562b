"""Writing a panel: recognise, read, build, write beside the place, and move there when complete."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from patronage.data.cleaning import Context
from patronage.data.codes import Codes
from patronage.data.files import RawTable, checksum, list_files, read_tables
from patronage.data.importer import Family, Importer, Parts, citations
from patronage.data.panel import FORMAT, MANIFEST, PROBLEMS
from patronage.data.problems import KEPT, Problems
from patronage.data.registry import FAMILIES, recognise
from patronage.data.schema import TABLES
from patronage.errors import DataError

Entry = dict[str, Any]
Waiting = tuple[RawTable, Importer, Entry]


def write_panel(raw: Path, out: Path, *, force: bool) -> Entry:
    """See `patronage.data.panel.import_raw`."""
    files = list_files(raw)
    _check_place(raw, out, force=force)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
        fresh = Path(scratch) / "panel"
        fresh.mkdir()
        manifest = _write(raw, files, fresh)
        _move(fresh, out, Path(scratch) / "old")
    return manifest


def _check_place(raw: Path, out: Path, *, force: bool) -> None:
    where = str(out)
    if out.resolve().is_relative_to(raw.resolve()):
        raise DataError(
            "the panel would lie among the raw data",
            where=where,
            allowed=["a folder outside the raw data"],
        )
    if out.exists() and not out.is_dir():
        raise DataError("this is a file", where=where, allowed=["a new or empty folder"])
    if (out / MANIFEST).exists():
        if not force:
            raise DataError(
                "a panel is already here",
                where=where,
                allowed=["another folder", "force: replace it"],
            )
    elif out.exists() and any(out.iterdir()):
        raise DataError(
            "the folder holds other files and no panel",
            where=where,
            allowed=["a new or empty folder"],
        )


def _move(fresh: Path, out: Path, old: Path) -> None:
    """Put the new panel in place of the old, with those old files that no import wrote."""
    if out.exists():
        if (out / MANIFEST).exists():
            before = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
            written = {e["file"] for e in before["tables"].values()} | {MANIFEST, PROBLEMS}
        else:
            written = set()
        for path in sorted(out.iterdir()):
            if path.name not in written and not (fresh / path.name).exists():
                copy = shutil.copytree if path.is_dir() else shutil.copy2
                copy(path, fresh / path.name)
        out.rename(old)
    fresh.rename(out)


def _write(raw: Path, files: list[Path], fresh: Path) -> Entry:
    problems = Problems()
    entries: list[Entry] = []
    # Tables wait here for their family: the states must be built before others are checked.
    waiting: dict[str, list[Waiting]] = {}
    context = Context(Codes(), problems)
    tables: dict[str, pd.DataFrame] = {}
    for path in files:
        name = path.relative_to(raw).as_posix()
        entry: Entry = {"file": name, "bytes": path.stat().st_size, "sha256": checksum(path)}
        entry |= {"status": "not recognised", "objects": []}
        entries.append(entry)
        for table in read_tables(path, name):
            found = recognise(table)
            if found is None:
                shown = sorted(table.columns)[:60]
                entry["objects"].append({"object": table.name, "importer": None, "columns": shown})
                continue
            if table.frame.empty:
                problems.add("no rows", KEPT, file=table.file, note="a header and nothing below it")
            family, importer = found
            entry["status"] = "imported"
            record: Entry = {"object": table.name, "importer": importer.name}
            record |= {"citation": importer.citation, "rows_in": len(table.frame)}
            entry["objects"].append(record)
            waiting.setdefault(family.name, []).append((table, importer, record))
    for family in FAMILIES:
        built = _build_family(family, waiting.pop(family.name, []), context)
        if family.name == "states" and "spells" in built:
            context = Context(Codes(built.pop("spells")), problems)
        tables |= {k: v for k, v in built.items() if k in TABLES}
    if not tables:
        raise DataError(
            "no data set of the field was recognised", where=str(raw),
            allowed=[i.name for f in FAMILIES for i in f.importers],
        )  # fmt: skip
    tables["codes"] = context.codes.table()
    tables["quarantine"] = problems.quarantine()
    return _finish(entries, tables, problems, fresh)


def _build_family(
    family: Family, waiting: list[Waiting], context: Context
) -> dict[str, pd.DataFrame]:
    parts: Parts = {}
    while waiting:
        table, importer, record = waiting.pop(0)
        for part, frame in importer.read(table, context).items():
            if len(frame):
                parts.setdefault(part, []).append(frame)
            record["rows_out"] = record.get("rows_out", 0) + len(frame)
            if "year" in frame and len(frame):
                record["years"] = [int(frame["year"].min()), int(frame["year"].max())]
    return dict(family.build(parts, context))


def _finish(
    entries: list[Entry], tables: dict[str, pd.DataFrame], problems: Problems, fresh: Path
) -> Entry:
    described: dict[str, Entry] = {}
    for name in (n for n in TABLES if n in tables):
        described[name] = _write_table(name, tables[name], fresh)
    found = problems.frame()
    found.to_csv(fresh / PROBLEMS, index=False, lineterminator="\n")
    cited = {o["citation"] for e in entries for o in e["objects"] if o.get("citation")}
    manifest: Entry = {
        "format": FORMAT,
        "files": entries,
        "tables": described,
        "citations": {key: citations()[key] for key in sorted(cited)},
        "problems": {"file": PROBLEMS, "entries": len(found), "rows": problems.counts()},
        "notes": _notes(tables),
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    (fresh / MANIFEST).write_text(text, encoding="utf-8")
    return manifest


def _notes(tables: dict[str, pd.DataFrame]) -> list[str]:
    if "states" in tables:
        last = int(tables["states"]["year"].max())
        return [f"states that were members at the end of {last} are taken to be members afterwards"]
    return ["no file of state system membership: in_system is missing everywhere"]


def _write_table(name: str, frame: pd.DataFrame, fresh: Path) -> Entry:
    table = TABLES[name]
    order = [c for c in table.columns if c in frame]
    left_over = set(frame) - set(order)
    if left_over:
        raise DataError(f"columns without description: {sorted(left_over)}", where=name)
    text = [c for c in order if pd.api.types.is_string_dtype(frame[c].dtype)]
    frame = frame.astype(dict.fromkeys(text, "str"))
    keys = [k for k in table.keys if k in frame]
    # By year first: a reader with a limit then skips whole row groups.
    by = ["year", *[k for k in keys if k != "year"]] if "year" in frame else keys
    frame = frame[order].sort_values(by, kind="stable", ignore_index=True)
    file = f"{name}.parquet"
    pq.write_table(
        pa.Table.from_pandas(frame, preserve_index=False),
        fresh / file,
        compression="zstd",
        row_group_size=131_072,
    )
    entry: Entry = {"file": file, "meaning": table.meaning, "rows": len(frame), "keys": keys}
    if "year" in frame and frame["year"].notna().any():
        entry["years"] = [int(frame["year"].min()), int(frame["year"].max())]
    entry["sha256"] = checksum(fresh / file)
    entry["columns"] = {
        c: {"type": str(frame[c].dtype), "meaning": table.columns[c]} for c in order
    }
    if table.known in frame:
        entry |= {"known": table.known, "final": [c for c in table.final if c in frame]}
    if table.hindsight:
        entry["hindsight"] = [c for c in table.hindsight if c in frame]
    return entry
