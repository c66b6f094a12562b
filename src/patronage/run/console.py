"""A run at the terminal: its size before it starts, a progress bar, the table, and where all is."""

from __future__ import annotations

import hashlib
import json
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patronage import months as clock
from patronage.errors import RunError
from patronage.run.arrays import format_bytes
from patronage.run.manifest import LINES, MANIFEST, read_lines, read_manifest, read_versions
from patronage.run.store import REPORT, SAME

if TYPE_CHECKING:
    from rich.console import Console

    from patronage.report.summary import Summary
    from patronage.report.tables import Table
    from patronage.run.ensemble import Ensemble, Progress
    from patronage.run.results import Results

PATIENCE = 5.0
"""A run that goes on for longer [s] after its first chunks shows a first table of those."""
MONTHS = 12
SHOWN = 5_000
"""Members in tables and figures: their intervals do not move beyond, and memory stays small."""


def default_folder(ensemble: Ensemble) -> Path:
    """`runs/<scenario>-<seed>-<hash>`: another run has another hash, the same run the same."""
    known = {name: ensemble.manifest[name] for name in SAME}
    text = json.dumps(known, sort_keys=True).encode()
    digest = hashlib.sha256(text).hexdigest()[:8]
    return Path("runs") / f"{ensemble.world.name}-{ensemble.seed}-{digest}"


def read_levels(text: str | None) -> list[float] | None:
    """Levels of quantiles from `0.1,0.5,0.9`.

    Errors: RunError for what is no number.
    """
    try:
        return None if text is None else [float(word) for word in text.split(",") if word.strip()]
    except ValueError as error:
        raise RunError(
            "levels are numbers with commas", where=f"quantiles={text}", allowed=["0.1,0.5,0.9"]
        ) from error


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
    cluster: str | None = None,
) -> Results:
    """Run an ensemble into a folder, and show a person what it does and what came of it.

    A long run shows a provisional table as soon as its first chunks are done.
    out: None for the default folder, which holds no run but this one: it is resumed if it was
    interrupted, and made anew if it was not.
    Errors: as `patronage.run`.
    """
    from rich.console import Console

    if cluster is not None:
        from patronage.run.cluster import check_cluster

        check_cluster(cluster)
    console = Console(quiet=quiet, highlight=False, soft_wrap=True, width=None)
    folder = default_folder(ensemble) if out is None else out
    if out is None:
        resume = resume or is_interrupted(folder, ensemble)
        overwrite = not resume
    if resume and not (folder / MANIFEST).is_file():
        raise RunError("there is no run to resume", where=str(folder))
    _announce(console, ensemble, folder, resume)
    try:
        with _bar(ensemble, quiet) as (terminal, progress):
            first = FirstTable(terminal or console, ensemble, folder, progress)
            results = ensemble.run(
                folder,
                resume=resume,
                overwrite=overwrite,
                progress=progress if quiet else first,
                cluster=cluster,
            )
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
    shown = results.first(SHOWN)
    if shown is not results:
        console.print(f"tables and figures: the first {SHOWN:,} of {ensemble.members:,} members")
    if report or not quiet:
        _tell(console, shown, ensemble.world, folder if report else None, quiet)
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
    last = max((int(row.position) for row in e.world.rows.get("series", ())), default=e.world.end)
    if e.world.end - last >= MONTHS:
        console.print(
            f"note: no series of {e.world.name} goes on after {clock.format(last)}; "
            "values are held from there"
        )


@dataclass
class FirstTable:
    """Progress of a run, which shows a table of the first chunks where the rest takes a while."""

    console: Console
    ensemble: Ensemble
    folder: Path
    then: Progress | None
    shown: bool = False
    since: float = math.nan
    before: int = 0

    def __call__(self, what: str, done: int, total: int) -> None:
        if self.then is not None:
            self.then(what, done, total)
        if what != "running" or math.isnan(self.since):
            self.since, self.before = time.monotonic(), done
        elif not self.shown and done > self.before:
            passed = time.monotonic() - self.since
            self.shown = True
            if passed * (total - done) / (done - self.before) > PATIENCE:
                self._show(done, total)

    def _show(self, done: int, total: int) -> None:
        from patronage.report.tables import period_table
        from patronage.run.results import Results

        results = Results.open(self.folder).first(SHOWN)
        self.console.print(f"\nprovisional: the first {done} of {total} members to be done\n")
        self.console.print(period_table(results, world=self.ensemble.world))
        self.console.print(f"\nthe other {total - done} go on …\n")


@contextmanager
def _bar(ensemble: Ensemble, quiet: bool) -> Iterator[tuple[Console | None, Progress | None]]:
    """A progress bar on standard error: members done, member-months per second, time left.

    Gives the console that can print above the bar, where there is a bar.
    """
    if quiet or not sys.stderr.isatty():
        yield None, None
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.SpinnerColumn(),
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

        yield bar.console, tell


def _tell(console: Console, results: Results, world: Any, folder: Path | None, quiet: bool) -> None:
    """The table of what happened, and the report into the folder, if one is given."""
    from patronage.report.summary import Summary
    from patronage.report.tables import period_table

    summary = Summary(results, world)
    table = period_table(results, summary=summary)
    console.print()
    console.print(table)
    if folder is not None:
        _report(summary, table, folder, quiet)


def _report(summary: Summary, table: Table, folder: Path, quiet: bool) -> None:
    from rich.console import Console as Terminal

    from patronage import report

    terminal = Terminal(stderr=True, quiet=quiet or not sys.stderr.isatty())
    with terminal.status("drawing the report …") as status:
        report.write(
            summary.results,
            summary.world,
            folder / REPORT,
            lambda what, done, steps: status.update(f"drawing the report: {what} ({done}/{steps})"),
            summary=summary,
            table=table,
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
