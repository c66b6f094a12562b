"""Who can move a quantity: groups of mechanisms, groups of dated events, the exogenous series."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patronage.errors import RunError
from patronage.scenario.schema import MECHANISMS

if TYPE_CHECKING:
    from patronage.scenario.script import Event
    from patronage.scenario.world import World

SERIES = "series"
GROUPINGS = ("actor", "pair", "type")
REGIME = 10.0
"""Weight of a dated change of government beside the Goldstein weight of acts, in screening."""


@dataclass(frozen=True)
class Off:
    """What a player takes with it when it is out, from the first month on that may differ.

    mechanisms: switched off. events: ids of events that do not happen. series: whether the
    exogenous series stay at their values of the month before.
    """

    mechanisms: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    series: bool = False


@dataclass(frozen=True)
class Player:
    """Something that can be taken out: mechanisms, events or the series, under one name."""

    name: str
    off: Off
    meaning: str = ""


def find_mechanisms(
    world: World, quantity: str, wanted: Sequence[str] | str | None = None
) -> tuple[list[Player], tuple[str, ...]]:
    """Mechanisms as players, and those that stay on because the quantity is counted in them.

    wanted: names, several joined by `+` for one player; `all`; or None for all that are on but
    those that stay on.
    Errors: RunError for an unknown name, or one that is given twice.
    """
    from patronage.history.explain_replay import list_carriers

    carriers = list_carriers(quantity)
    if wanted is None:
        names = [m for m in MECHANISMS if world.mechanisms.get(m, True) and m not in carriers]
    elif isinstance(wanted, str):
        names = list(MECHANISMS) if wanted == "all" else wanted.split(",")
    else:
        names = list(wanted)
    players, seen = [], set()
    for name in names:
        parts = [part.strip() for part in name.split("+")]
        for part in parts:
            if part not in MECHANISMS:
                raise RunError("no such mechanism", where=part, allowed=MECHANISMS, got=part)
            if part in seen:
                raise RunError("is named twice", where=part)
            seen.add(part)
        players.append(Player("+".join(parts), Off(mechanisms=frozenset(parts))))
    if not players:
        raise RunError("no mechanism to switch off", where="mechanisms", allowed=MECHANISMS)
    return players, tuple(c for c in carriers if c not in seen)


def list_imposed(world: World, since: int, until: int) -> list[Event]:
    """Events that a run imposes in the months `since` … `until`."""
    from patronage.scenario import calendar

    return [e for e in calendar.build(world).applied if since <= e.month <= until]


def choose_candidates(events: Sequence[Event], codes: Iterable[str], most: int) -> list[Event]:
    """The weightiest events, those of the states in question first."""
    involved = set(codes)

    def weigh(event: Event) -> tuple[bool, float]:
        near = bool({event.actor, event.target} & involved)
        size = REGIME if event.shares is not None else abs(event.goldstein or 1.0) * event.scale
        return near, size

    return sorted(events, key=weigh, reverse=True)[:most]


def group_events(
    events: Sequence[Event], by: Sequence[str] | str, single: Sequence[str] = ()
) -> list[Player]:
    """Events as players: each of `single` alone, the others in groups; the series come last.

    by: `actor`, `pair` or `type`; or groups of ids as `E1+E2`, the rest making one more group.
    Errors: RunError for an unknown id or grouping.
    """
    known = {e.id: e for e in events}
    groups: dict[str, list[str]] = {}
    if isinstance(by, str) and by in GROUPINGS:
        for event in events:
            if event.id not in single:
                groups.setdefault(_place(event, by), []).append(event.id)
        alone = {_title(known[name]): [name] for name in single}
        groups = {**alone, **groups}
    else:
        listed = by.split(",") if isinstance(by, str) else list(by)
        for text in listed:
            names = [n.strip() for n in text.split("+")]
            for name in names:
                if name not in known:
                    allowed = [*GROUPINGS, *known]
                    raise RunError(
                        "no event imposed in these months", where=name, allowed=allowed, got=name
                    )
            groups[_title(known[names[0]]) if len(names) == 1 else "+".join(names)] = names
        taken = {name for names in groups.values() for name in names}
        rest = [e.id for e in events if e.id not in taken]
        groups |= {"other events": rest} if rest else {}
    players = [
        Player(name, Off(events=frozenset(ids)), f"{len(ids)} events" if len(ids) > 1 else "")
        for name, ids in groups.items()
    ]
    return [*players, Player(SERIES, Off(series=True), "exogenous series, held from then on")]


def _place(event: Event, by: str) -> str:
    if by == "type":
        return event.type
    if event.actor == event.target:
        return f"changes in {event.target}"
    if by == "pair":
        return f"{event.actor} to {event.target}"
    return f"acts of {event.actor}"


def _title(event: Event) -> str:
    return f"{event.id} {event.actor} {event.type} {event.date[:7]}"
