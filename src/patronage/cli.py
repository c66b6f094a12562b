"""The command `patronage`: verbs only, each calling one public function.

Imports of weight stay inside the verbs, so that `--help` and `validate` start at once.
A verb is one function with `@app.command()`; its `PatronageError` is printed, with exit code 2.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from patronage import __version__
from patronage.errors import PatronageError

# pydantic's search for plugins reads the metadata of every installed package: 0.03 s of 0.25
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

app = typer.Typer(
    name="patronage",
    help="Patrons, clients and rivals: run, compare and check models of unequal alliances.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # rich help doubles the time of --help
    rich_markup_mode=None,
)

Scenario = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A shipped scenario's name, a folder or a file.")
]


class Format(StrEnum):
    """How a listing is written."""

    table = "table"
    csv = "csv"
    json = "json"


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"patronage {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


@app.command()
def validate(scenario: Scenario) -> None:
    """Check a scenario: every fault with file and line, what is allowed, and the nearest match."""
    from patronage import months
    from patronage.scenario.load import validate

    script = validate(scenario)
    typer.echo(
        f"{script.name} is valid: {len(script.codes)} states, "
        f"{len(script.commodities)} commodities, "
        f"{months.format(script.start)} to {months.format(script.end)} ({script.months} months), "
        f"{len(script.events)} events, {len(script.observed)} observations"
    )
    typer.echo(f"sha256 {script.hash}")
    for note in script.notes:
        typer.echo(f"note: {note}")


@app.command()
def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="The first scenario.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The second.")],
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 1 where they differ.")
    ] = False,
) -> None:
    """What differs between two scenarios, by meaning and not by text."""
    from patronage.scenario.diff import diff

    found = diff(a, b)
    if not found:
        typer.echo("no difference")
        return
    absent = "(absent)"
    _print_table(
        ("table", "entry", "field", a, b),
        (
            (
                d.table,
                d.entry,
                d.field,
                absent if d.before is None else d.before,
                absent if d.after is None else d.after,
            )
            for d in found
        ),
    )
    if exit_code:
        raise typer.Exit(1)


@app.command()
def sources(
    scenario: Scenario,
    assumed: Annotated[
        bool, typer.Option("--assumed", help="Only what rests on no source.")
    ] = False,
    format: Annotated[Format, typer.Option(help="How to write it.")] = Format.table,
    out: Annotated[Path | None, typer.Option(help="A file to write to.")] = None,
) -> None:
    """Every parameter, value and event with its unit, range, prior and source."""
    from patronage.scenario.load import read
    from patronage.scenario.sources import cite, list_cited, sources, to_csv, to_json

    script = read(scenario)
    found = sources(script, assumed=assumed)
    if format is Format.json:
        _write(to_json(script, found), out)
    elif format is Format.csv or out is not None:
        _write(to_csv(found), out)
    else:
        _print_table(
            ("table", "entry", "value", "unit", "range", "prior", "source", "quality"),
            (
                (o.table, o.entry, o.value, o.unit, o.range, o.prior, o.source, o.quality)
                for o in found
            ),
        )
        typer.echo("")
        for key in list_cited(found):
            typer.echo(f"{key}: {cite(script, key)}")
        lone = sum(o.assumed for o in found)
        typer.echo(f"\n{lone} of {len(found)} entries are assumed")


def _write(text: str, out: Path | None) -> None:
    """Text to a file, or to standard output."""
    if out is None:
        typer.echo(text.rstrip("\n"))
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PatronageError(f"cannot be written: {error.strerror}", where=str(out)) from None


def _print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A rich table on a terminal; aligned plain text, cut nowhere, in a pipe or file."""
    table = [tuple(r) for r in rows]
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        drawn = Table(*header)
        for row in table:
            drawn.add_row(*(Text(cell) for cell in row))
        Console().print(drawn)
        return
    widths = [max(len(row[i]) for row in [header, *table]) for i in range(len(header))]
    for row in [header, *table]:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo(line.rstrip())


def main() -> None:
    """Run the command line."""
    try:
        app()
    except PatronageError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
