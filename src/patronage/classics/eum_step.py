"""One step of the expected utility model, for many runs at once.

Arrays carry the run on the last axis, so every operation is a loop over contiguous runs; sums and
minima over agents are unrolled, which XLA's CPU compiler turns into vector code where its own
reductions stay scalar.  Axis letters: i, j agents; h voter; y grid position; run.

Source: Bueno de Mesquita (1998), "The End of the Cold War: Predicting an Emergent Property",
Journal of Conflict Resolution 42(2): 131-155; rebuilt by Masad (2016), PhD dissertation,
George Mason University.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, reduce
from typing import Literal, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

T = TypeVar("T")

Variant = Literal["baseline", "updated"]
VARIANTS: tuple[Variant, ...] = ("baseline", "updated")

THREAT_FLOOR = 1e-4  # an agent challenges where it expects more than this
STATUS_QUO = 0.5  # Q, weight of an unchanged status quo
BETTER = 0.5  # T, chance that a changed status quo is better
RISK_GRID = tuple(k / 10 for k in range(11))  # positions tried by the Updated risk rule


@dataclass(frozen=True)
class Quirks:
    """Where the published code departs from its description; on = as the code ran.

    last_sender: an offer is classed as conflict or concession by the expected utility against the
        last challenger in the list, not the chosen one (a reused loop variable).
    status_quo_sign: the whole status-quo bracket is subtracted; off = the printed equation, which
        adds the term of a changed status quo.
    reneging_keeps_position: (Baseline) an agent whose offer was accepted does not move itself.
    reneging_cancels_conflict: (Baseline) a mutual attack is dropped if an offer of either side
        was accepted.
    updated_highest_eu: (Updated) the challenge with the highest expected utility is answered;
        off = the one that asks for the least movement, as described.
    mean_uses_salience: the reported mean weights by capability times salience; off = capability.
    final_row_before_last_moves: row t is recorded before step t moves; off = after.
    """

    last_sender: bool = True
    status_quo_sign: bool = True
    reneging_keeps_position: bool = True
    reneging_cancels_conflict: bool = True
    updated_highest_eu: bool = True
    mean_uses_salience: bool = True
    final_row_before_last_moves: bool = True

    def without(self, *names: str) -> Quirks:
        """These quirks with the named ones switched off.

        >>> Quirks().without("last_sender").last_sender
        False
        """
        return replace(self, **dict.fromkeys(names, False))


class Step(NamedTuple):
    """What one step yields; all arrays (agent, run) except `median` and `mean` (run,).

    position: after the moves.  median, mean: of the row recorded for this step.
    choice: index of the agent whose challenge is answered, -1 if none.
    rival: index of the opponent in a mutual attack, -1 if none.
    risk: the exponent r.
    """

    position: jax.Array
    median: jax.Array
    mean: jax.Array
    recorded: jax.Array
    choice: jax.Array
    rival: jax.Array
    risk: jax.Array


def _fold(op: Callable, terms: Iterator[jax.Array]) -> jax.Array:
    return reduce(op, terms)


def _total(terms: Iterator[jax.Array]) -> jax.Array:
    return _fold(jnp.add, terms)


def _pick(index: jax.Array, table: jax.Array) -> jax.Array:
    """table[i, index[i]] per run, 0 where the index is -1; table (agent, agent, run)."""
    n = table.shape[1]
    return _total(jnp.where(index == j, table[:, j], 0) for j in range(n))


def _pick_row(index: jax.Array, row: jax.Array) -> jax.Array:
    """row[index[i]] per run, 0 where the index is -1; row (agent, run)."""
    return _total(jnp.where(index == j, row[j], 0) for j in range(row.shape[0]))


def _hold(value: T) -> T:
    """The same value, stored: XLA may not compute it again inside each of its unrolled uses.

    An optimisation barrier is dropped before fusion on CPUs, a branch is not.
    """
    first = jax.tree.leaves(value)[0].ravel()[0]
    always = first != 1_000_003  # no array here holds this number; the compiler cannot know
    return jax.lax.cond(always, lambda v: v, lambda v: jax.tree.map(jnp.zeros_like, v), value)


def distance_sum(y: jax.Array, x: jax.Array, w: jax.Array) -> jax.Array:
    """Votes times distance of all voters from positions y, F(y) = sum_h w_h |x_h - y|."""
    return _total(w[h] * jnp.abs(x[h] - y) for h in range(x.shape[0]))


def votes(a: jax.Array, b: jax.Array, x: jax.Array, w: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Net and total votes in a contest of position a against b.

    A voter's weight counts by how much closer it stands to one side.  The clipped form is exact
    for every voter outside the two positions, which keeps float32 good for near neighbours.
    """
    d, s = jnp.abs(b - a), a + b
    lean = [jnp.clip(s - 2 * x[h], -d, d) for h in range(x.shape[0])]
    net = _total(w[h] * v for h, v in enumerate(lean))
    total = _total(w[h] * jnp.abs(v) for h, v in enumerate(lean))
    return jnp.where(b >= a, net, -net), total


