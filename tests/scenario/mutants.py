"""Broken variants of the tiny scenario, made without chance: the same list on every machine."""

from __future__ import annotations

import copy
import csv
import io
import random
from collections.abc import Iterator
from typing import Any

import yaml

Files = dict[str, bytes | None]
"""Contents by file name; None for a file that is not there."""

TABLES = ("initial.csv", "series.csv", "events.csv", "observed.csv")
FREE = {"note", "description", "cameo", "id"}
"""Columns that may hold any text."""


def make(files: dict[str, bytes]) -> Iterator[tuple[str, Files]]:
    """Every variant, as a name and the files that differ from the sound ones."""
    seen: set[str] = set()
    for name, changed in _make(files):
        if name not in seen:
            seen.add(name)
            yield name, changed


def _make(files: dict[str, bytes]) -> Iterator[tuple[str, Files]]:
    yield from _break_lines(files["scenario.yaml"].decode())
    yield from _break_values(yaml.safe_load(files["scenario.yaml"]))
    for name in TABLES:
        yield from _break_cells(name, files[name].decode())
        yield from _break_form(name, files[name].decode())
    yield from _break_bytes(files)
    yield from _break_references(files["references.bib"].decode())


def _break_lines(text: str) -> Iterator[tuple[str, Files]]:
    """Keys misspelt or repeated, and indentation lost."""
    lines = text.splitlines()
    for i, line in enumerate(lines):
        body = line.lstrip()
        key = body.removeprefix("- ").partition(":")[0]
        if body.startswith(("#", "-  {")) or not key.isidentifier() or ":" not in body:
            continue
        variants = {
            "misspelt": line.replace(f"{key}:", f"{key}z:", 1),
            "repeated": f"{line}\n{line}",
            "tab": f"\t{line}",
            "no colon": line.replace(":", "", 1),
        }
        for kind, new in variants.items():
            changed = "\n".join([*lines[:i], new, *lines[i + 1 :]])
            yield f"yaml line {i + 1} {kind}", {"scenario.yaml": changed.encode()}


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list) and value:
        for i, item in enumerate(value):
            yield from _leaves(item, (*path, i))
    else:
        yield path


def _break_values(tree: dict[str, Any]) -> Iterator[tuple[str, Files]]:
    """Every value of another type, or out of all bounds."""
    for path in _leaves(tree):
        old: Any = tree
        for part in path:
            old = old[part]
        wrong: list[Any] = [{"unexpected": 1}]
        if isinstance(old, bool | int | float):
            wrong += [float("nan"), "some text"]
        if isinstance(old, int | float) and not isinstance(old, bool):
            wrong += [1e30, -1e30]
        for new in wrong:
            changed = copy.deepcopy(tree)
            at: Any = changed
            for part in path[:-1]:
                at = at[part]
            at[path[-1]] = new
            where = ".".join(map(str, path))
            yield f"yaml {where} = {new!r}", {"scenario.yaml": yaml.safe_dump(changed).encode()}


