"""Lines of the tables as checked rows: values in the quantity's unit, events with their details."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from patronage import units
from patronage.errors import PatronageError, ScenarioError
from patronage.scenario import dates, references
from patronage.scenario.catalogue import SYMMETRIC, Catalogue, Quantity, parse_number
from patronage.scenario.schema import PRECISIONS, QUALITIES, ROLES
from patronage.scenario.script import Event, Observation, Row
from patronage.scenario.table import Line

DETAILS = ("goods", "shares", "weight", "part")
"""Details that act; others are kept as text."""
SHARES_TOLERANCE = 1e-6
_SPAN = re.compile(r"^(\d+(?:\.\d+)?)\s*[-–]\s*(\d+(?:\.\d+)?)$")
_CLOSE = 0.8


@dataclass
class Reader:
    """What the tables may speak of, and what has been found wrong so far."""

    catalogue: Catalogue
    codes: tuple[str, ...]
    commodities: dict[str, str]
    """unit by name"""
    factions: dict[str, int]
    """number of factions by state code"""
    references: dict[str, dict[str, str]]
    found: list[PatronageError]
    notes: list[str] = field(default_factory=list)

    def one_of(self, word: str, allowed: tuple[str, ...], what: str, where: str) -> str:
        """`word`, if it is allowed.

        Errors: ScenarioError with the nearest match.
        """
        if word not in allowed:
            said = f"unknown {what} '{word}'" if word else f"no {what}"
            raise ScenarioError(said, where=where, allowed=allowed, got=word)
        return word

    def quantity(self, line: Line, role: str) -> Quantity:
        """The quantity a line speaks of, if its role fits the table."""
        name = line["quantity"]
        known = self.catalogue.quantities.get(name)
        if known is not None and role in known.roles:
            return known
        fitting = tuple(n for n, q in self.catalogue.quantities.items() if role in q.roles)
        if known is not None:
            raise ScenarioError(
                f"'{name}' does not belong in a table of {role} values",
                where=line.where,
                allowed=fitting,
            )
        return self.catalogue.quantities[self.one_of(name, fitting, "quantity", line.where)]

    @cached_property
    def columns(self) -> dict[str, tuple[tuple[tuple[str, dict[str, int]], ...], tuple[str, ...]]]:
        """For each quantity, its columns with the index of each name they may hold; the others."""
        states = {code: i for i, code in enumerate(self.codes)}
        goods = {name: i for i, name in enumerate(self.commodities)}
        places = {"client": states, "patron": states, "commodity": goods}
        found = {}
        for name, quantity in self.catalogue.quantities.items():
            own = tuple("client" if d == "state" else d for d in quantity.dims)
            idle = tuple(c for c in places if c not in own)
            found[name] = tuple((c, places[c]) for c in own), idle
        return found

    def index(self, line: Line, quantity: Quantity) -> tuple[int, ...]:
        """Cell of the quantity a line speaks of; columns that it does not use must be empty."""
        own, idle = self.columns[quantity.name]
        for column in idle:
            if line[column]:
                dims = " ".join(quantity.dims) or "none"
                raise ScenarioError(
                    f"column '{column}' must be empty for {quantity.name} (dimensions: {dims})",
                    where=line.where,
                )
        index = []
        for column, places in own:
            place = places.get(line[column])
            if place is None:
                what = "commodity" if column == "commodity" else f"state in column '{column}'"
                self.one_of(line[column], tuple(places), what, line.where)
            else:
                index.append(place)
        if "patron" in quantity.dims and index[0] == index[1]:
            raise ScenarioError(
                f"{quantity.name} of {line['client']} with itself", where=line.where
            )
        return tuple(index)

    def unit(self, line: Line, quantity: Quantity) -> str:
        """The quantity's unit, with the commodity's own in place of `unit`."""
        if "commodity" not in quantity.dims:
            return quantity.unit
        return units.of_commodity(quantity.unit, self.commodities[line["commodity"]])

    def value(self, line: Line, quantity: Quantity) -> float:
        """Value in the quantity's own unit, within its limits."""
        given = parse_number(line["value"], "value", line.where, ScenarioError)
        unit = self.unit(line, quantity)
        if not line["unit"]:
            raise ScenarioError("no unit", where=line.where, allowed=[unit])
        value = units.convert(given, line["unit"], unit, line.where)
        if not quantity.minimum <= value <= quantity.maximum:
            raise ScenarioError(
                f"{quantity.name} is {value:g} {unit}",
                where=line.where,
                allowed=[f"{quantity.minimum:g} … {quantity.maximum:g} {unit}"],
            )
        return value

    def origin(self, line: Line) -> tuple[tuple[str, ...], str]:
        """Source keys and quality of a line; unknown sources go to `found`."""
        source = references.split(line["source"], self.references, line.where, self.found)
        quality = line["quality"]
        if quality not in QUALITIES and (quality or source != (references.ASSUMED,)):
            self.one_of(quality, QUALITIES, "quality", line.where)
        return source, quality


