"""A scenario for any states and years, from a panel: `patronage new`."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from patronage.data.panel import Panel
from patronage.data.world_cast import Cast, choose_states, read_cast
from patronage.data.world_events import list_events
from patronage.data.world_series import list_observed, list_series
from patronage.data.world_start import Line, Stage, list_initial, place_states
from patronage.data.world_votes import Votes
from patronage.errors import DataError, PatronageError
from patronage.scenario.schema import COLUMNS, MECHANISMS

LINES = ("observed", "start")
CARRIED = ("affinity", "threat", "dependence", "bargain", "credibility", "crisis", "domestic",
           "diplomacy")  # fmt: skip
"""Mechanisms that the panel's tables can carry without goods, embargoes and movements abroad."""
LONG = 20
"""From so many states on a run records yearly means of a few quantities."""
_TABLES = ("initial", "series", "events", "observed")


@dataclass(frozen=True)
class Made:
    """A scenario that was written: where, how many rows a table, and what to know of it."""

    folder: Path
    states: tuple[str, ...]
    rows: dict[str, int]
    notes: tuple[str, ...]


@cache
def read_assumptions() -> dict[str, float]:
    """Values of `world_assumptions.csv` by name."""
    path = files("patronage.data").joinpath("world_assumptions.csv")
    with path.open(encoding="utf-8") as handle:
        return {row["name"]: float(row["value"]) for row in csv.DictReader(handle)}


def new(
    panel: Panel | str | Path,
    states: Iterable[str] | str,
    first: int,
    last: int,
    out: str | Path,
    *,
    free: Iterable[str] = (),
    lines: str = "observed",
    known: int | None = None,
    name: str | None = None,
    force: bool = False,
) -> Made:
    """Write a scenario folder that validates and runs.

    Parameters
    ----------
    panel: a panel, or its folder.
    states: COW numbers, COW abbreviations, ISO codes or names; `all` for every state of the years.
    first, last: years, both included.
    out: folder to write; its name is the scenario's unless `name` is given.
    free: those of the states that choose for themselves; history is imposed on the others.
    lines: `observed`: a change of leader moves the line to where the votes that follow show it,
        which is hindsight; `start`: governments keep the line of the start.
    known: last year of the panel that the world is made from; what was observed later is written
        for comparison only. Series keep their last value, and no act is dated later.
    force: whether a scenario that is there is replaced.

    Errors: DataError for unknown states (with the nearest match), years without data, a folder
    that is taken.
    """
    whole = panel if isinstance(panel, Panel) else Panel(panel)
    panel = whole if known is None else _limit(whole, int(first), int(known))
    words = states.split(",") if isinstance(states, str) else list(states)
    if lines not in LINES:
        raise DataError(f"lines is '{lines}'", where="lines", allowed=LINES, got=lines)
    folder = _check_folder(Path(out), force)
    title = name or re.sub(r"[^A-Za-z0-9_-]+", "-", folder.name).strip("-_") or "world"
    cast = read_cast(panel, words, int(first), int(last))
    choosing = _choose_free(cast, free, words)
    assumed = read_assumptions()
    stage = Stage(cast, Votes(panel, assumed), assumed)
    tables: dict[str, list[Line]] = {
        "initial": list(list_initial(stage)),
        "series": list(list_series(stage)),
        "events": list_events(stage, lines == "observed"),
        "observed": list(list_observed(_seeing(stage, whole))),
    }
    settings = _settings(stage, title, choosing)
    notes = _remarks(stage, lines)
    texts = {f"{t}.csv": _csv(tables[t], COLUMNS[t]) for t in _TABLES}
    texts["scenario.yaml"] = _yaml(settings, notes)
    texts["references.bib"] = _bibliography(tables)
    _write(folder, texts)
    return Made(
        folder, tuple(cast.code_of.values()), {t: len(r) for t, r in tables.items()}, tuple(notes)
    )


def _choose_free(cast: Cast, free: Iterable[str] | str, words: list[str]) -> list[str]:
    """Codes of the states that choose for themselves."""
    chosen = [w for w in (free.split(",") if isinstance(free, str) else free) if str(w).strip()]
    if not chosen:
        return []
    numbers = choose_states(cast.panel, [*chosen, *words], cast.years)[: len(chosen)]
    for word, number in zip(chosen, numbers, strict=True):
        if number not in cast.code_of:
            raise DataError(
                f"'{word}' is to choose freely but is not in the world",
                where="free",
                allowed=list(cast.code_of.values()),
            )
    return [cast.code_of[number] for number in numbers]


def _limit(panel: Panel, first: int, known: int) -> Panel:
    if known < first:
        raise DataError(
            f"the world starts in {first}, after {known}", where="known", allowed=[f"{first} …"]
        )
    return panel.until(known)


