"""The verbs `data import` and `new` of the command line; imports of weight stay inside them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

MOST_NAMED = 6


def import_data(
    raw: Annotated[Path, typer.Argument(metavar="RAW", help="Folder of files as downloaded.")],
    out: Annotated[Path, typer.Option(help="Folder for the panel.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a panel.")] = False,
) -> None:
    """Import files as downloaded into one tidy panel.

    Files are known by their content; the manifest lists each with checksum and citation.
    """
    from patronage.cli import _print_table
    from patronage.data.panel import import_raw

    manifest = import_raw(raw, out, force=force)
    rows = ((name, str(t.get("rows", ""))) for name, t in manifest["tables"].items())
    _print_table(("table", "rows"), rows)
    for line in _tell_doubts(manifest, out):
        typer.echo(line)
    typer.echo(str(out))


def _tell_doubts(manifest: dict[str, Any], out: Path) -> list[str]:
    """Files that were not recognised, and what was wrong in those that were."""
    strange = [f["file"] for f in manifest["files"] if f["status"] != "imported"]
    lines = [f"not recognised, left out: {', '.join(strange)}"] if strange else []
    found = manifest["problems"]
    if found["entries"]:
        kinds = ", ".join(f"{what} {rows}" for what, rows in found["rows"].items() if rows)
        lines.append(f"problems, by rows: {kinds}")
        lines.append(f"each with file, lines and what was done: {out / found['file']}")
    return lines


def new(
    panel: Annotated[Path, typer.Option(help="Folder written by `data import`.")],
    states: Annotated[
        str, typer.Option(help="COW numbers or codes, ISO codes or names, with commas; or all.")
    ],
    first: Annotated[int, typer.Option("--from", help="First year.")],
    last: Annotated[int, typer.Option("--to", help="Last year.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the scenario; STATES-FIRST-LAST.")
    ] = None,
    free: Annotated[
        str, typer.Option(help="States that choose for themselves, with commas; none.")
    ] = "",
    lines: Annotated[
        str,
        typer.Option(help="observed: a new leader's line from later votes; start: none moves."),
    ] = "observed",
    known: Annotated[
        int | None,
        typer.Option(help="Last year of the panel that the world is made from; all years."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a scenario.")] = False,
) -> None:
    """Write a scenario for any states and years from a panel."""
    from patronage.data.world import new

    folder = out or Path(f"{_spell(states)}-{first}-{last}")
    made = new(panel, states, first, last, folder, free=free, lines=lines, known=known, force=force)
    rows = ", ".join(f"{n} {table}" for table, n in made.rows.items())
    typer.echo(f"{made.folder}: {len(made.states)} states; rows: {rows}")
    for note in made.notes:
        typer.echo(f"note: {note}")


def _spell(states: str) -> str:
    """A name for a folder: the states as they were named, the first few of many."""
    words = ["".join(c for c in w if c.isalnum()).lower() for w in states.split(",")]
    words = [w for w in words if w]
    return "-".join([*words[:MOST_NAMED], *(["more"] if len(words) > MOST_NAMED else [])]) or "new"
