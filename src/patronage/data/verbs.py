"""The verb `new` of the command line; imports of weight stay inside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def new(
    panel: Annotated[Path, typer.Option(help="Folder written by `data import`.")],
    states: Annotated[
        str, typer.Option(help="COW numbers or codes, ISO codes or names, with commas; or all.")
    ],
    first: Annotated[int, typer.Option("--from", help="First year.")],
    last: Annotated[int, typer.Option("--to", help="Last year.")],
    out: Annotated[Path, typer.Option(help="Folder for the scenario.")],
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

    made = new(panel, states, first, last, out, free=free, lines=lines, known=known, force=force)
    rows = ", ".join(f"{n} {table}" for table, n in made.rows.items())
    typer.echo(f"{made.folder}: {len(made.states)} states; rows: {rows}")
    for note in made.notes:
        typer.echo(f"note: {note}")
