"""An invented world of some 170 states, 1946–1991, as a panel: for benchmarks without data files.

    python benchmarks/invented_panel.py [FOLDER] [--states 170] [--seed 1]

Nothing in it is history. Its sizes are those of the real state system (some 65 states in 1946, a
wave of new ones about 1960, a few that end), and its tables have the columns, units and rough
densities of the real ones: lopsided capabilities, blocs about two poles, votes that follow places
on a line, allies and clients of the poles, quarrels between neighbours. The poles have the numbers
2, 365 and 710, as in the field's data, because readers of a panel look for them there.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from patronage.data.panel import Panel
from patronage.data.problems import Problems
from patronage.data.writing import _finish
from patronage.scenario.arrays import great_circle

FIRST, LAST = 1946, 1991
POLES = {2: -0.95, 365: 0.95, 710: 0.8}
AT_START, ENDED = 0.4, 0.04
NEIGHBOURS = 4
CENTRES = np.array([[40, -95], [-15, -60], [50, 15], [5, 15], [28, 45], [15, 105], [-5, 150]])
"""Middles of seven invented regions [degrees]."""


@dataclass(frozen=True)
class Cast:
    """The invented states: arrays in order of their numbers.

    place: on the line from one pole to the other, −1 … 1; first, last: years of existence.
    """

    number: np.ndarray
    first: np.ndarray
    last: np.ndarray
    place: np.ndarray
    weight: np.ndarray
    capital: np.ndarray
    distance: np.ndarray

    def alive(self, year: int) -> np.ndarray:
        """Positions of the states that exist in a year."""
        return np.flatnonzero((self.first <= year) & (year <= self.last))

    def near(self) -> np.ndarray:
        """Whether two states are neighbours (state, state)."""
        order = np.argsort(self.distance, axis=1)[:, 1 : NEIGHBOURS + 1]
        found = np.zeros_like(self.distance, dtype=bool)
        np.put_along_axis(found, order, True, axis=1)
        return found | found.T

    def bloc(self) -> np.ndarray:
        """Position of the pole that each state is near to; −1 in the middle, and for a pole."""
        west, east = np.flatnonzero(np.isin(self.number, (2, 365)))
        found = np.where(self.place < -0.4, west, np.where(self.place > 0.4, east, -1))
        found[[west, east]] = -1
        return found


def invent_cast(states: int, draw: np.random.Generator) -> Cast:
    """Who there is, from when to when, where, how large, and on which side."""
    others = np.sort(draw.choice(np.setdiff1d(np.arange(3, 990), list(POLES)), states - 3, False))
    number = np.sort(np.concatenate([list(POLES), others]))
    pole = np.isin(number, list(POLES))
    first = np.clip(np.round(draw.normal(1962, 7, states)), FIRST + 1, LAST - 3).astype(int)
    first[pole | (draw.random(states) < AT_START)] = FIRST
    last = np.full(states, LAST)
    ends = ~pole & (draw.random(states) < ENDED)
    last[ends] = np.clip(first[ends] + draw.integers(5, 25, ends.sum()), FIRST + 5, LAST - 1)
    place = np.clip(draw.choice([-0.6, 0.0, 0.65], states, p=[0.45, 0.35, 0.2])
                    + draw.normal(0, 0.15, states), -1, 1)  # fmt: skip
    weight = draw.lognormal(0, 1.4, states)
    for code, where in POLES.items():
        place[number == code] = where
        weight[number == code] = {2: 60, 365: 55, 710: 35}[code]
    capital = CENTRES[draw.integers(0, len(CENTRES), states)] + draw.normal(0, 11, (states, 2))
    capital[:, 0] = np.clip(capital[:, 0], -60, 70)
    capital[:, 1] = (capital[:, 1] + 180) % 360 - 180
    return Cast(number, first, last, place, weight, capital, great_circle(capital))


def _pairs(cast: Cast, year: int, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the chosen pairs (state, state) that exist in a year."""
    alive = cast.alive(year)
    inside = np.zeros(len(cast.number), bool)
    inside[alive] = True
    return np.nonzero(chosen & inside[:, None] & inside[None, :])


