"""Dated events of the scenario and records of the ledger, and what they say to a check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patronage.history.claims_schema import Event
from patronage.history.claims_series import RANK, TOLERANCE
from patronage.history.claims_time import Days, days_of, gap_between, spell_days
from patronage.scenario import references
from patronage.scenario.world import World

if TYPE_CHECKING:
    from patronage.history.claims_file import Ledger

FOREVER = 10**7


@dataclass(frozen=True)
class Dated:
    """Something that took place, on a day or within `days`."""

    id: str
    days: Days
    type: str
    actor: str
    target: str
    goods: tuple[str, ...]
    magnitude: float | None
    unit: str
    description: str
    sources: tuple[str, ...]
    quality: str


@dataclass(frozen=True)
class Found:
    """What the events say: yes, no, unclear or silent; how well known it is; and in words."""

    said: str
    shown: str
    quality: str = ""
    sources: tuple[str, ...] = ()


def list_dated(world: World, ledger: Ledger) -> dict[str, Dated]:
    """Events and records by id; what rests on no source is of low quality."""
    found = {}
    for e in world.events:
        sources = tuple(s for s in e.source if s != references.ASSUMED)
        quality = e.quality if e.quality in RANK and sources else "low"
        found[e.id] = Dated(
            e.id, days_of(e.date), e.type, e.actor, e.target, e.goods, e.magnitude, e.unit,
            e.description, sources, quality,
        )  # fmt: skip
    for r in ledger.records:
        sources = tuple(s for s in references.keys(r.source) if s != references.ASSUMED)
        quality = r.quality if sources else "low"
        found[r.id] = Dated(
            r.id, days_of(r.date), r.type, r.actor, r.target, (), r.magnitude, r.unit,
            r.description, sources, quality,
        )  # fmt: skip
    return found


def answer_event(check: Event, dated: dict[str, Dated]) -> Found:
    """What the record of events says: such an event is there, at its time and of its size.

    That an event is missing from a list says nothing; that it is there on another day says no. Of
    several alike, the nearest in time counts, and then its date is weak evidence against another.
    """
    alike = sorted(_match(check, dated.values()), key=lambda d: d.days)
    if check.none:
        return _answer_none(check, alike)
    if not alike:
        return Found("silent", "no such event is on record")
    chosen = _choose(check, alike)
    size = ""
    if chosen.magnitude is not None and (check.above is not None or check.below is not None):
        size = f" ({chosen.magnitude:g} {chosen.unit})".replace(" )", ")")
    known = f"{chosen.id}, {spell_days(chosen.days)}: {chosen.description}{size}"
    sure = check.first or len(alike) == 1
    said = _answer_date(check, chosen)
    if said == "yes":
        said = _answer_size(check, chosen)
        return Found(said, known, chosen.quality, chosen.sources)
    return Found(said, f"nearest is {known}", chosen.quality if sure else "low", chosen.sources)


def _match(check: Event, dated: Iterable[Dated]) -> list[Dated]:
    wanted = check.find.model_dump(exclude_none=True)
    goods = wanted.pop("goods", None)
    return [
        d
        for d in dated
        if all(getattr(d, k) == v for k, v in wanted.items())
        and (goods is None or goods in d.goods)
    ]


def _span(check: Event) -> Days:
    first = -FOREVER if check.after is None else days_of(check.after)[0]
    return first, FOREVER if check.before is None else days_of(check.before)[0] - 1


def _answer_none(check: Event, alike: list[Dated]) -> Found:
    """Absence is weak evidence; presence is as strong as the event."""
    first, last = _span(check)
    inside = [d for d in alike if first <= d.days[0] and d.days[1] <= last]
    if not inside:
        return Found("yes", "no such event is on record in that time", "low")
    best = min(inside, key=lambda d: RANK[d.quality])
    shown = f"{best.id}, {spell_days(best.days)}: {best.description}"
    return Found("no", shown, best.quality, best.sources)


def _choose(check: Event, alike: list[Dated]) -> Dated:
    if check.first:
        return alike[0]
    if check.when is not None:
        when = days_of(check.when)
        return min(alike, key=lambda d: (gap_between(d.days, when), RANK[d.quality]))
    first, last = _span(check)
    return min(alike, key=lambda d: (gap_between(d.days, (first, last)), RANK[d.quality]))


def _answer_date(check: Event, event: Dated) -> str:
    if check.when is not None and gap_between(event.days, days_of(check.when)) > check.within:
        return "no"
    span = _span(check)
    if span[0] <= event.days[0] and event.days[1] <= span[1]:
        return "yes"
    return "no" if gap_between(event.days, span) else "unclear"


def _answer_size(check: Event, event: Dated) -> str:
    """Whether the magnitude lies within bounds, within the tolerance of its quality."""
    if check.above is None and check.below is None:
        return "yes"
    if event.magnitude is None:
        return "silent"
    reach = 2 * TOLERANCE["amount"][event.quality] * abs(event.magnitude)
    low, high = event.magnitude - reach, event.magnitude + reach
    above = -float("inf") if check.above is None else check.above
    below = float("inf") if check.below is None else check.below
    if low > above and high < below:
        return "yes"
    return "no" if high <= above or low >= below else "unclear"
