"""A ledger of claims from its file, checked: its form, and every name against the scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from patronage.errors import Errors, PatronageError, ScenarioError
from patronage.history import branch_file, claims_names
from patronage.history.branch_changes import Branch
from patronage.history.claims_schema import KINDS, Check, Claim, Document, LedgerFile, Lineage
from patronage.history.claims_schema import Record as Fact
from patronage.history.claims_verb import CLAIMS
from patronage.scenario import check as explaining
from patronage.scenario import document, table
from patronage.scenario.document import Path as KeyPath
from patronage.scenario.script import Script

_LISTS: dict[str, type[BaseModel]] = {"documents": Document, "lineages": Lineage, "records": Fact}
Part = TypeVar("Part", bound=BaseModel)


@dataclass(frozen=True)
class Planned:
    """A branch of the ledger, the place of each of its changes, and that of its date."""

    branch: Branch
    where: tuple[str, ...]
    date: str


@dataclass(frozen=True)
class Ledger:
    """A checked ledger; `where` gives the file and line of a claim's id."""

    title: str
    file: str
    documents: dict[str, Document]
    lineages: tuple[Lineage, ...]
    records: tuple[Fact, ...]
    branches: dict[str, Planned]
    claims: tuple[Claim, ...]
    where: dict[str, str] = field(default_factory=dict)


def find(script: Script, file: str | Path | None = None) -> Path:
    """The ledger of a scenario: `claims.yaml` in its folder, if no other file is named.

    Errors: ScenarioError where there is none.
    """
    path = Path(script.folder) / CLAIMS if file is None else Path(file)
    if not path.is_file():
        raise ScenarioError(
            f"'{script.name}' has no ledger of claims",
            where=str(path),
            allowed=[f"a file {CLAIMS}"],
        )
    return path


def read(script: Script, file: str | Path | None = None) -> Ledger:
    """The ledger of a scenario, checked in full.

    Parameters
    ----------
    script: a scenario, from `patronage.scenario.load.read` or `load`.
    file: another file than `claims.yaml` in the scenario's folder.

    Errors: ScenarioError or Errors, with file and line of every fault.
    """
    path = find(script, file)
    found: list[PatronageError] = []
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ScenarioError(f"cannot be read: {error.strerror}", where=str(path)) from None
    yaml = document.read(table.decode(data, path.name), path.name, found)
    ledger = _parse(yaml, found)
    if found or ledger is None:
        raise Errors(found)
    claims_names.check(ledger, yaml, script, script.references, found)
    if found:
        raise Errors(found)
    return ledger


def _parse(yaml: document.Document, found: list[PatronageError]) -> Ledger | None:
    body = yaml.value
    if not isinstance(body, dict) or "ledger" not in body:
        found.append(
            ScenarioError(
                "not a ledger of claims",
                where=yaml.where(()),
                allowed=list(LedgerFile.model_fields),
            )
        )
        return None
    lists = {key: _parse_list(body, key, kind, yaml, found) for key, kind in _LISTS.items()}
    _find_twice(body, yaml, found)
    claims = [_parse_claim(c, yaml, ("claims", i), found) for i, c in _entries(body, "claims")]
    branches = {}
    named = body.get("branches")
    for name, planned in (named if isinstance(named, dict) else {}).items():
        branches |= _parse_branch(name, planned, yaml, found)
    # what has been read above stands as it is; the rest of the file is checked without it
    plain: dict[str, Any] = {"documents": [_ANY_DOCUMENT], "claims": [_ANY_CLAIM]}
    kept = {k: v for k, v in body.items() if k not in _LISTS and k != "claims"}
    given = {k: plain[k] for k in plain if isinstance(body.get(k), list) and body[k]}
    shell = _validate(LedgerFile, {**kept, **given}, yaml, (), found)
    if shell is None or found:
        return None
    listed = [c for c in claims if c is not None]
    return Ledger(
        title=shell.title,
        file=yaml.file,
        documents={d.key: d for d in lists["documents"]},
        lineages=tuple(lists["lineages"]),
        records=tuple(lists["records"]),
        branches=branches,
        claims=tuple(listed),
        where={c.id: yaml.where(("claims", i)) for i, c in enumerate(listed)},
    )