def read_rows(lines: list[Line], table: str, reader: Reader) -> tuple[Row, ...]:
    """Checked rows of `initial` or `series`; faults go to the reader."""
    rows: dict[tuple[str, tuple[int, ...], float], Row] = {}
    for line in lines:
        try:
            quantity = reader.quantity(line, table)
            index = reader.index(line, quantity)
            date = line["date"] if table == "series" else ""
            at = dates.position(date, quantity.interpolate, line.where) if date else math.nan
            if table == "series" and not date:
                raise ScenarioError("no date", where=line.where, allowed=["YYYY", "YYYY-MM"])
            value = reader.value(line, quantity)
            source, quality = reader.origin(line)
        except PatronageError as error:
            reader.found.append(error)
            continue
        key = (quantity.name, index, -1.0 if math.isnan(at) else at)
        if key in rows:
            reader.found.append(
                ScenarioError(
                    f"duplicate row of {quantity.name}, first at {rows[key].where}",
                    where=line.where,
                )
            )
        elif quality == "unusable":
            reader.notes.append(f"{line.where}: quality is unusable: not used")
        else:
            rows[key] = Row(
                quantity.name, index, key[2], date, value, source, quality, line["note"], line.where
            )
    return tuple(rows.values())


def mirror(rows: Iterable[Row], found: list[PatronageError]) -> list[Row]:
    """Rows of symmetric quantities with their mirror image added where it is not given.

    Two that disagree go to `found`.
    """
    given = list(rows)
    seen = {(r.quantity, r.index, r.position): r for r in given}
    both = list(given)
    for row in given:
        if row.quantity not in SYMMETRIC:
            continue
        back = (row.quantity, row.index[::-1], row.position)
        other = seen.get(back)
        if other is None:
            both.append(replace(row, index=row.index[::-1]))
        elif not math.isclose(other.value, row.value) and row.index > other.index:
            found.append(
                ScenarioError(
                    f"{row.quantity} is the same both ways, but {row.value:g} here "
                    f"and {other.value:g} at {other.where}",
                    where=row.where,
                )
            )
    return both


def read_observed(lines: list[Line], reader: Reader) -> tuple[Observation, ...]:
    """Checked observations; faults go to the reader."""
    rows: dict[tuple[str, tuple[int, ...], int, int, tuple[str, ...]], Observation] = {}
    for line in lines:
        try:
            quantity = reader.quantity(line, "observed")
            index = reader.index(line, quantity)
            first, last = dates.parse(line["date"], line.where)
            if line["end"]:
                last = dates.parse(line["end"], line.where)[1]
            if last < first:
                raise ScenarioError(
                    f"ends ({line['end']}) before it starts ({line['date']})", where=line.where
                )
            value = reader.value(line, quantity)
            source, quality = reader.origin(line)
        except PatronageError as error:
            reader.found.append(error)
            continue
        # two sources may disagree on one value; one source may not give it twice
        key = (quantity.name, index, first, last, source)
        if key in rows:
            reader.found.append(
                ScenarioError(
                    f"duplicate row of {quantity.name}, first at {rows[key].where}",
                    where=line.where,
                )
            )
            continue
        rows[key] = Observation(
            quantity=quantity.name,
            index=index,
            client=line["client"] or None,
            patron=line["patron"] or None,
            commodity=line["commodity"] or None,
            first=first,
            last=last,
            value=value,
            unit=reader.unit(line, quantity),
            source=source,
            quality=quality,
            note=line["note"],
            where=line.where,
        )
    return tuple(rows.values())


def read_events(lines: list[Line], reader: Reader) -> tuple[Event, ...]:
    """Checked events in the order of their dates; faults go to the reader."""
    events: dict[str, Event] = {}
    for line in lines:
        try:
            event = _read_event(line, reader)
        except PatronageError as error:
            reader.found.append(error)
            continue
        if event.id in events:
            reader.found.append(
                ScenarioError(
                    f"duplicate event '{event.id}', first at {events[event.id].where}",
                    where=line.where,
                )
            )
        else:
            events[event.id] = event
    return tuple(sorted(events.values(), key=lambda e: e.month))


