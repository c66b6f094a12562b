"""Dated events of a world made from a panel.

Leaders, treaties, disputes, wars, arms, and states that come and go.
"""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from patronage import months as clock
from patronage.data.world_cast import Player
from patronage.data.world_start import Line, Stage

THREAT, DISPLAY, FORCE = 2, 3, 4
"""Levels of hostility in disputes."""
DISPUTES = {"mid": "maoz2019", "gml": "gibler2016"}
LATE = 9
"""A leader who comes in this month or later is judged by the votes of the next year on."""


def event(
    date: str, actor: str, target: str, kind: str, role: str, source: str, **more: str
) -> Line:
    """One row of `events.csv`, its id still to be given."""
    precision = {4: "year", 7: "month"}.get(len(date), "day")
    return {"date": date, "precision": precision, "actor": actor, "target": target, "type": kind,
            "role": role, "source": source, "quality": "high" if precision == "day" else "medium",
            **more}  # fmt: skip


def list_events(stage: Stage, observed_lines: bool) -> list[Line]:
    """Rows of `events.csv`, by date.

    observed_lines: whether a change of leader moves the line to where later votes show it.
    """
    found = [
        *_list_leaders(stage, observed_lines),
        *_list_treaties(stage),
        *_list_disputes(stage),
        *_list_wars(stage),
        *_list_arms(stage),
        *_list_entries(stage),
    ]
    found.sort(key=lambda e: (e["date"], e["actor"], e["target"], e["type"]))
    width = len(str(len(found)))
    return [{"id": f"E{k:0{width}d}", **row} for k, row in enumerate(found, start=1)]


def _list_leaders(stage: Stage, observed_lines: bool) -> Iterator[Line]:
    cast = stage.cast
    if not cast.has("leaders"):
        return
    columns = ["ccode", "year", "obsid", "leader", "start", "entry"]
    table = cast.panel.table("leaders", columns)
    first, last = cast.years
    table = table[table["year"].between(first, last) & table["ccode"].isin(cast.code_of)]
    table = table.drop_duplicates(["ccode", "obsid"])
    starts = {s["cow"]: s["factions"] for s in stage.states}
    for ccode, own in table.groupby("ccode"):
        player = cast.by_number[int(ccode)]
        own = own[own["start"].dt.year.between(first, last)].sort_values("start")
        there = [player.exists(t.year * 12 + t.month - 1) for t in own["start"]]
        own = own[np.array(there, bool)]
        days = [*own["start"], pd.Timestamp(last + 1, 1, 1)]
        shares = tuple(f["share"] for f in starts[int(ccode)])
        place = starts[int(ccode)][0]["position"][0]
        for row, until in zip(own.itertuples(), days[1:], strict=True):
            how = str(row.entry).lower()
            text = f"{row.leader} takes office ({how})"
            date = row.start.strftime("%Y-%m-%d")
            new = None
            if observed_lines and len(shares) > 1:
                new = _find_line(stage, player, row.start, until, place, shares)
            if new is None:
                yield event(date, player.code, player.code, "leader-change", "exogenous",
                            "goemans2009", description=text)  # fmt: skip
                continue
            shares, years = new
            text += f"; the line is that of the votes of {years[0]}-{years[1]}"
            told = "/".join(f"{s:.4f}" for s in shares)
            yield event(date, player.code, player.code, "regime-change", "exogenous",
                        "goemans2009;voeten2009", details=f"shares={told};weight=1",
                        description=text)  # fmt: skip


def _find_line(
    stage: Stage,
    player: Player,
    start: pd.Timestamp,
    until: pd.Timestamp,
    government: float,
    shares: tuple[float, ...],
) -> tuple[tuple[float, ...], tuple[int, int]] | None:
    """New faction shares under a leader, and the years of votes they come from; None if as before.

    government: place of the first faction; the wings are at −1 and 1.
    """
    first = start.year + (start.month >= LATE)
    last = first + int(stage.assumed["window"]) - 1
    # years in which the next leader was in office for most of the session tell of him
    last = min(last, until.year - (until.month < LATE) if until.month < LATE else until.year)
    if last < first:
        return None
    place = stage.votes.place(player.ccode, first, last)
    before = shares[0] * government - shares[1] + shares[2]
    if place is None or abs(place - before) < stage.assumed["line_step"]:
        return None
    small = stage.assumed["wing_share"]
    side = 1.0 if place > government else -1.0
    # small wing at −side, the other at +side, the old line between: their mean is the new place
    gain = (place + side * small - (1 - small) * government) / (side - government)
    gain = min(max(gain, 0.0), 1 - small)
    gain, rest = round(gain, 4), round(1 - small - round(gain, 4), 4)
    new = (rest, small, gain) if side > 0 else (rest, gain, small)
    return new, (first, last)


