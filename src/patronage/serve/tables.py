"""Games that are played in the browser, each at a table of its own, in the server's process."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from patronage.errors import RunError

if TYPE_CHECKING:
    import pandas as pd

    from patronage.game.game import Game

MOST_TABLES = 8
TURN = 6  # months, where none is given
OPTIONS = ("as", "from", "until", "turn", "seed", "free")


@dataclass
class Table:
    """A game, and what happened in its last turn."""

    game: Game
    happened: pd.DataFrame | None = None


@dataclass
class Tables:
    """The games of a server by number; the oldest goes when there are too many."""

    all: dict[str, Table] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _last: int = 0

    def begin(self, scenario: str, options: dict[str, str]) -> str:
        """Begin a game; returns its number.

        options: as in the verb `play`; several states of `as` with commas or blanks between.

        Errors: PatronageError as `play`, and RunError for an option or a number that is none.
        """
        from patronage.game.game import play

        if not scenario.strip():
            raise RunError("which?", where="play", allowed=["a scenario's name or folder"])
        for name in options:
            if name not in OPTIONS:
                raise RunError("no such option", where=name, allowed=OPTIONS, got=name)
        given = {name: value.strip() for name, value in options.items() if value.strip()}
        players = given.get("as", "").upper().replace(",", " ").split()
        turn, seed = _whole(given, "turn"), _whole(given, "seed")
        with self._lock:
            game = play(
                scenario, players, given.get("from"), given.get("until"),
                turn=TURN if turn is None else turn, free="free" in given, seed=seed,
            )  # fmt: skip
            self._last += 1
            number = str(self._last)
            self.all[number] = Table(game)
            for old in list(self.all)[:-MOST_TABLES]:
                del self.all[old]
        return number

    def play(self, number: str, options: dict[str, str]) -> None:
        """Play a turn: `CUB:RUS` -> act, and `CUB:RUS:size` -> its size; what is empty is nothing.

        Errors: RunError for a move that is not possible.
        """
        table = self.all[number]
        moves: dict[str, list[str]] = {player: [] for player in table.game.players}
        for name, act in options.items():
            player, _, target = name.partition(":")
            if player not in moves or target.endswith(":size"):
                continue
            size = options.get(f"{name}:size", "") if act in table.game.sizes else ""
            moves[player].append(f"{act} {target} {size}")
        with self._lock:
            table.happened = table.game.step(moves)


def _whole(given: dict[str, str], name: str) -> int | None:
    try:
        return int(given[name]) if name in given else None
    except ValueError:
        raise RunError(f"'{given[name]}' is no number", where=name, allowed=["6"]) from None