def _seeing(stage: Stage, panel: Panel) -> Stage:
    """The same cast with all of a panel: what is observed, for comparison."""
    return Stage(replace(stage.cast, panel=panel), Votes(panel, stage.assumed), stage.assumed)


def _check_folder(folder: Path, force: bool) -> Path:
    if folder.exists() and not force:
        raise DataError(
            "there is something here already",
            where=str(folder),
            allowed=["--force", "a new folder"],
        )
    if force and folder.exists() and not (folder / "scenario.yaml").is_file():
        raise DataError("this is no scenario, and is not replaced", where=str(folder))
    return folder


def _settings(stage: Stage, name: str, free: list[str]) -> dict[str, Any]:
    cast = stage.cast
    first, last = cast.years
    large = len(cast.players) > LONG
    who = f"{len(cast.players)} states" if large else ", ".join(p.name for p in cast.players)
    quantities = ["un_agreement", "affinity", "transfer", "compliance", "ideology", "support"]
    wide = {"every": 12, "quantities": quantities, "events": False}
    return {
        "patronage": 1,
        "name": name,
        "title": f"{who}, {first}-{last}"[:200],
        "description": (
            "Made from a panel of data sets. Rows marked assumed are rules of thumb and no data; "
            "goods, embargoes and movements abroad are left out."
        ),
        "period": {"start": f"{first}-01", "end": f"{last}-12"},
        "mode": {"kind": "replay", "free": free, **_until(cast)},
        "members": 100,
        "seed": 1,
        "states": stage.states,
        "commodities": [],
        "files": {**{t: f"{t}.csv" for t in _TABLES}, "references": "references.bib"},
        "mechanisms": {m: m in CARRIED for m in MECHANISMS},
        "parameters": {},
        "record": wide if large else {"every": 1},
    }


def _until(cast: Cast) -> dict[str, str]:
    """From the month on of which no acts are known, all governments choose."""
    return {"until": f"{cast.seen + 1}-01"} if cast.seen < cast.years[1] else {}


def _remarks(stage: Stage, lines: str) -> list[str]:
    """What a reader of the scenario has to know, as comment lines."""
    cast = stage.cast
    notes = list(cast.notes)
    unseen = [
        cast.code_of[n] for n, (_, why) in place_states(stage).items() if why.startswith("assumed")
    ]
    if unseen:
        notes.append(f"no votes to place {', '.join(unseen)}: their line is assumed")
    late = [p.code for p in cast.players if p.entry > cast.start]
    gone = [p.code for p in cast.players if p.spells[-1][1] < cast.end]
    if late:
        notes.append(f"enter after the start: {', '.join(late)}")
    if gone:
        notes.append(f"leave before the end: {', '.join(gone)}")
    if lines == "observed":
        notes.append("changes of leader move the line to where later votes show it: hindsight")
    if cast.seen < cast.years[1]:
        notes.append(
            f"made from data up to {cast.seen}; later observations are for comparison only"
        )
    return notes


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]


def _yaml(settings: Mapping[str, Any], notes: Sequence[str]) -> str:
    head = ["# Written by `patronage new`. Every row says where it is from; see docs/new.md."]
    head += [f"# {note}" for note in notes]
    body = yaml.dump(
        dict(settings), Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=200,
        allow_unicode=True,
    )  # fmt: skip
    return "\n".join(head) + "\n" + body


def _csv(rows: list[Line], columns: Sequence[str]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(c, "") for c in columns] for row in rows)
    return text.getvalue()


def _bibliography(tables: Mapping[str, list[Line]]) -> str:
    """BibTeX entries of the data sets that some row names."""
    from patronage.data.importer import citations
    from patronage.scenario import catalogue

    own = catalogue.read().references
    keys = {k for rows in tables.values() for row in rows for k in row["source"].split(";")}
    entries = []
    for key in sorted(keys - {"assumed"} - set(own)):
        text = citations()[key]
        year = re.search(r"\((\d{4})\)", text)
        dated = f", year={{{year[1]}}}" if year else ""
        clean = text.replace("{", "(").replace("}", ")")
        entries.append(f"@misc{{{key}, title={{{clean}}}{dated}}}")
    return "\n".join(entries) + "\n"


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    """All files, or none: they are written beside the folder and moved in one step."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for name, text in texts.items():
                (fresh / name).write_text(text, encoding="utf-8")
            fresh.chmod(0o755)
            _try_out(fresh)
            if folder.exists():
                shutil.rmtree(folder)
            os.replace(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise DataError(f"cannot be written: {error.strerror}", where=str(folder)) from error


def _try_out(folder: Path) -> None:
    """A scenario that the loader refuses is a fault of ours, or of what was asked: none is left."""
    from patronage.scenario.load import read

    try:
        read(folder)
    except PatronageError as error:
        raise DataError(f"this makes no valid scenario: {error}", where="new") from error


__all__ = ["Cast", "Made", "new", "read_assumptions"]
