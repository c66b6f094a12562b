"""Branch files that come with a scenario, in its folder `branches`: their names, and what each is.

The name of a branch is that of its file without `.yaml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from patronage.errors import ScenarioError

FOLDER = "branches"


@dataclass(frozen=True)
class Shipped:
    """A branch file of a scenario: its short name, path, title and first month."""

    name: str
    path: Path
    title: str
    at: str


def list_files(folder: str | Path) -> dict[str, Path]:
    """Branch files of a scenario's folder, by name."""
    return {p.stem: p for p in sorted((Path(folder) / FOLDER).glob("*.yaml"))}


def find(name_or_path: str | Path, folder: str | Path) -> Path:
    """A branch file: the file itself, or one that comes with the scenario, by its name.

    folder: that of the scenario.
    Errors: ScenarioError where there is neither, with the nearest name.

    >>> from patronage.scenario.load import shipped
    >>> find("no-split", shipped()["cuba"]).name
    'no-split.yaml'
    """
    path = Path(name_or_path)
    if path.is_file():
        return path
    known = list_files(folder)
    text = str(name_or_path)
    if text in known:
        return known[text]
    raise ScenarioError(
        f"no branch file '{text}'", where="branch file", allowed=[*known, "a path"], got=text
    )


def list_shipped(folder: str | Path) -> list[Shipped]:
    """Title and date of each branch file of a scenario's folder, by date."""
    from patronage.history.branch_file import read

    found = []
    for name, path in list_files(folder).items():
        branch, _, _ = read(path)
        found.append(Shipped(name, path, branch.name, branch.date))
    return sorted(found, key=lambda b: (b.at, b.name))