def _list_treaties(stage: Stage) -> Iterator[Line]:
    """Obligations that begin or end within the period; the first year's own are initial values."""
    cast, a = stage.cast, stage.assumed
    first, last = cast.years
    for (i, j), own in stage.treaties.groupby(["ccode1", "ccode2"]):
        if not cast.relevant(i, j):
            continue
        kinds = {int(r.year): bool(r.defense) for r in own.itertuples()}
        cite = str(own["cite"].iloc[0])
        actor, target = cast.code_of[i], cast.code_of[j]
        for year in range(first, last + 1):
            now, before = kinds.get(year), kinds.get(year - 1)
            alive = cast.by_number[i].exists_in(year) and cast.by_number[j].exists_in(year)
            if now is True and before is not True and alive:
                yield event(str(year), actor, target, "pledge", "decision", cite,
                            description="Obligation to defend begins")  # fmt: skip
            elif now is False and before is None and alive:
                yield event(str(year), actor, target, "other", "decision", cite,
                            goldstein=f"{a['pact_goldstein']:g}",
                            description="Treaty without an obligation to defend")  # fmt: skip
            elif before is not None and now is None and alive and year - 1 < _reach(stage):
                yield event(str(year), actor, target, "other", "decision", cite,
                            goldstein=f"{a['end_goldstein']:g}",
                            description="The treaty is no longer in force")  # fmt: skip


def _reach(stage: Stage) -> int:
    """Last year of the treaties in the panel: that they stop there says nothing."""
    return int(stage.treaties["year"].max()) if len(stage.treaties) else 0


def _list_disputes(stage: Stage) -> Iterator[Line]:
    """First years of disputes, by the side that began: threats are demands, force is force."""
    cast, a = stage.cast, stage.assumed
    columns = ["source", "dispute", "onset", "side1", "hostility1"]
    table = cast.pairs_table("disputes", columns)
    if table.empty:
        return
    source = "mid" if "mid" in set(table["source"]) else "gml"
    table = table[(table["source"] == source) & (table["onset"] == 1) & (table["side1"] == 1)]
    table = table.dropna(subset=["hostility1"])
    worst = table.groupby(["ccode1", "ccode2", "year", "dispute"])["hostility1"].max()
    for (i, j, year, number), level in worst.items():
        if level < THREAT or level > FORCE or not cast.relevant(i, j):
            continue
        kind = "demand" if level <= DISPLAY else "other"
        words = {THREAT: "threat of force", DISPLAY: "display of force", FORCE: "use of force"}
        more = {"goldstein": f"{a['force_goldstein']:g}"} if kind == "other" else {}
        yield event(str(year), cast.code_of[int(i)], cast.code_of[int(j)], kind, "decision",
                    DISPUTES[source], description=f"Dispute {number}: {words[int(level)]}",
                    **more)  # fmt: skip


def _list_wars(stage: Stage) -> Iterator[Line]:
    cast, a = stage.cast, stage.assumed
    table = cast.pairs_table("wars", ["war", "onset"])
    table = table[table["onset"] == 1].drop_duplicates(["war", "ccode1", "ccode2", "year"])
    for row in table.itertuples():
        if cast.relevant(row.ccode1, row.ccode2):
            yield event(str(row.year), cast.code_of[row.ccode1], cast.code_of[row.ccode2], "other",
                        "exogenous", "sarkees2010", goldstein=f"{a['force_goldstein']:g}",
                        description=f"War {row.war} begins")  # fmt: skip


def _list_arms(stage: Stage) -> Iterator[Line]:
    cast, a = stage.cast, stage.assumed
    table = cast.pairs_table("arms", ["tiv"], ("client", "patron"))
    table = table[table["tiv"] >= a["arms_least"]]
    for row in table.itertuples():
        if cast.relevant(row.client, row.patron):
            worth = float(row.tiv) * a["tiv_dollar"]
            yield event(str(row.year), cast.code_of[row.patron], cast.code_of[row.client],
                        "arms-transfer", "decision", "sipri", magnitude=f"{worth:g}",
                        unit="million US$",
                        description="Arms in the year (TIV taken as US$)")  # fmt: skip


def _list_entries(stage: Stage) -> Iterator[Line]:
    """A state that enters exchanges envoys with those it has to do with; no act of friendship."""
    cast = stage.cast
    for player in cast.players:
        for month in (first for first, _ in player.spells if first > cast.start):
            for other in cast.players:
                if other.ccode == player.ccode or not other.exists(month):
                    continue
                both_new = any(a == month for a, _ in other.spells)
                if both_new and other.ccode < player.ccode:
                    continue
                if cast.relevant(player.ccode, other.ccode):
                    yield event(clock.format(month), player.code, other.code, "open-embassy",
                                "exogenous", "cow-system;assumed", goldstein="0",
                                description=f"{player.name} enters the state system")  # fmt: skip
