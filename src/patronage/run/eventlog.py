"""The event log as a table: what history imposed, what governments chose, and what came of it.

The engine leaves small integers by month and member; this file gives them names. Columns: member
(−1: all members), month, who, whom, what, how_much, mechanism.

| what | who, whom | how_much | mechanism |
|---|---|---|---|
| an event's type | actor, target | intensity | calendar (imposed, member −1) |
| an instrument | actor, target | 1 | decide |
| crisis: demand … war | challenger, defender | highest rung | crisis |
| outcome: complied | defender, challenger | 1 if it asked its hosts, else 0 | crisis |
| outcome: backed down, war | challenger, defender | 1 | crisis |
| endorse, denounce | client, patron | 1 | bloc |
| exit | state, itself | share of the elite that left | domestic |
| fall | state, itself | 1 | domestic |
| movement won, movement ended | sponsor, target | 1 | revolution |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from patronage.scenario.calendar import Calendar
    from patronage.scenario.world import World

RUNGS = ("demand", "blockade", "ultimatum", "strike", "war")
COMPLIED, RAN, WAR = 1, 2, 3
ALL_MEMBERS = -1
NOBODY = -1


class Cast(NamedTuple):
    """The names that the numbers of a log stand for.

    start: month number of the first row; codes: states in order; choosers: numbers of the states
    that may choose, in the order of the rows of `choice`; instruments: their names in order.
    """

    start: int
    codes: Sequence[str]
    choosers: Sequence[int]
    instruments: Sequence[str]


class _Rows(NamedTuple):
    """Rows of one kind: arrays of equal length, `what` an index of `words`."""

    month: np.ndarray
    who: np.ndarray
    whom: np.ndarray
    member: np.ndarray
    how_much: np.ndarray
    what: np.ndarray
    words: Sequence[str]
    mechanism: str


def decode(
    log: Mapping[str, np.ndarray],
    members: np.ndarray,
    cast: Cast,
    demands: np.ndarray | None = None,
) -> pd.DataFrame:
    """Events of the members of one chunk, by member and month.

    Parameters
    ----------
    log: choice (month, chooser, target, member), −1 for nothing; crisis_rung, crisis_outcome,
        consulted, fall, exit (month, state, member); endorsed, denounced, movement_won,
        movement_ended (month, client, patron, member).
    members: numbers of the members (member,).
    demands: intensity of demands imposed (month, actor, target); names the defender of a crisis
        that its challenger did not choose to open.
    """
    kinds = [*_choices(log, cast), *_crises(log, cast, demands)]
    for name, word in (("endorsed", "endorse"), ("denounced", "denounce")):
        kinds += _dyads(log, name, word, "bloc", turned=False)
    for name, word in (("movement_won", "movement won"), ("movement_ended", "movement ended")):
        kinds += _dyads(log, name, word, "revolution", turned=True)
    kinds += [*_marks(log, "exit"), *_marks(log, "fall")]
    return _table(kinds, np.asarray(members), cast)


def list_imposed(world: World, dates: Calendar) -> pd.DataFrame:
    """Events that history imposes on every member, as rows of the log with member −1."""
    from patronage.scenario.calendar import measure_intensity

    place = {row.name: row for row in world.instruments}
    events = dates.applied
    words = sorted({e.type for e in events})
    rows = _Rows(
        month=np.array([e.month - world.start for e in events], int),
        who=np.array([world.place[e.actor] for e in events], int),
        whom=np.array([world.place[e.target] for e in events], int),
        member=np.zeros(len(events), int),
        how_much=np.array([measure_intensity(e, place.get(e.type)) for e in events], np.float32),
        what=np.array([words.index(e.type) for e in events], int),
        words=words,
        mechanism="calendar",
    )
    names = tuple(row.name for row in world.instruments)
    return _table([rows], np.array([ALL_MEMBERS]), Cast(world.start, world.codes, (), names))


def _choices(log: Mapping[str, np.ndarray], cast: Cast) -> list[_Rows]:
    if "choice" not in log or not cast.choosers:
        return []
    month, row, target, member = np.nonzero(log["choice"] >= 0)
    what = log["choice"][month, row, target, member].astype(int)
    who = np.asarray(cast.choosers, int)[row]
    ones = np.ones(len(month), np.float32)
    return [_Rows(month, who, target, member, ones, what, cast.instruments, "decide")]


def _crises(log: Mapping[str, np.ndarray], cast: Cast, demands: np.ndarray | None) -> list[_Rows]:
    if "crisis_rung" not in log:
        return []
    month, who, member = np.nonzero(log["crisis_rung"] > 0)
    rung = log["crisis_rung"][month, who, member].astype(int)
    whom = _defenders(log, cast, demands, (month, who, member))
    rows = [_Rows(month, who, whom, member, rung.astype(np.float32), rung - 1,
                  [f"crisis: {r}" for r in RUNGS], "crisis")]  # fmt: skip
    end = log["crisis_outcome"][month, who, member]
    asked = log["consulted"][month, who, member]
    for number, word in ((COMPLIED, "complied"), (RAN, "backed down"), (WAR, "war")):
        at = end == number
        sides = (whom[at], who[at]) if number == COMPLIED else (who[at], whom[at])
        much = asked[at] if number == COMPLIED else np.ones(at.sum())
        zero = np.zeros(at.sum(), int)
        rows.append(_Rows(month[at], *sides, member[at], much.astype(np.float32), zero,
                          [f"outcome: {word}"], "crisis"))  # fmt: skip
    return rows


def _defenders(
    log: Mapping[str, np.ndarray],
    cast: Cast,
    demands: np.ndarray | None,
    at: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> np.ndarray:
    """The target of each crisis's demand: the strongest, if there were several; −1 if unknown."""
    month, who, member = at
    weight = np.zeros((len(month), len(cast.codes)), np.float32)
    if demands is not None:
        weight += demands[month, who]
    if "choice" in log and cast.choosers and "demand" in cast.instruments:
        row = np.full(len(cast.codes), -1)
        row[list(cast.choosers)] = np.arange(len(cast.choosers))
        own = row[who] >= 0
        chosen = log["choice"][month[own], row[who[own]], :, member[own]]
        weight[own] += chosen == list(cast.instruments).index("demand")
    return np.where(weight.max(axis=1, initial=0) > 0, weight.argmax(axis=1), NOBODY)


