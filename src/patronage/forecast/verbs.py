"""The verb `forecast` of the command line; imports of weight stay inside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def forecast(
    panel: Annotated[Path, typer.Argument(metavar="PANEL_DIR", help="A folder of `data import`.")],
    origin: Annotated[int, typer.Option(help="Last year that may be known.")],
    out: Annotated[Path, typer.Option(help="The Parquet file, one row a draw.")],
    years: Annotated[int, typer.Option(help="Years ahead.")] = 10,
    members: Annotated[int, typer.Option(help="Draws of every case.")] = 500,
    seed: Annotated[int, typer.Option(help="Root of all draws.")] = 1,
    without: Annotated[
        list[str] | None, typer.Option(help="A driver to leave out; may be given again.")
    ] = None,
) -> None:
    """Forecast votes and arms of all states from a year on, with nothing later known."""
    from patronage.cli import _print_table
    from patronage.forecast.forecast import forecast

    found = forecast(panel, origin, years, members, seed=seed, without=without or ())
    found.write(out)
    rows = [
        (str(quantity), str(patron), str(some["client"].nunique()), str(len(some)))
        for (quantity, patron), some in found.keys.groupby(["quantity", "patron"], sort=False)  # pyright: ignore[reportGeneralTypeIssues]
    ]
    _print_table(("quantity", "patron", "clients", "cases"), rows)
    typer.echo(f"{members} members, seed {seed}, nothing later than {origin}; {out}")
