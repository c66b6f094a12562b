"""A run at the terminal: its size before it starts, a progress bar, the table, and where all is."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patronage.errors import RunError
from patronage.run.arrays import format_bytes
from patronage.run.manifest import LINES, MANIFEST, read_lines, read_manifest, read_versions
from patronage.run.store import REPORT

if TYPE_CHECKING:
    from rich.console import Console

    from patronage.run.ensemble import Ensemble, Progress
    from patronage.run.results import Results

# What a run is, for the name of its folder; versions and times are not part of it.
_IDENTITY = (
    "scenario_hash",
    "parameters",
    "seed",
    "members",
    "chunk",
    "quantities",
    "period",
    "every",
    "mode",
    "mechanisms",
    "branches",
)


def default_folder(ensemble: Ensemble) -> Path:
    """`runs/<scenario>-<seed>-<hash>`: another run has another hash, the same run the same."""
    known = {name: ensemble.manifest[name] for name in _IDENTITY}
    text = json.dumps(known, sort_keys=True).encode()
    digest = hashlib.sha256(text).hexdigest()[:8]
    return Path("runs") / f"{ensemble.world.name}-{ensemble.seed}-{digest}"


def is_interrupted(folder: Path, ensemble: Ensemble) -> bool:
    """Whether the folder holds some, but not all, chunks, made with the versions of today."""
    if not (folder / MANIFEST).is_file() or not (folder / LINES).is_file():
        return False
    same = read_manifest(folder).get("versions") == read_versions()
    return same and 0 < len(read_lines(folder)) < ensemble.chunks


def run(
    ensemble: Ensemble,
    out: Path | None,
    *,
    resume: bool = False,
    overwrite: bool = False,
    report: bool = True,
    quiet: bool = False,
) -> Results:
    """Run an ensemble into a folder, and show a person what it does and what came of it.

    out: None for the default folder, which holds no run but this one: it is resumed if it was
    interrupted, and made anew if it was not.
    Errors: as `patronage.run`.
    """
    from rich.console import Console

    console = Console(quiet=quiet, highlight=False, soft_wrap=True, width=None)
    folder = default_folder(ensemble) if out is None else out
    if out is None:
        resume = resume or is_interrupted(folder, ensemble)
        overwrite = not resume
    if resume and not (folder / MANIFEST).is_file():
        raise RunError("there is no run to resume", where=str(folder))
    _announce(console, ensemble, folder, resume)
    try:
        with _bar(ensemble, quiet) as progress:
            results = ensemble.run(folder, resume=resume, overwrite=overwrite, progress=progress)
    except KeyboardInterrupt as stop:
        kept = len(read_lines(folder)) if (folder / LINES).is_file() else 0
        raise RunError(
            f"interrupted; {kept} of {ensemble.chunks} chunks are kept: "
            "run the same command with --resume to go on",
            where=str(folder),
        ) from stop
    if results.failed:
        console.print(f"{len(results.failed)} members failed and are left out:")
        for member, why in sorted(results.failed.items())[:5]:
            console.print(f"  member {member}: {why}")
    if not quiet:
        _show_table(console, results, ensemble.world)
    if report:
        _report(console, results, ensemble.world, folder, quiet)
    _show_places(console, folder, report)
    return results


def _announce(console: Console, e: Ensemble, folder: Path, resume: bool) -> None:
    period = "–".join(str(p) for p in e.manifest["period"])
    words = "going on with" if resume else "running"
    console.print(
        f"{words} {e.world.name}, {period}: {e.members} members × {e.world.months} months, "
        f"seed {e.seed}, in {e.chunks} chunk{'s' if e.chunks > 1 else ''} of {e.chunk}"
    )
    console.print(
        f"recording {len(e.quantities)} quantities, {format_bytes(e.bytes)} before compression, "
        f"into {folder}"
    )


@contextmanager
def _bar(ensemble: Ensemble, quiet: bool) -> Iterator[Progress | None]:
    """A progress bar on standard error: members done, member-months per second, time left."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description:<10}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("members  {task.fields[speed]}"),
        progress.TimeElapsedColumn(),
        progress.TextColumn("left"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("preparing", total=ensemble.members, speed="")

        def tell(what: str, done: int, total: int) -> None:
            speed = bar.tasks[0].finished_speed or bar.tasks[0].speed
            words = f"{speed * ensemble.world.months:,.0f} member-months/s" if speed else ""
            bar.update(task, description=what, completed=done, total=total, speed=words)

        yield tell


def _show_table(console: Console, results: Results, world: Any) -> None:
    from patronage.report.tables import period_table

    console.print()
    console.print(period_table(results, world=world))


def _report(console: Console, results: Results, world: Any, folder: Path, quiet: bool) -> None:
    from rich.console import Console as Terminal

    from patronage import report

    terminal = Terminal(stderr=True, quiet=quiet or not sys.stderr.isatty())
    with terminal.status("drawing the report …") as status:
        report.write(
            results,
            world,
            folder / REPORT,
            lambda what, done, steps: status.update(f"drawing the report: {what} ({done}/{steps})"),
        )


def _show_places(console: Console, folder: Path, report: bool) -> None:
    places = []
    if report:
        places += [
            ("report", folder / REPORT / "report.html"),
            ("figures", folder / REPORT / "figures"),
            ("table", folder / REPORT / "table.csv"),
        ]
    places.append(("results", folder))
    console.print()
    for word, path in places:
        console.print(f"{word:<9}{path}")
