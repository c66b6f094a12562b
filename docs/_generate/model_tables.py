"""Refresh the parameter tables of docs/model.md from model/parameters.csv.

Every table row that starts with a parameter's full name is rewritten; nothing else changes.
Run it after a change of parameters: `python docs/_generate/model_tables.py`.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/model.md"
TABLE = ROOT / "src/patronage/model/parameters.csv"
ROW = re.compile(r"^\| `([a-z]+\.[a-z_]+)` \|.*$", re.M)


def rows() -> dict[str, str]:
    """Table line of each parameter by its full name."""
    with TABLE.open(encoding="utf-8") as file:
        return {
            f"{r['mechanism']}.{r['name']}": (
                f"| `{r['mechanism']}.{r['name']}` | {r['value']} | {r['unit']} | "
                f"{r['low']} … {r['high']} | {r['prior']} | {r['source']} | {r['meaning']} |"
            )
            for r in csv.DictReader(file)
        }


def refresh(page: str) -> tuple[str, set[str]]:
    """The page with current rows, and the parameters that have no row on it."""
    current = rows()
    seen: set[str] = set()

    def line(match: re.Match[str]) -> str:
        seen.add(match[1])
        # other tables name phases in the same way: they stay
        return current.get(match[1], match[0])

    return ROW.sub(line, page), set(current) - seen


if __name__ == "__main__":
    text, missing = refresh(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(text, encoding="utf-8")
    if missing:
        sys.exit("no row on docs/model.md for: " + ", ".join(sorted(missing)))
