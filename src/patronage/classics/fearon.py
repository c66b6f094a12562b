r"""Audience costs as a war of attrition: two states in a crisis that grows dearer to leave.

Each state values the good at 1 and may at any moment attack, quit, or wait.  A state that quits at
time t pays audience costs a_i t; war gives it w_i < 0, its private type.  There is a horizon t*
after which nobody quits, so whoever is still there fights.  Up to the horizon each unresolved side
quits at the rate that keeps the other indifferent.  At the horizon the marginal fighter's war is
just as bad as quitting, w = -a_i t*.

Indifference of side i at t: what waiting gains, h_j(t) (1 + a_i t), equals the growing cost of
quitting a_i.  Hence the rival j's quitting hazard h_j(t) = a_i / (1 + a_i t), the survivor
function k_j / (1 + a_i t), and at the horizon the share of j still in is that of its types who
prefer war to quitting, P(w_j > -a_j t*).  With k_j = 1 each side meets this condition at its own
time; the horizon is the earlier of the two.  The other side has fewer fighters by then than
attrition leaves of it, and gives way at t = 0 with probability 1 - k_j to make up for it.
Here types are uniform on [-c_i, 0], so P(w_j > -a_j t) = min(1, a_j t / c_j).

Source: Fearon (1994), "Domestic Political Audiences and the Escalation of International Disputes",
American Political Science Review 88(3): 577-592.  The uniform types are our choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from patronage.errors import PatronageError


@dataclass(frozen=True)
class Side:
    """One state: audience-cost rate and worst cost of war, both in units of the good.

    audience: cost of backing down grows by this much per unit of time, > 0.
    war: types are uniform on [-war, 0], war > 0.
    """

    audience: float
    war: float = 1.0

    def __post_init__(self) -> None:
        for name in ("audience", "war"):
            if not getattr(self, name) > 0:
                raise PatronageError(f"{name} must be > 0, not {getattr(self, name)}", where="Side")

    def fighters(self, t: ArrayLike) -> NDArray[np.float64]:
        """Share of types that prefer war to quitting at time t."""
        return np.minimum(1.0, self.audience * np.asarray(t, float) / self.war)


@dataclass(frozen=True)
class Crisis:
    """Equilibrium of the crisis between two sides.

    horizon: time after which nobody quits.
    quits_at_once: probability that each side gives way at t = 0; at most one is above 0.
    """

    sides: tuple[Side, Side]
    horizon: float
    quits_at_once: tuple[float, float]

    def hazard(self, side: int, t: ArrayLike) -> NDArray[np.float64]:
        """Rate at which `side` quits at t, given that neither has; zero from the horizon on."""
        t = np.asarray(t, float)
        rival = self.sides[1 - side].audience
        return np.where(t < self.horizon, rival / (1 + rival * t), 0.0)

    def still_in(self, side: int, t: ArrayLike) -> NDArray[np.float64]:
        """Probability that `side` has not quit by t."""
        rival = self.sides[1 - side].audience
        t = np.minimum(np.asarray(t, float), self.horizon)
        return (1 - self.quits_at_once[side]) / (1 + rival * t)

    def escalates(self, t: ArrayLike) -> NDArray[np.float64]:
        """Probability that both are still in at t."""
        return self.still_in(0, t) * self.still_in(1, t)

    @property
    def war(self) -> float:
        """Probability of war: both last to the horizon."""
        return float(self.escalates(self.horizon))

    def quits(self, side: int) -> float:
        """Probability that `side` is the one that backs down."""
        rival, own = self.sides[1 - side].audience, self.sides[side].audience
        # integral of (share of the rival still in) times (density of own quitting)
        t = self.horizon
        keep = (1 - self.quits_at_once[side]) * (1 - self.quits_at_once[1 - side])
        if np.isclose(own, rival, rtol=1e-9):
            later = keep * 0.5 * (1 - 1 / (1 + own * t) ** 2)
        else:
            gap = own - rival
            ratio = np.log((1 + own * t) / (1 + rival * t))
            later = keep * rival * (own * ratio - gap * rival * t / (1 + rival * t)) / gap**2
        return float(self.quits_at_once[side] + later)


def _meet(side: Side, rival: float) -> float:
    """Time at which attrition 1 / (1 + rival t) leaves just the side's fighters, a t / c."""
    return float(
        2 * side.war / (side.audience * (1 + np.sqrt(1 + 4 * rival * side.war / side.audience)))
    )


def solve(first: Side, second: Side) -> Crisis:
    """Equilibrium of the crisis in closed form.

    >>> crisis = solve(Side(audience=2.0), Side(audience=1.0))
    >>> [round(crisis.quits(k), 3) for k in (0, 1)], round(crisis.war, 3)
    ([0.131, 0.601], 0.268)
    """
    sides = (first, second)
    horizon = min(_meet(s, sides[1 - k].audience) for k, s in enumerate(sides))
    left = [
        float(s.fighters(horizon)) * (1 + sides[1 - k].audience * horizon)
        for k, s in enumerate(sides)
    ]
    return Crisis(sides, horizon, (max(0.0, 1 - left[0]), max(0.0, 1 - left[1])))
