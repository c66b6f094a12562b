"""The first month of a world made from a panel: initial rows and places of governments."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from patronage import months as clock
from patronage.data.world_cast import RUSSIA, USA, Cast, Player
from patronage.data.world_votes import Votes

Line = dict[str, str]
ALLIANCES = {"atop": "leeds2002", "cow": "gibler2009"}
RIVALRIES = {"td": "thompson2012", "tss": "thompson2021"}


def line(quantity: str, *place: str, value: float, unit: str, source: str, **more: str) -> Line:
    """One row of a table: client, patron and commodity in order, the number in six digits."""
    cells = dict(zip(("client", "patron", "commodity"), (*place, "", "", ""), strict=False))
    return {"quantity": quantity, **cells, "value": f"{value:.6g}", "unit": unit,
            "source": source, **more}  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """A cast with its votes and assumptions: what every table of a world is made from."""

    cast: Cast
    votes: Votes
    assumed: dict[str, float]

    def alliances(self, year: int) -> dict[tuple[int, int], tuple[str, str]]:
        """(promiser, promised) -> `defense` or `treaty`, and the source, in a year."""
        return self._by_year.get(year, {})

    @cached_property
    def _by_year(self) -> dict[int, dict[tuple[int, int], tuple[str, str]]]:
        found: dict[int, dict[tuple[int, int], tuple[str, str]]] = {}
        for r in self.treaties.itertuples():
            pair, kind = (int(r.ccode1), int(r.ccode2)), "defense" if r.defense else "treaty"
            found.setdefault(int(r.year), {})[pair] = (kind, str(r.cite))
        return found

    @cached_property
    def states(self) -> list[dict[str, Any]]:
        """States of `scenario.yaml`."""
        return describe_states(self)

    @cached_property
    def treaties(self) -> pd.DataFrame:
        """Obligations between players: ccode1, ccode2, year, defense, cite; ATOP before COW."""
        first, last = self.cast.years
        columns = ["source", "defense", "neutrality", "nonaggression", "consultation", "entente"]
        found = self.cast.pairs_table("alliances", columns, years=(first - 1, last))
        if len(found) and "atop" in set(found["source"]):
            found = found[found["source"] == "atop"]
        any_one = found[columns[1:]].fillna(0).astype(float).max(axis=1) > 0
        found = found[any_one] if len(found) else found
        return found.assign(defense=found["defense"] == 1, cite=found["source"].map(ALLIANCES))

    @cached_property
    def rivalries(self) -> pd.DataFrame:
        """Rivalries between players (ccode1 < ccode2): year, value, cite (source keys)."""
        first, last = self.cast.years
        found = self.cast.pairs_table(
            "rivalries", ["source", "ideological", "principal"], years=(first - 1, last)
        )
        found = found[found["ccode1"] < found["ccode2"]]
        a = self.assumed
        value = (
            a["rival_base"]
            + a["rival_principal"] * found["principal"].fillna(0).astype(float)
            + a["rival_ideological"] * found["ideological"].fillna(0).astype(float)
        )
        found = found.assign(value=value.clip(upper=1.0), cite=found["source"].map(RIVALRIES))
        grouped = found.sort_values("cite").groupby(["ccode1", "ccode2", "year"])
        return grouped.agg(value=("value", "max"), cite=("cite", ";".join)).reset_index()


def place_states(stage: Stage) -> dict[int, tuple[float, str]]:
    """Place of every government on axis 1 at the start (or entry), and where it comes from."""
    found: dict[int, tuple[float, str]] = {}
    for player in stage.cast.players:
        entry = player.entry // 12
        window = stage.votes.window(player.ccode, entry)
        if window is not None:
            place = stage.votes.place(player.ccode, *window)
            assert place is not None
            said = f"votes of {window[0]}-{window[1]}"
            fixed = player.ccode in (USA, RUSSIA)
            found[player.ccode] = (place, "a pole of the axis, by definition" if fixed else said)
            continue
        allied = stage.alliances(max(entry, stage.cast.years[0]))
        east = (RUSSIA, player.ccode) in allied and allied[RUSSIA, player.ccode][0] == "defense"
        west = (USA, player.ccode) in allied and allied[USA, player.ccode][0] == "defense"
        size = stage.assumed["pact_place"]
        if east != west:
            found[player.ccode] = (size if east else -size, "assumed from its alliance; no votes")
        else:
            found[player.ccode] = (0.0, "assumed; no votes")
    return found


def describe_states(stage: Stage) -> list[dict[str, Any]]:
    """States of `scenario.yaml`: the line that votes show, and a wing that looks to each pole."""
    codes = stage.cast.code_of
    places = place_states(stage)
    base = stage.assumed["base_share"]
    described = []
    for player in stage.cast.players:
        place = round(places[player.ccode][0], 3)
        factions: list[dict[str, Any]] = [
            {"name": "government", "position": [place, 0.0], "share": 1.0, "line": "government"}
        ]
        if not player.major:
            wing = (1 - base) / 2
            west, east = round(wing * (1 - place), 4), round(wing * (1 + place), 4)
            factions[0]["share"] = round(1 - west - east, 4)
            for name, side, share, pole in (
                ("west", -1.0, west, USA),
                ("east", 1.0, east, RUSSIA),
            ):
                factions.append(
                    {
                        "name": name,
                        "position": [side, 0.0],
                        "share": share,
                        "looks_to": codes.get(pole),
                        "line": name,
                    }
                )
        kind = "autonomy_major" if player.major else "autonomy_other"
        spans = [
            {"start": clock.format(a), "end": clock.format(b)}
            for a, b in player.spells
            if (a, b) != (stage.cast.start, stage.cast.end)
        ]
        described.append(
            {
                "code": player.code,
                "cow": player.ccode,
                "name": player.name,
                "capital": list(player.capital),
                "autonomy": stage.assumed[kind],
                "major": player.major,
                **({"exists": spans} if spans else {}),
                **_seat(stage, player),
                "factions": factions,
            }
        )
    return described


def _seat(stage: Stage, player: Player) -> dict[str, str]:
    """The session in which a state first votes, where that is after the start."""
    year = stage.votes.first.get(player.ccode, 0)
    return {"un_seat": f"{year}-09"} if year > stage.cast.years[0] else {}


def list_initial(stage: Stage) -> Iterator[Line]:
    """Rows of `initial.csv`."""
    yield from _list_states(stage)
    yield from _list_affinity(stage)
    yield from _list_pledges(stage)
    yield from _list_channels(stage)
    yield from _list_distance(stage)


def _list_states(stage: Stage) -> Iterator[Line]:
    table = stage.cast.panel.table("capability", ["ccode", "year", "tpop"])
    for player in stage.cast.players:
        own = table[(table["ccode"] == player.ccode) & table["tpop"].notna()]
        year = player.entry // 12
        if len(own):
            row = own.loc[(own["year"] - year).abs().idxmin()]
            note = "" if row["year"] == year else f"of {int(row['year'])}"
            yield line("population", player.code, value=row["tpop"] / 1000, unit="million",
                       source="singer1972", quality="medium", note=note)  # fmt: skip
        yield line("support", player.code, value=stage.assumed["support"], unit="probability",
                   source="assumed", note="no table tells it")  # fmt: skip


def _list_affinity(stage: Stage) -> Iterator[Line]:
    """Affinity from agreement beyond expectation, obligations and rivalry."""
    cast, a = stage.cast, stage.assumed
    first = cast.years[0]
    span = int(a["window"])
    liking: dict[tuple[int, int], float] = {}
    # later years only for those who did not vote before
    for years in ((first, first + span - 1), (first - span, first - 1)):
        liking |= stage.votes.liking(set(cast.code_of), *years)
    allied, rivals = stage.alliances(first), _rivals_at(stage, first)
    for i in cast.code_of:
        for j in cast.code_of:
            if i == j or not cast.relevant(i, j):
                continue
            sources = set()
            value = liking.get((i, j), 0.0)
            if (i, j) in liking:
                sources.add("voeten2009")
            for pair in ((i, j), (j, i)):
                if pair in allied and allied[pair][0] == "defense":
                    value += a["pact_affinity"] / 2
                    sources.add(allied[pair][1])
            rival = rivals.get((min(i, j), max(i, j)))
            if rival is not None:
                value -= a["rival_affinity"]
                sources.update(rival[1].split(";"))
            if sources:
                most = a["affinity_most"]
                yield line(
                    "affinity", cast.code_of[i], cast.code_of[j],
                    value=max(-most, min(most, value)), unit="index",
                    source=";".join(sorted(sources)), quality="low",
                )  # fmt: skip


def _rivals_at(stage: Stage, year: int) -> dict[tuple[int, int], tuple[float, str]]:
    now = stage.rivalries
    now = now[now["year"] == year]
    return {(int(r.ccode1), int(r.ccode2)): (float(r.value), str(r.cite)) for r in now.itertuples()}


def _list_pledges(stage: Stage) -> Iterator[Line]:
    """The promise of the second state to the first, as obligations have it at the start."""
    cast = stage.cast
    for (promiser, promised), (kind, cite) in sorted(stage.alliances(cast.years[0] - 1).items()):
        if cast.relevant(promiser, promised):
            value = stage.assumed["pact_pledge" if kind == "defense" else "consult_pledge"]
            yield line("pledge", cast.code_of[promised], cast.code_of[promiser], value=value,
                       unit="index", source=cite, quality="medium")  # fmt: skip


def _list_channels(stage: Stage) -> Iterator[Line]:
    """Relations, and how open the channel of trade and help is; pairs that exist at the start."""
    cast, a = stage.cast, stage.assumed
    first = cast.years[0]
    igo = cast.pairs_table("igo", ["igos"], years=(first, first))
    joint = {(int(r.ccode1), int(r.ccode2)): float(r.igos) for r in igo.itertuples()}
    open_pairs = _open_pairs(stage)
    here = [p.ccode for p in cast.players if p.exists(cast.start)]
    for i in sorted(here):
        for j in sorted(here):
            if i >= j or not cast.relevant(i, j):
                continue
            client, patron = cast.code_of[i], cast.code_of[j]
            yield line("envoy", client, patron, value=a["envoys"], unit="level", source="assumed",
                       note="no table tells it")  # fmt: skip
            value, cite = open_pairs.get((i, j), (0.0, "assumed"))
            half = joint.get((i, j), 0.0)
            half = half / (half + a["igo_half"])
            if half > value:
                value, cite = half, "pevehouse2020"
            quality = {} if cite == "assumed" else {"quality": "low"}
            if value > 0:
                yield line("agreement", client, patron, value=value, unit="index", source=cite,
                           **quality)  # fmt: skip


def _open_pairs(stage: Stage) -> dict[tuple[int, int], tuple[float, str]]:
    """Pairs (smaller number first) with an open channel: allies, arms, trade; and the source."""
    cast = stage.cast
    first = cast.years[0]
    found: dict[tuple[int, int], tuple[float, str]] = {}
    trade = cast.pairs_table("trade_dyads", ["imports", "exports"], years=(first - 3, first - 1))
    busy = trade[(trade["imports"].fillna(0) + trade["exports"].fillna(0)) > 1]
    for row in busy.itertuples():
        found[min(row.ccode1, row.ccode2), max(row.ccode1, row.ccode2)] = (1.0, "barbieri2009")
    years = (first - int(stage.assumed["arms_years"]), first - 1)
    arms = cast.pairs_table("arms", ["tiv"], ("client", "patron"), years)
    for row in arms[arms["tiv"] >= 1].itertuples():
        found[min(row.client, row.patron), max(row.client, row.patron)] = (1.0, "sipri")
    for (i, j), (kind, cite) in stage.alliances(first - 1).items():
        if kind == "defense":
            found[min(i, j), max(i, j)] = (1.0, cite)
    return found


def _list_distance(stage: Stage) -> Iterator[Line]:
    """Neighbours are nearer than their capitals: half-way to the distance of their borders."""
    from patronage.scenario.arrays import great_circle

    cast = stage.cast
    apart = great_circle(np.array([p.capital for p in cast.players]))
    place = {p.ccode: k for k, p in enumerate(cast.players)}
    near = cast.pairs_table("contiguity", ["type"])
    near = near[(near["type"] == 1) & (near["ccode1"] < near["ccode2"])]
    for i, j in near[["ccode1", "ccode2"]].drop_duplicates().itertuples(index=False):
        if cast.relevant(i, j):
            yield line("distance", cast.code_of[i], cast.code_of[j],
                       value=float(apart[place[i], place[j]]) / 2, unit="km",
                       source="stinnett2002;miller2022", quality="low",
                       note="neighbours by land: half of that between capitals")  # fmt: skip
