"""A branch in words: arguments of a call, or options of a command, as plain changes.

Cells are written short: `RUS-CHN` for a pair, `CUB` for a state, `CUB-sugar` for a state's good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from patronage.errors import ScenarioError
from patronage.history.branch_changes import Change
from patronage.scenario.schema import MECHANISMS
from patronage.scenario.world import World

Plain = dict[str, Any]
_ENDS = ("since", "until")
KEYS = (
    "drop",
    "move",
    "add",
    "rescale",
    "parameter",
    "series",
    "mechanism",
    "instrument",
    "force",
    "forbid",
    "changes",
)
"""Keywords of `branch`."""


def read_call(world: World, given: Mapping[str, Any]) -> list[Plain]:
    """Changes of the keywords of `branch`.

    Errors: ScenarioError for an unknown keyword.
    """
    changes: list[Plain] = []
    for key, value in given.items():
        if key not in KEYS:
            raise ScenarioError(f"no change '{key}'", where="branch", allowed=KEYS, got=key)
        if value is None:
            continue
        match key:
            case "changes":
                changes += [_plain(c) for c in value]
            case "drop":
                changes += [{"drop": name} for name in _several(value)]
            case "move":
                changes += [{"move": name, "to": to} for name, to in value.items()]
            case "rescale":
                changes += [{"rescale": n, "factor": _number(f)} for n, f in value.items()]
            case "add":
                changes += [{"add": dict(event)} for event in _several(value)]
            case "force" | "forbid":
                changes += [_act(key, act) for act in _several(value)]
            case "parameter":
                changes += [{"parameter": n, **_course(v)} for n, v in value.items()]
            case _:
                for name, new in value.items():
                    changes += _one_or_cells(world, key, name, new)
    return changes


def _plain(change: Change | Mapping[str, Any]) -> Plain:
    return dict(change) if isinstance(change, Mapping) else change.model_dump(exclude_none=True)


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | set) else [value]


def _number(value: Any) -> Any:
    """A number of any kind as Python's own; anything else is left to the schema."""
    if isinstance(value, bool | str) or value is None:
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


def _course(value: Any) -> Plain:
    """A number, or a mapping of value, factor, unit, ramp, since and until."""
    if not isinstance(value, Mapping):
        return {"value": _number(value)}
    return {k: _number(v) if k in ("value", "factor") else v for k, v in value.items()}


def _act(key: str, act: Any) -> Plain:
    """An act: a mapping, or (actor, target, instrument, since, until) with the last two left out.

    One month given is both first and last.
    """
    if isinstance(act, Mapping):
        return {key: act.get("instrument", ""), **{k: v for k, v in act.items() if k != key}} | (
            {key: act[key]} if key in act else {}
        )
    actor, target, instrument, *months = act
    months = (months * 2)[:2]
    ends = dict(zip(_ENDS, months, strict=False))
    told = {"actor": actor, "target": target, key: instrument, **ends}
    return {k: v for k, v in told.items() if v is not None}


def _one_or_cells(world: World, key: str, name: str, new: Any) -> list[Plain]:
    """A switch, or the course of a quantity: in all its cells, or in those that `new` names."""
    switch = new.get("switch") if isinstance(new, Mapping) else new
    if isinstance(switch, bool):
        more = dict(new) if isinstance(new, Mapping) else {}
        return [{key: name, **more, "switch": switch}]
    known = world.quantities.get(name)
    if key == "instrument" or (key == "mechanism" and known is None):
        allowed = [i.name for i in world.instruments] if key == "instrument" else [*MECHANISMS]
        if key == "mechanism":
            allowed += [n for n, q in world.quantities.items() if "series" in q.roles]
        if name not in allowed:
            raise ScenarioError(
                f"unknown {key} '{name}'", where=f"branch: {key}", allowed=allowed, got=name
            )
        raise ScenarioError(
            f"{name} is {new!r}", where=f"branch: {key}.{name}", allowed=["True", "False"]
        )
    cells = isinstance(new, Mapping) and not set(new) & {"value", "factor"}
    if not cells:
        return [{"quantity": name, **_course(new)}]
    dims = known.dims if known else ()
    return [{"quantity": name, **read_cell(c, dims), **_course(v)} for c, v in new.items()]


def read_cell(text: str, dims: Iterable[str]) -> Plain:
    """State, pair and commodity of a cell.

    >>> read_cell("CUB-sugar", ("state", "commodity"))
    {'state': 'CUB', 'commodity': 'sugar'}
    """
    dims = tuple(dims)
    if "patron" in dims:
        return {"pair": text}
    if dims == ("commodity",):
        return {"commodity": text}
    state, sign, good = str(text).partition("-")
    return {"state": state, "commodity": good} if sign else {"state": state}


def read_options(
    world: World,
    *,
    drop: Iterable[str] = (),
    move: Iterable[str] = (),
    rescale: Iterable[str] = (),
    put: Iterable[str] = (),
    off: Iterable[str] = (),
    force: Iterable[str] = (),
    forbid: Iterable[str] = (),
) -> list[Plain]:
    """Changes of command-line options.

    Errors: ScenarioError for an option that is not of its form.
    """
    changes: list[Plain] = [{"drop": name} for name in drop]
    changes += [{"move": n, "to": to} for n, to in (_split(m, "--move ID=DATE") for m in move)]
    for name, factor in (_split(r, "--rescale ID=FACTOR") for r in rescale):
        changes.append({"rescale": name, "factor": _parse(factor, "--rescale ID=FACTOR")})
    for key, value in (_split(p, "--set NAME=VALUE") for p in put):
        name, _, cell = key.partition(":")
        given: Plain = {"value": _parse(value, "--set NAME=VALUE")}
        if name in world.parameters or ("." in name and not cell):
            changes.append({"parameter": name, **given})
            continue
        known = world.quantities.get(name)
        place = read_cell(cell, known.dims) if cell and known else {}
        changes.append({"quantity": name, **place, **given})
    instruments = [i.name for i in world.instruments]
    for name in off:
        if name not in (*MECHANISMS, *instruments):
            raise ScenarioError(
                f"no mechanism or instrument '{name}'",
                where="--off",
                allowed=(*MECHANISMS, *instruments),
                got=name,
            )
        changes.append(
            {"instrument" if name in instruments else "mechanism": name, "switch": False}
        )
    changes += [_act("force", _words(f, 3, "--force ACTOR:TARGET:ACT:MONTH")) for f in force]
    changes += [_act("forbid", _words(f, 2, "--forbid ACTOR:TARGET:ACT")) for f in forbid]
    return changes


def _split(text: str, form: str) -> tuple[str, str]:
    key, sign, value = (part.strip() for part in text.partition("="))
    if not sign or not key or not value:
        raise ScenarioError(f"'{text}' is not of this form", where="branch", allowed=[form])
    return key, value


def _parse(text: str, form: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ScenarioError(f"'{text}' is not a number", where=form, allowed=["1.5"]) from None


def _words(text: str, least: int, form: str) -> list[str | None]:
    """Words between colons; `*` for any target. A last month is written FIRST:LAST."""
    words: list[str | None] = [w.strip() or None for w in text.split(":")]
    if len(words) < least or len(words) > 5:
        raise ScenarioError(f"'{text}' is not of this form", where="branch", allowed=[form])
    if least == 2 and len(words) == 2:
        words = [words[0], None, words[1]]
    return [None if w == "*" else w for w in words]
