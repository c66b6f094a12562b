"""The verb `play` of the command line; imports of weight stay inside it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patronage import months as clock
from patronage.errors import PatronageError, RunError

if TYPE_CHECKING:
    import pandas as pd

    from patronage.game.game import Game
    from patronage.game.move import Move
    from patronage.scenario.world import World

HELP = (
    "an act and a state (trade-agreement RUS); ? lists acts; an empty line ends the turn; q stops"
)
_IMPOSED = ("exogenous", "decision")
_SHOWN = 40  # events of a turn
_STRONG = ("decide", "calendar")  # whose events have a strength
_FEW = 6  # words that are listed after a fault


def play(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="Name, folder or file.")],
    players: Annotated[
        list[str],
        typer.Option("--as", help="A state to govern, or several with commas; may be given again."),
    ],
    start: Annotated[str | None, typer.Option("--from", help="First month, YYYY-MM.")] = None,
    until: Annotated[str | None, typer.Option(help="Last month, YYYY-MM.")] = None,
    turn: Annotated[int, typer.Option(help="Months in a turn.")] = 6,
    free: Annotated[
        bool, typer.Option("--free", help="All others choose for themselves, too.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Root of all draws; the scenario's.")] = None,
    script: Annotated[
        Path | None, typer.Option(help="Moves from a file: 1960-02 CUB trade-agreement RUS.")
    ] = None,
    program: Annotated[
        str | None, typer.Option(help="A function that plays: file.py:function or module:function.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for moves, events and figures.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the end only.")] = False,
) -> None:
    """Govern a state: a person, a script or a program.

    All others do what history says, or choose for themselves, as in the scenario.
    """
    from patronage.game import script as scripts
    from patronage.game.game import play
    from patronage.run.cache import use_cache

    if script is not None and program is not None:
        raise PatronageError("one of them plays", where="--script, --program")
    use_cache()
    found = None if program is None else scripts.find_program(program)
    lines = None if script is None else scripts.read_script(script)
    states = [word for given in players for word in given.split(",") if word]
    game = play(scenario, states, start, until, turn=turn, free=free, seed=seed)
    if lines is not None:
        scripts.check_script(game, lines)
    while not game.over:
        if not quiet:
            typer.echo("\n\n".join(str(game.view(p)) for p in game.players) + "\n")
        if found is not None:
            moves = {p: list(found(game.view(p), game.options(p))) for p in game.players}
        elif lines is not None:
            moves = scripts.take_moves(game, lines)
        else:
            asked = _ask_all(game)
            if asked is None:
                break
            moves = asked
        happened = game.step(moves)
        if not quiet:
            typer.echo(tell(happened, game.board.world))
    typer.echo(_sum_up(game))
    if out is not None:
        _write(game, out)


def _ask_all(game: Game) -> dict[str, list[Move]] | None:
    """Moves of all players from standard input; None to stop."""
    moves = {}
    for player in game.players:
        asked = _ask(game, player)
        if asked is None:
            return None
        moves[player] = asked
    return moves


def _ask(game: Game, player: str) -> list[Move] | None:
    moves: list[Move] = []
    typer.echo(HELP)
    while True:
        typer.echo(f"{game.month} {player}> ", nl=False)
        words = sys.stdin.readline()
        if not words or words.strip() == "q":
            typer.echo("")
            return None
        if not words.strip():
            return moves
        if words.strip() == "?":
            typer.echo(_list(game.options(player), game.sizes))
            continue
        act, *rest = words.split()
        move = " ".join([act, *(w.upper() for w in rest)])
        try:
            moves = game.read(player, [*moves, move])
        except RunError as error:
            typer.echo(_explain(error, move))


def _explain(error: RunError, words: str) -> str:
    """A fault of a move in a line; of all acts only the nearest is named."""
    if error.nearest:
        return f"{error.what}: {words}; did you mean: {error.nearest}?"
    few = error.allowed if error.allowed and len(error.allowed) < _FEW else []
    return f"{error.what}: {words}" + (f"; allowed: {', '.join(few)}" if few else "")


def _list(able: Sequence[Move], sizes: Mapping[str, str]) -> str:
    """Acts by state, and which of them take a size."""
    targets = dict.fromkeys(m.target for m in able)
    lines = [f"  {t}: {', '.join(m.act for m in able if m.target == t)}" for t in targets]
    sized = [f"{act} {size}" for act, size in sizes.items() if any(m.act == act for m in able)]
    if sized:
        lines.append(f"  a size may follow the state; without it: {', '.join(sized)}")
    return "\n".join(lines)


def tell(happened: pd.DataFrame, world: World) -> str:
    """What happened in a turn, a line each; of history, what the scenario says of the event."""
    if happened.empty:
        return "nothing of note\n"
    told: dict[tuple[str, ...], list[str]] = {}  # of two that are alike, the earlier first
    for e in world.events:
        if e.role in _IMPOSED:
            alike = (clock.format(e.month), e.actor, e.target, e.type)
            told.setdefault(alike, []).append(e.description)
    rows = []
    for r, imposed in zip(happened.itertuples(), happened["member"] < 0, strict=True):
        month, who, whom, what = f"{r.month:%Y-%m}", str(r.who), str(r.whom), str(r.what)
        size = f"  × {r.how_much:.2g}" if r.mechanism in _STRONG and r.how_much != 1 else ""
        said = told.get((month, who, whom, what)) if imposed else None
        words = f"  (history) {said.pop(0) if said else ''}" if imposed else ""
        rows.append(f"{month}  {who} → {whom}  {what}{size}{words}".rstrip())
    more = max(0, len(rows) - _SHOWN)
    return "\n".join([*rows[:_SHOWN], *([f"… and {more} more"] if more else [])]) + "\n"


def _sum_up(game: Game) -> str:
    from patronage import __version__

    name = game.board.world.name
    said = f"patronage {__version__} · {name} · member {game.member} · seed {game.seed}"
    lines = [f"{game.month if not game.over else 'the end'}: {len(game.moves)} moves", said]
    for player in game.players:
        support = game.data["support"].sel(state=player)[game.board.first :]
        if len(support):
            lines.append(f"support of the ruler of {player}: mean {float(support.mean()):.2f}, "
                         f"last {float(support[-1]):.2f}")  # fmt: skip
    return "\n".join(lines)


def _write(game: Game, out: Path) -> None:
    """Moves as a script that plays the same game, events and figures as Parquet."""
    from patronage.run.results import Results

    out.mkdir(parents=True, exist_ok=True)
    (out / "moves.txt").write_text(game.script(), encoding="utf-8")
    game.events.to_parquet(out / "events.parquet", index=False)
    Results(game.data.expand_dims(member=[game.member]), game.events, {}).to_parquet(
        out / "figures.parquet"
    )
    for name in ("moves.txt", "events.parquet", "figures.parquet"):
        typer.echo(str(out / name))