_ANY_DOCUMENT = {"key": "x", "title": "x", "kind": "x", "language": "x", "paragraphs": 1}
_ANY_CLAIM = {"id": "x", "says": "x", "documents": ["x 1"], "enters": {"role": "none"}}


def _entries(body: Mapping[str, Any], key: str) -> Iterable[tuple[int, Any]]:
    listed = body.get(key)
    return enumerate(listed) if isinstance(listed, list) else ()


def _parse_list(
    body: Mapping[str, Any],
    key: str,
    kind: type[BaseModel],
    yaml: document.Document,
    found: list[PatronageError],
) -> list[Any]:
    if body.get(key) is not None and not isinstance(body[key], list):
        found.append(ScenarioError(f"{key} is no list", where=yaml.where((key,))))
    made = [_validate(kind, entry, yaml, (key, i), found) for i, entry in _entries(body, key)]
    return [m for m in made if m is not None]


def _find_twice(
    body: Mapping[str, Any], yaml: document.Document, found: list[PatronageError]
) -> None:
    """No two documents or records of one name."""
    for table_, key in (("documents", "key"), ("records", "id")):
        seen: set[str] = set()
        for i, entry in _entries(body, table_):
            word = entry.get(key) if isinstance(entry, dict) else None
            if word in seen:
                where = yaml.where((table_, i, key))
                found.append(ScenarioError(f"duplicate {key} '{word}' in {table_}", where=where))
            seen.add(str(word))


def _validate(
    kind: type[Part],
    entry: Any,
    yaml: document.Document,
    path: KeyPath,
    found: list[PatronageError],
) -> Part | None:
    """An entry as its model, or None with its faults in `found`."""
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            found.append(explaining.explain(fault, yaml, kind, path))
        return None


def _parse_claim(
    entry: Any, yaml: document.Document, path: KeyPath, found: list[PatronageError]
) -> Claim | None:
    """A claim; each of its checks is read by the model of its kind, so that faults are near."""
    listed = entry.get("checks") if isinstance(entry, dict) else None
    if not isinstance(listed, list):
        return _validate(Claim, entry, yaml, path, found)
    checks = [_parse_check(c, yaml, (*path, "checks", i), found) for i, c in enumerate(listed)]
    shell = _validate(Claim, {k: v for k, v in entry.items() if k != "checks"}, yaml, path, found)
    if shell is None or None in checks:
        return None
    return shell.model_copy(update={"checks": checks})


def _parse_check(
    entry: Any, yaml: document.Document, path: KeyPath, found: list[PatronageError]
) -> Check | None:
    kind = entry.get("kind") if isinstance(entry, dict) else None
    if kind not in KINDS:
        where = yaml.where((*path, "kind"))
        said = "a check of no kind" if kind is None else f"unknown kind of check '{kind}'"
        got = None if kind is None else str(kind)
        found.append(ScenarioError(said, where=where, allowed=KINDS, got=got))
        return None
    model: Any = KINDS[kind]
    return _validate(model, entry, yaml, path, found)


def _parse_branch(
    name: str, body: Any, yaml: document.Document, found: list[PatronageError]
) -> dict[str, Planned]:
    path = ("branches", name)
    if not isinstance(body, dict):
        found.append(
            ScenarioError("not a branch", where=yaml.where(path), allowed=["at", "changes"])
        )
        return {}
    try:
        branch, where = branch_file.parse(body, yaml, path)
    except Errors as errors:
        found += errors.found
        return {}
    return {name: Planned(branch, where, yaml.where((*path, "at")))}
