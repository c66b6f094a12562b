"""A game: states are governed by whoever holds it, turn by turn, in a seeded world.

Only the player varies: the same seed and the same moves give the same game, and two players of one
seed meet the same luck.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from patronage import months as clock
from patronage.errors import RunError
from patronage.game.board import Board
from patronage.game.move import Move, measure, read_move
from patronage.game.view import View, look
from patronage.run import eventlog
from patronage.run import record as recording
from patronage.run.cache import use_cache
from patronage.scenario.load import load
from patronage.scenario.world import World

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from patronage.run.simulate import Chunk

MOST_TURN = 120  # months


Given = Iterable[Move | tuple[str, str] | tuple[str, str, float] | str]
Moves = Mapping[str, Given]


def play(
    world: World | str | Path,
    players: str | Sequence[str],
    start: str | None = None,
    until: str | None = None,
    *,
    turn: int = 1,
    free: bool = False,
    seed: int | None = None,
    member: int = 0,
) -> Game:
    """A game that begins.

    Before `start` the world goes as the scenario says; from then on the players' states do what
    their players say and nothing else, and all others what history or they themselves choose.

    Parameters
    ----------
    world: from `load`, or a scenario's name or path.
    players: codes of the states that are played.
    start, until: first and last month, as `1960-01`; the scenario's second, so that there is
        something to see, and its last where not given.
    free: whether all others choose for themselves too; else only those that the scenario frees.
    turn: months in a turn; acts happen in its first month.
    seed, member: which random numbers; those of the member of that number in a run.

    Errors: ScenarioError and RunError for what does not fit the scenario.
    """
    use_cache()
    found = world if isinstance(world, World) else load(world)
    found = found if until is None else found.until(until)
    codes = [players] if isinstance(players, str) else list(players)
    actors = [c for c, market in zip(found.codes, found.market, strict=True) if not market]
    for code in codes:
        if code not in actors:
            raise RunError("no state to govern", where=code, allowed=actors, got=code)
    if not codes or len(set(codes)) < len(codes):
        raise RunError("players are states, each once", where="players", allowed=actors)
    first = found.start + 1 if start is None else clock.parse(start, "start")
    if not found.start < first <= found.end:
        span = f"{clock.format(found.start + 1)} … {clock.format(found.end)}"
        raise RunError("outside the period", where=f"start={start}", allowed=[span])
    if found.mode.until is not None and first < clock.parse(found.mode.until):
        raise RunError(
            "history is imposed on all until later", where="start", allowed=[found.mode.until]
        )
    if not 1 <= turn <= MOST_TURN:
        raise RunError(f"{turn} is out of range", where="turn", allowed=[f"1 … {MOST_TURN}"])
    return Game(
        Board.make(found, codes, first - found.start, free),
        turn,
        found.seed if seed is None else seed,
        member,
    )


class Game:
    """A game in play; see `play`.

    data: quantities of the months played (month, …), from the scenario's first month on.
    events: what governments did and what came of it, as in the log of a run.
    """

    def __init__(self, board: Board, turn: int, seed: int, member: int) -> None:
        self.board, self.turn, self.member = board, turn, member
        self.players = tuple(board.world.codes[i] for i in board.players)
        self.reset(seed)

    def reset(self, seed: int | None = None) -> Game:
        """Begin anew, with another seed if one is given; returns the game."""
        self.seed = seed if seed is not None else self.seed
        if not 0 <= self.seed < 2**32:
            raise RunError(f"{self.seed} is out of range", where="seed", allowed=["0 … 4294967295"])
        self.row = self.board.first
        self.moves: list[tuple[str, str, Move]] = []
        self._logs: list[pd.DataFrame] = []
        self._recorded: dict[str, list[np.ndarray]] = {}
        self._data: xr.Dataset | None = None
        self._state, chunk = self.board.open(self.seed, self.member)
        self._keep(chunk, 0)
        return self

    @property
    def month(self) -> str:
        """The month that comes next."""
        return clock.format(self.board.world.start + self.row)

    @property
    def over(self) -> bool:
        """Whether all months are played."""
        return self.row >= self.board.world.months

    def options(self, player: str) -> tuple[Move, ...]:
        """Acts that are possible for a player now."""
        if self.over:
            return ()
        codes, names = self.board.world.codes, self.board.compiled.shape.instruments
        able = self.board.possible(self._state, self.row)[self._number(player)]
        return tuple(Move(names[k], codes[j]) for j, k in np.argwhere(able))

    @property
    def sizes(self) -> dict[str, str]:
        """Acts that have a size, and the one that stands for the strength 1."""
        return {
            row.name: f"{row.reference:g} {row.unit}"
            for row in self.board.world.instruments
            if row.reference is not None
        }

    def view(self, player: str) -> View:
        """What a player sees: its own figures, its ties and its goods, of the last month."""
        self._number(player)
        return look(self.data, player, self.month)

    def step(self, moves: Moves | None = None) -> pd.DataFrame:
        """Play a turn; returns what happened in it.

        moves: acts by player, at most one towards each state; none is to do nothing. An act that
        has a size may name it (`credit CUB 250`); else it has its reference size.

        Errors: RunError for a move that is not possible now, and once the game is over.
        """
        if self.over:
            raise RunError("the game is over", where=self.month, allowed=["reset()"])
        chosen = [(p, m) for p, given in (moves or {}).items() for m in self.read(p, given)]
        world, names = self.board.world, self.board.compiled.shape.instruments
        forced = [
            (world.index(p), world.index(m.target), names.index(m.act), self._measure(p, m))
            for p, m in chosen
        ]
        end = min(self.row + self.turn, world.months)
        state, chunk = self.board.run(self._state, self.row, end, self.seed, self.member, forced)
        log = self._keep(chunk, self.row, chosen)
        self.moves += [(self.month, p, m) for p, m in chosen]
        self._state, self.row = state, end
        return log

    @property
    def data(self) -> xr.Dataset:
        """Quantities of the months so far."""
        if self._data is None:
            self._data = self._join()
        return self._data

    def _join(self) -> xr.Dataset:
        import xarray as xr

        world, names = self.board.world, self.board.compiled.recorded
        coords = recording.coordinates(world, 1)
        coords["month"] = coords["month"][: self.row]
        found = {}
        for name in names:
            dims = recording.dims_of(name)[1:]
            whole = np.concatenate(self._recorded[name])
            found[name] = (dims, whole, recording.describe(world, name))
        return xr.Dataset(found, coords=coords, attrs={"title": world.title, "seed": self.seed})

    @property
    def events(self) -> pd.DataFrame:
        """The log of all months so far."""
        return eventlog.join(self._logs)

    def script(self) -> str:
        """The moves so far, as a script that plays the same game."""
        return "".join(f"{month} {player} {move}\n" for month, player, move in self.moves)

    def _number(self, player: str) -> int:
        if player not in self.players:
            raise RunError("no player", where=player, allowed=self.players, got=player)
        return self.board.world.index(player)

    def read(self, player: str, given: Given) -> list[Move]:
        """Moves of a player as `step` takes them.

        Errors: RunError for one that is not possible now, or of a wrong size, and for a second one
        towards a state.
        """
        able, moves = self.options(player), []
        for one in [given] if isinstance(given, str) else given:
            move = read_move(one, f"{self.month}: {player}")
            if move.plain not in able:
                self._refuse(player, move.plain, able)
            self._measure(player, move)
            if any(m.target == move.target for m in moves):
                raise RunError(
                    f"one act a turn towards {move.target}", where=f"{self.month}: {player}"
                )
            moves.append(move)
        return moves

    def _refuse(self, player: str, move: Move, able: Sequence[Move]) -> NoReturn:
        """What is possible towards that state; the nearest move, if the words are misspelt."""
        known = move.act in self.board.compiled.shape.instruments
        spelt = known and move.target in self.board.world.codes
        near = [m for m in able if m.target == move.target] if spelt else able
        raise RunError(
            "not possible now", where=f"{self.month}: {player}: {move}",
            allowed=[str(m) for m in near], got=None if spelt else str(move),
        )  # fmt: skip

    def _measure(self, player: str, move: Move) -> float:
        """Strength of a move."""
        rows = {row.name: row for row in self.board.world.instruments}
        return measure(move, rows, f"{self.month}: {player}")

    def _keep(
        self, chunk: Chunk, row: int, chosen: Sequence[tuple[str, Move]] = ()
    ) -> pd.DataFrame:
        """Put a chunk's months with those before; returns its events."""
        world, compiled = self.board.world, self.board.compiled
        for name, array in recording.pack(chunk, compiled.recorded, 1).items():
            self._recorded.setdefault(name, []).append(np.array(array[0]))
        self._data = None
        shape = compiled.shape
        cast = eventlog.Cast(world.start + row, world.codes, shape.choosers, shape.instruments)
        asked = np.asarray(compiled.months.acts)[row:, :, :, shape.instruments.index("demand"), 0]
        own = eventlog.decode(chunk.log, np.array([self.member]), cast, asked)
        for player, move in chosen:
            mine = (own["who"] == player) & (own["whom"] == move.target) & (own["what"] == move.act)
            own.loc[mine, "how_much"] = np.float32(self._measure(player, move))
        begin, count = np.datetime64("0000-01", "M") + world.start + row, len(chunk.log["fall"])
        known = self.board.imposed
        inside = (known["month"] >= begin) & (known["month"] < begin + count)
        log = eventlog.join([known[inside], own]).sort_values("month", kind="stable")
        self._logs.append(log.reset_index(drop=True))
        return self._logs[-1]
