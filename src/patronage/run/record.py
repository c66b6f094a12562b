"""What a run records: names, dimensions and units, and a chunk's arrays with the member first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage.errors import RunError
from patronage.model import observe
from patronage.scenario.schema import SPANS

if TYPE_CHECKING:
    from patronage.run.simulate import Chunk
    from patronage.scenario.schema import Record
    from patronage.scenario.world import World

# By default nothing of (client, patron, commodity), the largest by far, nor the model's inner
# quantities; a call may ask for any of them.
_INNER = ("debt", "value", "outside", "due", *observe.TRADE)
DEFAULT = tuple(name for name in observe.DIMS if name not in _INNER)

_ROWS_AT_ONCE = 512  # of 64 members: 130 kB, read and written within the cache

# Quantities that no data file may give, and so have no row in quantities.csv.
_OWN: dict[str, tuple[str, str]] = {
    "insecurity": ("index", "threats not covered by patrons"),
    "ideology": ("index", "place of the ruling line: capitalist −1 … communist +1"),
    "militancy": ("index", "place of the ruling line: Moscow-orthodox −1 … revolutionary +1"),
    "shortage": ("share", "share of the need not met"),
    "faction_share": ("share", "share of each faction in the elite"),
    "credibility": ("probability", "belief of the client that the patron keeps its word"),
    "dependence": ("index", "what the client would lose without the patron, 0 … 1"),
    "premium": ("million US$ / month", "gain of the client from prices other than the world's"),
    "compliance": ("index", "policy compliance of the client with the patron, 0 … 1"),
    "orientation": ("share", "share of the client's allegiance given to the patron"),
    "tension": ("index", "decaying memory of crisis, 0 … 1"),
    "grievance": ("acts of weight ten", "what the client holds against the patron"),
    "threat": ("index", "threat that the client sees in the patron"),
    "strategic": ("index", "strategic weapons of the patron on the client's soil"),
    "embargo": ("share", "share of goods that the patron keeps from the client"),
    "insurgency": ("index", "strength in the client of the movement the patron sponsors, 0 … 1"),
    "debt": ("million US$", "owed by the client to the patron"),
    "value": ("million US$ / month", "worth of the client to the patron"),
    "outside": ("million US$ / month", "the best that another patron could really offer"),
    "due": ("million US$ / month", "transfer that the bargain calls for"),
    "crisis_rung": (
        "rung",
        "highest rung of a crisis: 1 demand … 5 war; 0 none; war may come below, by accident",
    ),
    "crisis_outcome": ("code", "1 defender complied, 2 challenger backed down, 3 war; 0 none"),
    "consulted": ("code", "1 where a defender that complied asked its hosts"),
}


def choose_quantities(world: World, wanted: Iterable[str] | str | None = None) -> tuple[str, ...]:
    """Names to record: those wanted, else those the scenario names, else the default set.

    A name or several; `all` for everything. Quantities of goods are left out of a world without.

    Errors: RunError for a name that is no result.
    """
    if wanted == "all":
        names: tuple[str, ...] = tuple(observe.DIMS)
    elif wanted is None:
        names = tuple(world.record.quantities) or DEFAULT
    else:
        names = (wanted,) if isinstance(wanted, str) else tuple(dict.fromkeys(wanted))
    for name in names:
        if name not in observe.DIMS:
            raise RunError("not a result", where=f"record={name}", allowed=observe.DIMS, got=name)
    kept = [n for n in names if world.commodities or "commodity" not in observe.DIMS[n]]
    return tuple(kept)


def choose_spans(record: Record, given: Mapping[str, Any]) -> Record:
    """How a run records: the scenario's `every`, `quantiles` and `events` where none is given.

    Errors: RunError for a number out of range or an unknown word.
    """
    changes = {name: value for name, value in given.items() if value is not None}
    every = changes.get("every", record.every)
    if isinstance(every, str) and not every.isdigit():
        if every not in SPANS:
            raise RunError("no such span", where=f"every={every}", allowed=SPANS, got=every)
        every = SPANS[every]
    if not 1 <= int(every) <= 1200:
        raise RunError("out of range", where=f"every={every}", allowed=["1 … 1200", *SPANS])
    levels = [float(q) for q in changes.get("quantiles", record.quantiles)]
    if not all(0 <= q <= 1 for q in levels):
        raise RunError("a quantile lies outside 0 to 1", where=f"quantiles={levels}")
    changes |= {"every": int(every), "quantiles": sorted(set(levels))}
    return record.model_copy(update=changes)


def to_simulate(names: Iterable[str]) -> tuple[str, ...]:
    """What the engine must give for these names: of a crisis, all three marks or none."""
    names = tuple(names)
    if not set(names) & set(observe.CRISIS):
        return names
    return (*(n for n in names if n not in observe.CRISIS), *observe.CRISIS)


def dims_of(name: str) -> tuple[str, ...]:
    """Dimensions of a recorded quantity; a crisis is recorded once for the whole world."""
    own = () if name in observe.CRISIS else observe.DIMS[name]
    return ("member", "month", *own)


def describe(world: World, name: str) -> dict[str, str]:
    """Attributes of a recorded quantity: units (flows per month) and long_name."""
    if name in _OWN:
        unit, meaning = _OWN[name]
    elif name not in world.quantities:
        return {"units": "", "long_name": name}
    else:
        row = world.quantities[name]
        unit, meaning = row.unit.replace("/ year", "/ month"), row.meaning
    return {"units": unit, "long_name": meaning}


def coordinates(world: World, every: int) -> dict[str, np.ndarray]:
    """Labels of every dimension but member; a month stands for itself and the `every` − 1 after.

    Errors: RunError where `every` does not divide the period.
    """
    if world.months % every:
        fit = [str(n) for n in range(1, min(world.months, 60) + 1) if world.months % n == 0]
        raise RunError(
            f"{world.months} months are not a whole number of spans of {every}",
            where="record.every",
            allowed=fit,
        )
    first = np.datetime64("0000-01", "M") + world.start
    months = (first + np.arange(0, world.months, every)).astype("datetime64[ns]")
    codes = np.array(world.codes)
    return {
        "month": months,
        "state": codes,
        "client": codes,
        "patron": codes,
        "commodity": np.array(world.commodities, dtype=str),
        "faction": np.arange(world.faction_share.shape[1]),
    }


def variables(world: World, names: Iterable[str]) -> dict[str, tuple[tuple[str, ...], str, Any]]:
    """Dimensions, dtype and attributes of every recorded quantity, as the store wants them."""
    return {name: (dims_of(name), "float32", describe(world, name)) for name in names}


def pack(chunk: Chunk, names: Iterable[str], members: int) -> dict[str, np.ndarray]:
    """A chunk's quantities (member, month, dims…), its first `members` members only.

    They are views of what the engine left: members last in memory, as on disk.
    """
    seen = dict(chunk.recorded)
    if "crisis_rung" in seen:
        # Of several crises in a month the highest stands for the world; the log keeps them all.
        top = seen["crisis_rung"].argmax(axis=1)[:, None]
        for name in observe.CRISIS:
            seen[name] = np.take_along_axis(seen[name], top, axis=1)[:, 0]
    return {name: np.moveaxis(seen[name], -1, 0)[:members] for name in names}


def fill(target: np.ndarray, packed: np.ndarray) -> None:
    """Copy a packed quantity into a row-major array; by blocks, so that the cache holds them."""
    rows = np.moveaxis(packed, 0, -1).reshape(-1, len(packed))
    turned = target.reshape(len(packed), -1)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        block = slice(start, start + _ROWS_AT_ONCE)
        turned[:, block] = rows[block].T


def find_broken(chunk: Chunk, start: int, every: int) -> np.ndarray:
    """Month number in which a member's numbers first were not finite (member,), −1 for never."""
    found = chunk.broken.astype(np.int64)
    for array in chunk.recorded.values():
        finite = np.isfinite(array)
        if finite.all():
            continue
        sound = finite.all(axis=tuple(range(1, array.ndim - 1)))
        first = np.where(sound.all(axis=0), -1, start + every * sound.argmin(axis=0))
        found = np.where((found < 0) | ((first >= 0) & (first < found)), first, found)
    return found


def bytes_per_member(world: World, names: Iterable[str], every: int) -> int:
    """Memory of one member's quantities."""
    from patronage.run.arrays import estimate_bytes

    sizes: Mapping[str, int] = {k: len(v) for k, v in coordinates(world, every).items()}
    return estimate_bytes(variables(world, names), {**sizes, "member": 1})