def list_states(cast: Cast) -> dict[str, pd.DataFrame]:
    """Tables of one row a state or state-year."""
    codes = pd.DataFrame({
        "ccode": cast.number, "gwcode": cast.number, "iso3": "",
        "abb": [f"S{n:03d}" for n in cast.number], "name": [f"State {n}" for n in cast.number],
        "start": pd.to_datetime([f"{y}-01-01" for y in cast.first]),
        "end": pd.to_datetime([None if y == LAST else f"{y}-12-31" for y in cast.last]),
        "year": cast.first, "last_year": pd.array(
            [pd.NA if y == LAST else y for y in cast.last], dtype="Int64"),
    })  # fmt: skip
    rows = [(c, y) for y in range(FIRST, LAST + 1) for c in cast.alive(y)]
    who, year = np.array(rows).T
    states = pd.DataFrame({"ccode": cast.number[who], "year": year, "days": 365})
    states["abb"] = [f"S{n:03d}" for n in states["ccode"]]
    states["name"] = [f"State {n}" for n in states["ccode"]]
    total = pd.Series(cast.weight[who]).groupby(year).transform("sum").to_numpy()
    people = 2000 * cast.weight[who] * 1.02 ** (year - FIRST)
    capability = pd.DataFrame({
        "ccode": cast.number[who], "year": year, "cinc": cast.weight[who] / total,
        "pec": people * (0.3 + 0.5 * (np.abs(cast.place[who]) > 0.5)), "tpop": people,
        "source": "invented", "in_system": True,
    })  # fmt: skip
    capitals = pd.DataFrame({
        "ccode": cast.number[who], "year": year, "capital": "Capital",
        "latitude": cast.capital[who, 0], "longitude": cast.capital[who, 1], "in_system": True,
    })  # fmt: skip
    majors = states.loc[states["ccode"].isin(list(POLES)), ["ccode", "year", "days"]]
    return {"codes": codes, "states": states, "capability": capability, "capitals": capitals,
            "majors": majors.reset_index(drop=True)}  # fmt: skip


