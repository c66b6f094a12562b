"""What an importer is: how it knows its file, what it makes of it, and whom to cite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import pandas as pd

from patronage.data.cleaning import Context
from patronage.data.files import RawTable

Parts = dict[str, list[pd.DataFrame]]


@dataclass(frozen=True)
class Importer:
    """One form of one data set.

    Parameters
    ----------
    name: short name, printed in the manifest.
    required: columns (lower case) that the form always has.
    read: turns the raw table into parts of panel tables, by name.
    citation: key in `citations.csv` of what users of the data are asked to cite.
    absent: columns that the form never has, to tell it from similar ones.
    """

    name: str
    required: frozenset[str]
    read: Callable[[RawTable, Context], Mapping[str, pd.DataFrame]]
    citation: str
    absent: frozenset[str] = frozenset()

    def recognises(self, raw: RawTable) -> bool:
        """Whether the table has this form, judged by its columns alone."""
        return self.required <= raw.columns and not self.absent & raw.columns


@dataclass(frozen=True)
class Family:
    """Importers of one subject, and the step that joins their parts to finished tables."""

    name: str
    importers: tuple[Importer, ...]
    build: Callable[[Parts, Context], Mapping[str, pd.DataFrame]]


@dataclass(frozen=True)
class Table:
    """What a panel table holds.

    Parameters
    ----------
    meaning: one phrase.
    keys: columns that identify a row.
    columns: name -> unit and meaning.
    final: columns that tell how something ended; known only from the year in `known` on.
    known: column with the year from which the final columns are known.
    hindsight: columns made from later years too; a view until a year never shows them.
    """

    meaning: str
    keys: tuple[str, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    final: tuple[str, ...] = ()
    known: str | None = None
    hindsight: tuple[str, ...] = ()


@cache
def citations() -> dict[str, str]:
    """Key -> what to cite, from `citations.csv`."""
    with files("patronage.data").joinpath("citations.csv").open(encoding="utf-8") as handle:
        return dict(pd.read_csv(handle).itertuples(index=False, name=None))


def columns(text: str) -> frozenset[str]:
    """A set of column names from one line."""
    return frozenset(text.split())
