"""What a game is played on: the world's arrays cut into turns, and which acts are possible.

The engine's month takes imposed choices (`forced`) and forbidden ones (`allowed`); a player's state
may choose nothing of itself from the first month of the game on, and does what is forced on it. The
random numbers are those of an ordinary run: member, seed and month have theirs, whoever plays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from patronage.errors import RunError
from patronage.game.view import GOODS, OWN, TIES
from patronage.model import instruments, step
from patronage.model.state import State
from patronage.model.thin import Thin
from patronage.run import record as recording
from patronage.run.compile import Compiled, compile_world, first_state
from patronage.run.eventlog import join, list_imposed
from patronage.run.simulate import Chunk, simulate
from patronage.scenario import calendar
from patronage.scenario.world import World

if TYPE_CHECKING:
    import pandas as pd

HISTORY = ("acts", "goldstein", "scope", "regime_weight", "regime_shares", "may_choose")
"""What is imposed, or left to choice: the scenario's before the game, the game's from then on."""


@dataclass(frozen=True, eq=False)
class Board:
    """A world made ready for a game.

    players: numbers of the states that are played; first: row of the first month of the game;
    imposed: the events of history, as rows of a log.
    """

    world: World
    players: tuple[int, ...]
    first: int
    compiled: Compiled
    imposed: pd.DataFrame

    @classmethod
    def make(cls, world: World, players: Sequence[str], first: int, free: bool) -> Board:
        """Arrays for a game; `free`: whether the others choose for themselves too, from `first` on.

        Errors: RunError for a world of so many states that its calendar is kept as cells.
        """
        numbers = tuple(world.index(code) for code in players)
        own = [*world.mode.free, *(code for code in players if code not in world.mode.free)]
        mode = {"kind": "free"} if free else {"free": own}
        played = replace(world, mode=world.mode.model_copy(update=mode))
        before, after = compile_world(world), compile_world(played)
        months: dict[str, Any] = {}
        for name, value in vars(after.months).items():
            if isinstance(value, Thin):
                raise RunError("a game needs a world of fewer states", where=world.name)
            months[name] = None if value is None else np.array(value)
            if name in HISTORY:
                months[name][:first] = np.asarray(getattr(before.months, name))[:first]
        months["allowed"][first:, list(numbers)] = 0
        months["forced"][first:, list(numbers)] = instruments.NOTHING
        wanted = [*recording.choose_quantities(world), *OWN, *(name for _, name, _ in TIES), *GOODS]
        wanted = [n for n in dict.fromkeys(wanted) if n not in GOODS or world.commodities]
        compiled = replace(
            after,
            months=replace(after.months, **months),
            drift=np.asarray(after.drift),
            recorded=recording.choose_quantities(world, wanted),
            every=1,
        )
        old, new = (list_imposed(w, calendar.build(w)) for w in (world, played))
        begin = np.datetime64("0000-01", "M") + world.start + first
        imposed = join([old[old["month"] < begin], new[new["month"] >= begin]])
        return cls(world, numbers, first, compiled, imposed)

    def open(self, seed: int, member: int) -> tuple[State, Chunk]:
        """The state at the start of the game, and what was recorded on the way there."""
        state = first_state(self.world, 1, self.compiled.params)
        return self.run(state, 0, self.first, seed, member)

    def run(
        self,
        state: State,
        start: int,
        end: int,
        seed: int,
        member: int,
        moves: Sequence[tuple[int, int, int, float]] = (),
    ) -> tuple[State, Chunk]:
        """The months `start` … `end` − 1, with moves in the first.

        moves: actor, target, instrument, strength. A choice has the strength 1; what it has more
        or less is imposed beside it, as a dated event would be.

        Errors: RunError where the world's numbers stop being finite.
        """
        months = jax.tree.map(lambda x: x[start:end], self.compiled.months)
        if moves:
            copies = {n: getattr(months, n).copy() for n in ("forced", "acts", "goldstein")}
            for actor, target, act, strength in moves:
                rest = strength - 1
                copies["forced"][0, actor, target] = act
                copies["acts"][0, actor, target, act] += rest
                copies["goldstein"][0, actor, target] += (
                    rest * self.world.instruments[act].goldstein
                )
            months = replace(months, **copies)
        part = replace(self.compiled, months=months, drift=self.compiled.drift[start:end])
        state, chunk = simulate(part, state, np.array([member]), seed)
        if chunk.broken[0] >= 0:
            raise RunError("the numbers of this world are no longer finite", where="game")
        return state, chunk

    def possible(self, state: State, row: int) -> np.ndarray:
        """Which acts are possible now (actor, target, instrument), by their preconditions."""
        month = jax.tree.map(lambda x: x[row], self.compiled.months)
        return np.asarray(self._able(state, month)[..., 0]).transpose(1, 2, 0)

    @cached_property
    def _able(self) -> Any:
        setting, params = self.compiled.setting, self.compiled.params
        names = self.compiled.shape.preconditions

        def able(state: State, month: Any) -> Any:
            fields = step.fields_of(state, month, setting, params)
            met = {n: instruments.PRECONDITIONS[n](fields) for n in dict.fromkeys(names)}
            there = {n: fields["trader" if n == "foe" else "pair"] > 0 for n in met}
            return jax.numpy.stack([met[n] & there[n] for n in names])

        return jax.jit(able)