def _write(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def _break_cells(name: str, text: str) -> Iterator[tuple[str, Files]]:
    """Cells that say what no cell may say."""
    rows = list(csv.reader(io.StringIO(text)))
    for i in (1, len(rows) // 2, len(rows) - 1):
        for j, column in enumerate(rows[0]):
            words = [] if column in FREE or (name, column) == ("events.csv", "unit") else ["§ ?"]
            if column == "value":
                words += ["nan", "inf", "-1e300", "1_0", "1,000", ""]
            if column in ("date", "source", "unit") and name != "events.csv":
                words += ["", "1951-00", "assumed; nobody1999"]
            for word in words:
                changed = [list(row) for row in rows]
                changed[i][j] = word
                yield f"{name} row {i} {column} = {word!r}", {name: _write(changed)}


def _break_form(name: str, text: str) -> Iterator[tuple[str, Files]]:
    """Headers and rows that do not fit each other."""
    rows = list(csv.reader(io.StringIO(text)))
    width = len(rows[0])
    for j in range(width):
        header = list(rows[0])
        header[j] += "s"
        yield f"{name} column {rows[0][j]} misspelt", {name: _write([header, *rows[1:]])}
        yield (
            f"{name} column {rows[0][j]} gone",
            {name: _write([[*r[:j], *r[j + 1 :]] for r in rows])},
        )
    twice = [[*r, r[0]] for r in rows]
    yield f"{name} column twice", {name: _write(twice)}
    swapped = [rows[0], *([r[1], r[0], *r[2:]] for r in rows[1:])]
    yield f"{name} cells swapped", {name: _write(swapped)}
    for i in (1, len(rows) - 1):
        yield f"{name} row {i} twice", {name: _write([*rows, rows[i]])}
        yield f"{name} row {i} short", {name: _write([*rows[:i], rows[i][:-1], *rows[i + 1 :]])}
        yield f"{name} row {i} long", {name: _write([*rows[:i], [*rows[i], "x"], *rows[i + 1 :]])}
    yield f"{name} without header", {name: _write(rows[1:])}
    yield f"{name} with semicolons", {name: text.replace(",", ";").encode()}
    yield f"{name} open quote", {name: (text + '"x').encode()}
    yield f"{name} stray quote", {name: text.replace(",", ',"a"b', 1).encode()}


def _break_bytes(files: dict[str, bytes]) -> Iterator[tuple[str, Files]]:
    """Files that are empty, absent, cut short, or no text at all."""
    chance = random.Random(1)
    for name, data in files.items():
        yield f"{name} empty", {name: b"" if name != "references.bib" else b"\n"}
        yield f"{name} absent", {name: None}
        yield f"{name} in UTF-16", {name: data.decode().encode("utf-16")}
        yield f"{name} in Latin-1", {name: data + "é".encode("latin-1")}
        yield f"{name} with a zero byte", {name: data[:50] + b"\0" + data[50:]}
        for size in (10, 1000):
            yield f"{name} {size} random bytes", {name: chance.randbytes(size) + b"\xff"}
        mark = {"scenario.yaml": b"[", "references.bib": b"{"}.get(name, b",")
        for cut in (0, 150, 300):
            # inside a line, so that its cells or its mapping are incomplete
            end = data.rindex(mark, 0, len(data) - cut)
            end += 0 if mark == b"," else 1
            yield f"{name} cut at {end}", {name: data[:end]}
    yield "yaml of two documents", {"scenario.yaml": files["scenario.yaml"] + b"\n---\na: 1\n"}
    yield "yaml list", {"scenario.yaml": b"- 1\n- 2\n"}
    yield "yaml word", {"scenario.yaml": b"scenario\n"}
    yield "yaml alias in itself", {"scenario.yaml": b"a: &a [*a]\n"}
    yield "yaml tag", {"scenario.yaml": b"a: !!python/object/apply:os.system ['true']\n"}
    yield "yaml merge", {"scenario.yaml": files["scenario.yaml"] + b"\n<<: {members: 3}\n"}
    yield "yaml deep", {"scenario.yaml": b"a: " + b"[" * 20_000}
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)
    )
    yield "yaml of many aliases", {"scenario.yaml": laughs.encode()}


def _break_references(text: str) -> Iterator[tuple[str, Files]]:
    for key in ("almanac1950", "harbour1951", "chronicle"):
        yield f"reference {key} renamed", {"references.bib": text.replace(key, f"{key}b").encode()}
        again = f"{text}\n@misc{{{key}, title={{Again}}}}\n"
        yield f"reference {key} twice", {"references.bib": again.encode()}
    yield "reference without key", {"references.bib": f"{text}\n@misc{{, title={{x}}}}".encode()}
    yield "reference not closed", {"references.bib": f"{text}\n@misc{{open, title={{x}}".encode()}
