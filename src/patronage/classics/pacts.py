"""Defence pacts of 1998 as foreseen in 1948: the alliance half of the same cases.

A logit on what the engine and the treaties say of a pair at the origin, fitted as the disputes are
(`training`), beside the expected utility model's distances and the distance on the map.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from patronage.classics.contention import Pairs, join
from patronage.classics.logit import fit_logit
from patronage.classics.same_cases import Case, number_pairs
from patronage.classics.standing import Floats
from patronage.classics.training import ORIGINS, forecast, split_countries, split_pairs

TERMS = ("treaty", "affinity", "shared", "threat", "distance", "greater", "lesser")
FIELD = ("product", "distance", "treaty")
ABSENT = (315, 630, 380, 800)
"""Czechoslovakia, Iran, Sweden, Thailand: not in the published alliance data of 1998."""
RIDGE = 1.0


@dataclass(frozen=True)
class PactForecast:
    """What a model, fitted in one way, says of the defence pacts of a case's pairs."""

    model: str
    way: str
    chance: Floats


def choose_pairs(case: Case) -> Case:
    """The case without the pairs of the four absent countries."""
    kept = ~(np.isin(case.pairs.first, ABSENT) | np.isin(case.pairs.second, ABSENT))
    indices = {name: value[kept] for name, value in case.indices.items()}
    return replace(case, pairs=case.pairs.only(kept), indices=indices)


def forecast_pacts(case: Case, world: Pairs, past: Pairs, repeats: int = 2) -> list[PactForecast]:
    """All models for the pacts of a case (see `choose_pairs`), most telling way first."""

    def fitter(names: tuple[str, ...]) -> Callable[[Pairs], Callable[[Pairs], Floats]]:
        def fit(pairs: Pairs) -> Callable[[Pairs], Floats]:
            old = pairs.terms["past"] > 0
            weight = np.ones(len(pairs)) if old.all() else np.where(old, 1 / len(ORIGINS), 1.0)
            return fit_logit(
                pairs, names, pairs.pacts, ridge=RIDGE, weight=weight, exposed=False
            ).chance

        return fit

    inside = np.isin(number_pairs(world), number_pairs(case.pairs))
    found: list[PactForecast] = []
    for model, names in (("patronage", TERMS), ("covariate logit", FIELD)):
        fit = fitter(names)
        found.append(PactForecast(model, "past", fit(past)(case.pairs)))
        whole = forecast(
            world, split_countries, lambda train, f=fit: f(join([past, train])), repeats
        )
        found.append(PactForecast(model, "countries", whole[inside]))
        found.append(PactForecast(model, "pairs", forecast(case.pairs, split_pairs, fit, repeats)))
    found.append(PactForecast("near on the map", "none", -case.pairs.terms["distance"]))
    found.append(PactForecast("allied in 1948", "none", case.pairs.terms["treaty"]))
    for name, value in case.indices.items():
        if name.endswith("distance"):
            found.append(PactForecast(f"{name} (near)", "none", -value))
    return found
