"""A stylised fact: a measure, its target, its values over members, and a computed verdict.

The value is the median with the 80 % range over members; the fact is met when the median lies
within the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from patronage.history.sample import Values


@dataclass(frozen=True)
class Fact:
    """One measured line of the table.

    target: as history has it, in words; low, high: range in which the median counts as met.
    """

    group: str
    measure: str
    target: str
    low: float
    high: float
    values: Values
    unit: str = ""

    @property
    def median(self) -> float:
        """Median over members (a member in which it never happens counts as infinite)."""
        return float(np.median(self.values)) if np.isfinite(self.values).any() else np.nan

    @property
    def interval(self) -> tuple[float, float]:
        """10th and 90th percentile over members."""
        low, high = np.quantile(self.values, [0.1, 0.9], method="nearest")
        return float(low), float(high)

    @property
    def met(self) -> bool:
        """Whether the median lies in the target range."""
        return self.low <= self.median <= self.high


def share_where(hit: Any) -> Values:
    """A share of members as a one-value sample, so that it can stand in the table."""
    return np.array([np.mean(hit) if np.size(hit) else np.nan], np.float64)


def among(values: Values, chosen: Any) -> Values:
    """The values of the members chosen; one NaN where there are none."""
    return values[chosen] if np.any(chosen) else np.array([np.nan])


def ratio_of(after: Values, before: Values) -> Values:
    """after / before, guarded against nought."""
    return after / np.maximum(before, 1e-6)
