"""What a branch may not say of a world: unknown names, months outside, values out of range."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from patronage import months as clock
from patronage.errors import PatronageError, ScenarioError
from patronage.history.branch_changes import (
    Branch,
    Change,
    Forbid,
    Force,
    Instrument,
    Mechanism,
    Parameter,
    Series,
)
from patronage.history.branch_effects import convert, course, edit_series, span_of
from patronage.history.branch_file import Where
from patronage.scenario.schema import MECHANISMS
from patronage.scenario.world import World


def check_date(world: World, branch: Branch, where: str) -> None:
    """Errors: ScenarioError where the branch lies outside the world's period."""
    if not world.start <= branch.at <= world.end:
        raise ScenarioError(
            f"{branch.date} is outside the period of '{world.name}'",
            where=where,
            allowed=[f"{clock.format(world.start)} … {clock.format(world.end)}"],
        )


def check(world: World, branch: Branch, where: Where, found: list[PatronageError]) -> None:
    """Check all changes that are not of events; faults go to `found`."""
    for change, place in zip(branch.changes, where, strict=True):
        try:
            _check_span(world, branch, change, place)
            match change:
                case Parameter():
                    _check_parameter(world, branch, change, place)
                case Series():
                    _check_series(world, branch, change, place)
                case Mechanism():
                    _one_of(change.mechanism, MECHANISMS, "mechanism", place)
                case Instrument():
                    _check_instrument(world, change.instrument, place)
                case Force() | Forbid():
                    _check_act(world, change, place)
                case _:
                    pass
        except PatronageError as error:
            found.append(error)


def _one_of(word: str, allowed: Iterable[str], what: str, where: str) -> None:
    names = tuple(allowed)
    if word not in names:
        raise ScenarioError(f"unknown {what} '{word}'", where=where, allowed=names, got=word)


def _check_span(world: World, branch: Branch, change: Change, where: str) -> None:
    since, until = getattr(change, "since", None), getattr(change, "until", None)
    for date in (since, until):
        if date is not None and not branch.at <= clock.parse(date, where) <= world.end:
            raise ScenarioError(
                f"{date} is outside the branch",
                where=where,
                allowed=[f"{branch.date} … {clock.format(world.end)}"],
            )
    first, last = span_of(change, branch)
    if last < first:
        raise ScenarioError(
            f"ends ({until}) before it starts ({since})", where=where, allowed=[f"{since} or later"]
        )
    if not isinstance(change, Parameter | Series):
        return
    if (change.value is None) == (change.factor is None):
        raise ScenarioError(
            "a new value is given once", where=where, allowed=["either value or factor"]
        )
    if change.ramp and until is None:
        raise ScenarioError("a ramp without an end", where=where, allowed=["until: YYYY-MM"])


def _check_parameter(world: World, branch: Branch, change: Parameter, where: str) -> None:
    _one_of(change.parameter, world.parameters, "parameter", where)
    known = world.parameters[change.parameter]
    low = -math.inf if known.low is None else known.low
    high = math.inf if known.high is None else known.high
    factor, shift = course(change, branch, world.start, world.months)
    reached = known.value * factor + shift
    worst = reached[np.argmax(np.maximum(low - reached, reached - high))]
    if not low <= worst <= high:
        raise ScenarioError(
            f"{change.parameter} becomes {worst:g} {known.unit}".rstrip(),
            where=where,
            allowed=[f"{low:g} … {high:g} {known.unit}".rstrip()],
        )


def _check_series(world: World, branch: Branch, change: Series, where: str) -> None:
    quantity = world.quantities.get(change.quantity)
    given = [n for n, q in world.quantities.items() if "series" in q.roles]
    if quantity is None or change.quantity not in given:
        said = "unknown" if quantity is None else "the model itself makes"
        raise ScenarioError(
            f"{said} quantity '{change.quantity}'", where=where, allowed=given, got=change.quantity
        )
    places = {"state": change.state, "pair": change.pair, "commodity": change.commodity}
    dyadic = "patron" in quantity.dims
    fits = {
        "state": "state" in quantity.dims,
        "pair": dyadic,
        "commodity": "commodity" in quantity.dims,
    }
    for key, word in places.items():
        if word is not None and not fits[key]:
            raise ScenarioError(
                f"{change.quantity} has no {key}",
                where=where,
                allowed=[k for k, fit in fits.items() if fit] or ["no place at all"],
            )
    codes = [change.state] if change.state else (change.pair or "").split("-")
    for code in filter(None, codes):
        _one_of(code, world.codes, "state", where)
    if change.commodity is not None:
        _one_of(change.commodity, world.commodities, "commodity", where)
    if change.pair is not None and codes[0] == codes[-1]:
        raise ScenarioError(f"{change.quantity} of {codes[0]} with itself", where=where)
    try:
        convert(world, change)
    except PatronageError as error:
        raise ScenarioError(error.what, where=where, allowed=error.allowed) from None
    lone = Branch(branch.at, (change,))
    reached = edit_series(world, world.series, lone)[change.quantity]
    low, high = float(np.nanmin(reached)), float(np.nanmax(reached))
    if low < quantity.minimum or high > quantity.maximum:
        worst = low if low < quantity.minimum else high
        raise ScenarioError(
            f"{change.quantity} becomes {worst:g} {quantity.unit}",
            where=where,
            allowed=[f"{quantity.minimum:g} … {quantity.maximum:g} {quantity.unit}"],
        )


def _check_instrument(world: World, name: str, where: str) -> None:
    _one_of(name, [i.name for i in world.instruments], "instrument", where)


def _check_act(world: World, change: Force | Forbid, where: str) -> None:
    _check_instrument(world, change.force if isinstance(change, Force) else change.forbid, where)
    governments = [c for c, market in zip(world.codes, world.market, strict=True) if not market]
    _one_of(change.actor, governments, "government", where)
    if change.target is not None:
        _one_of(change.target, world.codes, "state", where)
        if change.target == change.actor:
            raise ScenarioError(f"{change.actor} towards itself", where=where)