def _read_event(line: Line, reader: Reader) -> Event:
    where = line.where
    if not line["id"]:
        raise ScenarioError("the event has no id", where=where)
    for column in ("actor", "target"):
        reader.one_of(line[column], reader.codes, f"state in column '{column}'", where)
    first, last = dates.parse(line["date"], where, days=True)
    # a year alone is as likely early as late: July
    month = first if first == last else first + 6
    end = dates.parse(line["end"], where, days=True)[1] if line["end"] else None
    if end is not None and end < first:
        raise ScenarioError(f"ends ({line['end']}) before it starts ({line['date']})", where=where)
    goldstein = _optional(line, "goldstein")
    if goldstein is not None and abs(goldstein) > 10:
        raise ScenarioError(f"goldstein is {goldstein:g}", where=where, allowed=["-10 … 10"])
    _check_unit(line, reader)
    details = _read_details(line, reader)
    shares = _read_shares(details.get("shares"), line, reader)
    source, quality = reader.origin(line)
    return Event(
        id=line["id"],
        month=month,
        end=end,
        date=line["date"],
        precision=reader.one_of(line["precision"], PRECISIONS, "precision", where),
        actor=line["actor"],
        target=line["target"],
        type=reader.one_of(line["type"], reader.catalogue.event_types, "event type", where),
        magnitude=_optional(line, "magnitude"),
        unit=line["unit"],
        cameo=line["cameo"],
        goldstein=goldstein,
        role=reader.one_of(line["role"], ROLES, "role", where),
        goods=_read_goods(details.get("goods"), line, reader),
        shares=shares,
        weight=_read_weight(details.get("weight"), shares, line),
        details=details,
        description=line["description"],
        source=source,
        quality=quality,
        where=where,
    )


def _optional(line: Line, column: str) -> float | None:
    """Number of a cell; the mean of a span such as `50-100`; None for an empty cell."""
    text = line[column]
    if not text:
        return None
    if span := _SPAN.match(text):
        return (float(span[1]) + float(span[2])) / 2
    return parse_number(text, column, line.where, ScenarioError)


def _check_unit(line: Line, reader: Reader) -> None:
    """An event may count anything, but a near miss of a known unit is a slip."""
    unit = line["unit"]
    if not unit or units.known(unit):
        return
    own = {i.unit for i in reader.catalogue.instruments if i.unit}
    if unit in own:
        return
    if difflib.get_close_matches(unit, {*units.names(), *own}, n=1, cutoff=_CLOSE):
        units.parse(unit, line.where)
    reader.notes.append(f"{line.where}: unit '{unit}' is not known: the event has intensity 1")


def _read_details(line: Line, reader: Reader) -> dict[str, str]:
    details: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in line["details"].split(";"))):
        key, sign, value = (p.strip() for p in part.partition("="))
        if not sign or not key or not value:
            raise ScenarioError(
                f"detail '{part}' is not key=value", where=line.where, allowed=DETAILS
            )
        if key in details:
            raise ScenarioError(f"detail '{key}' occurs twice", where=line.where)
        if key not in DETAILS and difflib.get_close_matches(key, DETAILS, n=1, cutoff=_CLOSE):
            raise ScenarioError(
                f"unknown detail '{key}'", where=line.where, allowed=DETAILS, got=key
            )
        if key == "part":
            _read_part(value, line)
        details[key] = value
    return details


def _read_part(text: str, line: Line) -> None:
    """The part of the goods that an act touches, 0 … 1."""
    try:
        sound = 0 <= float(text) <= 1
    except ValueError:
        sound = False
    if not sound:
        raise ScenarioError(f"part '{text}' is no share", where=line.where, allowed=["0 … 1"])


def _read_goods(text: str | None, line: Line, reader: Reader) -> tuple[str, ...]:
    if text is None:
        return ()
    goods = tuple(g.strip() for g in text.split("|"))
    return tuple(
        reader.one_of(good, tuple(reader.commodities), "commodity", line.where) for good in goods
    )


def _read_shares(text: str | None, line: Line, reader: Reader) -> tuple[float, ...] | None:
    """New shares of the target's factions, in their order."""
    if text is None:
        return None
    shares = tuple(
        parse_number(s.strip(), "share", line.where, ScenarioError) for s in text.split("/")
    )
    wanted = max(reader.factions[line["target"]], 1)
    if len(shares) != wanted:
        raise ScenarioError(
            f"{len(shares)} shares for the {wanted} factions of {line['target']}", where=line.where
        )
    if min(shares) < 0 or abs(sum(shares) - 1) > SHARES_TOLERANCE:
        raise ScenarioError(
            f"shares sum to {sum(shares):g}", where=line.where, allowed=["shares of 0 … 1, sum 1"]
        )
    return shares


def _read_weight(text: str | None, shares: tuple[float, ...] | None, line: Line) -> float:
    """How far the new shares replace the old: all the way unless said otherwise."""
    if text is None:
        return 1.0 if shares is not None else 0.0
    if shares is None:
        raise ScenarioError("a weight without shares", where=line.where, allowed=["shares=…"])
    weight = parse_number(text, "weight", line.where, ScenarioError)
    if not 0 <= weight <= 1:
        raise ScenarioError(f"weight is {weight:g}", where=line.where, allowed=["0 … 1"])
    return weight
