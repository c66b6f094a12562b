r"""Nuclear brinkmanship: an alternating contest in which escalation risks a disaster nobody wants.

Sides move in turn up a ladder.  At rung k the mover either gives way (payoffs: loser 0, winner 1)
or escalates, which ends in disaster with probability r_k and else hands the move to the rival.  A
side's resolve is its critical risk

    R = (win - quit) / (win - disaster),

the risk at which it would be indifferent between giving way and running it to win for certain.
With win = 1 and quit = 0 disaster is worth -(1 - R) / R.

- Full information: backward induction; against a rival who gives way next, a mover escalates if
  and only if r_k < R.
- Doubt: a mover who thinks that the rival is resolute (never gives way) with probability p and
  otherwise gives way next escalates if and only if r_k < (1 - p) R / (1 - p R).
- Mixing: the chance that the rival gives way at the next rung which makes the mover indifferent is
  y = r_k / (1 - r_k) * (1 - R) / R; every rung climbed then raises the belief that the rival is
  resolute by 1 / (1 - y).

Source: Powell (1988), "Nuclear Brinkmanship with Two-Sided Incomplete Information", American
Political Science Review 82(1): 155-178.  These are the steps of its argument, one by one; the game
itself, with doubt on both sides, is solved in `patronage.classics.brinkmanship`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patronage.errors import PatronageError


def critical_risk(win: float, quits: float, disaster: float) -> float:
    """Resolve R of a side with these payoffs, win > quits > disaster.

    >>> critical_risk(win=1, quits=0, disaster=-3)
    0.25
    """
    if not win > quits > disaster:
        raise PatronageError(
            f"payoffs {win}, {quits}, {disaster}",
            where="critical_risk",
            allowed=["win > quits > disaster"],
        )
    return (win - quits) / (win - disaster)


def disaster_payoff(resolve: float) -> float:
    """Payoff of disaster of a side with critical risk `resolve`, where win = 1 and quit = 0."""
    if not 0 < resolve < 1:
        raise PatronageError(f"resolve {resolve}", where="disaster_payoff", allowed=["0 < R < 1"])
    return -(1 - resolve) / resolve


def risk_borne(resolve: float, doubt: float = 0.0) -> float:
    """Largest risk worth running if the rival is resolute with probability `doubt`."""
    return (1 - doubt) * resolve / (1 - doubt * resolve)


@dataclass(frozen=True)
class Ladder:
    """Solution of the ladder with full information.

    escalates: (rung,) what the mover does there if play gets there.
    value: (rung, side) expected payoffs from there on.
    """

    escalates: NDArray[np.bool_]
    value: NDArray[np.float64]

    @property
    def winner(self) -> int | None:
        """Side that wins if no disaster happens, None if the ladder's end is reached."""
        quits = np.flatnonzero(~self.escalates)
        return None if len(quits) == 0 else int(1 - quits[0] % 2)


def climb(risks: Sequence[float], resolve: tuple[float, float]) -> Ladder:
    """Solve the ladder by backward induction; side 0 moves at rungs 0, 2, ...

    risks: disaster probability of each escalation.  After the last rung the next mover gives way.
    """
    r = np.asarray(risks, float)
    if r.ndim != 1 or len(r) == 0 or (r < 0).any() or (r > 1).any():
        raise PatronageError(f"risks {list(risks)}", where="climb", allowed=["numbers in [0, 1]"])
    doom = np.array([disaster_payoff(k) for k in resolve])
    escalates, value = np.zeros(len(r), bool), np.zeros((len(r) + 1, 2))
    value[len(r), 1 - len(r) % 2] = 1
    for k in range(len(r) - 1, -1, -1):
        mover = k % 2
        on = r[k] * doom + (1 - r[k]) * value[k + 1]
        escalates[k] = on[mover] > 0
        value[k] = on if escalates[k] else np.eye(2)[1 - mover]
    return Ladder(escalates, value[:-1])


def indifferent_yield(risk: float, resolve: float, answer: float = 0.0, quo: float = 0.0) -> float:
    """Chance that the rival gives way next which makes a mover indifferent; > 1 if none does.

    answer: risk of the rival's escalation, which the mover bears too if the rival does not give
    way.  quo: what the mover keeps if it does not escalate.
    """
    doom = (1 - resolve) / resolve
    borne = quo + (risk + (1 - risk) * answer) * doom
    return borne / ((1 - risk) * (1 + answer * doom))


def beliefs(
    risks: Sequence[float], resolve: float, prior: float, answers: Sequence[float] | None = None
) -> NDArray[np.float64]:
    """Belief that a side is resolute after each of its escalations, where it mixes.

    risks: those run by the rival just before each move of the side.  resolve: the rival's.
    answers: risks of the side's own moves, nought where omitted.  The belief grows by
    1 / (1 - y) and stops at 1, where the rival gives way.
    """
    back = np.zeros(len(risks)) if answers is None else answers
    y = np.array([indifferent_yield(r, resolve, a) for r, a in zip(risks, back, strict=True)])
    stay = np.cumprod(np.clip(1 - y, 1e-300, None))
    return np.minimum(1.0, prior / stay)
