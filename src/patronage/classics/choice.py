"""How the terms of the hazard were chosen: within 1890–1947, without a look at the cases.

Three tests inside the past, none of which sees what it forecasts:

- windows that end in 1919 forecast 1920–47;
- windows that end in 1929 forecast 1930–47;
- windows that end in 1947: pairs forecast by fits on pairs that share no country with them.

A candidate's score is the mean of McFadden's R² over the three.  Years of general war are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from patronage.classics.contention import BEFORE, COVARIATES, TERMS, Pairs, fit_hazard, join
from patronage.classics.standing import Floats
from patronage.classics.training import (
    MEMBERS,
    PAST,
    forecast,
    read_pairs,
    split_countries,
)
from patronage.classics.verification import measure
from patronage.data.panel import Panel

FIRST = ("contiguity", "threat", "greater", "lesser", "majors", "record", "memory", "rivalry")
FIRST += ("affinity", "shared")
"""Terms of an earlier specification, chosen after a look at 1948–98 and given up."""
SPLITS = ((1919, (1890, 1895, 1900, 1905)), (1929, (1890, 1895, 1900, 1905, 1910, 1915)))
"""Last year and origins of the windows fitted on; what follows, up to `PAST`, is forecast."""
LONG = (1890, 1900, 1910, 1920)
OTHERS = ("greater", "lesser", "distance", "majors", "record", "rivalry", "shared", "treaty")
TRIED_MEMBERS = ((1, 1), (1, 2), (4, 1), (4, 2), (MEMBERS, 2))
"""Members of the drift and seeds that are tried beside the ones in use."""


@dataclass(frozen=True)
class Choice:
    """McFadden's R² and AUC of a set of terms in the three tests."""

    name: str
    terms: tuple[str, ...]
    fit: tuple[float, float, float]
    rank: tuple[float, float, float]

    @property
    def score(self) -> float:
        return sum(self.fit) / len(self.fit)


@dataclass(frozen=True)
class Trials:
    """Windows of the past for the three tests."""

    splits: list[tuple[Pairs, Pairs]]
    long: Pairs

    def score(self, name: str, terms: Sequence[str]) -> Choice:
        """The three tests with these terms."""
        found = []
        for train, test in self.splits:
            chance = fit_hazard(train, terms, weight=_even(train)).chance(test)
            found.append(measure(chance, (test.disputes > 0).astype(float)))
        chance = forecast(
            self.long,
            split_countries,
            lambda pairs: fit_hazard(pairs, terms, weight=_even(pairs)).chance,
            repeats=1,
        )
        found.append(measure(chance, (self.long.disputes > 0).astype(float)))
        fit, rank = (tuple(test[k] for test in found) for k in ("McFadden", "AUC"))
        return Choice(name, tuple(terms), fit, rank)  # pyright: ignore[reportArgumentType]


def _even(pairs: Pairs) -> Floats:
    return 1 / pairs.terms["windows"]


def _windows(panel: Panel, origins: Sequence[int], last: int, members: int, seed: int) -> Pairs:
    view = panel.until(last)
    pairs = join(
        read_pairs(view, origin, last, general_wars=False, members=members, seed=seed)
        for origin in origins
    )
    return replace(pairs, terms=pairs.terms | {"windows": 0 * pairs.years + len(origins)})


def read_trials(panel: Panel, members: int = MEMBERS, seed: int = 1) -> Trials:
    """The windows; nothing after `PAST` is read."""
    view = panel.until(PAST)
    splits = []
    for last, origins in SPLITS:
        test = read_pairs(view, last + 1, PAST, general_wars=False, members=members, seed=seed)
        splits.append((_windows(view, origins, last, members, seed), test))
    return Trials(splits, _windows(view, LONG, PAST, members, seed))


def candidates() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Sets of terms that the page shows: the chosen ones, one less, one more, and rivals."""
    yield "chosen", TERMS
    for name in TERMS:
        yield f"without {name}", tuple(t for t in TERMS if t != name)
    for name in OTHERS:
        yield f"with {name}", (*TERMS, name)
    yield "chosen before", BEFORE
    yield "chosen before, and gradient", (*BEFORE, "gradient")
    yield "distance for threat", tuple("distance" if t == "threat" else t for t in TERMS)
    yield "earlier specification", FIRST
    yield "earlier specification, crowd", (*FIRST, "crowd")
    yield "covariates", COVARIATES
    yield "covariates, crowd", (*COVARIATES, "crowd")


def choose(panel: Panel) -> list[Choice]:
    """All candidates, in order."""
    trials = read_trials(panel)
    return [trials.score(name, terms) for name, terms in candidates()]


def vary_members(panel: Panel) -> list[Choice]:
    """The chosen terms with fewer members of the drift, and with other draws."""
    return [
        read_trials(panel, members, seed).score(f"{members}, seed {seed}", TERMS)
        for members, seed in TRIED_MEMBERS
    ]
