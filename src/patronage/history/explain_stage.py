"""The months of a world with some of its parts in or out, member by member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from patronage.errors import RunError
from patronage.history.explain_game import Mask
from patronage.history.explain_players import Player

if TYPE_CHECKING:
    from patronage.scenario.world import World

Singles = NDArray[np.float32]
SERIES = (
    "capability",
    "gdp",
    "capacity",
    "supply",
    "need",
    "world_price",
    "rivalry",
    "agenda",
    "caucus",
    "south",
    "southern",
)
ADDED = ("acts", "goldstein")
DATED = (*ADDED, "scope", "regime_weight", "regime_shares")


class Stage:
    """What a program reads of the months, for any mask of players.

    Parameters
    ----------
    months: the compiled months of the world, as NumPy arrays (month, …, 1).
    since: first row in which a player may be out. last: last row that is asked for.
    """

    def __init__(
        self,
        world: World,
        months: Any,
        players: Sequence[Player],
        members: int,
        since: int,
        last: int | None = None,
    ) -> None:
        from patronage.model.step import NAMES

        self.months, self.members, self.since = months, members, since
        self.out = np.array([[n in p.off.mechanisms for n in NAMES] for p in players], bool)
        self.held = [i for i, p in enumerate(players) if p.off.series]
        self.frozen = _freeze(world, since) if self.held else {}
        self.eventful = [i for i, p in enumerate(players) if p.off.events]
        # the arrays of a world of many states are kept as cells, which have no axis of members
        thin = not all(isinstance(getattr(months, n), np.ndarray) for n in (*SERIES, *DATED))
        # what no player takes out stays the same for all members, which is quicker by far
        self.wide = (*(SERIES if self.held else ()), *(DATED if self.eventful else ()))
        if thin and self.wide:
            raise RunError(
                f"{len(world.codes)} states are too many to take out events",
                where="by=event",
                allowed=["by=mechanism"],
            )
        if self.eventful:
            own = {i: players[i].off.events for i in self.eventful}
            end = world.months if last is None else last + 1
            self.parts = _split_events(world, list(own.values()), since, end)

    def cut(self, rows: NDArray[np.intp], mask: Mask) -> Any:
        """The months of these rows for a mask (player, member), as NumPy arrays.

        What a player may take out has an axis of members.
        """
        import jax

        months = self.months
        edit = {name: self._spread(getattr(months, name)[rows]) for name in self.wide}
        switches = np.repeat(months.switches[rows][..., None], self.members, axis=2)
        late = rows >= self.since
        if len(self.out):
            off = (self.out[:, :, None] & ~mask[:, None]).any(axis=0)
            switches[late] *= ~off
        edit["switches"] = switches
        for i in self.held:
            for name, held in self.frozen.items():
                edit[name] = np.where(mask[i], edit[name], held[rows])
        if self.eventful and late.any():
            inside = mask[self.eventful]
            first = self.since
            for name, array in self._compose(rows[late] - first, inside).items():
                edit[name] = np.array(edit[name])
                edit[name][late] = array
        rest = {name: getattr(months, name) for name in vars(months) if name not in edit}
        rest = jax.tree.map(lambda x: x[rows], rest)
        return replace(months, **rest, **edit)

    def _spread(self, array: Singles) -> Singles:
        return np.broadcast_to(array, (*array.shape[:-1], self.members))

    def _compose(self, rows: NDArray[np.intp], inside: Mask) -> dict[str, Singles]:
        """Dated arrays (month, …, member) of the rest and of the players that are in."""
        rest, *parts = ({n: a[rows] for n, a in part.items()} for part in self.parts)
        found = {name: np.array(self._spread(rest[name])) for name in DATED}
        for part, into in zip(parts, inside, strict=True):
            if not any(part[name].any() for name in DATED):
                continue
            for name in (*ADDED, "scope"):
                cells = np.nonzero(part[name][..., 0])
                more = part[name][cells] * into
                join = np.maximum if name == "scope" else np.add
                found[name][cells] = join(found[name][cells], more)
            weight, shares = found["regime_weight"], found["regime_shares"]
            new = part["regime_weight"] * into
            total = 1 - (1 - weight) * (1 - new)
            mixed = (
                shares * (weight * (1 - new))[:, :, None] + part["regime_shares"] * new[:, :, None]
            )
            with np.errstate(divide="ignore", invalid="ignore"):
                both = mixed / total[:, :, None]
            # a lone change keeps its shares to the bit
            lone = np.where(weight[:, :, None] > 0, both, part["regime_shares"] * into)
            found["regime_shares"] = np.where(new[:, :, None] > 0, lone, shares)
            found["regime_weight"] = np.where(weight > 0, total, new)
        return found


def _freeze(world: World, since: int) -> dict[str, Singles]:
    """Exogenous arrays (month, …, 1) that stay as they were in the month before `since`."""
    from patronage.run.compile import months_of
    from patronage.scenario import calendar

    series = {}
    for name, array in world.series.items():
        series[name] = np.array(array)
        series[name][since:] = array[max(0, since - 1)]
    months = months_of(replace(world, series=series), calendar.build(world))
    return {name: np.asarray(getattr(months, name)) for name in SERIES}


def _split_events(
    world: World, groups: Sequence[frozenset[str]], since: int, end: int
) -> list[dict[str, Singles]]:
    """Dated arrays (month, …, 1) from a row on: of the events of no group, then of each group."""
    from patronage.scenario import calendar

    known = frozenset(e.id for e in world.events)
    taken = frozenset().union(*groups)
    found = []
    for own in (known - taken, *groups):
        hidden = world.hidden | (known - own)
        dates = calendar.build(replace(world, hidden=hidden), world.start + since, end - since)
        found.append({name: getattr(dates, name)[..., None] for name in DATED})
    return found
