"""Priors of parameters as the data files write them: `normal(0.5,0.15)`, cut off at the range."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage.errors import ModelError
from patronage.scenario.catalogue import Parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patronage.scenario.world import World

KINDS = ("normal", "lognormal", "beta", "uniform")
_FORM = re.compile(r"^([a-z]+)\(\s*([-\d.eE+]+)\s*,\s*([-\d.eE+]+)\s*\)$")


@dataclass(frozen=True)
class Prior:
    """A prior of two numbers, cut off at `low` … `high`.

    normal: mean, sd; lognormal: mean, sd of the logarithm; beta: its two counts; uniform: ends.
    """

    name: str
    kind: str
    a: float
    b: float
    low: float
    high: float
    source: str
    unit: str
    value: float

    def __str__(self) -> str:
        return f"{self.kind}({self.a:g}, {self.b:g})"

    def _frozen(self) -> Any:
        from scipy import stats

        if self.kind == "normal":
            return stats.norm(self.a, self.b)
        if self.kind == "lognormal":
            return stats.lognorm(self.b, scale=math.exp(self.a))
        if self.kind == "beta":
            return stats.beta(self.a, self.b)
        return stats.uniform(self.a, self.b - self.a)

    def quantile(self, p: Any) -> NDArray[np.float64]:
        """Values at probabilities `p` (any shape) of the prior within its range.

        >>> prior = read_prior("x", Parameter(0.5, "", 0.0, 1.0, "normal(0.5,0.1)", "assumed", ""))
        >>> float(prior.quantile(0.5))
        0.5
        """
        whole = self._frozen()
        low, high = whole.cdf([self.low, self.high])
        value = whole.ppf(low + np.asarray(p, float) * (high - low))
        return np.clip(value, self.low, self.high)

    def draw(self, rng: np.random.Generator, size: Any) -> NDArray[np.float64]:
        """Draws from the prior."""
        return self.quantile(rng.random(size))

    def moments(self) -> tuple[float, float]:
        """Mean and standard deviation of the prior within its range."""
        value = self.quantile((np.arange(4000) + 0.5) / 4000)
        return float(value.mean()), float(value.std())


def read_prior(name: str, parameter: Parameter) -> Prior:
    """The prior of a parameter.

    Errors: ModelError for a fixed parameter or a form that is not known.
    """
    text = parameter.prior.replace(" ", "")
    match = _FORM.match(text)
    if text == "fixed":
        raise ModelError(f"{name} is fixed: it has no prior to learn from", where=name)
    if match is None or match[1] not in KINDS:
        got = match[1] if match else text
        raise ModelError(
            f"prior '{parameter.prior}' is not known", where=name, allowed=KINDS, got=got
        )
    kind, a, b = match[1], float(match[2]), float(match[3])
    if not (b > 0 if kind != "uniform" else b > a) or (kind == "beta" and a <= 0):
        raise ModelError(f"prior '{parameter.prior}' has impossible numbers", where=name)
    least = {"lognormal": 0.0, "beta": 0.0, "uniform": a}.get(kind, -math.inf)
    most = {"beta": 1.0, "uniform": b}.get(kind, math.inf)
    low = max(least, -math.inf if parameter.low is None else parameter.low)
    high = min(most, math.inf if parameter.high is None else parameter.high)
    return Prior(
        name, kind, a, b, low, high, parameter.source, parameter.unit, float(parameter.value)
    )


def list_priors(world: World, names: Iterable[str] | None = None) -> dict[str, Prior]:
    """Priors by name: those named, or of every free parameter of the mechanisms that are on.

    Errors: ModelError for an unknown name (with the nearest match) or a fixed parameter.
    """
    free = [
        name
        for name, p in world.parameters.items()
        if p.prior.strip() != "fixed" and _is_on(world, name)
    ]
    if names is None:
        return {name: read_prior(name, world.parameters[name]) for name in free}
    chosen = list(dict.fromkeys(names))
    for name in chosen:
        if name not in world.parameters:
            raise ModelError(f"no parameter '{name}'", where="parameters", allowed=free, got=name)
        if not _is_on(world, name):
            raise ModelError(
                f"{name} has no effect: its mechanism is off", where="parameters", allowed=free
            )
    return {name: read_prior(name, world.parameters[name]) for name in chosen}


def _is_on(world: World, name: str) -> bool:
    return world.mechanisms.get(name.partition(".")[0], True)


def put(params: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of the engine with some replaced; `values` by dotted name."""
    new: dict[str, Any] = {m: dict(inner) for m, inner in params.items()}
    for name, value in values.items():
        mechanism, _, own = name.partition(".")
        new[mechanism][own] = value
    return new
