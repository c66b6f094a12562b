"""The expected utility model of the end of the Cold War, for thousands of runs.

Agents hold a position on one issue in [0, 1].  At each step saliences are drawn, every agent
challenges those it expects to gain from, answers one challenge, and gives way, compromises or
fights.  The Baseline and Updated variants differ in the risk rule, in the challenge answered and
in what conflict does.

Sources: Bueno de Mesquita (1998), Journal of Conflict Resolution 42(2): 131-155;
Masad (2016), PhD dissertation, George Mason University, whose rebuild is followed here.

>>> from patronage.classics import eum                        # doctest: +SKIP
>>> eum.run("inputs.csv", variant="baseline", runs=4096, seed=1).final_median  # doctest: +SKIP
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from patronage.classics.eum_inputs import Inputs, read_inputs
from patronage.classics.eum_step import VARIANTS, Quirks, Step, Variant, step
from patronage.errors import RunError
from patronage.run import keys

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["VARIANTS", "Inputs", "Quirks", "Result", "Variant", "read_inputs", "run"]

STEPS = 25  # two years each, 1948-1998
CHUNK = 64  # runs at a time: a pair array is a third of a MB, a few fit the second-level cache
# wide vectors are worth 1.8x here; a hint only, ignored where the processor has none
_COMPILER = {"xla_cpu_prefer_vector_width": 512}


# the engine's key layer: one key a member, folded from (seed, member, name)
_member_keys = jax.jit(keys.member_keys, static_argnames="names")


@dataclass(frozen=True)
class Result:
    """Runs of the model.  Axes: member (run), step (row), agent in input order.

    median, mean: (member, step), the weighted median and mean of the recorded rows.
    position: (member, agent), the last recorded row.
    rival: (member, step, agent), index of the opponent in a conflict, -1 if none.
    positions: (member, step, agent) if asked for, else None.
    """

    inputs: Inputs
    variant: Variant
    quirks: Quirks
    seed: int
    median: np.ndarray
    mean: np.ndarray
    position: np.ndarray
    rival: np.ndarray
    positions: np.ndarray | None = None

    @property
    def runs(self) -> int:
        return len(self.median)

    @property
    def final_median(self) -> np.ndarray:
        """Median of the last recorded row (member,)."""
        return self.median[:, -1]

    @property
    def conflicts_per_run(self) -> np.ndarray:
        """Number of conflicts in each run (member,)."""
        return (self.rival >= 0).sum((1, 2)) / 2

    def conflicts(self, keep: np.ndarray | None = None) -> np.ndarray:
        """Mean conflicts per run and pair (agent, agent), symmetric.

        keep: (member,) runs that count; the sum is still divided by all runs, as the published
        analysis did with its filter.
        """
        n = self.inputs.n
        rival = self.rival if keep is None else self.rival[keep]
        left = np.broadcast_to(np.arange(n), rival.shape)
        met = rival >= 0
        pairs = left[met].astype(np.int64) * n + rival[met]
        return np.bincount(pairs, minlength=n * n).reshape(n, n) / self.runs

    def distances(self, keep: np.ndarray | None = None) -> np.ndarray:
        """Mean distance of each pair in the last recorded row (agent, agent)."""
        x = self.position if keep is None else self.position[keep]
        out = np.zeros((self.inputs.n, self.inputs.n))
        for i in range(self.inputs.n):
            out[i] = np.abs(x - x[:, i : i + 1]).mean(0, dtype=float)
        return out

    def shares(self) -> dict[str, float]:
        """Share of runs by final median: won by side 1, by side 0, undecided, and clear wins."""
        m = self.final_median
        return {
            "> 0.6": float((m > 0.6).mean()),
            "< 0.4": float((m < 0.4).mean()),
            "0.4-0.6": float(((m >= 0.4) & (m <= 0.6)).mean()),
            "> 0.8": float((m > 0.8).mean()),
            "< 0.2": float((m < 0.2).mean()),
        }

    def to_dataframe(self, of: str = "runs") -> pd.DataFrame:
        """Tidy table: `runs` one row a member, `rows` a member and step, `pairs` a pair."""
        import pandas as pd

        if of == "runs":
            return pd.DataFrame(
                {
                    "member": np.arange(self.runs),
                    "final_median": self.final_median,
                    "final_mean": self.mean[:, -1],
                    "conflicts": self.conflicts_per_run,
                }
            )
        if of == "rows":
            member, row = np.indices(self.median.shape)
            columns = {"member": member, "step": row, "median": self.median, "mean": self.mean}
            return pd.DataFrame({name: value.ravel() for name, value in columns.items()})
        if of == "pairs":
            a, b = np.triu_indices(self.inputs.n, 1)
            names = np.asarray(self.inputs.countries, object)
            return pd.DataFrame(
                {
                    "a": names[a],
                    "b": names[b],
                    "conflicts": self.conflicts()[a, b],
                    "distance": self.distances()[a, b],
                }
            )
        raise RunError(f"no table '{of}'", allowed=["runs", "rows", "pairs"], got=of)


@partial(
    jax.jit,
    static_argnames=("variant", "quirks", "steps", "all_rows"),
    compiler_options=_COMPILER,
)
def _simulate(
    keys: jax.Array,
    x: jax.Array,
    c: jax.Array,
    fixed: jax.Array,
    variant: Variant,
    quirks: Quirks,
    steps: int,
    all_rows: bool,
) -> tuple[jax.Array, ...]:
    """Median, mean, rival (step, ..., run) and recorded positions of one chunk of runs."""
    n, runs = len(x), len(keys)
    small = jnp.int8 if n < 128 else jnp.int16

    def draw(key: jax.Array, t: jax.Array) -> jax.Array:
        return jax.random.uniform(jax.random.fold_in(key, t), (2 * n,), x.dtype)

    def one(
        carry: tuple[jax.Array, jax.Array], t: jax.Array
    ) -> tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, ...]]:
        draws = jax.vmap(draw, (0, None), 1)(keys, t)
        s = jnp.where(jnp.isnan(fixed), draws[:n], fixed)
        done: Step = step(carry[0], s, draws[n:], c, variant, quirks)
        rows = (done.median, done.mean, done.rival.astype(small))
        return (done.position, done.recorded), rows + ((done.recorded,) if all_rows else ())

    start = jnp.broadcast_to(x[:, None], (n, runs))
    (_, last), rows = jax.lax.scan(one, (start, start), jnp.arange(steps))
    return (*rows, last)


def _check(runs: int, steps: int, variant: str, seed: int) -> None:
    if variant not in VARIANTS:
        raise RunError(f"no variant '{variant}'", allowed=VARIANTS, got=variant)
    if runs < 1 or steps < 1:
        raise RunError(f"runs={runs}, steps={steps}: both must be at least 1", where="eum.run")
    if not 0 <= seed < 2**32:
        raise RunError(f"seed {seed} is out of range", where="seed", allowed=["0 to 4294967295"])


def run(
    inputs: str | Path | Inputs,
    *,
    variant: Variant = "baseline",
    runs: int = 1000,
    seed: int = 1,
    steps: int = STEPS,
    quirks: Quirks | None = None,
    record_positions: bool = False,
    chunk: int | None = None,
) -> Result:
    """Run the model; a run depends on (inputs, variant, quirks, seed, its number) alone.

    inputs: CSV file (see `read_inputs`) or Inputs.  record_positions: keep all rows' positions.
    chunk: runs computed together, a matter of speed only.

    Raises DataError for bad inputs, RunError for an unknown variant or a count below one.
    """
    _check(runs, steps, variant, seed)
    table = inputs if isinstance(inputs, Inputs) else read_inputs(inputs)
    quirks = quirks or Quirks()
    size = chunk or min(CHUNK, -(-runs // 16) * 16)
    x = jnp.asarray(table.position, jnp.float32)
    share = table.capability / table.capability.max()  # first, so that no sum overflows
    c = jnp.asarray(share / share.mean(), jnp.float32)
    fixed = jnp.asarray(table.salience, jnp.float32)[:, None]

    def work(start: int) -> tuple[Any, ...]:
        drawn = _member_keys(seed, jnp.arange(start, start + size), names=("eum",))["eum"]
        done = _simulate(drawn, x, c, fixed, variant, quirks, steps, record_positions)
        return tuple(np.asarray(a) for a in done)

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:  # jax releases the lock
        parts = list(pool.map(work, range(0, runs, size)))
    whole = [np.moveaxis(np.concatenate(a, -1), -1, 0)[:runs] for a in zip(*parts, strict=True)]
    rows = np.ascontiguousarray(whole[3]) if record_positions else None
    median, mean, rival, position = whole[0], whole[1], whole[2], whole[-1]
    return Result(table, variant, quirks, seed, median, mean, position, rival, rows)
