"""Every importer there is, and which one a table is for."""

from __future__ import annotations

from patronage.data import (
    alliances,
    arms,
    capability,
    disputes,
    geography,
    leaders,
    organisations,
    rivalries,
    states,
    trade,
    un,
    wars,
)
from patronage.data.files import RawTable
from patronage.data.importer import Family, Importer
from patronage.errors import DataError

# The states come first: the others' codes are checked against them.
FAMILIES: tuple[Family, ...] = (
    states.FAMILY,
    un.FAMILY,
    arms.FAMILY,
    capability.FAMILY,
    alliances.FAMILY,
    disputes.FAMILY,
    geography.FAMILY,
    leaders.FAMILY,
    rivalries.FAMILY,
    organisations.FAMILY,
    trade.FAMILY,
    wars.FAMILY,
)


def recognise(raw: RawTable) -> tuple[Family, Importer] | None:
    """The importer for a table, by its columns; None if no form fits.

    Errors: DataError if two forms fit equally well.
    """
    fits = [(f, i) for f in FAMILIES for i in f.importers if i.recognises(raw)]
    if not fits:
        return None
    most = max(len(i.required) for _, i in fits)
    best = [(f, i) for f, i in fits if len(i.required) == most]
    if len(best) > 1:
        names = [i.name for _, i in best]
        raise DataError("the columns fit more than one form", where=raw.file, allowed=names)
    return best[0]
