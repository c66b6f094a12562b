"""The verb `explain` of the command line; imports of weight stay inside it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from patronage.history.explain import Explanation

Name = str | None
Run = Annotated[str, typer.Argument(metavar="RUN|SCENARIO", help="A results folder or a scenario.")]
When = Annotated[Name, typer.Option(help="FROM:TO, a month or year each; of a branch, a window.")]
First = Annotated[Name, typer.Option("--from", help="The first window, FIRST:LAST.")]
Second = Annotated[Name, typer.Option("--to", help="The second window, FIRST:LAST.")]
Branch = Annotated[
    Name, typer.Option(help="A branch file, or a shipped one's name: explain what it changes.")
]
By = Annotated[list[str] | None, typer.Option(help="mechanism or event; may be given again; both.")]
Mechanisms = Annotated[
    Name, typer.Option(help="With commas, + for one player; or all; a usual set.")
]
Events = Annotated[
    str, typer.Option(help="actor, pair, type, or ids with commas and + for a group.")
]
Out = Annotated[Path | None, typer.Option(help="Folder for Parquet, PNG and SVG.")]


def explain(
    run: Run,
    what: Annotated[str, typer.Option(help="The quantity, such as transfer.")],
    when: When = None,
    start: First = None,
    end: Second = None,
    client: Annotated[Name, typer.Option(help="Of which client.")] = None,
    patron: Annotated[Name, typer.Option(help="Of which patron.")] = None,
    state: Annotated[Name, typer.Option(help="Of which state.")] = None,
    commodity: Annotated[Name, typer.Option(help="Of which good.")] = None,
    faction: Annotated[Name, typer.Option(help="Of which faction, by name.")] = None,
    branch: Branch = None,
    by: By = None,
    mechanisms: Mechanisms = None,
    events: Events = "actor",
    top: Annotated[int, typer.Option(help="Events that are players of their own.")] = 5,
    pairs: Annotated[int, typer.Option(help="Pairs of sampled orders for every member.")] = 2,
    members: Annotated[int | None, typer.Option(help="Members; 64, or those of the run.")] = None,
    seed: Annotated[int | None, typer.Option(help="Root of all draws; the scenario's.")] = None,
    scenario: Annotated[Name, typer.Option(help="Where the run's scenario is.")] = None,
    out: Out = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the result only.")] = False,
) -> None:
    """What moved a quantity between two dates.

    Parts by mechanism and by event that add up.
    """
    from patronage.history.explain import KINDS
    from patronage.history.explain import explain as find_parts
    from patronage.history.explain_source import find_source

    source = find_source(run, members, seed, scenario)
    world, against = source.world, None
    if branch is not None:
        from patronage.history.branch import branch as change

        against, world = world, change(world, file=branch)
    labels = {"client": client, "patron": patron, "state": state}
    labels |= {"commodity": commodity, "faction": faction}
    found = find_parts(
        world, what, when, start=start, end=end, by=by or KINDS, against=against,
        mechanisms=mechanisms, events=events, top=top, pairs=pairs, members=source.members,
        seed=source.seed, tick=None if quiet else _tell, **labels,
    )  # fmt: skip
    _show(found, out)


def _tell(what: str, done: int, total: int) -> None:
    """One line on the terminal that says what is run; nothing in a pipe."""
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        typer.echo(f"\r{what} {done} of {total}   {end}", nl=False, err=True)


def _show(found: Explanation, out: Path | None) -> None:
    from patronage.cli import _print_table
    from patronage.history import explain_table
    from patronage.history.explain_figure import name_file, write_figure

    typer.echo(explain_table.headline(found))
    for parts in found.parts:
        typer.echo(f"\nby {parts.kind}")
        rows: Any = explain_table.list_rows(found, parts.kind)
        _print_table(explain_table.HEADER, rows)
        typer.echo(explain_table.say_method(parts))
    typer.echo(f"\n{explain_table.INTERVALS}")
    if out is None:
        return
    out.mkdir(parents=True, exist_ok=True)
    typer.echo(str(found.write(out / f"{name_file(found)}.parquet")))
    for path in write_figure(found, out).values():
        typer.echo(str(path))
