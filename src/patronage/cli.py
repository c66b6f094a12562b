"""The command `patronage`: verbs only, each calling one public function.

Imports of weight stay inside the verbs, so that `--help` and `validate` start at once.
A verb is one function with `@app.command()`; its `PatronageError` is printed, with exit code 2, or
130 where it was stopped from the keyboard.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from patronage import __version__
from patronage.classics import verbs as classic_verbs
from patronage.data import verbs as panel_verbs
from patronage.errors import PatronageError
from patronage.fit import verbs as fitting
from patronage.forecast import verbs as forecasting
from patronage.game.verb import play
from patronage.history import claims_verb
from patronage.history import verbs as history
from patronage.history.explain_verb import explain
from patronage.serve.verb import serve
from patronage.start import FAULT, INTERRUPTED

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
    """Check a scenario.

    Every fault is told with file and line, what is allowed, and the nearest match.
    """
    from patronage.scenario.load import describe, validate

    if Path(scenario).name == claims_verb.CLAIMS:
        return claims_verb.check_ledger(str(Path(scenario).parent), Path(scenario))
    typer.echo(describe(validate(scenario)))


@app.command()
def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="The first scenario.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The second.")],
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 1 where they differ.")
    ] = False,
) -> None:
    """What differs between two scenarios.

    By meaning and not by text.
    """
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
    """Where each number comes from.

    Every parameter, value and event with its unit, range, prior and source.
    """
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


@app.command()
def run(
    scenario: Scenario,
    members: Annotated[int | None, typer.Option(help="Members; the scenario's number.")] = None,
    seed: Annotated[int | None, typer.Option(help="Root of all draws; the scenario's.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results; runs/SCENARIO-SEED-HASH.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Last month, YYYY-MM; the scenario's.")] = None,
    chunk: Annotated[int | None, typer.Option(help="Members simulated together; 64.")] = None,
    record: Annotated[
        str | None, typer.Option(help="Quantities to keep, with commas; or all; a usual set.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Remove an earlier run in the folder.")
    ] = False,
    posterior: Annotated[Path | None, typer.Option(help="Parameters by member, from fit.")] = None,
    every: Annotated[str | None, typer.Option(help="Months per record; or month, year.")] = None,
    quantiles: Annotated[str | None, typer.Option(help="Levels over members, with commas.")] = None,
    no_events: Annotated[bool, typer.Option("--no-events", help="Keep no event log.")] = False,
    cluster: Annotated[
        str | None, typer.Option(help="Run chunks on Dask: local, tcp://HOST:PORT or slurm:FILE.")
    ] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="No figures and no page.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Simulate an ensemble: table, figures, report and results."""
    from patronage.run import console
    from patronage.run.ensemble import plan

    names = record if record in (None, "all") else [n.strip() for n in record.split(",")]
    ensemble = plan(
        scenario, members, seed, until, chunk, names, every, console.read_levels(quantiles),
        False if no_events else None, posterior,
    )  # fmt: skip
    console.run(
        ensemble, out, resume=resume, overwrite=overwrite, report=not no_report, quiet=quiet,
        cluster=cluster,
    )  # fmt: skip


class Kind(StrEnum):
    """What a run is exported to."""

    csv = "csv"
    parquet = "parquet"


Folder = Annotated[Path, typer.Argument(metavar="RUN", help="A results folder.")]


@app.command()
def export(
    run: Folder,
    to: Annotated[Kind, typer.Option(help="Form of the file.")] = Kind.csv,
    out: Annotated[Path | None, typer.Option(help="The file; RUN.csv or RUN.parquet.")] = None,
    quantity: Annotated[
        list[str] | None, typer.Option(help="A quantity to write; may be given again.")
    ] = None,
    client: Annotated[str | None, typer.Option(help="One client only.")] = None,
    patron: Annotated[str | None, typer.Option(help="One patron only.")] = None,
    month: Annotated[str | None, typer.Option(help="One year or month only.")] = None,
) -> None:
    """Write a run as one tidy table, CSV or Parquet.

    A row for each member, month, quantity and pair.
    """
    from patronage.run.results import Results

    results = Results.open(run)
    given = {"client": client, "patron": patron, "month": month}
    labels = {dim: label for dim, label in given.items() if label is not None}
    target = out or run.with_name(f"{run.name}.{to}")
    write = results.to_csv if to is Kind.csv else results.to_parquet
    typer.echo(str(write(target, quantity or None, **labels)))


