"""The verbs `forecast` and `score` of the command line; imports of weight stay inside it."""

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
    """Forecast votes and arms of all states from a year on.

    Nothing later than the origin is read.
    """
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


def score(
    forecast: Annotated[
        Path, typer.Argument(metavar="FORECAST", help="A Parquet file, one row a draw.")
    ],
    panel: Annotated[Path, typer.Option(help="The panel with what happened.")],
    out: Annotated[Path | None, typer.Option(help="Folder for a page and tables.")] = None,
    seed: Annotated[int, typer.Option(help="Root of the naive forecasts' draws.")] = 1,
) -> None:
    """Score a forecast against what happened.

    Beside naive forecasts of the same cases.
    """
    from patronage.cli import _print_table
    from patronage.forecast.page import tabulate, write_scores
    from patronage.forecast.score import score_with_baselines

    scores = score_with_baselines(forecast, panel, seed=seed)
    _print_table(*tabulate(scores))
    if scores.unscored:
        typer.echo(f"{scores.unscored} cases have no truth in the panel")
    if out is not None:
        typer.echo(
            str(write_scores(scores, out, title=f"Scores of {forecast.stem}")["scores.html"])
        )
