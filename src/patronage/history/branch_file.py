"""A branch from a file or from plain values, its form checked by the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from patronage.errors import Errors, PatronageError, ScenarioError
from patronage.history.branch_changes import KINDS, Body, Branch, BranchFile, Change
from patronage.scenario import check, dates, document, table
from patronage.scenario.document import Document

Where = tuple[str, ...]
"""Place of each change, for errors."""
_BODY = tuple(Body.model_fields)


class Call(Document):
    """Plain values given by a call: a fault is placed by its key path."""

    def where(self, path: document.Path) -> str:
        """The call and the key path."""
        return f"{self.file}: {document.spell(path)}" if path else self.file


def read(path: str | Path) -> tuple[Branch, Where, str]:
    """A branch file: the branch, the place of each change, and the place of its date.

    Errors: ScenarioError or Errors, with file and line of each fault.
    """
    file = Path(path)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ScenarioError(f"cannot be read: {error.strerror}", where=str(path)) from None
    found: list[PatronageError] = []
    yaml = document.read(table.decode(data, file.name), file.name, found)
    body = yaml.value.get("branch") if isinstance(yaml.value, dict) else None
    if not isinstance(body, dict) or len(yaml.value) > 1:
        raise ScenarioError(
            "not a branch file: one key `branch` with its changes below",
            where=yaml.where(()),
            allowed=["branch: {at: 1960-01, changes: [...]}"],
        )
    if found:
        raise Errors(found)
    branch, where = parse(body, yaml, ("branch",))
    return branch, where, yaml.where(("branch", "at"))


def parse(
    body: Mapping[str, Any], place: Document, above: document.Path = ()
) -> tuple[Branch, Where]:
    """A branch of plain values, and the place of each change.

    Errors: Errors with every fault of form.
    """
    found: list[PatronageError] = []
    for key in body:
        if key not in _BODY:
            where = place.where((*above, key))
            found.append(
                ScenarioError(f"unknown key '{key}'", where=where, allowed=_BODY, got=str(key))
            )
    listed = body.get("changes")
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        found.append(
            ScenarioError(
                "a branch without changes", where=place.where(above), allowed=["changes: [...]"]
            )
        )
        raise Errors(found)
    changes = [
        _parse_change(entry, place, (*above, "changes", i), found) for i, entry in enumerate(listed)
    ]
    at = 0
    try:
        shell = Body.model_validate(
            {**{k: body[k] for k in _BODY if k in body}, "changes": [{"drop": "x"}]}
        )
        at = dates.parse(shell.at, place.where((*above, "at")))[0]
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            found.append(check.explain(fault, place, BranchFile if above else Body, above))
    except PatronageError as error:
        found.append(error)
    if found:
        raise Errors(found)
    where = tuple(place.where((*above, "changes", i)) for i in range(len(changes)))
    return Branch(at, tuple(c for c in changes if c), str(body.get("name", ""))), where


def _parse_change(
    entry: Any, place: Document, path: document.Path, found: list[PatronageError]
) -> Change | None:
    """One change; its kind is told by the key that only this kind has."""
    keys = [k for k in KINDS if isinstance(entry, Mapping) and k in entry]
    if len(keys) != 1:
        said = f"a change of several kinds: {', '.join(keys)}" if keys else "a change of no kind"
        first = str(next(iter(entry), "")) if isinstance(entry, Mapping) else str(entry)
        found.append(ScenarioError(said, where=place.where(path), allowed=KINDS, got=first))
        return None
    kind: Any = KINDS[keys[0]]
    try:
        return kind.model_validate(dict(entry))
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            found.append(check.explain(fault, place, kind, path))
        return None
