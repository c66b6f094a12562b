"""What moved a quantity between two dates: parts by mechanism and by event that add up.

Mechanisms, or events, are taken out from the first date on, in many combinations, on the same
random numbers. A part is a Shapley share: what one adds when it joins the others, averaged over
orders of joining (`explain_game`). What would have moved with none of them is the residual.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage.errors import RunError
from patronage.history import explain_game as game
from patronage.history import explain_players as players
from patronage.history.explain_game import Floats
from patronage.history.explain_players import Off, Player
from patronage.history.explain_replay import Replay
from patronage.history.explain_source import (
    Window,
    check_inside,
    find_cell,
    find_source,
    read_window,
    read_windows,
)

if TYPE_CHECKING:
    import pandas as pd

    from patronage.report.style import Drawing
    from patronage.scenario.world import World

Tick = Callable[[str, int, int], Any]
KINDS = ("mechanism", "event")
PAIRS, TOP, SCREENED = 2, 5, 16
"""Pairs of sampled orders; events that stand alone, out of so many tried one by one."""


@dataclass(frozen=True)
class Parts:
    """One way to split the change: shares of players, and the residual (member,)."""

    kind: str
    players: list[Player]
    shares: game.Shares
    left_out: Floats
    """(player, member) what is lost when a player alone is missing"""
    residual: Floats
    total: Floats
    stays: tuple[str, ...] = ()
    """mechanisms that were never switched off"""
    runs: int = 0


@dataclass(frozen=True)
class Explanation:
    """What moved a quantity; `table`, `draw` and `write` say it in rows, as a figure, in a file.

    start, end: the quantity in the two windows (member,); of a branch, without and with it.
    """

    quantity: str
    place: str
    unit: str
    windows: tuple[str, str]
    start: Floats
    end: Floats
    parts: list[Parts]
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> pd.DataFrame:
        """A row for each part; see `explain_table.tabulate`."""
        from patronage.history.explain_table import tabulate

        return tabulate(self)

    def draw(self) -> Drawing:
        """A waterfall from the first level to the second, a panel for each kind of part."""
        from patronage.history.explain_figure import draw

        return draw(self)

    def write(self, out: str | Path) -> Path:
        """The table as Parquet, with the words of the explanation in its metadata."""
        from patronage.history.explain_table import write

        return write(self, out)

    def __str__(self) -> str:
        from patronage.history.explain_table import spell

        return spell(self)

    __repr__ = __str__


def explain(
    run: World | Any,
    what: str,
    when: str | None = None,
    *,
    start: str | None = None,
    end: str | None = None,
    by: Sequence[str] | str = KINDS,
    against: World | None = None,
    mechanisms: Sequence[str] | str | None = None,
    events: Sequence[str] | str = "actor",
    top: int = TOP,
    pairs: int = PAIRS,
    members: int | None = None,
    seed: int | None = None,
    scenario: str | Path | None = None,
    tick: Tick | None = None,
    **labels: Any,
) -> Explanation:
    """What moved a quantity between two dates, or by how much a branch moved it and through what.

    Parameters
    ----------
    run: a world, a scenario's name or path, results, or a results folder (its world is run again
        with its seed; its first members).
    what: a quantity that can be recorded; `labels` name its cell, as `client="CUB", patron="RUS"`.
    when: `FROM:TO`, a month or a year each: the quantity's mean over the first, against that over
        the second. `start` and `end` take windows too, such as `1958:1959`.
    by: `mechanism`, `event`, or both.
    against: a baseline of the branch `run`. What is explained is then the difference that the
        branch makes in the window `when` (`FIRST:LAST`), by mechanism.
    mechanisms: players; names, several joined by `+` for one player; `all`. If not given, all
        that are on but those in which the quantity is only counted.
    events: how they are grouped: `actor`, `pair`, `type`, or lists of ids as `E019+E028`.
    top: events that are players of their own: those whose absence alone matters most.
    pairs: pairs of sampled orders for every member; where all coalitions are no more runs than
        these need, all are run and the shares are exact.
    members, seed: 64, and the scenario's, where not given.
    tick: called with what is run, how many runs are done, and how many there are.

    Errors: RunError for unknown names and for dates outside the period.
    Source: Shapley (1953).

    >>> explain("tiny", "support", "1950:1952", state="CYL", members=8)   # doctest: +SKIP
    """
    source = find_source(run, members, seed, scenario)
    kinds = _check_kinds(by, pairs, top)
    world = source.world
    cell = find_cell(world, what, labels)
    about = {"members": source.members, "seed": source.seed, "scenario": world.name}
    about["changed"] = "; ".join(str(b) for b in world.branches)
    watch = _Watch(what, cell, source.members, source.seed, pairs, tick or _quiet)
    named = players.find_mechanisms(world, what, mechanisms)
    if against is not None:
        return watch.explain_branch(world, against, when or "", named, about)
    windows = read_windows(when, start, end)
    return watch.explain_change(world, windows, kinds, named, (events, top), about)


def _check_kinds(by: Sequence[str] | str, pairs: int, top: int) -> list[str]:
    kinds = [by] if isinstance(by, str) else list(by)
    for kind in kinds:
        if kind not in KINDS:
            raise RunError("no kind of part", where=f"by={kind}", allowed=KINDS, got=kind)
    if pairs < 1 or top < 0:
        allowed = ["pairs ≥ 1", "top ≥ 0"]
        raise RunError(f"pairs={pairs}, top={top}", where="explain", allowed=allowed)
    return kinds


def _quiet(what: str, done: int, total: int) -> None:
    pass


@dataclass(frozen=True)
class _Watch:
    """What is watched, in how many members, and how closely."""

    quantity: str
    cell: tuple[int, ...]
    members: int
    seed: int
    pairs: int
    tick: Tick

    def replay(self, world: World, since: int, last: int, head: Replay | None = None) -> Replay:
        self.tick("compiling", 0, 1)
        return Replay(
            world,
            self.quantity,
            self.cell,
            members=self.members,
            seed=self.seed,
            since=since,
            last=last,
            head=head,
        )

    def split(
        self,
        kind: str,
        players: list[Player],
        replays: Sequence[Replay],
        window: Window,
        first: Floats | None,
        stays: tuple[str, ...] = (),
    ) -> Parts:
        """Shares of players in the change from `first`, or in the difference of two replays."""
        number = len(players)
        orders = game.draw_orders(number, self.members, self.pairs, self.seed)
        exact = 2**number <= 2 * self.pairs * (number - 1) + number + 2
        whole = np.ones((number, self.members), bool)
        singly = [whole & (np.arange(number) != i)[:, None] for i in range(number)]
        if exact:
            masks = game.list_subsets(number, self.members)
        else:
            masks = [~whole, whole, *singly, *game.list_coalitions(orders)]
        levels = [
            replay.play(players, masks, window, lambda d, n: self.tick(f"{kind}s", d, n))
            for replay in replays
        ]
        values = [
            level - (levels[1][i] if first is None else first) for i, level in enumerate(levels[0])
        ]
        # a member that is not sound in one run has no shares
        sound = np.isfinite(values).all(axis=0)
        values = [np.where(sound, v, np.nan) for v in values]
        if exact:
            shares = game.share_exactly(values)
            without = [values[len(values) - 1 - (1 << i)] for i in range(number)]
            nobody, everybody = values[0], values[-1]
        else:
            nobody, everybody, *rest = values
            without = rest[:number]
            shares = game.share_by_orders(orders, nobody, rest[number:], everybody)
        left_out = everybody - np.stack(without)
        return Parts(kind, players, shares, left_out, nobody, everybody, stays, len(masks))

    def group(
        self, replay: Replay, window: Window, by: Sequence[str] | str, top: int
    ) -> list[Player]:
        """Events as players: those that matter most alone, the others grouped; and the series."""
        world = replay.world
        listed = players.list_imposed(world, world.start + replay.since, window[1])
        if not top or not (isinstance(by, str) and by in players.GROUPINGS):
            return players.group_events(listed, by)
        from patronage.model.observe import DIMS

        dims = zip(DIMS[self.quantity], self.cell, strict=True)
        codes = [world.codes[i] for dim, i in dims if dim in ("state", "client", "patron")]
        tried = players.choose_candidates(listed, codes, SCREENED)
        alone = [Player(e.id, Off(events=frozenset([e.id]))) for e in tried]
        masks = [
            np.repeat(row[:, None], self.members, axis=1) for row in ~np.eye(len(tried), dtype=bool)
        ]
        found = replay.play(alone, masks, window, lambda d, n: self.tick("single events", d, n))
        whole = replay.level(window)
        loss = {e.id: abs(np.nanmean(whole - level)) for e, level in zip(tried, found, strict=True)}
        best = sorted((n for n in loss if loss[n] > 0), key=lambda n: -loss[n])[:top]
        return players.group_events(listed, by, best)

    def explain_change(
        self,
        world: World,
        windows: tuple[Window, Window],
        kinds: list[str],
        named: tuple[list[Player], tuple[str, ...]],
        events: tuple[Sequence[str] | str, int],
        about: dict[str, Any],
    ) -> Explanation:
        """What moves the quantity from one window to the other."""
        check_inside(world, windows)
        replay = self.replay(world, windows[0][1] + 1, windows[1][1])
        first = replay.level(windows[0])
        found: list[Parts] = []
        for kind in kinds:
            if kind == "mechanism":
                found.append(self.split(kind, named[0], [replay], windows[1], first, named[1]))
            else:
                grouped = self.group(replay, windows[1], *events)
                found.append(self.split(kind, grouped, [replay], windows[1], first))
        return self.report(world, windows, first, replay.level(windows[1]), found, about)

    def explain_branch(
        self,
        world: World,
        against: World,
        when: str,
        named: tuple[list[Player], tuple[str, ...]],
        about: dict[str, Any],
    ) -> Explanation:
        """Through which mechanisms a branch moves the quantity in a window."""
        new = world.branches[len(against.branches) :]
        if (
            against.hash != world.hash
            or world.branches[: len(against.branches)] != against.branches
        ):
            raise RunError("not a baseline of this branch", where="against")
        if not new:
            raise RunError("no change to explain", where="against", allowed=["a branch"])
        if not when:
            raise RunError("in which window?", where="when", allowed=["1962-10:1963-12"])
        window = read_window(when)
        check_inside(world, (window,))
        since = min(branch.at for branch in new)
        one = self.replay(against, since, window[1])
        replays = [self.replay(world, since, window[1], one), one]
        parts = self.split("mechanism", named[0], replays, window, None, named[1])
        levels = [replay.level(window) for replay in replays]
        about |= {"effect": True, "changed": "; ".join(str(b) for b in new)}
        return self.report(world, (window, window), levels[1], levels[0], [parts], about)

    def report(
        self,
        world: World,
        windows: tuple[Window, Window],
        start: Floats,
        end: Floats,
        parts: list[Parts],
        about: dict[str, Any],
    ) -> Explanation:
        from patronage import __version__
        from patronage import months as clock
        from patronage.model.observe import DIMS
        from patronage.run.record import describe

        words = []
        for dim, i in zip(DIMS[self.quantity], self.cell, strict=True):
            names = {"commodity": world.commodities}.get(dim, world.codes)
            words.append(world.faction_names[self.cell[0]][i] if dim == "faction" else names[i])
        spans = []
        for first, last in windows:
            ends = [clock.format(first), clock.format(last)]
            year = first % 12 == 0 and last % 12 == 11
            ends = [e[:4] for e in ends] if year else ends
            spans.append(ends[0] if ends[0] == ends[1] else ":".join(ends))
        unit = describe(world, self.quantity)["units"]
        about |= {"version": __version__, "runs": sum(p.runs for p in parts)}
        place = " ".join(words)
        return Explanation(
            self.quantity, place, unit, (spans[0], spans[1]), start, end, parts, about
        )