def _dyads(
    log: Mapping[str, np.ndarray], name: str, word: str, mechanism: str, turned: bool
) -> list[_Rows]:
    """Marks (month, client, patron, member); `turned`: the patron is the one who acts."""
    if name not in log:
        return []
    month, client, patron, member = np.nonzero(log[name] > 0)
    who, whom = (patron, client) if turned else (client, patron)
    ones, zero = np.ones(len(month), np.float32), np.zeros(len(month), int)
    return [_Rows(month, who, whom, member, ones, zero, [word], mechanism)]


def _marks(log: Mapping[str, np.ndarray], name: str) -> list[_Rows]:
    if name not in log:
        return []
    month, state, member = np.nonzero(log[name] > 0)
    size = log[name][month, state, member].astype(np.float32)
    zero = np.zeros(len(month), int)
    return [_Rows(month, state, state, member, size, zero, [name], "domestic")]


def _table(kinds: Sequence[_Rows], members: np.ndarray, cast: Cast) -> pd.DataFrame:
    """All rows in order of member and month; words and codes as categories."""
    import pandas as pd

    words = sorted({w for rows in kinds for w in rows.words})
    whys = sorted({rows.mechanism for rows in kinds})
    place = {w: i for i, w in enumerate(words)}
    what = [np.array([place[w] for w in rows.words], int)[rows.what] for rows in kinds]
    why = [np.full(len(rows.month), whys.index(rows.mechanism)) for rows in kinds]

    def join(parts: Sequence[Any], kind: Any) -> np.ndarray:
        return np.concatenate([np.zeros(0, kind), *parts]).astype(kind)

    member = members[join([r.member for r in kinds], int)]
    month = join([r.month for r in kinds], int)
    order = np.lexsort((month, member))
    dates = np.datetime64("0000-01", "M") + (cast.start + month[order])

    def label(parts: Sequence[np.ndarray], names: Sequence[str]) -> Any:
        kind = pd.CategoricalDtype(pd.Index(list(names), dtype="str"))  # str even if empty
        return pd.Categorical.from_codes(join(parts, int)[order], dtype=kind)

    return pd.DataFrame(
        {
            "member": member[order].astype(np.int32),
            "month": dates.astype("datetime64[ns]"),
            "who": label([r.who for r in kinds], cast.codes),
            "whom": label([r.whom for r in kinds], cast.codes),
            "what": label(what, words),
            "how_much": join([r.how_much for r in kinds], np.float32)[order],
            "mechanism": label(why, whys),
        }
    )


def join(logs: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Logs one after the other, their categories merged."""
    import pandas as pd
    from pandas.api.types import union_categoricals

    if not logs:
        return _table([], np.zeros(1, int), Cast(0, (), (), ()))
    labels = ("who", "whom", "what", "mechanism")
    merged = {n: union_categoricals([log[n] for log in logs]) for n in labels}
    rest = {n: np.concatenate([log[n].to_numpy() for log in logs]) for n in logs[0].columns}
    return pd.DataFrame({n: merged.get(n, rest[n]) for n in logs[0].columns})
