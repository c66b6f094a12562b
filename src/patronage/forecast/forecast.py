"""Forecasts with the model: affinities assimilated up to the origin, and futures drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patronage.data.panel import Panel
from patronage.errors import DataError
from patronage.forecast.affinity import CONSTANTS, Affinity, Constants, assimilate
from patronage.forecast.agreement import Paths, draw_agreement
from patronage.forecast.cases import Forecast, join, make_keys
from patronage.forecast.course import read_course, read_mainstream
from patronage.forecast.drivers import (
    CHINA,
    DRIVERS,
    REST,
    RUSSIA,
    USA,
    Drivers,
    Reader,
    read_rest,
    read_supply,
    rival_of,
)
from patronage.forecast.history import (
    MINIMUM_VOTES,
    QUANTITIES,
    History,
    Ints,
    check_quantity,
    fold,
    open_panel,
    read_history,
)
from patronage.forecast.rolling import HORIZONS, ORIGINS, PATRONS
from patronage.forecast.transfers import Push, draw_transfers

Floats = NDArray[np.float64]

_LEAST_YEARS = 3
_LONGEST = 50
_MOVING: tuple[str, ...] = ("affinity", "rival_affinity")


def forecast(
    panel: Panel | str | Path,
    origin: int,
    years: int = 10,
    members: int = 500,
    *,
    seed: int = 1,
    quantities: Sequence[str] = QUANTITIES,
    patrons: Sequence[int] | None = None,
    without: Iterable[str] = (),
    constants: Constants = CONSTANTS,
    folds: int = 0,
    out: str | Path | None = None,
) -> Forecast:
    """Joint draws of what clients will vote and get in the years after `origin`.

    States with votes in the three years up to the origin get draws of their agreement with the
    United States (2), Russia (365) and, once it votes, China (710) [0–1]; states of which anything
    is known, of arms from each [TIV, million]. A member is one future of all of them.

    panel: a panel or its folder; only `panel.until(origin)` is read. patrons: COW codes; usually
    those three. without: names of drivers that are left out (`drivers.DRIVERS`). constants: of the
    assimilation. folds: with 2 or more, what clients share in arms is estimated without the group
    of clients (`history.fold`) that it is used for.
    out: a Parquet file to write to.

    Errors: DataError for unknown names, an origin with fewer than three years of votes before it or
    years after the last of them, and numbers below 1.

        draws = forecast("panel", 1985, years=5, members=200)
        draws.to_frame().query("patron == 365 and client == 40")
    """
    _check(years, members, quantities, without)
    view = open_panel(panel).until(int(origin))
    world = _World(view, tuple(patrons or (USA, RUSSIA, CHINA)), tuple(without), constants,
                   demanded=patrons is not None)  # fmt: skip
    paths = world.draw(years, members, seed)
    parts = []
    if "un_agreement" in quantities:
        parts += world.give_agreement(paths, years)
    if "arms" in quantities:
        parts += world.give_arms(paths, years, members, seed, folds)
    found = join(parts)
    if out is not None:
        found.write(out)
    return found


def forecast_origins(
    panel: Panel | str | Path,
    origins: Sequence[int] = ORIGINS,
    horizons: Sequence[int] = HORIZONS,
    *,
    members: int = 200,
    seed: int = 1,
    quantities: Sequence[str] = QUANTITIES,
    patrons: Sequence[int] = PATRONS,
    without: Iterable[str] = (),
    constants: Constants = CONSTANTS,
    folds: int = 0,
) -> Forecast:
    """Forecasts from rolling origins, of these horizons [years]: the cases of `rolling.rolling`.

    Errors: as `forecast`.
    """
    parts = []
    for origin in origins:
        one = forecast(panel, origin, max(horizons), members, seed=seed, quantities=quantities,
                       patrons=patrons, without=without, constants=constants,
                       folds=folds)  # fmt: skip
        kept = np.isin(one.keys["year"] - origin, horizons)
        parts.append(Forecast(one.keys[kept].reset_index(drop=True), one.draws[kept]))
    return join(parts)


def _check(years: int, members: int, quantities: Sequence[str], without: Iterable[str]) -> None:
    for name, value, most in (("years", years, _LONGEST), ("members", members, 10**6)):
        if not 1 <= value <= most:
            raise DataError(f"{name} cannot be {value}", where=name, allowed=[f"1 to {most}"])
    for quantity in quantities:
        check_quantity(quantity)
    for name in without:
        if name not in DRIVERS:
            raise DataError(f"no driver '{name}'", where="without", allowed=DRIVERS, got=name)


def _read(view: Panel, quantity: str, patron: int) -> History | None:
    """A history, or None where the panel has nothing of this patron by then."""
    try:
        return read_history(view, quantity, patron, minimum_votes=MINIMUM_VOTES)
    except DataError:
        return None


def _until(history: History, origin: int) -> History:
    """With empty years up to the origin, where the last years had no votes."""
    more = origin - int(history.years[-1])
    if more <= 0:
        return history
    gap = np.full((more, len(history.clients)), np.nan)
    return replace(
        history,
        years=np.arange(history.years[0], origin + 1),
        values=np.concatenate([history.values, gap]),
        votes=np.concatenate([history.votes, 0 * np.nan_to_num(gap)]),
    )


def _by_group(
    run: Callable[[NDArray[np.bool_] | None], Floats], clients: Ints, folds: int
) -> Floats:
    """Draws (…, client) of `run`, given all clients, or those outside of each client's group."""
    if folds < 2:
        return run(None)
    group = np.array([fold(int(c), folds) for c in clients])
    draws = run(group != 0)
    for g in range(1, folds):
        draws[..., group == g] = run(group != g)[..., group == g]
    return draws


