"""Reference pages of the model's tables: quantities, parameters, instruments."""

from __future__ import annotations

import csv
from pathlib import Path

PAGES = {
    "quantities": (
        "Quantities",
        "Everything that a scenario can give or that can be compared with data. A quantity of "
        "`client patron` is the first state's towards, from or with the second. `initial` sets the "
        "first month, `series` a path from outside, `observed` is only compared with. Units may be "
        "any that convert to the one named here.",
    ),
    "parameters": (
        "Parameters",
        "Every number of the model, with its unit, range, prior and source. A scenario overrides a "
        "value under `parameters:`; `patronage sources` lists the values in force. `assumed` means "
        "that no source was found.",
    ),
    "instruments": (
        "Instruments",
        "What a government can do to another. Choice is a conditional logit over these rows, with "
        "doing nothing as the base; the columns after `base` are the weights of what drives it.",
    ),
}


def table_page(path: Path) -> str:
    """Markdown of one CSV table; rows are grouped by the part of the name before a dot."""
    title, text = PAGES[path.stem]
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = [r for r in csv.reader(file) if r and not r[0].startswith("#")]
    used = [i for i in range(len(header)) if any(len(r) > i and r[i] for r in rows)]
    out = [
        f"# {title}",
        "",
        text,
        "",
        f"File: `src/patronage/model/{path.name}`, {len(rows)} rows.",
        "",
    ]
    groups: dict[str, list[list[str]]] = {}
    for row in rows:
        group = row[0].split(".")[0] if "." in row[0] else ""
        groups.setdefault(group, []).append(row)
    for group, members in groups.items():
        if group:
            out += [f"## {group}", ""]
        out += _markdown([header[i] for i in used], [[r[i] for i in used] for r in members])
        out.append("")
    return "\n".join(out)


def _markdown(header: list[str], rows: list[list[str]]) -> list[str]:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for row in rows:
        first = f"`{row[0]}`"
        lines.append("| " + " | ".join([first, *map(_cell, row[1:])]) + " |")
    return lines


def _cell(text: str) -> str:
    for mark in "\\|*_<>[]`":
        text = text.replace(mark, f"\\{mark}")
    return text
