"""Keys and fields of a BibTeX file: as much of the format as citing needs."""

from __future__ import annotations

import re

from patronage.errors import PatronageError, ScenarioError

ASSUMED = "assumed"
"""The source of a value that nobody has measured."""

_ENTRY = re.compile(r"@\s*(\w+)\s*([{(])\s*")
_FIELD = re.compile(r"\s*,?\s*([A-Za-z][\w-]*)\s*=\s*")


def read(text: str, file: str, found: list[PatronageError]) -> dict[str, dict[str, str]]:
    """Entries by key; each a dictionary of its fields, with its kind under `type`.

    Faults go to `found`: entries without a key or an end, and keys used twice.
    """
    entries: dict[str, dict[str, str]] = {}
    place = 0
    while match := _ENTRY.search(text, place):
        where = f"{file}:{text.count(chr(10), 0, match.start()) + 1}"
        end = _close(text, match.end(2))
        if end is None:
            found.append(ScenarioError(f"@{match[1]} has no closing brace", where=where))
            break
        place = end + 1
        if match[1].lower() in ("comment", "string", "preamble"):
            continue
        key, _, rest = text[match.end() : end].partition(",")
        key = key.strip()
        if not key or re.search(r"[\s={}]", key):
            found.append(ScenarioError(f"@{match[1]} has no key", where=where))
        elif key in entries:
            found.append(ScenarioError(f"duplicate reference '{key}'", where=where))
        else:
            entries[key] = {"type": match[1].lower(), **_read_fields(rest)}
    if not entries and text.strip() and not found:
        found.append(
            ScenarioError("no reference in this file", where=f"{file}:1", allowed=["@book{key, …}"])
        )
    return entries


def _close(text: str, start: int) -> int | None:
    """Place of the brace that closes the one before `start`."""
    depth = 1
    for match in re.compile(r"\\.|[{}()]", re.DOTALL).finditer(text, start):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
        elif match[0] == ")" and depth == 1 and text[start - 1] == "(":
            depth = 0
        if depth == 0:
            return match.start()
    return None


def _read_fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    place = 0
    while match := _FIELD.match(text, place):
        start = match.end()
        if text[start : start + 1] == "{":
            end = _close(text, start + 1)
            end = len(text) if end is None else end
            value, place = text[start + 1 : end], end + 1
        elif text[start : start + 1] == '"':
            end = text.find('"', start + 1)
            end = len(text) if end < 0 else end
            value, place = text[start + 1 : end], end + 1
        else:
            end = text.find(",", start)
            end = len(text) if end < 0 else end
            value, place = text[start:end], end
        fields[match[1].lower()] = " ".join(value.replace("{", "").replace("}", "").split())
    return fields


def keys(cell: str) -> tuple[str, ...]:
    """Source keys of a cell.

    >>> keys("walt1987; assumed")
    ('walt1987', 'assumed')
    """
    return tuple(k.strip() for k in cell.split(";") if k.strip())


def split(
    cell: str, references: dict[str, dict[str, str]], where: str, found: list[PatronageError]
) -> tuple[str, ...]:
    """Source keys of a cell (`a; b`), each a reference or `assumed`; faults go to `found`."""
    if cell == ASSUMED or cell in references:
        return (cell,)
    named = keys(cell)
    if not named:
        found.append(
            ScenarioError("no source", where=where, allowed=[ASSUMED, "a key of the references"])
        )
    for key in named:
        if key != ASSUMED and key not in references:
            found.append(
                ScenarioError(
                    f"unknown source '{key}'",
                    where=where,
                    allowed=[ASSUMED, *sorted(references)],
                    got=key,
                )
            )
    return named
