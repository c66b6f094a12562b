"""A world run again from one month on, in memory, with players in or out member by member.

The months are run in blocks of a year, so that one compiled program serves every span, and from
the state before the first month that may differ, so that what lies before it is run once. Switches,
events and series are arrays of the program, with an axis of members: nothing is compiled again for
another coalition, and each member may have its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage.history.explain_game import Floats, Mask
from patronage.history.explain_players import Player
from patronage.history.explain_stage import Stage

if TYPE_CHECKING:
    from patronage.scenario.world import World

BLOCK = 12


class Replay:
    """One quantity of one world, run as often as asked.

    Parameters
    ----------
    quantity, cell: what is watched; the cell is its index along the quantity's dimensions.
    since: number of the first month that may differ. last: number of the last month that is run.
    head: a replay of a world that is the same before `since`, which need not be run again.
    """

    def __init__(
        self,
        world: World,
        quantity: str,
        cell: tuple[int, ...],
        *,
        members: int,
        seed: int,
        since: int,
        last: int,
        head: Replay | None = None,
    ) -> None:
        import jax

        from patronage.run import cache
        from patronage.run.compile import compile_world, first_state

        cache.use_cache()
        self.world, self.quantity, self.cell = world, quantity, cell
        self.seed, self.numbers = seed, np.arange(members)
        self.since, self.last = since - world.start, last - world.start
        compiled = replace(compile_world(world), recorded=list_recorded(quantity), every=1)
        params = jax.tree.map(lambda x: jax.numpy.asarray(x, jax.numpy.float32), compiled.params)
        # rows are cut out of NumPy arrays: jax would compile that for every shape
        months = jax.tree.map(np.asarray, compiled.months)
        drift = np.asarray(compiled.drift)
        self.compiled: Any = replace(compiled, params=params, months=months, drift=drift)
        self.fork = self.since // BLOCK * BLOCK
        everybody = Stage(world, months, [], members, self.since)
        none = np.empty((0, members), bool)
        if head is None:
            state = first_state(world, members, compiled.params)
            self._state, self._before = self._run(everybody, none, state, 0, self.fork - 1)
        else:
            self._state, self._before = head._state, head._before
        _, after = self._run(everybody, none, self._state, self.fork, self.last)
        self.base: Floats = np.concatenate([self._before, after])
        """the quantity (month, member) with everything in, from the world's first month on"""

    def _run(
        self, stage: Stage, mask: Mask, state: Any, first: int, last: int
    ) -> tuple[Any, Floats]:
        """State and the quantity (month, member) after the rows `first` … `last`."""
        from patronage.run.simulate import build

        program = None
        parts = [np.empty((0, len(self.numbers)))]
        for start in range(first, last + 1, BLOCK):
            # a last block that is too long repeats the last month; what it gives is dropped
            rows = np.minimum(np.arange(start, start + BLOCK), self.world.months - 1)
            block = replace(
                self.compiled,
                months=stage.cut(rows, mask),
                drift=self.compiled.drift[rows],
            )
            program = build(block, state, logged=False) if program is None else program.on(block)
            state, chunk = program(state, self.numbers, self.seed)
            seen = chunk.recorded[self.quantity][(slice(None), *self.cell)]
            parts.append(np.asarray(seen[: last + 1 - start], np.float64))
        return state, np.concatenate(parts)

    def level(self, window: tuple[int, int], course: Floats | None = None) -> Floats:
        """Mean of a course, or of that with everything in, over a window of months (member,)."""
        first, last = (month - self.world.start for month in window)
        return (self.base if course is None else course)[first : last + 1].mean(axis=0)

    def play(
        self,
        players: list[Player],
        masks: Sequence[Mask],
        window: tuple[int, int],
        tick: Callable[[int, int], Any] | None = None,
    ) -> list[Floats]:
        """Levels in a window (member,), one for each mask of players that are in."""
        stage = Stage(
            self.world, self.compiled.months, players, len(self.numbers), self.since, self.last
        )

        def one(mask: Mask) -> Floats:
            if mask.all():
                return self.level(window)
            _, after = self._run(stage, mask, self._state, self.fork, self.last)
            return self.level(window, np.concatenate([self._before, after]))

        found = []
        with ThreadPoolExecutor(max(1, min(4, os.cpu_count() or 1))) as pool:
            for level in pool.map(one, masks):
                found.append(level)
                if tick is not None:
                    tick(len(found), len(masks))
        return found


def list_recorded(quantity: str) -> tuple[str, ...]:
    """What a replay records: the same for nearly all quantities, so that they share a program."""
    from patronage.model.observe import DIMS, TRADE

    return tuple(name for name in DIMS if name not in TRADE or name == quantity)


def list_carriers(quantity: str) -> tuple[str, ...]:
    """Mechanisms through which a quantity is counted: without them it is nought by definition.

    >>> list_carriers("transfer"), list_carriers("reserves")
    (('economy',), ())
    """
    from patronage.model.observe import RENAMED
    from patronage.model.step import MECHANISMS

    made: dict[str, Sequence[str]] = {
        "transfer": ("premium", "credit", "arms"),
        "imports_value": ("bill",),
        "exports_value": ("bill",),
        "deliveries": ("goods",),
        "delivery_price": ("charged",),
    }
    fields = set(made.get(quantity, (RENAMED.get(quantity, quantity),)))
    return tuple(m.name for m in MECHANISMS if any(fields & set(p.neutral) for p in m.phases))
