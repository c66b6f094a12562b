"""The expected utility model read literally: one agent at a time, float64, plain NumPy.

Written from the model's description, not from the fast code, and kept slow on purpose: it is the
oracle of one step and the `per agent` side of the benchmark.  Dictionaries of quirks use the same
names as `patronage.classics.eum.Quirks`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

Q = T = 0.5
FLOOR = 1e-4
ALL_ON = {
    "last_sender": True,
    "status_quo_sign": True,
    "reneging_keeps_position": True,
    "reneging_cancels_conflict": True,
    "updated_highest_eu": True,
    "mean_uses_salience": True,
    "final_row_before_last_moves": True,
}


def beats(a: float, b: float, x: np.ndarray, w: np.ndarray) -> float:
    """Chance that position a wins against position b in a vote of all agents."""
    if a == b:
        return 0.0
    v = w * (np.abs(x - b) - np.abs(x - a))
    return float(np.maximum(v, 0).sum() / np.abs(v).sum())


@dataclass
class Outcome:
    """One step's results; `gaps` holds how close each agent's decisions were to going otherwise."""

    position: np.ndarray
    median: float
    mean: float
    choice: list[int]
    rival: list[int]
    risk: np.ndarray
    gaps: np.ndarray = field(default_factory=lambda: np.zeros(0))


class World:
    """One state of the model: positions x, capabilities c, saliences s."""

    def __init__(
        self, x: np.ndarray, c: np.ndarray, s: np.ndarray, quirks: dict[str, bool]
    ) -> None:
        self.x, self.c, self.s, self.quirks = x, c, s, quirks
        self.n = len(x)
        self.w = c * s
        self.chance = np.array([[beats(a, b, x, self.w) for b in x] for a in x])
        self.median = self.find_median(x)
        self.r = np.ones(self.n)

    def find_median(self, x: np.ndarray) -> float:
        """Position with the largest margin over any other, over all ordered pairs."""
        best, where = -np.inf, float(x[0])
        cost = [float((self.w * np.abs(x - y)).sum()) for y in x]
        for i in range(self.n):
            for j in range(self.n):
                margin = cost[j] - cost[i]
                if margin > best:
                    best, where = margin, float(x[i])
        return where

    def expected(self, perceiver: int, j: int, k: int) -> float:
        """What j gains by challenging k, as `perceiver` sees it."""
        x, s, r = self.x, self.s, float(self.r[perceiver])
        if x[j] == x[k]:
            return 0.0
        d = abs(float(x[j] - x[k]))
        spread = abs(float(x[j]) - self.median) + abs(float(x[k]) - self.median)
        success = 2 - 4 * (0.5 - 0.5 * d) ** r
        failure = 2 - 4 * (0.5 + 0.5 * d) ** r
        same = 2 - 4 * 0.5**r
        better = 2 - 4 * max(0.5 - 0.25 * spread, 0) ** r
        worse = 2 - 4 * (0.5 + 0.25 * spread) ** r
        p = float(self.chance[j, k])
        sk = float(s[k])
        fight = sk * (p * success + (1 - p) * failure) + (1 - sk) * success
        moved = (1 - Q) * (T * better + (1 - T) * worse)
        if self.quirks["status_quo_sign"]:
            return fight - Q * same - moved
        return fight - Q * same + moved

    def set_risk_baseline(self) -> None:
        self.r = np.ones(self.n)
        security = [
            sum(self.expected(k, j, k) for j in range(self.n) if j != k) for k in range(self.n)
        ]
        low, high = min(security), max(security)
        for i, own in enumerate(security):
            big = (2 * own - high - low) / (high - low) if high > low else 0.0
            self.r[i] = (1 - big / 3) / (1 + big / 3)

    def exposure(self, i: int, y: float) -> float:
        """Sum of the others' chances to beat agent i, were it (and its vote) at y."""
        moved = self.x.copy()
        moved[i] = y
        others = np.delete(moved, i)[:, None]
        v = self.w * (np.abs(moved - y) - np.abs(moved - others))  # (challenger, voter)
        total = np.abs(v).sum(1)
        apart = others[:, 0] != y
        return float((np.maximum(v, 0).sum(1)[apart] / total[apart]).sum())

    def set_risk_updated(self) -> None:
        for i in range(self.n):
            tried = [self.exposure(i, k / 10) for k in range(11)]
            low, high = min(tried), max(tried)
            own = self.exposure(i, float(self.x[i]))
            big = (2 * own - high - low) / (high - low) if high > low else 0.0
            r = (1 - big / 3) / (1 + big / 3)
            self.r[i] = 0.5 if r < 0 else 2.0 if r > 2 else r

    def implied(self, i: int, j: int, own: float, inc: float) -> float:
        a, b = float(self.x[i]), float(self.x[j])
        if own > 0:
            p = float(self.chance[i, j])
            return p * a + (1 - p) * b
        if abs(own) <= inc and inc > 0:
            return a + (b - a) * abs(own / inc)
        return b

    def least_movement(self, i: int, senders: list[int]) -> tuple[int, float, float]:
        """The credible challenge that moves i least: sender, implied position, gap to the next."""
        options = []
        gap = np.inf
        for j in senders:
            inc = self.expected(i, j, i)
            gap = min(gap, abs(inc))
            if inc < 0:
                continue
            to = self.implied(i, j, self.expected(i, i, j), inc)
            options.append((abs(float(self.x[i]) - to), -inc, j, to))
        if not options:
            return -1, float(self.x[i]), gap
        options.sort(key=lambda o: o[:3])
        first = options[0]
        rest = [o[0] - first[0] for o in options[1:] if self.x[o[2]] != self.x[first[2]]]
        return first[2], first[3], min([gap, *rest])

    def strongest(self, i: int, senders: list[int]) -> tuple[int, float]:
        """The challenge with the highest expected utility: sender, gap to the next."""
        options = sorted(
            (-self.expected(i, j, i), abs(float(self.x[i] - self.x[j])), j) for j in senders
        )
        if not options:
            return -1, np.inf
        first = options[0]
        rest = [o[0] - first[0] for o in options[1:] if self.x[o[2]] != self.x[first[2]]]
        return first[2], min([np.inf, *rest])