@cache
def _pair_index(n: int) -> np.ndarray:
    """Row of (forward, backward, nought) in which each ordered pair stands (agent * agent,)."""
    half, i, j = n // 2, *np.indices((n, n))
    k = (j - i) % n
    forward, backward = (k - 1) * n + i, half * n + (n - k - 1) * n + j
    index = np.where(k <= half, forward, backward)
    return np.where(k == 0, 2 * half * n, index).ravel().astype(np.int32)


def edge(x: jax.Array, w: jax.Array) -> jax.Array:
    """Win probability less one half of i against j (agent, agent, run); 0 where they coincide.

    Counted once a pair: of i against the k-th agent after it, for k up to half of all; the rest
    is the same with the other sign.
    """
    n, runs = x.shape
    after = jnp.stack([jnp.roll(x, -k, 0) for k in range(1, n // 2 + 1)])
    net, total = votes(x[None], after, x, w)
    ahead = _hold(jnp.where(total > 0, 0.5 * net / jnp.where(total > 0, total, 1), 0))
    flat = ahead.reshape(-1, runs)
    table = jnp.concatenate([flat, -flat, jnp.zeros((1, runs), x.dtype)])
    return jnp.take(table, _pair_index(n), axis=0, mode="clip").reshape(n, n, runs)


def median_position(x: jax.Array, w: jax.Array) -> jax.Array:
    """Weighted median among held positions: the one with the least distance_sum (run,)."""
    f = distance_sum(x, x, w)
    least = _fold(jnp.minimum, iter(f))
    # coinciding agents share F, so the largest of the minimisers is the minimiser
    return _fold(jnp.maximum, (jnp.where(f[i] == least, x[i], -jnp.inf) for i in range(len(x))))


def mean_position(x: jax.Array, w: jax.Array) -> jax.Array:
    return _total(w[h] * x[h] for h in range(len(x))) / _total(iter(w))


def _exponent(security: jax.Array, low: jax.Array, high: jax.Array) -> jax.Array:
    span = high - low
    r = jnp.where(span > 0, (2 * security - high - low) / jnp.where(span > 0, span, 1), 0) / 3
    return (1 - r) / (1 + r)


def risk_baseline(x: jax.Array, s: jax.Array, q: jax.Array) -> jax.Array:
    """Exponent r in [1/2, 2] from what all others together expect to win of each agent."""
    n = len(x)
    # at r = 1 the status quo cancels and E(j->k) = 2 d (1 - 2 s_k P(k beats j))
    security = _total(jnp.abs(x - x[j]) * (2 - 4 * s * (0.5 + q[:, j])) for j in range(n))
    low, high = _fold(jnp.minimum, iter(security)), _fold(jnp.maximum, iter(security))
    return _exponent(security, low, high)


def risk_updated(x: jax.Array, w: jax.Array, q: jax.Array) -> jax.Array:
    """Exponent r from the chance to be beaten here, against the best and worst grid position.

    Moving agent i to y changes only its own vote, so the votes of y against x_j are counted once
    for all agents and corrected by one term.
    """
    n = len(x)
    grid = jnp.asarray(RISK_GRID, x.dtype)[:, None]
    here = _total(jnp.where(x == x[j], 0, 0.5 - q[:, j]) for j in range(n))
    net, total = _hold(votes(x[None], grid[:, None], x, w))  # (y, j, run), positive: j beats y
    index = jnp.arange(n)[:, None]

    def exposure(at: tuple[jax.Array, jax.Array, jax.Array]) -> jax.Array:
        y, net_y, total_y = at

        def beaten(j: int) -> jax.Array:
            d, s = jnp.abs(y - x[j]), x[j] + y
            own = jnp.clip(s - 2 * x, -d, d)
            v = net_y[j] - w * (d + jnp.where(y >= x[j], own, -own))
            t = total_y[j] + w * (d - jnp.abs(own))
            p = 0.5 + 0.5 * v / jnp.where(d > 0, t, 1)
            return jnp.where((d > 0) & (index != j), p, 0)

        return _total(beaten(j) for j in range(n))

    tried = jax.lax.map(exposure, (grid[:, :, None], net, total))
    low, high = _fold(jnp.minimum, iter(tried)), _fold(jnp.maximum, iter(tried))
    r = _exponent(here, low, high)
    return jnp.where(r < 0, 0.5, jnp.where(r > 2, 2.0, r)).astype(x.dtype)


def expectations(
    x: jax.Array, s: jax.Array, r: jax.Array, q: jax.Array, mu: jax.Array, quirks: Quirks
) -> tuple[jax.Array, jax.Array]:
    """Expected utility, in i's eyes, of i challenging j and of j challenging i.

    Both (agent i, agent j, run); 0 where the two coincide.
    """
    d = jnp.abs(x[:, None] - x[None])
    far = jnp.abs(x - mu)
    spread = (far[:, None] + far[None]) / 4
    power = r[:, None]

    def utility(base: jax.Array) -> jax.Array:
        return 2 - 4 * jnp.exp(power * jnp.log(jnp.maximum(base, 0)))

    success, failure = utility(0.5 - 0.5 * d), utility(0.5 + 0.5 * d)
    same = (2 - 4 * jnp.exp(r * jnp.log(jnp.asarray(0.5, x.dtype))))[:, None]
    moved = BETTER * utility(0.5 - spread) + (1 - BETTER) * utility(0.5 + spread)
    sign = 1 if quirks.status_quo_sign else -1
    gain = success - (STATUS_QUO * same + sign * (1 - STATUS_QUO) * moved)
    stake = success - failure
    apart = d > 0
    out = jnp.where(apart, gain - s[None] * (0.5 - q) * stake, 0)
    into = jnp.where(apart, gain - s[:, None] * (0.5 + q) * stake, 0)
    return out, into


def _choose(first: jax.Array, second: jax.Array, allowed: jax.Array) -> jax.Array:
    """Index j of the least `first`, ties by the least `second`, then the earliest; -1 if none."""
    n = first.shape[1]
    first = jnp.where(allowed, first, jnp.inf)
    best = _fold(jnp.minimum, (first[:, j] for j in range(n)))
    tied = [(first[:, j] == best) & allowed[:, j] for j in range(n)]
    next_best = _fold(jnp.minimum, (jnp.where(tied[j], second[:, j], jnp.inf) for j in range(n)))
    index = _fold(
        jnp.minimum,
        (jnp.where(tied[j] & (second[:, j] == next_best), j, n) for j in range(n)),
    )
    return jnp.where(index < n, index, -1)


def _implied(x: jax.Array, q: jax.Array, out: jax.Array, into: jax.Array) -> jax.Array:
    """Position i would take if it answered j (agent, agent, run)."""
    a, b = x[:, None], x[None]
    lottery = (0.5 + q) * a + (0.5 - q) * b
    ratio = jnp.abs(out / jnp.where(into == 0, 1, into))
    split = jnp.where((jnp.abs(out) <= into) & (into > 0), a + (b - a) * ratio, b)
    return jnp.where(out > 0, lottery, split)


def _rivals(choice: jax.Array, fights: jax.Array) -> jax.Array:
    """Opponent of each agent where two agents want conflict with one another, else -1."""
    aim = jnp.where(fights, choice, -1)
    n = len(aim)
    index = jnp.arange(n)[:, None]
    mutual = _fold(jnp.logical_or, ((aim == j) & (aim[j] == index) for j in range(n)))
    return jnp.where(mutual, aim, -1)


def _any_chose(choice: jax.Array) -> jax.Array:
    """Whether some agent's choice points at j (agent, run)."""
    index = jnp.arange(len(choice))[:, None]
    return _fold(jnp.logical_or, (choice[i] == index for i in range(len(choice))))


def step(
    x: jax.Array, s: jax.Array, u: jax.Array, c: jax.Array, variant: Variant, quirks: Quirks
) -> Step:
    """One step: risk, challenges, answers, conflicts, moves.

    x positions [0..1], s salience [0..1], u uniform draws that decide conflicts, all (agent, run);
    c capability (agent,), only ratios matter.  The draw of the lower-index side decides a conflict.
    """
    n = len(x)
    w = c[:, None] * s
    mu = _hold(median_position(x, w))
    q = edge(x, w)
    q = _hold(q)
    r = risk_baseline(x, s, q) if variant == "baseline" else risk_updated(x, w, q)
    r = _hold(r)
    out, into = _hold(expectations(x, s, r, q, mu, quirks))
    threat = jnp.swapaxes(out, 0, 1) > THREAT_FLOOR  # [i, j]: j challenges i
    highest_eu = variant == "updated" and quirks.updated_highest_eu
    implied = _hold(_implied(x, q, out, into))
    if highest_eu:
        choice = _choose(-into, jnp.abs(x[:, None] - x[None]), threat)
    else:
        choice = _choose(jnp.abs(x[:, None] - implied), -into, threat & (into >= 0))
    choice = _hold(choice)
    last = choice
    if quirks.last_sender:
        last = _fold(jnp.maximum, (jnp.where(threat[:, j], j, -1) for j in range(n)))
    own = _hold(_pick(last, out))
    answered = choice >= 0
    fights = answered & (own > 0)
    accepts = answered & ~fights
    if highest_eu:
        inc, there = _pick(choice, into), _pick_row(choice, x)
        ratio = jnp.abs(own / jnp.where(inc == 0, 1, inc))
        split = jnp.where(jnp.abs(own) < inc, x + (there - x) * ratio, x)
        moved = jnp.where(jnp.abs(own) > inc, there, split)
    else:
        moved = _pick(choice, implied)
    new = jnp.where(accepts, moved, x)
    rival = _hold(_rivals(choice, fights))
    if variant == "baseline":
        new, rival = _resolve(x, u, q, new, choice, accepts, rival, quirks)
    recorded = x if quirks.final_row_before_last_moves else new
    if not quirks.final_row_before_last_moves:
        mu = median_position(new, w)
    mean = mean_position(recorded, w if quirks.mean_uses_salience else c[:, None] + 0 * w)
    return Step(new, mu, mean, recorded, choice, rival, r)


def _resolve(
    x: jax.Array,
    u: jax.Array,
    q: jax.Array,
    new: jax.Array,
    choice: jax.Array,
    accepts: jax.Array,
    rival: jax.Array,
    quirks: Quirks,
) -> tuple[jax.Array, jax.Array]:
    """Conflicts and reneging of the Baseline variant: new positions and remaining rivals."""
    n = len(x)
    taken = _hold(_any_chose(_hold(jnp.where(accepts, choice, -1))))  # own offer was accepted
    if quirks.reneging_cancels_conflict:
        off = taken | (_pick_row(rival, taken.astype(x.dtype)) > 0)
        rival = _hold(jnp.where(off, -1, rival))
    index = jnp.arange(n)[:, None]
    draw = jnp.where(index < rival, u, _pick_row(rival, u)) - 0.5
    margin = _pick(rival, q)
    loses = (rival >= 0) & jnp.where(index < rival, draw >= margin, draw < -margin)
    new = jnp.where(loses, _pick_row(rival, x), new)
    if quirks.reneging_keeps_position:
        new = jnp.where(taken, x, new)
    return new, rival
