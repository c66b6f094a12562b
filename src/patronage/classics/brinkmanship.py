r"""Brinkmanship with doubt on both sides, solved as the game: a contest in running risks.

Sides move in turn, side 0 at rungs 0, 2, ….  The mover of rung k gives way (the rival wins 1, the
mover gets 0; at rung 0 nobody challenges, and side 0 keeps its share of the status quo) or
escalates: with the autonomous risk $r_k$ disaster strikes both, else the rival moves.  Risks rise.
A side knows its own resolve $R$, the risk at which it is indifferent between giving way and running
it to win for certain (so disaster is worth $-(1-R)/R$), and of the rival's only the distribution.

Sequential equilibrium.  Escalating is worth more the greater the resolve, so the types that have
given way by rung k are the lowest share $q_k$ of the mover's side.  The marginal type $R(q_k)$
gives way at its next move, so it is indifferent just where

$$ (1-r_k)\,y_{k+1} - \frac{1-R}{R}\big(r_k+(1-r_k)(1-y_{k+1})\,r_{k+1}\big) = s_k,\quad R=R(q_k),
   \qquad q_{k+1} = q_{k-1} + (1-q_{k-1})\,y_{k+1}, $$

with $y_{k+1}$ the chance that the rival gives way next, $s_0$ the status quo and $s_k=0$ after.
This is a recursion in closed form from $q_{-1}=q_{-2}=0$ and one unknown, how many of side 0 never
challenge (or, where all do, how many of side 1 give way at once).  It is fixed by the end: at the
first rung N whose risk no type of its mover would run, all of them give way, $q_N=1$; or all give
way at an earlier rung, where a rival so resolute is left that none can outlast it.  A larger share
at rung 0 raises $q_k$ at all rungs of side 0 and lowers it at those of side 1, so there is
one solution.  Types that differ little are one type of the original game, and a cutoff among them
is its mixed strategy (Harsanyi's purification).  A deliberate attack brings disaster for
certain and is never chosen, so it is left out.

Source: Powell (1988), "Nuclear Brinkmanship with Two-Sided Incomplete Information", American
Political Science Review 82(1): 155-178; Powell (1990), Nuclear Deterrence Theory: The Search for
Credibility, Cambridge University Press.  That types are a continuum is our choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patronage.classics.powell import indifferent_yield
from patronage.errors import PatronageError

HALVINGS = 200
CLOSE = 1e-6
"""How near to 1 the last share must come; else the risks leave no solution of this kind."""


@dataclass(frozen=True)
class Side:
    """What the rival knows of a side: its resolve by share of types, linear between the points.

    shares: from 0 to 1, rising.  resolve: rising, within (0, 1).  A few irresolute and resolute
    types are steps with a thin rise between them.

    >>> Side((0, 0.8, 0.81, 1), (0.2, 0.3, 0.5, 0.6)).at(0.4)
    0.25
    """

    shares: tuple[float, ...] = (0.0, 1.0)
    resolve: tuple[float, ...] = (0.05, 0.95)

    def __post_init__(self) -> None:
        q, r = np.asarray(self.shares, float), np.asarray(self.resolve, float)
        fits = q.shape == r.shape and q.ndim == 1 and len(q) > 1
        if not (
            fits
            and q[0] == 0
            and q[-1] == 1
            and (np.diff(q) > 0).all()
            and (np.diff(r) > 0).all()
            and r[0] > 0
            and r[-1] < 1
        ):
            raise PatronageError(
                f"shares {self.shares}, resolve {self.resolve}",
                where="Side",
                allowed=["shares rising from 0 to 1, resolve rising within (0, 1)"],
            )

    def at(self, share: float) -> float:
        """Resolve that a share of the side's types does not exceed."""
        return float(np.interp(share, self.shares, self.resolve))

    @property
    def least(self) -> float:
        return self.resolve[0]

    @property
    def greatest(self) -> float:
        return self.resolve[-1]


@dataclass(frozen=True)
class Contest:
    """Equilibrium of the contest.

    risks: of each escalation up to the last rung, where the mover gives way.  gone: (rung,) share
    of the mover's types that have given way by then.  yields: (rung,) chance that the mover gives
    way there if play gets there.  status_quo: payoff of side 0 if it does not challenge.
    """

    sides: tuple[Side, Side]
    risks: NDArray[np.float64]
    status_quo: float
    gone: NDArray[np.float64]
    yields: NDArray[np.float64]

    @property
    def cutoffs(self) -> NDArray[np.float64]:
        """Resolve (rung,) below which the mover has given way."""
        return np.array([self.sides[k % 2].at(q) for k, q in enumerate(self.gone)])

    @property
    def reached(self) -> NDArray[np.float64]:
        """Probability (rung,) that play gets to each rung."""
        on = (1 - self.yields[:-1]) * (1 - self.risks[: len(self.yields) - 1])
        return np.r_[1.0, np.cumprod(on)]

    def outcomes(self) -> dict[str, float]:
        """Probability of the status quo, of either side's win and of disaster."""
        ends = self.reached * self.yields
        doom = self.reached * (1 - self.yields) * self.risks[: len(ends)]
        return {
            "status quo": float(ends[0]),
            "side 0 wins": float(ends[1::2].sum()),
            "side 1 wins": float(ends[2::2].sum()),
            "disaster": float(doom.sum()),
        }

    def fate(self, side: int, resolve: float) -> dict[str, float]:
        """What becomes of a type of a side: probability of winning and of disaster, and payoff."""
        cutoffs = self.cutoffs
        cutoffs[-1] = np.inf  # where all give way
        quits = [k for k in range(side, len(cutoffs), 2) if cutoffs[k] > resolve]
        last = quits[0] if quits else len(self.gone)
        alive, win, doom = 1.0, 0.0, 0.0
        for k in range(min(last, len(self.gone))):
            if k % 2 != side:
                win += alive * self.yields[k]
                alive *= 1 - self.yields[k]
            doom += alive * self.risks[k]
            alive *= 1 - self.risks[k]
        payoff = win - doom * (1 - resolve) / resolve
        if side == 0 and last == 0:
            payoff = self.status_quo
        return {"win": win, "disaster": doom, "payoff": payoff}


