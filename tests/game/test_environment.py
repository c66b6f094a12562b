"""The interfaces of PettingZoo and Gymnasium, by their own checks."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("pettingzoo")
pytest.importorskip("gymnasium")

from patronage.errors import RunError
from patronage.game.environment import Environment, Solo


@pytest.mark.slow
def test_pettingzoo_accepts_the_environment() -> None:
    from pettingzoo.test import parallel_api_test
    from pettingzoo.test.seed_test import parallel_seed_test

    def make() -> Environment:
        return Environment("tiny", ["ARC", "CYL"], until="1951-12", turn=6)

    parallel_api_test(make(), num_cycles=8)
    parallel_seed_test(make, num_cycles=4)


@pytest.mark.filterwarnings("ignore:.*Box observation space.*:UserWarning")
def test_gymnasium_accepts_the_game_of_one() -> None:
    from gymnasium.utils.env_checker import check_env

    check_env(Solo("tiny", "ARC", until="1951-12", turn=6), skip_render_check=True)


def test_acts_that_have_a_size_come_in_three() -> None:
    env = Environment("tiny", ["ARC"], until="1950-12", turn=6)
    credits = [m for m in env.actions if m and (m.act, m.target) == ("credit", "CYL")]
    assert [m.size for m in credits] == [50, None, 300]
    assert len([m for m in env.actions if m and (m.act, m.target) == ("pledge", "CYL")]) == 1
    sent = []
    for move in credits:
        env.reset(seed=1)
        *_, infos = env.step({"ARC": env.actions.index(move)})
        assert not infos["ARC"]["impossible"]
        sent += [e[4] for e in infos["ARC"]["events"] if e[1] == "ARC" and e[3] == "credit"]
    assert sent == pytest.approx([np.log2(1.5), 1, 2])


def test_an_impossible_act_does_nothing_and_says_so() -> None:
    env = Environment("tiny", ["ARC"], until="1950-12", turn=6)
    seen, _ = env.reset(seed=1)
    mask = seen["ARC"]["action_mask"]
    assert mask[0] == 1
    *_, infos = env.step({"ARC": int(mask.argmin())})
    assert infos["ARC"]["impossible"]
    assert not [e for e in infos["ARC"]["events"] if e[1] == "ARC" and e[3] != "exit"]
    with pytest.raises(RunError, match="no action"):
        env.step({"ARC": len(mask)})
