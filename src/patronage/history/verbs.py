"""The verbs `branch` and `compare` of the command line; imports of weight stay inside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from patronage.errors import RunError, ScenarioError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from patronage.run.results import Results
    from patronage.scenario.world import World

MOST_ROWS, MOST_LISTED = 20, 100
_CHANGES = ["file", "drop", "move", "rescale", "set", "off", "force", "forbid"]
_CELL = ["quantity", "state", "client", "patron", "commodity", "faction"]
_HEADER = ("quantity", "cell", "period", "mean", "95 % interval", "median", "10–90 %", "unit")

Many = list[str] | None
Quantity = Annotated[Many, typer.Option(help="A quantity to compare; may be given again.")]
Client = Annotated[str | None, typer.Option(help="One client only.")]
Patron = Annotated[str | None, typer.Option(help="One patron only.")]
State = Annotated[str | None, typer.Option(help="One state only.")]
By = Annotated[
    Many,
    typer.Option(
        help="year, or a window FIRST:LAST, which may be given again; from the change on."
    ),
]
Effect = Annotated[
    float | None, typer.Option(help="Size of an effect: how many members would it need?")
]


def branch(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="Name, folder or file.")],
    at: Annotated[str | None, typer.Option(help="First month that may differ, YYYY-MM.")] = None,
    file: Annotated[
        str | None, typer.Option(help="A branch file (YAML), or a shipped one by its name.")
    ] = None,
    drop: Annotated[Many, typer.Option(help="ID: the event does not happen.")] = None,
    move: Annotated[Many, typer.Option(help="ID=DATE: it happens then.")] = None,
    rescale: Annotated[Many, typer.Option(help="ID=FACTOR: it is so many times as strong.")] = None,
    put: Annotated[
        Many,
        typer.Option(
            "--set", help="affinity.inertia=0.1, rivalry:RUS-CHN=0 or yield:CUB-sugar=0.8."
        ),
    ] = None,
    off: Annotated[Many, typer.Option(help="A mechanism or an instrument.")] = None,
    force: Annotated[Many, typer.Option(help="ACTOR:TARGET:ACT:MONTH, or …:FIRST:LAST.")] = None,
    forbid: Annotated[
        Many, typer.Option(help="ACTOR:TARGET:ACT, with * for any target, or …:FIRST:LAST.")
    ] = None,
    members: Annotated[int | None, typer.Option(help="Members; the scenario's number.")] = None,
    seed: Annotated[int | None, typer.Option(help="Root of all draws; the scenario's.")] = None,
    base: Annotated[Path | None, typer.Option(help="A finished run of the baseline.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for both runs and tables.")] = None,
    until: Annotated[str | None, typer.Option(help="Last month; the scenario's.")] = None,
    quantity: Quantity = None,
    client: Client = None,
    patron: Patron = None,
    by: By = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the comparison only.")] = False,
    listed: Annotated[
        bool, typer.Option("--list", help="List the branch files that come with the scenario.")
    ] = False,
) -> None:
    """What if: change something, run beside the baseline, compare."""
    from patronage.history import branch as branching
    from patronage.history import branch_words
    from patronage.scenario.load import load

    world = load(scenario) if until is None else load(scenario).until(until)
    if listed:
        _list_shipped(world)
        return
    options = branch_words.read_options(
        world, drop=drop or (), move=move or (), rescale=rescale or (), put=put or (),
        off=off or (), force=force or (), forbid=forbid or (),
    )  # fmt: skip
    changed = branching.branch(world, at, file=file, changes=options or None)
    _check_changed(world, changed)
    labels = {"client": client, "patron": patron}
    _check_asked(world, quantity, labels)
    _tell_changes(world, changed)
    if base is not None:
        members, seed = _like(base, members, seed)
    one = _open(base) if base is not None else _run(world, members, seed, out, "base", quiet)
    two = _run(changed, members, seed, out, "branch", quiet)
    folder = out / "compare" if out is not None else _beside(two.path)
    _show(one, two, quantity, by, labels, folder, None, unpaired=False)


def _check_changed(world: World, changed: World) -> None:
    if not any(new.changes for new in changed.branches[len(world.branches) :]):
        raise ScenarioError(
            "a branch that changes nothing", where="branch", allowed=[f"--{o}" for o in _CHANGES]
        )


def _tell_changes(world: World, changed: World) -> None:
    for new in changed.branches:
        typer.echo(str(new))
    for note in changed.notes[len(world.notes) :]:
        typer.echo(f"note: {note}")


def _check_asked(world: World, quantity: list[str] | None, labels: dict[str, str | None]) -> None:
    """What the comparison is to show, before anything is run for it."""
    from patronage.run.record import choose_quantities

    kept = choose_quantities(world)
    for name in quantity or ():
        if name not in kept:
            raise RunError("not recorded", where=f"--quantity {name}", allowed=kept, got=name)
    for dim, code in labels.items():
        if code is not None and code not in world.codes:
            raise RunError(f"no such {dim}", where=code, allowed=world.codes, got=code)


def compare(
    a: Annotated[Path, typer.Argument(metavar="RUN", help="A results folder: the baseline.")],
    b: Annotated[Path, typer.Argument(metavar="RUN", help="Another.")],
    quantity: Quantity = None,
    client: Client = None,
    patron: Patron = None,
    state: State = None,
    by: By = None,
    effect: Effect = None,
    out: Annotated[Path | None, typer.Option(help="Folder for Parquet, PNG and SVG.")] = None,
    unpaired: Annotated[
        bool, typer.Option("--unpaired", help="Also runs of other scenarios or seeds.")
    ] = False,
) -> None:
    """Differences of two runs, member by member, with intervals."""
    labels = {"client": client, "patron": patron, "state": state}
    _show(_open(a), _open(b), quantity, by, labels, out, effect, unpaired=unpaired)


def _list_shipped(world: World) -> None:
    from patronage.cli import _print_table
    from patronage.history.branch_shipped import list_shipped

    rows = [(b.name, b.at, b.title) for b in list_shipped(world.folder)]
    if rows:
        _print_table(("name", "from", "what is different"), rows)
    else:
        typer.echo(f"no branch files come with {world.name}")


def _open(path: Path) -> Results:
    from patronage.run.results import Results

    return Results.open(path)


def _like(base: Path, members: int | None, seed: int | None) -> tuple[int, int]:
    """Members and seed of a finished run, where they are not given."""
    from patronage.run.manifest import read_manifest

    told = read_manifest(base)
    return members or int(told["members"]), int(told["seed"]) if seed is None else seed


def _run(
    world: World, members: int | None, seed: int | None, out: Path | None, name: str, quiet: bool
) -> Results:
    """Run a world into its folder; a finished run that lies there already is used again."""
    from patronage.run import console
    from patronage.run.ensemble import plan
    from patronage.run.manifest import MANIFEST, read_lines, read_manifest, read_versions

    ensemble = plan(world, members, seed)
    folder = console.default_folder(ensemble) if out is None else out / name
    if out is None and (folder / MANIFEST).is_file():
        same = read_manifest(folder).get("versions") == read_versions()
        if same and len(read_lines(folder)) == ensemble.chunks:
            return _open(folder)
    return console.run(ensemble, None if out is None else folder, report=False, quiet=quiet)


def _beside(path: Path | None) -> Path | None:
    return None if path is None else path.with_name(f"{path.name}-compare")


def _show(
    one: Results,
    two: Results,
    quantity: list[str] | None,
    by: list[str] | None,
    labels: dict[str, str | None],
    out: Path | None,
    effect: float | None,
    *,
    unpaired: bool,
) -> None:
    """Print the table, and write table and figures where there is a folder."""
    from patronage.cli import _print_table
    from patronage.history import compare_table
    from patronage.history.compare import compare

    if effect is not None and not quantity:
        raise RunError("an effect of which quantity?", where="--effect", allowed=["--quantity"])
    periods = "year" if by and "year" in by else by or [_after(two)]
    found = compare(one, two, quantity, periods, unpaired=unpaired)
    kept = {k: v for k, v in labels.items() if v is not None}
    table = compare_table.summarise(found, **kept)
    shown = _choose_rows(table, MOST_LISTED if quantity else MOST_ROWS)
    pairing = "paired members" if not unpaired else "members of unpaired runs"
    typer.echo(f"second run − first run, {found.attrs['members']} {pairing}, "
               f"seed {found.attrs['seed']}; changed: {found.attrs['changed']}")  # fmt: skip
    rows = [_row(r) for r in shown.to_dict("records")]
    if rows:
        _print_table(_HEADER, rows)
    left = len(table) - len(rows)
    if left:
        same = int((table["sd"].fillna(0) + table["mean"].abs() == 0).sum())
        typer.echo(f"{left} rows are not listed; in {same} the runs do not differ at all")
    typer.echo(compare_table.INTERVALS)
    for name in quantity or ():
        typer.echo(compare_table.power_note(found, name, effect, **kept))
    if out is not None:
        _write(found, table, out, quantity or list(dict.fromkeys(shown["quantity"]))[:3], kept)


def _choose_rows(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """All periods of the cells that differ most, against the spread of their members."""
    size = (table["mean"].abs() / table["sd"].where(table["sd"] > 0)).fillna(0)
    size = size.where(table["sd"] > 0, table["mean"].abs() * 1e6)  # no spread at all: certain
    reach = size.groupby([table[c] for c in _CELL]).transform("max")
    order = reach[reach > 0].sort_values(ascending=False, kind="stable").index[:most]
    return table.loc[order.sort_values()]


def _after(run: Results) -> str:
    """The window from the last branch on, or all of the run."""
    months = run.data["month"].values.astype("datetime64[M]").astype(str)
    branches = run.manifest.get("branches") or [{"at": str(months[0])}]
    return f"{branches[-1]['at']}:{months[-1]}"


def _row(r: dict[Any, Any]) -> tuple[str, ...]:
    places = [str(r[p]) for p in ("state", "client", "patron", "commodity", "faction") if r[p]]
    number = {k: f"{r[k]:.3g}" for k in ("mean", "low", "high", "median", "q10", "q90")}
    return (
        str(r["quantity"]),
        " ".join(places),
        str(r["period"]),
        number["mean"],
        f"{number['low']} … {number['high']}",
        number["median"],
        f"{number['q10']} … {number['q90']}",
        str(r["unit"]),
    )


def _write(
    found: xr.Dataset, table: pd.DataFrame, out: Path, names: list[str], labels: dict[str, str]
) -> None:
    from patronage.history import compare_table
    from patronage.history.compare_figure import draw, write_figure

    typer.echo(str(compare_table.write(found, table, out / "differences.parquet")))
    for name in names:
        for path in write_figure(draw(found, name, **labels), out, name).values():
            typer.echo(str(path))
