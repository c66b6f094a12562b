"""What the sections of the reproduction report share: a case, and numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patronage.classics import eum
from patronage.classics import reproduction as rep


@dataclass(frozen=True)
class Case:
    """A variant's runs with the reference sample and the pairs' history."""

    result: eum.Result
    sample: tuple[NDArray[np.float64], NDArray[np.float64]]
    history: rep.History

    def switched(self, quirk: str, runs: int) -> eum.Result:
        """Runs with one quirk off."""
        off = eum.Quirks().without(quirk)
        return eum.run(
            self.result.inputs, variant=self.result.variant, runs=runs,
            seed=self.result.seed, quirks=off,
        )  # fmt: skip


def say_number(value: float | None) -> str:
    """A number with a true minus, a dash for none."""
    if value is None:
        return "–"
    digits = 2 if abs(value) >= 100 else 3 if abs(value) >= 0.1 or value == 0 else 4
    return f"{value:.{digits}f}".replace("-", "−")