def list_votes(cast: Cast, draw: np.random.Generator) -> pd.DataFrame:
    """Agreement by year, both orders of each pair: places on a line, a year's agenda, noise."""
    parts = []
    for year in range(FIRST, LAST + 1):
        alive = cast.alive(year)
        apart = np.abs(cast.place[alive, None] - cast.place[None, alive]) / 1.9
        agenda = 0.75 + 0.1 * np.sin(year / 4)
        share = 0.92 * (1 - agenda * np.minimum(1, apart))
        noise = draw.normal(0, 0.04, share.shape)
        share = np.clip(share + (noise + noise.T) / 2, 0, 1)
        a, b = np.nonzero(~np.eye(len(alive), dtype=bool))
        calls = int(40 + 2 * (year - FIRST))
        parts.append(pd.DataFrame({
            "client": cast.number[alive[a]], "patron": cast.number[alive[b]], "year": year,
            "agreement": share[a, b], "n": calls - 3, "roll_calls": calls,
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def list_ties(cast: Cast, draw: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Tables of pairs: contiguity, alliances, rivalries, arms, disputes."""
    states, bloc, near = len(cast.number), cast.bloc(), cast.near()
    allied = np.zeros((states, states), bool)
    for i in np.flatnonzero(bloc >= 0):
        if draw.random() < 0.6:
            allied[i, bloc[i]] = allied[bloc[i], i] = True
    rival = near & (np.abs(cast.place[:, None] - cast.place[None, :]) > 0.5)
    rival &= draw.random((states, states)) < 0.5
    poles = [int(np.flatnonzero(cast.number == n)[0]) for n in POLES]
    rival[poles[0], poles[1:]] = True
    rival |= rival.T
    armed = np.zeros((states, states), bool)
    clients = np.flatnonzero(bloc >= 0)
    armed[clients, bloc[clients]] = True
    others, apart = ~np.eye(states, dtype=bool), np.abs(cast.place[:, None] - cast.place)
    rows: dict[str, list[pd.DataFrame]] = {k: [] for k in ("contiguity", "alliances", "rivalries",
                                                           "arms", "disputes", "igo")}  # fmt: skip
    for year in range(FIRST, LAST + 1):

        def pair(chosen: np.ndarray, year: int = year, **more: object) -> pd.DataFrame:
            a, b = _pairs(cast, year, chosen)
            return pd.DataFrame({"ccode1": cast.number[a], "ccode2": cast.number[b],
                                 "year": year} | more)  # fmt: skip

        rows["contiguity"].append(pair(near, type=1))
        rows["alliances"].append(pair(
            allied, source="atop", defense=1, offense=0, neutrality=0, nonaggression=1,
            consultation=1, entente=0, in_system=True))  # fmt: skip
        rows["rivalries"].append(pair(rival, source="tss", spatial=1, positional=0, ideological=1,
                                      interventionary=0, principal=0, in_system=True))  # fmt: skip
        joint = pair(others)
        near_by = np.exp(-apart[_pairs(cast, year, others)])
        rows["igo"].append(joint.assign(igos=np.round(30 * near_by).astype(int)))
        given = pair(armed & (draw.random((states, states)) < 0.5), in_system=True)
        given["tiv"] = np.round(draw.lognormal(3, 1.2, len(given)), 2)
        rows["arms"].append(given.rename(columns={"ccode1": "client", "ccode2": "patron"}))
        once = np.triu(rival) & (draw.random((states, states)) < 0.08)
        fought = pair(once, source="mid", episode=1, onset=1, side1=1, in_system=True)
        fought["hostility1"] = draw.integers(2, 5, len(fought))
        rows["disputes"].append(fought)
    tables = {name: pd.concat(parts, ignore_index=True) for name, parts in rows.items()}
    d = tables["disputes"]
    d["dispute"] = np.arange(len(d)) + 1
    d["hostility"], d["hostility2"] = d["hostility1"], d["hostility1"]
    d["start_year"] = d["end_year"] = d["known"] = d["year"]
    turned = d.rename(columns={"ccode1": "ccode2", "ccode2": "ccode1"}).assign(side1=0)
    tables["disputes"] = pd.concat([d, turned], ignore_index=True)
    return tables


def list_leaders(cast: Cast, draw: np.random.Generator) -> pd.DataFrame:
    """Leaders in office some seven years each, one row a leader-year."""
    rows = []
    for i, number in enumerate(cast.number):
        day = pd.Timestamp(int(cast.first[i]), 1, 1)
        end = pd.Timestamp(int(cast.last[i]), 12, 31)
        spell = 0
        while day < end:
            stop = min(day + pd.Timedelta(days=int(200 + draw.exponential(7 * 365))), end)
            entry = "Regular" if draw.random() < 0.8 else "Irregular"
            for year in range(day.year, stop.year + 1):
                rows.append((int(number), year, f"S{number}-{spell}", f"Leader {spell}", day,
                             entry, int(stop.year > year)))  # fmt: skip
            day, spell = stop + pd.Timedelta(days=1), spell + 1
    columns = ["ccode", "year", "obsid", "leader", "start", "entry", "year_end"]
    return pd.DataFrame(rows, columns=pd.Index(columns)).assign(in_system=True)


def invent(folder: Path, states: int = 170, seed: int = 1) -> Path:
    """Write the panel of an invented world; the same numbers give the same tables."""
    draw = np.random.default_rng(seed)
    cast = invent_cast(states, draw)
    tables = list_states(cast) | list_ties(cast, draw)
    tables |= {"un_agreement": list_votes(cast, draw), "leaders": list_leaders(cast, draw)}
    folder.mkdir(parents=True, exist_ok=True)
    _finish([], tables, Problems(), folder)
    return folder


def main() -> None:
    """Read the command line and write a panel."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", help="without one, only sizes are told")
    parser.add_argument("--states", type=int, default=170)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = invent(given.folder or Path(scratch) / "panel", given.states, given.seed)
        for name, entry in Panel(folder).manifest["tables"].items():
            print(f"{name:14}{entry['rows']:>9,} rows")


if __name__ == "__main__":
    main()
