"""What a mechanism is: declared reads, writes and draws, and one pure function per phase.

A mechanism is one file. Its function gets a `View` (only the fields it declared to read), its
parameters and its draws, and returns the fields it declared to write. Nothing else reaches it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
from jax import Array

from patronage.errors import ModelError
from patronage.model.state import turn

PHASES = ("perceive", "settle", "deliver", "react")


@dataclass(frozen=True)
class Draw:
    """Random numbers a phase needs: `kind` normal or uniform, `dims` named dimensions."""

    kind: str
    dims: tuple[str, ...]


@dataclass(frozen=True)
class Phase:
    """One step of a mechanism within the month.

    reads: fields and acts (`act.pledge`) it may read; writes: fields it returns; neutral: value of
    a written field that is not carried from month to month, used while the mechanism is off.
    """

    name: str
    function: Callable[..., dict[str, Array]]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    neutral: Mapping[str, float] = field(default_factory=dict)
    draws: Mapping[str, Draw] = field(default_factory=dict)


@dataclass(frozen=True)
class Mechanism:
    """A named mechanism: its phases in the order of the month."""

    name: str
    phases: tuple[Phase, ...]

    def __post_init__(self) -> None:
        for phase in self.phases:
            if phase.name not in PHASES:
                raise ModelError(
                    f"mechanism '{self.name}' has a phase '{phase.name}'",
                    allowed=PHASES,
                    got=phase.name,
                )
        order = [PHASES.index(p.name) for p in self.phases]
        if order != sorted(order):
            raise ModelError(f"phases of '{self.name}' are out of order", allowed=PHASES)


class Parameters:
    """Values of one mechanism's parameters, by attribute; scalar or (member,).

    Errors: ModelError for a name that parameters.csv does not declare.
    """

    def __init__(self, mechanism: str, values: Mapping[str, Array]) -> None:
        self._mechanism = mechanism
        self._values = values
        self.used: set[str] = set()

    def __getattr__(self, name: str) -> Array:
        values = self.__dict__["_values"]
        if name not in values:
            raise ModelError(
                f"mechanism '{self._mechanism}' has no parameter '{name}'",
                where="model/parameters.csv",
                allowed=values,
                got=name,
            )
        self.used.add(name)
        return values[name]


class Rows(Mapping[str, Array]):
    """Parameters of one mechanism as rows of one array (parameter, member or 1).

    A row is cut out where it is read: a month of some two hundred single numbers, each handed from
    phase to phase on its own, costs more than the arithmetic with them.
    """

    def __init__(self, values: Array, place: Mapping[str, int]) -> None:
        self._values = values
        self._place = place

    def __getitem__(self, name: str) -> Array:
        return self._values[self._place[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._place)

    def __len__(self) -> int:
        return len(self._place)


def stack(params: Mapping[str, Mapping[str, Any]]) -> tuple[Array, tuple[tuple[str, str], ...]]:
    """All parameters as one array (parameter, member or 1), and (mechanism, name) of each row."""
    names = tuple(sorted((m, n) for m, values in params.items() for n in values))
    rows = [jnp.atleast_1d(jnp.asarray(params[m][n], jnp.float32)) for m, n in names]
    members = max(row.shape[0] for row in rows)
    return jnp.stack([jnp.broadcast_to(row, (members,)) for row in rows]), names


def rows_of(values: Array, names: tuple[tuple[str, str], ...]) -> dict[str, Rows]:
    """Mechanism -> its parameters, from the array of `stack`."""
    places: dict[str, dict[str, int]] = {}
    for row, (mechanism, name) in enumerate(names):
        places.setdefault(mechanism, {})[name] = row
    return {mechanism: Rows(values, place) for mechanism, place in places.items()}


class View:
    """The fields a phase declared to read, by attribute; anything else is an error."""

    def __init__(self, fields: Mapping[str, Any], acts: Any, reads: tuple[str, ...], who: str):
        self._fields = fields
        self._acts = acts
        self._reads = frozenset(reads)
        self._who = who

    def __getattr__(self, name: str) -> Any:
        if name not in self._reads:
            raise ModelError(
                f"{self._who} reads '{name}' without declaring it", allowed=self._reads
            )
        if name not in self._fields:
            raise ModelError(
                f"{self._who} reads '{name}' before any mechanism wrote it",
                allowed=self._fields,
                got=name,
            )
        return self._fields[name]

    def act(self, instrument: str) -> Array:
        """Intensity of an instrument this month, (actor, target, member)."""
        if f"act.{instrument}" not in self._reads:
            raise ModelError(f"{self._who} reads act '{instrument}' without declaring it")
        return self._acts(instrument)

    def received(self, instrument: str) -> Array:
        """The same seen by the target: (target as client, actor as patron, member)."""
        return turn(self.act(instrument))