@app.command()
def card(
    run: Folder,
    scenario: Annotated[
        str | None, typer.Option(help="Where the scenario is; found by its name if shipped.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A file to write to.")] = None,
) -> None:
    """Describe a run: a model card.

    What was run, with what, on which sources, and what is assumed.
    """
    from patronage.run.card import card
    from patronage.run.results import Results

    _write(card(Results.open(run), scenario), out)


@app.command()
def facts(
    scenario: Scenario = "cuba",
    members: Annotated[int, typer.Option(help="Members in each run.")] = 200,
    seed: Annotated[int, typer.Option(help="Root of all draws.")] = 1,
    out: Annotated[Path, typer.Option(help="The Markdown file.")] = Path("stylised-facts.md"),
    no_ablation: Annotated[
        bool, typer.Option("--no-ablation", help="Do not switch mechanisms off one by one.")
    ] = False,
) -> None:
    """Measure the stylised facts of the Cuba world beside history."""
    from patronage.errors import RunError
    from patronage.history import stylised
    from patronage.run.cache import use_cache
    from patronage.scenario.load import load

    if members < 1:
        raise RunError(f"{members} is out of range", where="members", allowed=["1 or more"])
    use_cache()
    measured = stylised.write(
        load(scenario),
        out,
        members=members,
        seed=seed,
        ablation=not no_ablation,
        tick=lambda word: typer.echo(f"… {word}", err=True),
    )
    typer.echo(f"{sum(f.met for f in measured)} of {len(measured)} met; {out}")


app.command()(panel_verbs.new)
app.command()(fitting.fit)
app.command()(fitting.sensitivity)
app.command()(forecasting.forecast)
app.command()(forecasting.score)
app.command()(history.branch)
app.command()(history.compare)
app.command()(claims_verb.claims)
app.command()(explain)
app.command()(play)
app.command()(serve)

classics = typer.Typer(no_args_is_help=True, help="Models of others, rebuilt.")
app.add_typer(classics, name="classics")
classics.command()(classic_verbs.compare)
classics.command()(classic_verbs.eum)
classics.command()(classic_verbs.report)

data = typer.Typer(no_args_is_help=True, help="The field's data sets.")
app.add_typer(data, name="data")


data.command("import")(panel_verbs.import_data)


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


def _narrow(words: Sequence[str]) -> typer.Typer:
    """The command line with the verb that is called alone; all of it where that is no plain verb.

    Typer builds every verb at each start, which takes longer than most of what `validate` does.
    """
    called = next((w for w in words if not w.startswith("-")), None)
    kept = [
        info
        for info in app.registered_commands
        if info.callback and (info.name or info.callback.__name__) == called
    ]
    if not kept:
        return app
    alone = copy.copy(app)
    alone.registered_commands, alone.registered_groups = kept, []
    return alone


def main() -> None:
    """Run the command line."""
    try:
        _narrow(sys.argv[1:])()
    except PatronageError as error:
        typer.echo(str(error), err=True)
        sys.exit(INTERRUPTED if isinstance(error.__cause__, KeyboardInterrupt) else FAULT)
    except OSError as error:  # a file that the user named, where the verb has no word of its own
        if error.filename is None:
            raise
        typer.echo(f"{error.filename}: {(error.strerror or str(error)).lower()}", err=True)
        sys.exit(FAULT)


if __name__ == "__main__":
    main()