def ladder(step: float) -> NDArray[np.float64]:
    """Risks that grow by `step` with every escalation, up to 1."""
    if not 0 < step < 1:
        raise PatronageError(f"step {step}", where="ladder", allowed=["0 < step < 1"])
    return np.minimum(1.0, step * np.arange(1, int(np.ceil(1 / step)) + 1))


def _last_rung(sides: tuple[Side, Side], risks: NDArray[np.float64]) -> int:
    """First rung whose risk no type of its mover would run even to win for certain."""
    for k, risk in enumerate(risks):
        if risk >= sides[k % 2].greatest:
            return k
    raise PatronageError(
        f"risks end at {risks[-1]}",
        where="solve",
        allowed=[f"risks that reach the greatest resolve, {max(s.greatest for s in sides)}"],
    )


def _climb(
    sides: tuple[Side, Side], risks: NDArray[np.float64], status_quo: float, last: int, start: float
) -> tuple[NDArray[np.float64], float]:
    """Shares gone at the rungs from a start, and how far above 0 the start was too high.

    start: above 0 the share of side 0 that never challenges; below 0 all challenge, and it is
    minus the share of side 1 that gives way beyond what makes the least resolute challenger
    indifferent.
    """
    gone = np.zeros(last + 1)
    gone[0] = max(start, 0.0)
    before = 0.0  # of the rival, before its next move
    for k in range(last):
        resolve, quo = sides[k % 2].at(gone[k]), status_quo if k == 0 else 0.0
        yields = indifferent_yield(risks[k], resolve, risks[k + 1], quo)
        share = before + (1 - before) * yields
        if k == 0:
            share += max(-start, 0.0)
        if share >= 1 and k + 1 < last:
            gone[k + 1] = share
            return gone[: k + 2], (share - 1) if (k + 1) % 2 == 0 else (1 - share - 1e-300)
        gone[k + 1], before = share, gone[k]
    return gone, (gone[last] - 1) * (1 if last % 2 == 0 else -1)


def _finish(
    sides: tuple[Side, Side], risks: NDArray[np.float64], status_quo: float, gone: NDArray
) -> Contest:
    """The contest whose shares gone are these, up to the rung where all of a side have."""
    if gone[0] >= 1 - CLOSE:  # the status quo is worth more than any challenge
        one = np.ones(1)
        return Contest(sides, risks[:1], status_quo, one, one)
    out = np.flatnonzero(gone >= 1 - CLOSE)
    gone = gone if len(out) == 0 else gone[: out[0] + 1]
    before = np.r_[0.0, 0.0, gone[:-2]][: len(gone)]
    if abs(gone[-1] - 1) > CLOSE:
        raise PatronageError(
            f"shares {gone.round(4).tolist()} do not end at 1",
            where="solve",
            allowed=["finer steps of risk"],
        )
    gone = np.r_[gone[:-1], 1.0]
    yields = (gone - before) / (1 - before)
    return Contest(sides, risks[: len(gone)], status_quo, gone, yields)


def solve(
    first: Side, second: Side, risks: Sequence[float] | NDArray, status_quo: float = 0.0
) -> Contest:
    """Sequential equilibrium of the contest.

    risks: of the escalations, rising, up to one that nobody would run (`ladder`).  status_quo:
    what side 0 keeps if it does not challenge, 0 ≤ status_quo < 1.

    Errors: PatronageError for risks that do not rise or end too soon, and where steps are so
    coarse that the recursion has no solution.

    >>> contest = solve(Side(), Side(), ladder(0.02), status_quo=0.3)
    >>> sum(contest.outcomes().values())
    1.0
    """
    r = np.asarray(risks, float)
    if r.ndim != 1 or len(r) == 0 or (r <= 0).any() or (r > 1).any() or (np.diff(r) < 0).any():
        raise PatronageError(f"risks {list(r)}", where="solve", allowed=["0 < risks ≤ 1, rising"])
    if not 0 <= status_quo < 1:
        raise PatronageError(
            f"status quo {status_quo}", where="solve", allowed=["0 ≤ status_quo < 1"]
        )
    sides = (first, second)
    last = _last_rung(sides, r)
    low, high = -1.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        _, above = _climb(sides, r, status_quo, last, middle)
        low, high = (low, middle) if above > 0 else (middle, high)
    found = [_climb(sides, r, status_quo, last, start)[0] for start in (high, low)]
    return _finish(sides, r, status_quo, min(found, key=lambda gone: abs(gone[-1] - 1)))
