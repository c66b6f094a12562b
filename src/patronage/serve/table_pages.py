"""Pages of games: what each player sees, what it may do, and what happened."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from patronage.game.verb import tell
from patronage.serve.pages import write_page

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from patronage.game.game import Game
    from patronage.serve.tables import Table, Tables

WIDTH, HEIGHT = 640, 90  # of a chart
COLOURS = {"RUS": "--vermillion", "USA": "--blue", "CHN": "--green"}
HINTS = {"as": "CUB", "from": "1960-01", "until": "1970-12", "turn": "6", "seed": "1"}


def begin(tables: Tables, token: str) -> str:
    """The form that begins a game, and the games that go on."""
    inputs = "".join(
        f'<label>{name}<input name="{name}" size="8" placeholder="{hint}"'
        f"{' required' if name == 'as' else ''}></label>"
        for name, hint in HINTS.items()
    )
    games = "".join(
        f'<li><a href="/play/{number}">{html.escape(_name(t.game))}</a></li>'
        for number, t in tables.all.items()
    )
    return (
        "<p>Govern a state. The world goes as the scenario says up to the first month; from then "
        "on the state does what you say, and nothing else.</p>"
        '<form method="post" action="/play"><label>scenario<input name="place" list="scenario" '
        f'value="cuba" required></label>{inputs}<label>all others choose<input type="checkbox" '
        f'name="free" value="yes"></label><input type="hidden" name="token" value="{token}">'
        f"<button>play</button></form>" + (f"<ul>{games}</ul>" if games else "")
    )


def show(table: Table, number: str, token: str) -> str:
    """A game: what happened last, then figures and acts of each player."""
    game = table.game
    parts = [
        f"<p><a href='/'>back</a> · seed {game.seed} · {len(game.moves)} moves · "
        f"<a href='/play/{number}/moves.txt'>moves as a script</a></p>"
    ]
    if table.happened is not None:
        told = html.escape(tell(table.happened, game.board.world))
        parts.append(f"<h2>What happened</h2><pre>{told}</pre>")
    parts.append(f'<form method="post" action="/play/{number}" style="display:block">')
    parts += [_show_player(game, player) for player in game.players]
    if game.over:
        parts.append("<p><b>The game is over.</b></p></form>")
    else:
        months = "month" if game.turn == 1 else f"{game.turn} months"
        parts.append(
            f'<input type="hidden" name="token" value="{token}">'
            f"<button>next {months}</button></form>"
        )
    return write_page(_name(game), "".join(parts))


def _name(game: Game) -> str:
    when = "the end" if game.over else game.month
    return f"{' and '.join(game.players)} in {game.board.world.title}: {when}"


def _show_player(game: Game, player: str) -> str:
    view = game.view(player)
    own = " · ".join(
        f"{name.replace('_', ' ')} <b>{value:.3g}</b> {html.escape(_unit(view.units[str(name)]))}"
        for name, value in ((str(n), float(v)) for n, v in view.own.items())
    )
    parts = [f"<h2>{html.escape(player)}</h2>", f"<p>{own}</p>", _draw(game, player)]
    acts = {} if game.over else {t: _choose(game, player, t) for t in view.ties.index}
    parts += [_write(view.ties, acts), f"<p><small>{html.escape(view.notes)}</small></p>"]
    if len(view.goods):
        parts.append(f'<div style="max-width:22rem">{_write(view.goods, {})}</div>')
    return "".join(parts)


def _unit(unit: str) -> str:
    return "" if unit in ("index", "share", "probability", "level") else unit


def _choose(game: Game, player: str, target: str) -> str:
    """A choice among the acts that are possible towards a state, with a size where one has it."""
    able = [m.act for m in game.options(player) if m.target == target]
    if not able:
        return ""
    listed = "".join(f"<option>{act}</option>" for act in able)
    name = f"{player}:{target}"
    sizes = [f"{act}: {game.sizes[act]}" for act in able if act in game.sizes]
    size = ""
    if sizes:
        told = html.escape("; ".join(sizes))
        size = f'<input name="{name}:size" size="5" placeholder="size" title="{told}">'
    return f'<select name="{name}"><option value="">nothing</option>{listed}</select>{size}'


def _write(table: pd.DataFrame, acts: dict[str, str]) -> str:
    """A table of numbers, with a choice at the end of each row."""
    head = "".join(f"<th>{html.escape(str(c))}</th>" for c in ["", *table.columns])
    head += "<th>act</th>" if acts else ""
    rows = "".join(
        f"<tr><th>{html.escape(str(name))}</th>"
        + "".join(f"<td>{value:.2f}</td>" for value in row)
        + (f'<td style="white-space:nowrap">{acts[str(name)]}</td>' if acts else "")
        + "</tr>"
        for name, row in zip(table.index, table.to_numpy(), strict=True)
    )
    body = f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
    return f'<div class="scroll"><table>{body}</table></div>'


def _draw(game: Game, player: str) -> str:
    """Support of the ruler, and liking of the largest partners in trade, over the months so far."""
    data = game.data
    lines = [("support", data["support"].sel(state=player).values, "--ink")]
    share = data["trade_share"].sel(client=player).mean("month")
    markets = {s.code for s in game.board.world.states if s.kind == "market"}
    codes = [str(c) for c in data["patron"].values if str(c) not in {player, *markets}]
    largest = sorted(codes, key=lambda c: -float(share.sel(patron=c)))
    spare = iter(("--purple", "--orange", "--sky"))
    for code in largest[:3]:
        liking = data["affinity"].sel(client=player, patron=code).values
        lines.append((f"liking of {code}", liking, COLOURS.get(code) or next(spare)))
    first = WIDTH * game.board.first / max(1, len(lines[0][1]) - 1)
    paths = "".join(
        f'<polyline fill="none" stroke="var({colour})" points="{_path(values)}"/>'
        for _, values, colour in lines
    )
    key = " ".join(
        f'<span style="color:var({colour})">— {name}</span>' for name, _, colour in lines
    )
    zero = HEIGHT / 2
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" style="width:100%;max-width:{WIDTH}px" role="img" '
        f'aria-label="Support and liking over time">'
        f'<line x1="0" x2="{WIDTH}" y1="{zero}" y2="{zero}" stroke="var(--faint)"/>'
        f'<line x1="{first:.1f}" x2="{first:.1f}" y1="0" y2="{HEIGHT}" stroke="var(--faint)"/>'
        f"{paths}</svg><p><small>{key} · from {_first_month(game)} on, −1 … 1; "
        f"upright line: the game begins</small></p>"
    )


def _first_month(game: Game) -> str:
    return str(game.data["month"].values[0].astype("datetime64[M]"))


def _path(values: np.ndarray) -> str:
    step = WIDTH / max(1, len(values) - 1)
    return " ".join(
        f"{k * step:.1f},{(1 - float(v)) * HEIGHT / 2:.1f}" for k, v in enumerate(values)
    )
