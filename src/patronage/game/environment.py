"""A game as an environment for learning agents: PettingZoo's parallel interface.

Each agent governs a state; an action is one act a turn, or nothing. `observation` is what
`View.vector` gives, `action_mask` is 1 where an act is possible. Needs the extra `play`
(PettingZoo, Terry and others 2021; Gymnasium).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from patronage.errors import RunError
from patronage.game.game import Game, play
from patronage.game.move import Move
from patronage.scenario.world import World

try:
    import gymnasium
    from gymnasium import spaces
    from pettingzoo import ParallelEnv
except ImportError as error:
    raise ImportError("environments need the extra `play`: pip install '.[play]'") from error

SIZES = (0.5, 1.0, 3.0)
Reward = Callable[[Game, str], float]
Outcome = tuple[
    dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]
]
"""Observations, rewards, terminations, truncations and infos of the agents."""


def _scale(reference: float | None, sizes: Sequence[float]) -> list[float | None]:
    """Sizes of an act; None for its reference size, and for an act without sizes."""
    if reference is None:
        return [None]
    return [None if size == 1 else size * reference for size in sizes]


def support_of(game: Game, player: str) -> float:
    """Domestic support of a player's ruler, 0 … 1, mean over the months of the last turn."""
    return float(game.data["support"].sel(state=player)[-game.turn :].mean())


class Environment(ParallelEnv[str, dict[str, np.ndarray], int]):
    """States governed by agents, all of whom act at once.

    An episode ends (`truncations`) with the last month; nothing ends it before.

    Parameters
    ----------
    world, players, start, until, turn, free: as in `play`.
    sizes: of acts that have a size (credits, arms, visits, fighters), in multiples of its
        reference; an action for each.
    reward: of a game and a player after a turn; the ruler's support where not given.
    """

    metadata = {"name": "patronage_v0", "render_modes": ["ansi"]}  # noqa: RUF012

    def __init__(
        self,
        world: World | str | Path,
        players: list[str] | str,
        start: str | None = None,
        until: str | None = None,
        *,
        turn: int = 12,
        free: bool = False,
        sizes: Sequence[float] = SIZES,
        reward: Reward = support_of,
        render_mode: str | None = None,
    ) -> None:
        self.game = play(world, players, start, until, turn=turn, free=free)
        self.reward, self.render_mode = reward, render_mode
        self.possible_agents = list(self.game.players)
        self.agents: list[str] = []
        names = self.game.board.compiled.shape.instruments
        codes = self.game.board.world.codes
        scale = {
            row.name: _scale(row.reference, sizes) for row in self.game.board.world.instruments
        }
        self.actions: tuple[Move | None, ...] = (
            None,
            *(Move(a, target, size) for target in codes for a in names for size in scale[a]),
        )
        """What each action number means."""
        size = len(self.game.view(self.possible_agents[0]).vector())
        seen = spaces.Box(-np.inf, np.inf, (size,), np.float32)
        mask = spaces.Box(0, 1, (len(self.actions),), np.int8)
        self.observation_spaces: dict[str, Any] = {
            a: spaces.Dict({"observation": seen, "action_mask": mask}) for a in self.possible_agents
        }
        self.action_spaces: dict[str, Any] = {
            a: spaces.Discrete(len(self.actions)) for a in self.possible_agents
        }
        self._draws = np.random.default_rng(self.game.seed)

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """Space of an agent's observations; the same object each time."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        """Space of an agent's actions; the same object each time."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Begin a game: of that seed, or else of the next that the last seed leads to."""
        if seed is not None:
            self._draws = np.random.default_rng(seed)
        self.game.reset(seed if seed is not None else int(self._draws.integers(2**32)))
        self.agents = list(self.possible_agents)
        return self._look(), {a: {} for a in self.agents}

    def step(self, actions: Mapping[str, int]) -> Outcome:
        """Play a turn; observations, rewards, terminations, truncations, infos.

        Infos hold the `events` of the turn (month, who, whom, what, how much), and `impossible`:
        whether the act was not possible, in which case nothing was done.

        Errors: RunError for a number that is no action.
        """
        moves: dict[str, list[Move]] = {}
        impossible = set()
        for agent, number in actions.items():
            if not 0 <= int(number) < len(self.actions):
                last = len(self.actions) - 1
                raise RunError(f"no action {number}", where=agent, allowed=[f"0 … {last}"])
            move = self.actions[int(number)]
            if move is not None and move.plain in self.game.options(agent):
                moves[agent] = [move]
            elif move is not None:
                impossible.add(agent)
        columns = self.game.step(moves)[["month", "who", "whom", "what", "how_much"]]
        events = [(f"{m:%Y-%m}", *rest) for m, *rest in columns.itertuples(index=False)]
        agents, over = self.agents, self.game.over
        self.agents = [] if over else agents
        return (
            self._look(agents),
            {a: self.reward(self.game, a) for a in agents},
            dict.fromkeys(agents, False),
            dict.fromkeys(agents, over),
            {a: {"events": events, "impossible": a in impossible} for a in agents},
        )

    def render(self) -> str:
        """What each player sees, as text."""
        return "\n\n".join(str(self.game.view(a)) for a in self.possible_agents)

    def close(self) -> None:
        """Nothing is held."""

    def _look(self, agents: list[str] | None = None) -> dict[str, Any]:
        return {
            a: {"observation": self.game.view(a).vector(), "action_mask": self._mask(a)}
            for a in (self.agents if agents is None else agents)
        }

    def _mask(self, agent: str) -> np.ndarray:
        able = set(self.game.options(agent))
        return np.array([a is None or a.plain in able for a in self.actions], np.int8)


class Solo(gymnasium.Env[dict[str, np.ndarray], int]):
    """A game of one player, in Gymnasium's interface; parameters as of `Environment`."""

    metadata = {"render_modes": ["ansi"]}  # noqa: RUF012

    def __init__(self, world: World | str | Path, player: str, **more: Any) -> None:
        self.table = Environment(world, [player], **more)
        self.player, self.render_mode = player, self.table.render_mode
        self.observation_space = self.table.observation_space(player)
        self.action_space = self.table.action_space(player)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Begin a game."""
        super().reset(seed=seed)
        seen, infos = self.table.reset(seed, options)
        return seen[self.player], infos[self.player]

    def step(self, action: int) -> tuple[dict[str, np.ndarray], float, bool, bool, dict[str, Any]]:
        """Play a turn: observation, reward, terminated, truncated, infos."""
        seen, reward, ended, cut, infos = self.table.step({self.player: action})
        me = self.player
        return seen[me], reward[me], ended[me], cut[me], infos[me]

    def render(self) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """What the player sees, as text."""
        return self.table.render()
