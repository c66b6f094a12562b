"""Explanations: shares that add up, against brute force, and against runs of real branches."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import xarray as xr
from typer.testing import CliRunner

from patronage import cli
from patronage import months as clock
from patronage.errors import PatronageError
from patronage.history import explain_game as game
from patronage.history import explain_players as players
from patronage.history.explain import Explanation, explain
from patronage.history.explain_figure import write_figure
from patronage.history.explain_game import Floats
from patronage.history.explain_players import Off, Player
from patronage.history.explain_replay import Replay, list_carriers
from patronage.history.explain_source import find_source, read_windows
from patronage.run.ensemble import plan
from patronage.run.manifest import write_json
from patronage.run.results import Results
from patronage.scenario.load import load
from patronage.scenario.schema import Mode
from patronage.scenario.world import World

Start = Callable[..., Results]
SEED, MEMBERS = 3, 6
WHAT = "affinity"
CELL = {"client": "CYL", "patron": "BOR"}
FOUR = ["bargain", "affinity", "threat", "diplomacy"]
WHEN = ("1950-12", "1953-06:1953-12")
SINCE = "1951-01"


def brute_force(number: int, value: Callable[[frozenset[int]], Floats]) -> Floats:
    """Shapley values from all orders, one by one."""
    total = 0.0
    orders = list(itertools.permutations(range(number)))
    for order in orders:
        gains = [np.zeros(0)] * number
        for size, i in enumerate(order):
            gains[i] = value(frozenset(order[: size + 1])) - value(frozenset(order[:size]))
        total = total + np.stack(gains)
    return total / len(orders)


def level(run: Results, window: str = WHEN[1], quantity: str = WHAT) -> Floats:
    array = run.data[quantity].sel(CELL).sel(month=slice(*window.split(":")))
    return array.mean("month", dtype=np.float64).values


@pytest.fixture(scope="module")
def replay(world: World, no_cache: None) -> Replay:
    cell = (world.place["CYL"], world.place["BOR"])
    since, last = clock.parse(SINCE), world.end
    return Replay(world, WHAT, cell, members=MEMBERS, seed=SEED, since=since, last=last)


@pytest.fixture(scope="module")
def both(world: World, no_cache: None) -> Explanation:
    start, end = WHEN
    return explain(
        world, WHAT, start=start, end=end, members=MEMBERS, seed=SEED, top=2, pairs=1, **CELL
    )


def random_game(number: int, members: int = 3) -> list[Floats]:
    rng = np.random.default_rng(5)
    return [rng.normal(size=members) for _ in range(2**number)]


def value_of(values: list[Floats]) -> Callable[[frozenset[int]], Floats]:
    return lambda coalition: values[sum(1 << i for i in coalition)]


def share_sampled(values: list[Floats], pairs: int) -> game.Shares:
    number, members = len(values).bit_length() - 1, len(values[0])
    orders = game.draw_orders(number, members, pairs)
    between = [
        np.array([values[int((1 << np.flatnonzero(m[:, k])).sum())][k] for k in range(members)])
        for m in game.list_coalitions(orders)
    ]
    return game.share_by_orders(orders, values[0], between, values[-1])


def test_exact_shares_are_those_of_all_orders():
    values = random_game(5)
    shares = game.share_exactly(values).share
    np.testing.assert_allclose(shares, brute_force(5, value_of(values)), atol=1e-12)
    np.testing.assert_allclose(shares.sum(axis=0), values[-1] - values[0], atol=1e-12)


@pytest.mark.parametrize("sampled", [False, True])
def test_players_of_an_additive_game_get_what_they_bring(sampled: bool):
    worth = np.array([[3.0, -1.0], [0.0, 0.0], [2.5, 2.5], [2.5, 2.5]])
    masks = game.list_subsets(4, 2)
    values = [7.0 + (worth * mask).sum(axis=0) for mask in masks]
    shares = share_sampled(values, pairs=1) if sampled else game.share_exactly(values)
    np.testing.assert_allclose(shares.share, worth, atol=1e-12)


def test_gloves():
    # one left glove and two right ones: a pair is worth 1 (Shapley 1953)
    def pairs(k: int) -> float:
        return float(min(k & 1, (k >> 1 & 1) + (k >> 2 & 1)))

    values = [np.array([pairs(k)]) for k in range(8)]
    np.testing.assert_allclose(game.share_exactly(values).share[:, 0], [2 / 3, 1 / 6, 1 / 6])


def test_sampled_shares_add_up_and_twins_are_alike_on_average():
    values = random_game(6, members=400)
    # players 0 and 1 are twins, player 5 never matters
    for k in range(64):
        one, two = k & 1, k >> 1 & 1
        same = (k & ~3) | max(one, two) | min(one, two) << 1
        values[k] = values[same & ~(1 << 5)]
    shares = share_sampled(values, pairs=3)
    np.testing.assert_allclose(shares.share.sum(axis=0), values[-1] - values[0], atol=1e-12)
    assert (shares.share[5] == 0).all()
    exact = game.share_exactly(values).share
    np.testing.assert_array_equal(exact[5], 0)
    np.testing.assert_allclose(exact[0], exact[1], atol=1e-12)


@pytest.mark.statistical
def test_the_error_of_sampled_shares_is_as_said():
    # 6 players, 400 members: each z-score has five in a million beyond 4.6; six of them: 3e-5
    values = random_game(6, members=400)
    shares = share_sampled(values, pairs=4)
    exact = game.share_exactly(values).share.mean(axis=1)
    z = (shares.share.mean(axis=1) - exact) / shares.error
    assert np.abs(z).max() < 4.6
    assert shares.error.max() < 0.1


def test_a_replay_is_the_run_itself(replay: Replay, base: Results):
    recorded = base.data[WHAT].sel(CELL).transpose("month", "member").values
    np.testing.assert_allclose(replay.base, recorded, rtol=2e-5, atol=1e-6)


def test_mechanisms_against_branches_that_are_run(
    world: World, replay: Replay, base: Results, start: Start
):
    def value(coalition: frozenset[int]) -> Floats:
        off = {name: False for i, name in enumerate(FOUR) if i not in coalition}
        run = start(world.branch(SINCE, mechanism=off)) if off else base
        return level(run) - level(base, f"{WHEN[0]}:{WHEN[0]}")

    known = {
        c: value(c) for k in range(5) for c in map(frozenset, itertools.combinations(range(4), k))
    }
    wanted = brute_force(4, known.__getitem__)
    found = explain(
        world, WHAT, start=WHEN[0], end=WHEN[1], by="mechanism",
        mechanisms=FOUR, members=MEMBERS, seed=SEED, **CELL,
    )  # fmt: skip
    (parts,) = found.parts
    assert parts.shares.exact
    assert (np.abs(wanted).mean(axis=1) > 1e-3).all()
    np.testing.assert_allclose(parts.shares.share, wanted, rtol=1e-3, atol=2e-5)
    np.testing.assert_allclose(parts.residual, known[frozenset()], rtol=1e-4, atol=2e-5)
    alone = [known[frozenset(range(4))] - known[frozenset(range(4)) - {i}] for i in range(4)]
    np.testing.assert_allclose(parts.left_out, alone, rtol=1e-3, atol=2e-5)


def test_parts_and_residual_add_up_to_the_change(both: Explanation):
    assert [p.kind for p in both.parts] == ["mechanism", "event"]
    for parts in both.parts:
        change = both.end - both.start
        np.testing.assert_allclose(parts.total, change, atol=1e-12)
        np.testing.assert_allclose(
            parts.residual + parts.shares.share.sum(axis=0), change, atol=1e-9
        )
        rows = both.table[both.table["kind"] == parts.kind]
        whole = rows[rows["role"] == "sum"]["share"].iloc[0]
        assert rows[rows["role"] != "sum"]["share"].sum() == pytest.approx(whole, abs=1e-9)


def test_a_mechanism_that_does_nothing_has_no_share(no_cache: None):
    tiny = replace(load("tiny"), mode=Mode(free=["CYL"]))
    assert not tiny.mechanisms["bloc"]
    found = explain(
        tiny, WHAT, start=WHEN[0], end=WHEN[1], by="mechanism",
        mechanisms=["bloc", "bargain", "affinity+threat", "domestic", "crisis"],
        members=MEMBERS, seed=SEED, pairs=1, **CELL,
    )  # fmt: skip
    (parts,) = found.parts
    assert not parts.shares.exact
    names = [p.name for p in parts.players]
    assert (parts.shares.share[names.index("bloc")] == 0).all()
    assert (parts.shares.share[names.index("affinity+threat")] != 0).any()


def test_events_that_are_out_are_events_dropped(world: World, replay: Replay, start: Start):
    ids = ["T04", "T05", "T07", "T10"]
    listed = {e.id for e in players.list_imposed(world, clock.parse(SINCE), world.end)}
    assert {"T05", "T07", "T10"} <= listed
    assert "T04" not in listed  # what a free state did is not imposed
    cast = [Player(i, Off(events=frozenset([i]))) for i in ids[1:]]
    window = (clock.parse("1953-06"), clock.parse("1953-12"))
    masks = game.list_subsets(3, MEMBERS)
    found = replay.play(cast, masks, window)
    for mask, got in zip(masks, found, strict=True):
        gone = [i for i, kept in zip(ids[1:], mask[:, 0], strict=True) if not kept]
        run = start(world.branch(SINCE, drop=gone) if gone else world)
        np.testing.assert_allclose(got, level(run), rtol=1e-4, atol=1e-5)
    assert any(not np.allclose(found[-1], f, rtol=1e-4) for f in found[:-1])


def test_members_may_have_coalitions_of_their_own(replay: Replay):
    cast = [
        Player("bargain", Off(mechanisms=frozenset(["bargain"]))),
        Player("T05", Off(events=frozenset(["T05"]))),
        Player("series", Off(series=True)),
    ]
    window = (clock.parse("1953-06"), clock.parse("1953-12"))
    common = np.stack(replay.play(cast, game.list_subsets(3, MEMBERS), window))
    own = np.random.default_rng(2).random((3, MEMBERS)) < 0.5
    own[:, :3] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    (mixed,) = replay.play(cast, [own], window)
    which = (own * np.array([1, 2, 4])[:, None]).sum(axis=0)
    np.testing.assert_allclose(mixed, common[which, np.arange(MEMBERS)], rtol=1e-5)
    assert len({round(float(v), 6) for v in common[:, 0]}) > 4


def test_series_held_are_series_set(world: World, replay: Replay, start: Start):
    held = {}
    row = clock.parse(SINCE) - world.start - 1
    for name, array in world.series.items():
        fixed = np.array(array)
        fixed[row + 1 :] = array[row]
        held[name] = fixed
    window = (clock.parse("1953-06"), clock.parse("1953-12"))
    (got,) = replay.play(
        [Player("series", Off(series=True))], [np.zeros((1, MEMBERS), bool)], window
    )
    np.testing.assert_allclose(got, level(start(replace(world, series=held))), rtol=1e-4)


def test_a_branch_is_explained_by_what_it_works_through(world: World, base: Results, start: Start):
    branch = world.branch("1951-03", drop="T05", mechanism={"rivalry": {"ARC-BOR": 0}})
    found = explain(
        branch, WHAT, "1953-06:1953-12", against=world,
        mechanisms=["bargain", "affinity", "coercion+threat"], members=MEMBERS, seed=SEED, **CELL,
    )  # fmt: skip
    (parts,) = found.parts
    effect = level(start(branch)) - level(base)
    np.testing.assert_allclose(parts.total, effect, rtol=1e-3, atol=1e-5)
    assert np.abs(effect).max() > 1e-3
    np.testing.assert_allclose(
        parts.residual + parts.shares.share.sum(axis=0), parts.total, atol=1e-9
    )
    assert "drop T05" in str(found)
    with pytest.raises(PatronageError, match="no change to explain"):
        explain(world, WHAT, "1953", against=world, **CELL)


def test_a_run_is_explained_by_its_own_world(tmp_path: Path):
    tiny = load("tiny").branch("1951-03", drop="T05")
    manifest = plan(tiny, members=4, seed=9, until="1952-12").manifest
    write_json(tmp_path / "manifest.json", manifest)
    results = Results(xr.Dataset(), pd.DataFrame(), manifest)
    for given in (results, tmp_path):
        source = find_source(given, None, None)
        assert (source.members, source.seed) == (4, 9)
        assert [b.changes for b in source.world.branches] == [b.changes for b in tiny.branches]
        assert source.world.end == clock.parse("1952-12")
    with pytest.raises(PatronageError, match="has 4 members"):
        find_source(tmp_path, 5, None)
    with pytest.raises(PatronageError, match="another seed"):
        find_source(tmp_path, None, 1)
    for key, value, word in (
        ("scenario_hash", "0", "has changed since"),
        ("parameters", {"affinity.inertia": 0.5}, "another value"),
        ("scenario", "tinny", "not at hand"),
    ):
        results.manifest = {**manifest, key: value}
        with pytest.raises(PatronageError, match=word):
            find_source(results, None, None)


def test_what_a_quantity_is_counted_in_stays_on(world: World):
    assert list_carriers("transfer") == ("economy",)
    assert list_carriers("threat") == ("threat",)
    assert list_carriers("affinity") == ()
    named, stays = players.find_mechanisms(world, "transfer")
    assert stays == ("economy",)
    assert len(named) == 11
    everything, none = players.find_mechanisms(world, "transfer", "all")
    assert (len(everything), none) == (12, ())


def test_groups_of_events(world: World):
    listed = players.list_imposed(world, clock.parse(SINCE), world.end)
    by_actor = players.group_events(listed, "actor", ["T05"])
    names = [p.name for p in by_actor]
    assert names[0] == "T05 ARC embargo 1951-07"
    assert {"acts of ARC", "changes in CYL", "series"} <= set(names)
    held = [i for p in by_actor for i in p.off.events]
    assert sorted(held) == sorted(e.id for e in listed)
    own = players.group_events(listed, ["T05+T06"])
    assert [p.name for p in own] == ["T05+T06", "other events", "series"]
    with pytest.raises(PatronageError, match="did you mean: T05"):
        players.group_events(listed, ["T55"])


def test_windows_are_read():
    assert read_windows("1960-01:1970-12", None, None) == ((23520, 23520), (23651, 23651))
    assert read_windows(None, "1958:1959", "1962")[0] == (1958 * 12, 1959 * 12 + 11)
    for when, start, end in (("1960", None, None), ("1970:1960", None, None), (None, "1960", None)):
        with pytest.raises(PatronageError):
            read_windows(when, start, end)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"what": "afinity"}, "did you mean: affinity"),
        ({"client": "CYLL"}, "did you mean: CYL"),
        ({"client": None}, "of which client"),
        ({"state": "CYL"}, "has no state"),
        ({"patron": "CYL"}, "with itself"),
        ({"when": "1950-12:1961"}, "1950-01 … 1953-12"),
        ({"mechanisms": "bargian"}, "did you mean: bargain"),
        ({"mechanisms": ["threat", "affinity+threat"]}, "named twice"),
        ({"by": "mechanisms"}, "did you mean: mechanism"),
        ({"pairs": 0}, "pairs ≥ 1"),
    ],
)
def test_faults_of_a_call(change: dict[str, object], word: str):
    given = {"what": WHAT, "when": "1950-12:1953-06", **CELL} | change
    with pytest.raises(PatronageError) as caught:
        explain("tiny", **given)  # pyright: ignore[reportArgumentType]
    assert word in str(caught.value)


def test_an_explanation_is_written_and_drawn(both: Explanation, tmp_path: Path):
    path = both.write(tmp_path / "x" / "parts.parquet")
    table = pq.read_table(path)
    assert "Shapley" in table.schema.metadata[b"method of mechanisms"].decode()
    assert table.num_rows == len(both.table)
    assert both.table["unit"].unique().tolist() == ["index"]
    text = str(both)
    for word in ("by mechanism", "by event", "with none of these", "bootstrap", "seed 3"):
        assert word in text
    drawn = write_figure(both, tmp_path)
    assert {p.suffix for p in drawn.values()} == {".png", ".svg"}
    assert all(p.stat().st_size > 5000 for p in drawn.values())


@pytest.mark.slow
def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATRONAGE_CACHE", "")
    args = ["explain", "tiny", "--what", WHAT, "--when", "1950-12:1953-06"]
    args += ["--client", "CYL", "--patron", "BOR", "--members", "4", "--pairs", "1"]
    args += ["--by", "mechanism", "--mechanisms", "bargain,threat", "--out", str(tmp_path)]
    result = CliRunner().invoke(cli.app, args)
    assert result.exit_code == 0, result.output
    assert f"{WHAT} CYL BOR" in result.output
    assert (tmp_path / f"explain-{WHAT}-CYL-BOR.parquet").is_file()
    assert (tmp_path / f"explain-{WHAT}-CYL-BOR.png").is_file()