class _World:
    """All clients and patrons at an origin, as a view of a panel that ends there tells."""

    def __init__(
        self, view: Panel, patrons: tuple[int, ...], without: tuple[str, ...],
        constants: Constants, *, demanded: bool,
    ) -> None:  # fmt: skip
        assert view.limit is not None
        self.view, self.origin, self.without = view, view.limit, without
        self.constants = constants
        # The rival's votes and arms are drivers even where it is not asked for.
        wanted = dict.fromkeys((*patrons, *(rival_of(p) for p in patrons)))
        votes = {p: _read(view, "un_agreement", p) for p in wanted}
        arms = {p: _read(view, "arms", p) for p in wanted}
        self.votes = {p: _until(h, self.origin) for p, h in votes.items() if h is not None}
        self.arms = {p: h for p, h in arms.items() if h is not None and np.nanmax(h.values) > 0}
        self._refuse(patrons if demanded else (USA, RUSSIA))
        if not any(len(h.recent()) for h in self.votes.values()):
            last = max(int(h.years[-1]) for h in votes.values() if h is not None)
            raise DataError(
                f"no state voted in the years up to {self.origin}",
                where="origin",
                allowed=[f"… {last}, the last year with votes"],
            )
        self.patrons = [p for p in patrons if p in self.votes or p in self.arms]
        known = [h.clients for h in (*self.votes.values(), *self.arms.values())]
        self.clients: Ints = np.unique(np.concatenate(known))
        self.states = {p: self._assimilate(h) for p, h in self.votes.items()}

    def _refuse(self, patrons: Iterable[int]) -> None:
        """Errors where there is too little to start from."""
        for patron in patrons:
            if patron not in self.votes:
                read_history(self.view, "un_agreement", patron)  # says what is missing
            values = self.votes[patron].values
            years = int(np.isfinite(values).any(axis=1).sum())
            if years < _LEAST_YEARS and patron != CHINA:
                raise DataError(
                    f"{years} years with votes are too few for a forecast from {self.origin}",
                    where=f"un_agreement of patron {patron}",
                    allowed=[f"{_LEAST_YEARS} years or more up to the origin"],
                )

    def _assimilate(self, history: History) -> Affinity:
        reader = Reader(self.view, history.years, self.clients)
        drivers = read_rest(reader, history.patron)
        names = tuple(n for n in REST if n not in self.without)
        return assimilate(history.pick(self.clients), drivers.pick(names), self.constants)

    def draw(self, years: int, members: int, seed: int) -> dict[int, Paths]:
        """Futures of votes and affinity, by patron."""
        rng = np.random.default_rng([seed, self.origin, 0])
        floor = self.constants.floor
        mainstream = read_mainstream(self.view, tuple(self.states), floor)
        courses = [read_course(self.view, self.votes[p], mainstream.mean, floor)
                   for p in self.states]  # fmt: skip
        places = mainstream.pick(self.clients)
        states = list(self.states.values())
        found = draw_agreement(states, courses, places, years, members, rng)
        return dict(zip(self.states, found, strict=True))

    def give_agreement(self, paths: dict[int, Paths], years: int) -> list[Forecast]:
        """Draws of clients that voted in the last three years."""
        parts = []
        for patron in self.patrons:
            if patron in self.votes:
                clients = self.votes[patron].recent()
                parts.append(self._part("un_agreement", patron, clients, years,
                                        paths[patron].agreement))  # fmt: skip
        return parts

    def _part(
        self, quantity: str, patron: int, clients: Ints, years: int, draws: Floats
    ) -> Forecast:
        """draws: (member, year, client), of all clients."""
        ahead = range(self.origin + 1, self.origin + years + 1)
        keys = make_keys(quantity, patron, clients, self.origin, ahead)
        mine = draws[:, :, np.searchsorted(self.clients, clients)]
        by_case = mine.transpose(2, 1, 0).reshape(len(clients) * years, -1)
        return Forecast(keys, np.ascontiguousarray(by_case))

    def give_arms(
        self, paths: dict[int, Paths], years: int, members: int, seed: int, folds: int
    ) -> list[Forecast]:
        """Draws of arms for states that exist, from patrons with any transfer by then."""
        parts = []
        for patron in self.patrons:
            if patron not in self.arms:
                continue
            history = self.arms[patron]
            clients = history.recent()
            late = self.origin - int(history.years[-1])
            drivers = self._supply(history)
            push = self._push(drivers, patron, paths) if late == 0 else None
            past = history.pick(self.clients)

            def run(
                trains: NDArray[np.bool_] | None, patron: int = patron, past: History = past,
                drivers: Drivers = drivers, push: Push | None = push, ahead: int = years + late,
            ) -> Floats:  # fmt: skip
                # The same random numbers for every group of clients.
                rng = np.random.default_rng([seed, self.origin, 1, patron])
                return draw_transfers(past, drivers, self.clients, ahead, members, rng,
                                      push=push, trains=trains)  # fmt: skip

            draws = _by_group(run, self.clients, folds)
            parts.append(self._part("arms", patron, clients, years, draws[:, late:]))
        return parts

    def _supply(self, history: History) -> Drivers:
        patron = history.patron
        reader = Reader(self.view, history.years, self.clients)
        member = np.isfinite(history.pick(self.clients).values).astype(np.float64)
        drivers = read_supply(
            reader, patron, self._past(patron, history.years),
            self._past(rival_of(patron), history.years), member,
        )  # fmt: skip
        names = tuple(n for n in drivers.names if n not in self.without)
        return Drivers(names, drivers.pick(names))

    def _past(self, patron: int, years: Ints) -> Floats:
        """Affinity in these years; the first known value before, 0 without votes at all."""
        if patron not in self.states:
            return np.zeros((len(years), len(self.clients)))
        state = self.states[patron]
        return state.past[np.clip(years - state.years[0], 0, len(state.years) - 1)]

    def _push(self, drivers: Drivers, patron: int, paths: dict[int, Paths]) -> Push | None:
        """Affinities of the years ahead, as drivers."""
        source: dict[str, int] = dict(zip(_MOVING, (patron, rival_of(patron)), strict=True))
        names = [n for n in _MOVING if n in drivers.names and source[n] in paths]
        if not names:
            return None
        columns = tuple(drivers.names.index(n) for n in names)
        return Push(columns, np.stack([paths[source[n]].affinity for n in names], axis=-1))
