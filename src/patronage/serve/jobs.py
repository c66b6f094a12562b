"""Verbs that a page may start: which options each takes, and the processes that run them.

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

VERBS: dict[str, tuple[str, tuple[str, ...]]] = {
    "validate": ("Check a scenario", ()),
    "run": ("Run an ensemble", ("members", "seed", "until", "record", "every")),
    "claims": ("Test the claims of its documents", ("members", "seed", "only")),
    "branch": ("What if", ("file", "at", "drop", "set", "off", "members", "quantity", "client")),
    "explain": ("What moved a quantity", ("what", "when", "client", "patron", "state", "members")),
    "compare": ("Compare two runs", ("quantity", "client", "patron", "state", "by")),
}
"""Verb -> title, and options that a form offers."""
WRITES = ("run", "claims", "branch", "explain", "compare")
REPEATED = ("only", "drop", "set", "off", "quantity", "by")
"""Options that take several values, with blanks between."""


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
        words = [verb, *self._find(verb, places)]
        for name, value in options.items():
            if name not in VERBS[verb][1]:
                raise RunError("no such option", where=name, allowed=VERBS[verb][1], got=name)
            for one in value.split() if name in REPEATED else [value.strip()]:
                words += [f"--{name}={one}"]
        with self._lock:
            if self.all and self.all[-1].state == "running":
                raise RunError("another job is running", where=f"job {self.all[-1].number}")
            number = 1 + max([j.number for j in self.all], default=0)
            while (self.root / f"{number:03d}-{verb}").exists():
                number += 1
            folder = self.root / f"{number:03d}-{verb}"
            folder.mkdir(parents=True)
            out = folder / "out" if verb in WRITES else None
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
        found = [p.parent for p in self.root.rglob("manifest.json") if ".zarr" not in str(p)]
        return sorted(found, key=lambda p: p.stat().st_mtime, reverse=True)

    def stop(self) -> None:
        """End what still runs."""
        for job in self.all:
            if job.state == "running":
                job.process.terminate()
                job.process.wait(timeout=20)

    def _find(self, verb: str, places: list[str]) -> list[str]:
        """A scenario, or runs by their place below the root."""
        if any(not p.strip() or p.startswith("-") for p in places) or not places:
            raise RunError("which?", where=verb, allowed=["a scenario's name or folder", "a run"])
        if verb != "compare":
            return places[:1]
        known = {str(p.relative_to(self.root)): p for p in self.list_runs()}
        for place in places:
            if place not in known:
                raise RunError("no such run", where=place, allowed=known, got=place)
        return [str(known[p]) for p in places]
