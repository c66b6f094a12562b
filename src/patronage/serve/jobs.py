"""The processes that run the verbs of forms.

Each is the command line itself, so the browser can do nothing that the terminal cannot.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from patronage.errors import RunError
from patronage.run.manifest import LINES
from patronage.serve.forms import REPEATED, VERBS

WANTED = {
    "scenario": "a scenario's name or folder",
    "scenarios": "two scenarios' names or folders",
    "run": "a run",
    "runs": "two runs",
    "panel": "a folder of data import",
    "folder": "a folder of files as downloaded",
    "forecast": "a file of forecast",
}
PATIENCE = 20  # seconds for a job to end when it is stopped


@dataclass
class Job:
    """A verb that runs, or has run; `out` is where its results go."""

    number: int
    words: list[str]
    out: Path | None
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def state(self) -> str:
        """running, done or failed."""
        code = self.process.poll()
        return "running" if code is None else "done" if code == 0 else "failed"

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@dataclass
class Jobs:
    """The jobs of a server, one at a time; results go to folders below `root`."""

    root: Path
    all: list[Job] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, verb: str, places: list[str], options: dict[str, str]) -> Job:
        """Start a verb on scenarios or runs.

        Errors: RunError for a verb or an option that no form offers, and while another job runs.
        """
        if verb not in VERBS:
            raise RunError("no such verb", where=verb, allowed=VERBS, got=verb)
        form = VERBS[verb]
        words = [*verb.split(), *self._find(verb, places)]
        for name, value in options.items():
            if name not in form.options:
                raise RunError("no such option", where=name, allowed=form.options, got=name)
            for one in value.split() if name in REPEATED else [value.strip()]:
                words += [f"--{name}={one}"]
        for name in form.needs:
            if not options.get(name, "").strip():
                raise RunError("which?", where=f"{verb}: {name}", allowed=["a value"])
        with self._lock:
            if self.all and self.all[-1].state == "running":
                raise RunError("another job is running", where=f"job {self.all[-1].number}")
            number = 1 + max([j.number for j in self.all], default=0)
            word = verb.replace(" ", "-")
            while (self.root / f"{number:03d}-{word}").exists():
                number += 1
            folder = self.root / f"{number:03d}-{word}"
            folder.mkdir(parents=True)
            out = None if form.out is None else folder / form.out
            if out is not None and out.suffix:  # a file in a folder of its own
                out.parent.mkdir()
            full = [*words, *([f"--out={out}"] if out else [])]
            log = folder / "log.txt"
            with log.open("wb") as target:
                process = subprocess.Popen(
                    [sys.executable, "-m", "patronage", *full],
                    stdin=subprocess.DEVNULL, stdout=target, stderr=subprocess.STDOUT,
                    env={**os.environ, "COLUMNS": "150"},
                )  # fmt: skip
            self.all.append(Job(number, words, out, log, process))
            return self.all[-1]

    def list_runs(self) -> list[Path]:
        """Folders below the root that hold a run, newest first."""
        found = [p.parent for p in self._search(LINES)]
        return sorted(found, key=lambda p: p.stat().st_mtime, reverse=True)

    def list_places(self, takes: str) -> list[str]:
        """What a form's argument may be, of what lies below the root."""
        if takes in ("run", "runs"):
            return [str(p.relative_to(self.root)) for p in self.list_runs()]
        if takes == "panel":  # its table of codes
            return [str(p.parent) for p in self._search("codes.parquet")]
        if takes == "forecast":
            return [str(p) for p in self._search("forecast.parquet")]
        if takes in ("scenario", "scenarios"):
            from patronage.scenario.load import SCENARIO, shipped

            return [*shipped(), *(str(p.parent) for p in self._search(SCENARIO))]
        return []

    def stop(self, number: str | None = None) -> None:
        """End what still runs, or the job of that number."""
        for job in self.all:
            if job.state == "running" and number in (None, str(job.number)):
                job.process.terminate()
                try:
                    job.process.wait(timeout=PATIENCE)
                except subprocess.TimeoutExpired:
                    job.process.kill()

    def _search(self, name: str) -> list[Path]:
        """Files of a name, not deep in the stores of runs."""
        return sorted(p for depth in range(1, 5) for p in self.root.glob("*/" * depth + name))

    def _find(self, verb: str, places: list[str]) -> list[str]:
        """A scenario, a panel and the like; runs by their place below the root."""
        takes = VERBS[verb].takes
        if takes == "nothing":
            return []
        wanted = 2 if takes in ("runs", "scenarios") else 1
        known = {str(p.relative_to(self.root)): p for p in self.list_runs()}
        for place in places if takes in ("run", "runs") else ():
            if place not in known:
                raise RunError("no such run", where=place, allowed=known, got=place)
        if len(places) < wanted or any(not p.strip() or p.startswith("-") for p in places):
            raise RunError("which?", where=verb, allowed=[WANTED[takes]])
        return [str(known.get(p, p)) for p in places[:wanted]]
