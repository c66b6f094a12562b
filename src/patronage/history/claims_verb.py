"""The verb `claims` of the command line; imports of weight stay inside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CLAIMS = "claims.yaml"
"""Name of a ledger; `validate` checks such a file, which a scenario's own check leaves alone."""
Ids = Annotated[list[str] | None, typer.Option(help="One claim only; may be given again.")]


def claims(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="Name, folder or file.")],
    members: Annotated[int, typer.Option(help="Members in each run.")] = 100,
    seed: Annotated[int | None, typer.Option(help="Root of all draws; the scenario's.")] = None,
    file: Annotated[Path | None, typer.Option(help="A ledger other than claims.yaml.")] = None,
    only: Ids = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for page and tables; runs/claims-SCENARIO.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check the ledger only, and run nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the counts only.")] = False,
) -> None:
    """Test what documents claim: evidence, effects, verdicts."""
    if check:
        check_ledger(scenario, file)
        return
    from patronage.cli import _print_table
    from patronage.history import claims as testing
    from patronage.history.claims_table import HEADER, lines
    from patronage.run.cache import use_cache
    from patronage.scenario.load import load

    use_cache()
    world = load(scenario)
    found = testing.claims(
        world,
        members,
        seed,
        file=file,
        only=only,
        tick=lambda word: None if quiet else typer.echo(f"… {word}", err=True),
    )
    written = found.write(out or Path("runs") / f"claims-{world.name}")
    if not quiet:
        _print_table(HEADER, lines(found))
        for note in found.runs.notes:
            typer.echo(f"note: {note}")
    counts = ", ".join(f"{n} {verdict}" for verdict, n in found.counts.items())
    typer.echo(f"{len(found.judged)} claims: {counts}; {members} members, seed {found.runs.seed}")
    if found.runs.failed:
        typer.echo(f"members left out, as their numbers went wrong: {len(found.runs.failed)}")
    typer.echo(str(written[0]))


def check_ledger(scenario: str, file: Path | None = None) -> None:
    """Check a ledger without running anything, and say what it holds."""
    from patronage.history import claims_file
    from patronage.history.claims_runs import check_branches
    from patronage.scenario.load import load

    world = load(scenario)
    ledger = claims_file.read(world, file)
    check_branches(world, ledger)
    checks = sum(len(c.checks) for c in ledger.claims)
    typer.echo(
        f"{ledger.file} is valid: {len(ledger.claims)} claims, {checks} checks, "
        f"{len(ledger.documents)} documents, {len(ledger.records)} records, "
        f"{len(ledger.branches)} branches"
    )
