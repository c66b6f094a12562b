"""A scenario in memory: what a run starts from, as a checked script and NumPy arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from patronage import months as clock
from patronage.errors import ScenarioError
from patronage.scenario.script import Event, Observation, Row, Script

if TYPE_CHECKING:
    from patronage.history.branch_changes import Branch

__all__ = ["Bools", "Event", "Floats", "Integers", "Observation", "Row", "Script", "World"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class World(Script):
    """A valid scenario with its arrays.

    Arrays are in the order of `codes`, `commodities` and faction slots; dims in brackets below.
    `initial` and `series` map a quantity to an array of its dims (series with `month` in front),
    in the quantity's unit, where `unit` is the commodity's own.
    """

    capital: Floats
    """[state, 2] latitude and longitude [degrees]; NaN where there is none"""
    market: Bools
    """[state]"""
    convertible: Bools
    """[state]"""
    autonomy: Floats
    """[state] share of output"""
    major: Bools
    """[state]"""
    substitutability: Floats
    """[commodity] 0 … 1"""
    season: Floats
    """[commodity, 12] share of a year's output in January … December; rows sum to 1"""
    storage: Floats
    """[commodity] months of need"""
    essential: Floats
    """[commodity] elasticity of output"""
    input_lag: Floats
    """[commodity] months"""
    gestation: Floats
    """[commodity] months"""
    contraband: Floats
    """[commodity] 0 … 1"""
    grant: Floats
    """[commodity] 1 where given as aid"""
    faction_position: Floats
    """[state, faction, 2]"""
    faction_share: Floats
    """[state, faction]; sums to 1 over factions; a state without factions has all in slot 0"""
    faction_looks_to: Integers
    """[state, faction] index of a state, −1 for none"""
    initial: dict[str, Floats]
    series: dict[str, Floats]
    branches: tuple[Branch, ...] = ()
    """what was changed from a date on, first to last; `events` and `series` are those after it"""
    hidden: frozenset[str] = frozenset()
    """events that a branch keeps from happening: their instrument is off or forbidden"""

    def __repr__(self) -> str:
        period = f"{clock.format(self.start)} to {clock.format(self.end)}"
        lines = [
            f"<World {self.name}: {self.title}>",
            f"  states  {' '.join(self.codes)}",
            f"  goods   {' '.join(self.commodities) or 'none'}",
            f"  months  {period} ({self.months}), {len(self.events)} events",
        ]
        lines += [f"  branch  {branch}" for branch in self.branches]
        return "\n".join([*lines, "  see .branch(), .until(), patronage.run(world)"])

    def branch(self, at: str | None = None, **changes: Any) -> World:
        """This world with something changed from a month on; see `patronage.history.branch`.

        >>> from patronage.scenario.load import load
        >>> calm = load("tiny").branch("1951-01", mechanism={"rivalry": {"ARC-BOR": 0}})
        >>> float(calm.series["rivalry"][12:, 0, 1].max())
        0.0
        """
        from patronage.history.branch import branch

        return branch(self, at, **changes)

    def until(self, end: str) -> World:
        """The same world with its last month at `end`; series are read again over the new months.

        Errors: ScenarioError where `end` is before the start or no date.
        """
        from patronage.scenario import arrays

        last = clock.parse(end)
        if last < self.start:
            raise ScenarioError(
                f"{end} is before the start of '{self.name}'", allowed=[clock.format(self.start)]
            )
        longer = replace(self, months=last - self.start + 1)
        series = arrays.build_series(longer, self.initial)
        if self.branches:
            from patronage.history.branch_effects import edit_series

            for branch in self.branches:
                series = edit_series(longer, series, branch)
        return replace(longer, series=series)
