"""Games: the player alone varies, moves are those of a branch, and only possible ones are taken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import patronage
from patronage.errors import RunError
from patronage.game.game import Game, Move, play
from patronage.scenario.world import World

FIRST = "1950-02"


@pytest.fixture(scope="module")
def world() -> World:
    """The small world with ARC free, two years of it."""
    tiny = patronage.load("tiny").until("1951-12")
    return replace(tiny, mode=tiny.mode.model_copy(update={"free": ["ARC"]}))


@pytest.fixture(scope="module")
def game(world: World) -> Game:
    return play(world, "ARC", turn=3, seed=5)


def as_branch(
    world: World, forced: list[tuple[str, ...]], record: tuple[str, ...]
) -> patronage.Results:
    """The same by a branch: ARC may do nothing of itself, and does what is forced."""
    acts = [("ARC", code, row.name) for row in world.instruments for code in world.codes[1:]]
    branch = world.branch(FIRST, forbid=acts, force=forced)
    return patronage.run(branch, members=1, seed=5, record=record)


@pytest.mark.parametrize("forced", [[], [("ARC", "CYL", "trade-agreement", "1950-05")]])
def test_a_game_is_the_branch_in_which_its_moves_are_forced(
    world: World, game: Game, forced: list[tuple[str, ...]]
) -> None:
    game.reset()
    while not game.over:
        moves = ["trade-agreement CYL"] if forced and game.month == "1950-05" else []
        game.step({"ARC": moves})
    other = as_branch(world, forced, game.board.compiled.recorded).data.isel(member=0)
    assert set(other.data_vars) == set(game.data.data_vars)
    for name in other.data_vars:
        np.testing.assert_allclose(game.data[name], other[name], rtol=1e-4, atol=1e-4)
    mine = game.events[(game.events["who"] == "ARC") & (game.events["mechanism"] == "decide")]
    late = mine[mine["month"] >= np.datetime64("1950-02")]
    assert list(zip(late["what"], late["whom"], strict=True)) == (
        [("trade-agreement", "CYL")] if forced else []
    )


def test_the_seed_and_the_moves_make_the_game(game: Game) -> None:
    def support(seed: int) -> np.ndarray:
        game.reset(seed).step({"ARC": [Move("denounce", "BOR")]})
        return game.data["support"].values

    first = support(1)
    assert (support(1) == first).all()
    assert (support(2) != first).any()


def test_a_size_works_as_that_of_a_dated_event(game: Game) -> None:
    """Strength is logarithmic in the size, and warms in proportion."""
    strength = {"credit CYL 50": np.log2(1.5), "credit CYL": 1, "credit CYL 300": 2}

    def warmth(*moves: str) -> float:
        happened = game.reset(1).step({"ARC": list(moves)})
        mine = happened[(happened["what"] == "credit") & (happened["who"] == "ARC")]
        assert list(mine["how_much"]) == pytest.approx([strength[m] for m in moves])
        return float(game.data["affinity"].sel(patron="ARC", client="CYL")[-2])

    none = warmth()
    gained = np.array([warmth(move) for move in strength]) - none
    assert gained / gained[1] == pytest.approx(list(strength.values()), rel=0.1)
    assert game.moves[-1][2] == Move("credit", "CYL", 300)
    game.reset(1)
    for wrong, said in (
        ("credit CYL 9000", "700 million US"),
        ("credit CYL x", "is no number"),
        ("pledge CYL 3", "has no size"),
    ):
        with pytest.raises(RunError, match=said):
            game.step({"ARC": [wrong]})


@pytest.mark.slow
def test_what_the_engine_chooses_is_among_what_is_possible() -> None:
    game = play("tiny", "CYL", turn=1, free=True, seed=3)
    world = game.board.world
    seen = 0
    while not game.over:
        able = game.board.possible(game._state, game.row)
        acts = game.step()
        chosen = acts[acts["mechanism"] == "decide"]
        for who, whom, what in zip(chosen["who"], chosen["whom"], chosen["what"], strict=True):
            names = game.board.compiled.shape.instruments
            assert able[world.index(who), world.index(whom), names.index(what)]
            seen += 1
    assert seen > 5


def test_what_is_not_possible_is_refused(game: Game) -> None:
    game.reset()
    for moves, words in (
        (["recognise BOR"], "not possible now"),
        (["state-visit ARC"], "not possible now"),
        (["endorse BOR", "denounce BOR"], "one act a turn"),
    ):
        with pytest.raises(RunError, match=words):
            game.step({"ARC": moves})
    with pytest.raises(RunError, match="did you mean: state-visit BOR"):
        game.step({"ARC": ["state-visti BOR"]})
    with pytest.raises(RunError, match="no player"):
        game.step({"BOR": ["state-visit ARC"]})
    assert game.month == FIRST
    while not game.over:
        game.step()
    with pytest.raises(RunError, match="is over"):
        game.step()
    assert game.options("ARC") == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"players": "ARX"}, "did you mean: ARC"),
        ({"players": "MAR"}, "no state to govern"),
        ({"players": ["ARC", "ARC"]}, "each once"),
        ({"start": "1950-01"}, "outside the period"),
        ({"turn": 0}, "out of range"),
        ({"seed": -1}, "out of range"),
    ],
)
def test_a_game_that_does_not_fit_is_refused(
    world: World, changes: dict[str, object], words: str
) -> None:
    given = {"players": "ARC", **changes}
    with pytest.raises(RunError, match=words):
        play(world, **given)  # pyright: ignore[reportArgumentType]


def test_a_view_has_a_name_for_each_number(game: Game) -> None:
    view = game.reset().view("ARC")
    assert len(view.names()) == len(view.vector()) == len(set(view.names()))
    at = view.names().index("BOR our affinity")
    last = game.data["affinity"].isel(month=-1)
    assert view.vector()[at] == last.sel(client="ARC", patron="BOR")
    turned = view.names().index("BOR their affinity")
    assert view.vector()[turned] == last.sel(client="BOR", patron="ARC")
