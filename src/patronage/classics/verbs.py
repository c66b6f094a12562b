"""The verb `classics compare` of the command line; imports of weight stay inside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def compare(
    panel: Annotated[Path, typer.Argument(metavar="PANEL", help="A folder made by data import.")],
    peer: Annotated[
        Path | None, typer.Option(help="Folder with the model's inputs and the published pairs.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the page here, figures beside it.")
    ] = None,
    repeats: Annotated[int, typer.Option(help="Partitions of pairs and of countries.")] = 2,
    draws: Annotated[int, typer.Option(help="Draws of countries for the intervals.")] = 500,
    checks: Annotated[
        bool, typer.Option(help="With --out: also how terms were chosen, and 1999-2010.")
    ] = True,
) -> None:
    """Our world, the EUM and plain covariates on the same pairs.

    From what was known in 1948.
    """
    from patronage.classics import same_cases, same_cases_page
    from patronage.data.panel import Panel

    if out is None:
        comparison = same_cases.compare(Panel(panel), peer, repeats=repeats)
    else:
        comparison = same_cases_page.write(
            out, Panel(panel), peer, repeats=repeats, draws=draws, checks=checks
        ).comparison
    rows = same_cases_page.summarise(comparison)
    header = ("pairs", "model", "fitted on", "AUC", "skill")
    widths = [max(len(r[k]) for r in [header, *rows]) for k in range(len(header))]
    for row in (header, *rows):
        typer.echo("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip())
    if out is not None:
        typer.echo(str(out))


def eum(
    inputs: Annotated[
        Path, typer.Option(help="CSV: country, capability, position, and salience if given.")
    ],
    variant: Annotated[str, typer.Option(help="baseline or updated.")] = "baseline",
    runs: Annotated[int, typer.Option(help="Number of runs.")] = 1000,
    seed: Annotated[int, typer.Option(help="Root of all draws.")] = 1,
    out: Annotated[Path | None, typer.Option(help="A CSV file: one row a run.")] = None,
) -> None:
    """The expected utility model (Bueno de Mesquita 1998)."""
    from patronage.classics import eum
    from patronage.cli import _print_table, _write

    # the model itself refuses a variant that it does not know
    result = eum.run(inputs, variant=variant, runs=runs, seed=seed)  # pyright: ignore[reportArgumentType]
    rows = ((name, f"{share:.1%}") for name, share in result.shares().items())
    _print_table(("final median", "share of runs"), rows)
    if out is not None:
        _write(result.to_dataframe().to_csv(index=False), out)
        typer.echo(str(out))


def report(
    inputs: Annotated[
        Path, typer.Argument(metavar="INPUTS_DIR", help="Inputs, pairs and reference samples.")
    ],
    out: Annotated[Path, typer.Option(help="Write the page here, figures beside it.")] = Path(
        "eum.md"
    ),
    runs: Annotated[int, typer.Option(help="Runs a variant, at least 10,000.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Root of all draws.")] = 1,
) -> None:
    """The expected utility model beside its published tables.

    A verdict for each.
    """
    from patronage.classics import report as page

    typer.echo(str(page.write(out, inputs, runs=runs, seed=seed)))