def _answer(
    world: World, i: int, senders: list[int], highest: bool
) -> tuple[int, bool, float, float]:
    """Chosen sender, whether i fights it, the position i would move to, and the smallest gap."""
    x = world.x
    if highest:
        chosen, gap = world.strongest(i, senders)
        to = float(x[i])
    else:
        chosen, to, gap = world.least_movement(i, senders)
    if chosen < 0:
        return -1, False, float(x[i]), gap
    met = senders[-1] if world.quirks["last_sender"] else chosen
    m = world.expected(i, i, met)
    gap = min(gap, abs(m))
    if m > 0:
        return chosen, True, float(x[i]), gap
    if highest:
        inc = world.expected(i, chosen, i)
        gap = min(gap, abs(abs(m) - inc))
        if abs(m) < inc:
            to = float(x[i] + (x[chosen] - x[i]) * abs(m / inc))
        elif abs(m) > inc:
            to = float(x[chosen])
    return chosen, False, to, gap


def step(
    x: np.ndarray,
    s: np.ndarray,
    u: np.ndarray,
    c: np.ndarray,
    variant: str,
    quirks: dict[str, bool] | None = None,
) -> Outcome:
    """One step; u[i] decides the conflict in which i is the lower index."""
    quirks = {**ALL_ON, **(quirks or {})}
    world = World(np.asarray(x, float), np.asarray(c, float), np.asarray(s, float), quirks)
    n = world.n
    world.set_risk_baseline() if variant == "baseline" else world.set_risk_updated()
    threats: list[list[int]] = [[] for _ in range(n)]
    gaps = np.full(n, np.inf)
    for i in range(n):
        for j in range(n):
            if i != j and world.x[i] != world.x[j]:
                gain = world.expected(i, i, j)
                gaps[j] = min(gaps[j], abs(gain - FLOOR))
                if gain > FLOOR:
                    threats[j].append(i)
    highest = variant == "updated" and quirks["updated_highest_eu"]
    choice, fights, new = [-1] * n, [False] * n, world.x.copy()
    flagged = [False] * n
    for i in range(n):
        choice[i], fights[i], new[i], gap = _answer(world, i, threats[i], highest)
        gaps[i] = min(gaps[i], gap)
        if choice[i] >= 0 and not fights[i]:
            flagged[choice[i]] = True
    rival = [-1] * n
    for i in range(n):
        for j in range(i + 1, n):
            if fights[i] and fights[j] and choice[i] == j and choice[j] == i:
                if variant == "baseline":
                    if quirks["reneging_cancels_conflict"] and (flagged[i] or flagged[j]):
                        continue
                    loser, winner = (j, i) if u[i] < world.chance[i, j] else (i, j)
                    new[loser] = world.x[winner]
                    gaps[[i, j]] = np.minimum(gaps[[i, j]], abs(u[i] - world.chance[i, j]))
                rival[i], rival[j] = j, i
    if variant == "baseline" and quirks["reneging_keeps_position"]:
        new = np.where(flagged, world.x, new)
    row = world.x if quirks["final_row_before_last_moves"] else new
    weight = world.w if quirks["mean_uses_salience"] else world.c
    mean = float((weight * row).sum() / weight.sum())
    return Outcome(new, world.find_median(row), mean, choice, rival, world.r, gaps)
