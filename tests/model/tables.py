"""The tables of the model as they stand in its files."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

MODEL = Path(__file__).parents[2] / "src/patronage/model"


@dataclass(frozen=True)
class Row:
    """One parameter."""

    mechanism: str
    name: str
    value: float
    low: float
    high: float
    source: str

    @property
    def key(self) -> str:
        """Full name."""
        return f"{self.mechanism}.{self.name}"


def read_table(name: str) -> list[dict[str, str]]:
    """Rows of a table of the model."""
    with (MODEL / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_parameters() -> list[Row]:
    """All parameters."""
    return [
        Row(
            r["mechanism"], r["name"], *(float(r[k]) for k in ("value", "low", "high")), r["source"]
        )
        for r in read_table("parameters.csv")
    ]


def read_references() -> set[str]:
    """Keys of the bibliography, and the word for what nobody has measured."""
    text = (MODEL / "references.bib").read_text(encoding="utf-8")
    return {*re.findall(r"^@\w+\{\s*([^,\s]+)\s*,", text, re.M), "assumed"}
