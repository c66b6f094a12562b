"""Moves from a file, or from a program: what plays a game when no person does.

A script has a line for each act, `1960-02 CUB trade-agreement RUS`, with its size where it has one,
`1960-02 RUS credit CUB 250`; what follows `#` is a remark. A move is made in the turn that holds
its month.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from patronage import months as clock
from patronage.errors import PatronageError, RunError, ScenarioError
from patronage.game.game import Game
from patronage.game.move import Move, read_move
from patronage.game.view import View
from patronage.scenario.table import decode

FORM, SIZED = "1960-02 CUB trade-agreement RUS", "1960-02 RUS credit CUB 250"
Program = Callable[[View, Sequence[Move]], Sequence[Move]]
"""What a player sees, and what it may do -> what it does."""


class Line(NamedTuple):
    """A move of a script, with the line it stands on."""

    month: int
    player: str
    move: Move
    where: str


def read_script(path: str | Path) -> list[Line]:
    """The moves of a file, in order of their months.

    Errors: ScenarioError with file and line for what is no move.
    """
    try:
        text = decode(Path(path).read_bytes(), str(path))
    except OSError as error:
        raise ScenarioError(f"cannot be read: {error.strerror}", where=str(path)) from None
    lines = []
    for number, line in enumerate(text.splitlines(), start=1):
        words, where = line.partition("#")[0].split(), f"{path}:{number}"
        if not words:
            continue
        if not 4 <= len(words) <= 5:
            raise ScenarioError("is no move", where=where, allowed=[FORM, SIZED])
        month, player, *rest = words
        lines.append(Line(clock.parse(month, where), player, read_move(rest, where), where))
    return sorted(lines, key=lambda one: one.month)


def check_script(game: Game, lines: Sequence[Line]) -> None:
    """Errors: ScenarioError for a player, an act, a state or a month that the game has not."""
    world, acts = game.board.world, game.board.compiled.shape.instruments
    start = world.start + game.board.first
    for one in lines:
        for word, what, allowed in (
            (one.player, "player", game.players),
            (one.move.act, "act", acts),
            (one.move.target, "state", world.codes),
        ):
            if word not in allowed:
                raise ScenarioError(
                    f"unknown {what} '{word}'", where=one.where, allowed=allowed, got=word
                )
        if not start <= one.month <= world.end:
            span = f"{clock.format(start)} … {clock.format(world.end)}"
            raise ScenarioError(
                f"{clock.format(one.month)} is not in the game", where=one.where, allowed=[span]
            )


def take_moves(game: Game, lines: Sequence[Line]) -> dict[str, list[Move]]:
    """The moves of the turn that comes next.

    Errors: ScenarioError for one that is not possible then.
    """
    now = clock.parse(game.month)
    moves: dict[str, list[Move]] = {}
    for one in lines:
        if not now <= one.month < now + game.turn:
            continue
        try:
            moves[one.player] = game.read(one.player, [*moves.get(one.player, []), one.move])
        except RunError as error:
            said = error.what.removesuffix(" now")
            listed = error.allowed
            if said != error.what:
                listed = [m for m in listed or () if m.endswith(f" {one.move.target}")]
            raise ScenarioError(
                f"{one.move}: {said} in {game.month}", where=one.where, allowed=listed or None
            ) from None
    return moves


def find_program(name: str) -> Any:
    """The function (a `Program`) `module:function` or `file.py:function`.

    Errors: PatronageError where there is none.
    """
    place, _, function = name.rpartition(":")
    if not place or not function:
        raise PatronageError("no program", where=name, allowed=["file.py:function", "module:name"])
    try:
        if place.endswith(".py"):
            spec = importlib.util.spec_from_file_location(Path(place).stem, place)
            if spec is None or spec.loader is None:
                raise ImportError(place)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        else:
            module = importlib.import_module(place)
    except (ImportError, OSError) as error:
        raise PatronageError(f"cannot be imported: {error}", where=place) from error
    found = getattr(module, function, None)
    if not callable(found):
        known = [n for n, v in vars(module).items() if callable(v) and not n.startswith("_")]
        raise PatronageError(f"no function '{function}'", where=place, allowed=known, got=function)
    return found
