"""The verbs `fit` and `sensitivity` of the command line; imports of weight stay inside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

Scenario = Annotated[str, typer.Argument(metavar="SCENARIO", help="Name, folder or file.")]
Name = str | None
Parameters = Annotated[
    Name, typer.Option(help="Dotted names, with commas; for sensitivity also mechanisms.")
]
Seed = Annotated[int, typer.Option(help="Root of all draws.")]
MOST_SHOWN = 20


def fit(
    scenario: Scenario,
    out: Annotated[
        Path | None, typer.Option(help="Parquet file for the posterior; SCENARIO-METHOD.parquet.")
    ] = None,
    panel: Annotated[
        Path | None, typer.Option(help="Votes and arms from a panel; the scenario's own.")
    ] = None,
    parameters: Parameters = None,
    method: Annotated[str, typer.Option(help="nuts, svi or laplace.")] = "nuts",
    chains: Annotated[int, typer.Option(help="Chains, side by side.")] = 4,
    warmup: Annotated[int, typer.Option(help="Steps of NUTS that are thrown away.")] = 400,
    draws: Annotated[int, typer.Option(help="Draws a chain.")] = 400,
    steps: Annotated[int, typer.Option(help="Steps of SVI.")] = 3000,
    until: Annotated[Name, typer.Option(help="Last month that is used, YYYY-MM.")] = None,
    judge: Annotated[
        int, typer.Option(help="Members of an ensemble that is scored on what is observed later.")
    ] = 0,
    seed: Seed = 1,
) -> None:
    """Posterior of parameters, for `run --posterior`.

    From votes, arms and dated choices.
    """
    from patronage.fit.calibrate import fit
    from patronage.fit.posterior import MOST_R_HAT
    from patronage.run.cache import use_cache

    use_cache()
    out = out or Path(f"{Path(scenario).stem}-{method}.parquet")
    found = fit(
        scenario, panel, _split(parameters), method, chains, warmup, draws, steps, seed, until, out,
        tell=lambda word: typer.echo(f"… {word}", err=True),
    )  # fmt: skip
    _print(found.table())
    if judge:
        from patronage.fit.judge import judge as score

        typer.echo(f"later observations, {judge} members:")
        _print(score(scenario, found, panel, judge, seed))
    m = found.manifest
    if m["method"] == "laplace":
        typer.echo(f"log density that each climb reached: {m['heights']}")
    elif m["method"] == "nuts":
        typer.echo(f"divergences by chain: {m['divergences']}; steps a draw: {m['steps']:.1f}")
        for word in found.troubles() or [
            f"no R-hat above {MOST_R_HAT}, no divergence, no chain that stood still"
        ]:
            typer.echo(word)
    else:
        typer.echo(f"ELBO {m['elbo']:.1f} ± {m['elbo_error']:.1f} after {m['updates']} steps")
    typer.echo(str(out))


def sensitivity(
    scenario: Scenario,
    what: Annotated[str, typer.Option(help="The quantity, such as transfer.")],
    when: Annotated[str, typer.Option(help="A month or year, or FIRST:LAST.")],
    client: Annotated[Name, typer.Option(help="Of which client.")] = None,
    patron: Annotated[Name, typer.Option(help="Of which patron.")] = None,
    state: Annotated[Name, typer.Option(help="Of which state.")] = None,
    commodity: Annotated[Name, typer.Option(help="Of which good.")] = None,
    method: Annotated[str, typer.Option(help="morris or sobol.")] = "morris",
    parameters: Parameters = None,
    rows: Annotated[int, typer.Option(help="Trajectories, or base sample (a power of 2).")] = 16,
    members: Annotated[int, typer.Option(help="Draws that each set is averaged over.")] = 8,
    seed: Seed = 1,
    out: Annotated[Path | None, typer.Option(help="Folder for table and figure.")] = None,
) -> None:
    """Which parameters an outcome hangs on, over their priors."""
    from patronage.fit.sensitivity import sensitivity

    found = sensitivity(
        scenario, what, when, method, _split(parameters), rows, members, seed, out,
        tell=lambda word: typer.echo(f"… {word}", err=True),
        client=client, patron=patron, state=state, commodity=commodity,
    )  # fmt: skip
    a = found.attrs
    typer.echo(f"{a['outcome']}: mean {a['mean']:.4g}, standard deviation over sets {a['sd']:.3g}")
    _print(found.table.head(MOST_SHOWN))
    if a["failed"]:
        typer.echo(f"{a['failed']} members were not finite and are left out")
    if out is not None:
        typer.echo(str(out))


def _split(words: str | None) -> list[str] | None:
    return None if words is None else [w.strip() for w in words.split(",") if w.strip()]


def _print(table: pd.DataFrame) -> None:
    """A table with numbers in three digits; what is missing stays empty."""
    from patronage.cli import _print_table

    _print_table(
        tuple(table.columns), ([_cell(x) for x in row] for row in table.itertuples(index=False))
    )


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value != value else f"{value:.3g}"
