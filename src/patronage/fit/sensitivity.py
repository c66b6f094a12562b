"""Which parameters an outcome hangs on: Morris and Sobol over the priors, by SALib."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# (SALib has no types)

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from patronage import __version__
from patronage import months as clock
from patronage.errors import RunError
from patronage.fit.priors import Prior, list_priors, put

if TYPE_CHECKING:
    import pandas as pd

    from patronage.report.style import Drawing
    from patronage.scenario.world import World

METHODS = ("morris", "sobol")
LEVELS = 4
"""Levels of the Morris grid."""
EDGES = (0.05, 0.95)
"""Quantiles of the prior between which Morris moves a parameter."""
RESAMPLES = 1000
LEVEL = 0.95
WIDTH = 256
"""Members of a chunk: parameter sets × draws."""
Floats = NDArray[np.float64]
Evaluate = Callable[[Floats], Floats]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Sensitivity:
    """Indices of every parameter, and how they were found.

    table: one row a parameter, the weightiest first. Morris: mu_star (mean absolute effect of a
    step over the grid), its interval, sigma (spread of effects: interaction or bend). Sobol: first
    (share of variance by the parameter alone), total (with all its interactions), intervals.
    outcomes: value at every parameter set.
    """

    table: pd.DataFrame
    outcomes: Floats
    attrs: dict[str, Any]

    def write(self, folder: str | Path) -> dict[str, Path]:
        """Table as CSV and Parquet, figure as PNG and SVG."""
        from patronage.report.style import house_style, save

        target = Path(folder)
        try:
            target.mkdir(parents=True, exist_ok=True)
            paths = {
                "csv": target / "sensitivity.csv",
                "parquet": target / "sensitivity.parquet",
            }
            self.table.to_csv(paths["csv"], index=False)
            frame = self.table.copy()
            frame.attrs = {}
            frame.to_parquet(paths["parquet"], index=False)
            with house_style():
                drawn = draw(self)
                return paths | save(drawn, target, "sensitivity")
        except OSError as error:
            raise RunError(f"cannot be written: {error.strerror}", where=str(target)) from error


def count_sets(method: str, rows: int, parameters: int) -> int:
    """Parameter sets that a method evaluates."""
    return rows * (parameters + (1 if method == "morris" else 2))


def measure(
    names: Sequence[str], evaluate: Evaluate, method: str, rows: int, seed: int
) -> tuple[pd.DataFrame, Floats]:
    """Indices with bootstrap intervals, and the outcomes they come from.

    evaluate: outcomes (set) of points in the unit cube (set, parameter), which are probabilities
    of independent priors. rows: Morris trajectories, or the base sample of Sobol (a power of 2).

    Source: SALib (Iwanaga, Usher & Herman 2022); Morris 1991 as by Campolongo et al. 2007;
    Sobol 2001 as by Saltelli et al. 2010.
    """
    import pandas as pd

    problem = {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}
    if method == "morris":
        from SALib.analyze import morris as analysis
        from SALib.sample import morris as sample

        points = sample.sample(problem, rows, num_levels=LEVELS, seed=seed)
        outcomes = evaluate(EDGES[0] + (EDGES[1] - EDGES[0]) * points)
        found = analysis.analyze(
            problem, points, outcomes, num_levels=LEVELS, num_resamples=RESAMPLES,
            conf_level=LEVEL, seed=seed,
        )  # fmt: skip
        star, half = _plain(found["mu_star"]), _plain(found["mu_star_conf"])
        columns: dict[str, Any] = {"parameter": list(names), "mu_star": star}
        columns |= {"low": np.maximum(star - half, 0), "high": star + half}
        columns |= {"mu": _plain(found["mu"]), "sigma": _plain(found["sigma"])}
        return pd.DataFrame(columns), outcomes
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as sample

    if rows & (rows - 1):
        raise RunError(
            f"{rows} is no power of 2", where="rows", allowed=[str(2 ** round(math.log2(rows)))]
        )
    points = sample.sample(problem, rows, calc_second_order=False, seed=seed)
    outcomes = evaluate(np.clip(points, 1e-4, 1 - 1e-4))
    if float(np.ptp(outcomes)) == 0:
        zero = dict.fromkeys(_SOBOL, 0.0)
        return pd.DataFrame([{"parameter": n, **zero} for n in names]), outcomes
    found = analysis.analyze(
        problem, outcomes, calc_second_order=False, num_resamples=RESAMPLES, conf_level=LEVEL,
        seed=seed,
    )  # fmt: skip
    columns = {"parameter": list(names)}
    for word, key in (("first", "S1"), ("total", "ST")):
        value, half = _plain(found[key]), _plain(found[f"{key}_conf"])
        columns |= {word: value, f"{word}_low": value - half, f"{word}_high": value + half}
    return pd.DataFrame(columns), outcomes


_SOBOL = ("first", "first_low", "first_high", "total", "total_low", "total_high")


def _plain(values: Any) -> Floats:
    """An array without a mask; what could not be computed (no effect at all) is nought."""
    return np.nan_to_num(np.ma.filled(np.ma.asarray(values, float), 0.0))


def sensitivity(
    world: World | str | Path,
    what: str,
    when: str,
    method: str = "morris",
    parameters: Iterable[str] | None = None,
    rows: int = 16,
    members: int = 8,
    seed: int = 1,
    out: str | Path | None = None,
    tell: Tell | None = None,
    **labels: str | None,
) -> Sensitivity:
    """Which parameters an outcome hangs on, over their priors.

    Parameters
    ----------
    what: a recorded quantity. when: a month, a year, or FIRST:LAST of either: its mean there.
    labels: client, patron, state, commodity or faction, as the quantity has dimensions; a dimension
        that is not named is averaged over.
    parameters: dotted names, or a mechanism's name for all of its own; all free ones if not given.
    rows: Morris trajectories, or base sample of Sobol; sets are rows × (parameters + 1 or + 2).
    members: draws over which every set is averaged; all sets share the same random numbers.
    out: folder for table and figure.

    Errors: RunError for unknown words, ModelError for parameters.
    """
    if isinstance(world, (str, Path)):
        from patronage.scenario.load import load

        world = load(world)
    from patronage.run.record import describe

    if method not in METHODS:
        raise RunError(f"no method '{method}'", where="method", allowed=METHODS, got=method)
    for name, number in (("rows", rows), ("members", members)):
        if number < 1:
            raise RunError(f"{number} is out of range", where=name, allowed=["1 …"])
    priors = list_priors(world, _expand(world, parameters))
    outcome = _Outcome.of(world, what, when, {k: v for k, v in labels.items() if v is not None})
    sets = count_sets(method, rows, len(priors))
    if tell is not None:
        tell(f"{len(priors)} parameters, {sets} sets × {members} members, to {outcome.until}")
    engine = _Sets(world, priors, outcome, members, seed)
    table, outcomes = measure(tuple(priors), engine.evaluate, method, rows, seed)
    key = "mu_star" if method == "morris" else "total"
    table = table.sort_values(key, ascending=False, kind="stable").reset_index(drop=True)
    for name in ("unit", "source"):
        table[name] = [getattr(priors[n], name) for n in table["parameter"]]
    table["prior"] = [str(priors[n]) for n in table["parameter"]]
    attrs = {
        "scenario": world.name, "scenario_hash": world.hash, "outcome": str(outcome),
        "unit": describe(world, outcome.quantity)["units"], "version": __version__,
        "method": method, "rows": rows, "sets": sets, "members": members, "seed": seed,
        "failed": engine.failed, "mean": float(outcomes.mean()), "sd": float(outcomes.std()),
    }  # fmt: skip
    found = Sensitivity(table, outcomes, attrs)
    if out is not None:
        found.write(out)
    return found


def _expand(world: World, parameters: Iterable[str] | None) -> list[str] | None:
    """Names, with a mechanism's name replaced by its free parameters."""
    if parameters is None:
        return None
    free = list_priors(world)
    names: list[str] = []
    for word in parameters:
        own = [n for n in free if n.partition(".")[0] == word]
        names += own or [word]
    return names


@dataclass(frozen=True)
class _Outcome:
    """The mean of a quantity's cells over months `first` … `last` of the run."""

    quantity: str
    cells: tuple[Any, ...]
    first: int
    last: int
    until: str
    said: str

    def __str__(self) -> str:
        return self.said

    @classmethod
    def of(cls, world: World, what: str, when: str, labels: Mapping[str, str]) -> _Outcome:
        from patronage.model import observe
        from patronage.scenario import dates

        if what not in observe.DIMS:
            raise RunError("not a result", where=f"what={what}", allowed=observe.DIMS, got=what)
        dims = observe.DIMS[what]
        for name in labels:
            if name not in dims:
                raise RunError(f"{what} has no {name}", where=name, allowed=dims, got=name)
        known = {"commodity": world.commodities}
        cells: list[Any] = []
        for dim in dims:
            allowed = known.get(dim, world.codes)
            if dim == "faction":
                allowed = tuple(str(k) for k in range(world.faction_share.shape[1]))
            if dim not in labels:
                cells.append(slice(None))
            elif labels[dim] not in allowed:
                raise RunError(
                    f"no {dim} '{labels[dim]}'", where=dim, allowed=allowed, got=labels[dim]
                )
            else:
                cells.append(allowed.index(labels[dim]))
        start, _, end = when.partition(":")
        first = dates.parse(start)[0]
        last = dates.parse(end or start)[1]
        if not world.start <= first <= last <= world.end:
            span = f"{clock.format(world.start)} … {clock.format(world.end)}"
            raise RunError(f"{when} is outside the period", where="when", allowed=[span])
        place = " ".join(labels.values())
        return cls(what, tuple(cells), first - world.start, last - world.start,
                   clock.format(last), f"{what} {place} {when}".replace("  ", " "))  # fmt: skip

    def read(self, recorded: np.ndarray) -> Floats:
        """Outcome of each member from (month, dims…, member)."""
        own = recorded[(slice(self.first, self.last + 1), *self.cells)]
        return np.asarray(own.mean(axis=tuple(range(own.ndim - 1))), float)


class _Sets:
    """Runs parameter sets side by side as members of one compiled program."""

    def __init__(
        self, world: World, priors: Mapping[str, Prior], outcome: _Outcome, members: int, seed: int
    ) -> None:
        from patronage.run import cache, simulate
        from patronage.run.compile import compile_world, first_state

        cache.use_cache()
        self.priors, self.outcome, self.members, self.seed = priors, outcome, members, seed
        shorter = replace(world.until(outcome.until), record=world.record)
        compiled = replace(compile_world(shorter), recorded=(outcome.quantity,), every=1)
        self.params = compiled.params
        self.width = max(members, WIDTH // members * members)
        start = first_state(shorter, self.width, compiled.params)
        some = self._put(np.full((self.width // members, len(priors)), 0.5))
        self.start = start
        self.program = simulate.build(compiled, start, some, logged=False)
        self.failed = 0

    def _put(self, points: Floats) -> Any:
        """Parameters (member) of sets in the unit cube: every set `members` times."""
        values = {
            name: np.repeat(prior.quantile(points[:, k]), self.members).astype(np.float32)
            for k, (name, prior) in enumerate(self.priors.items())
        }
        return put(self.params, values)

    def evaluate(self, points: Floats) -> Floats:
        """Outcome of every set, the mean over its members."""
        each = self.width // self.members
        numbers = np.tile(np.arange(self.members), each)
        means: list[Floats] = []
        for first in range(0, len(points), each):
            block = points[first : first + each]
            full = np.concatenate([block, np.repeat(block[-1:], each - len(block), axis=0)])
            _, chunk = self.program(self.start, numbers, self.seed, self._put(full))
            value = self.outcome.read(chunk.recorded[self.outcome.quantity])
            value = np.where(chunk.broken < 0, value, np.nan).reshape(each, self.members)
            self.failed += int(np.isnan(value[: len(block)]).sum())
            means.append(_mean_of(value[: len(block)]))
        return np.concatenate(means)


def _mean_of(value: Floats) -> Floats:
    """Mean over members of each set, those that failed left out.

    Errors: RunError where all members of a set failed.
    """
    there = np.isfinite(value)
    if not there.any(axis=1).all():
        raise RunError("every member of a parameter set failed", where="sensitivity")
    return np.where(there, value, 0).sum(axis=1) / there.sum(axis=1)


MOST_BARS = 15


def draw(found: Sensitivity) -> Drawing:
    """The weightiest parameters as points with intervals."""
    from patronage.report.style import (
        BLUE,
        INK,
        MUTED,
        VERMILLION,
        Drawing,
        add_footer,
        make_panels,
    )

    table = found.table.head(MOST_BARS).iloc[::-1]
    a = found.attrs
    figure, (ax,) = make_panels([0.17 * len(table) + 0.1], left=1.45, right=0.14, bottom=0.62)
    rows = np.arange(len(table))
    if a["method"] == "morris":
        sets = [("mu_star", "low", "high", BLUE, 0.0, "μ*")]
        label = "mean absolute effect μ*" + (f" [{a['unit']}]" if a["unit"] else "")
    else:
        sets = [
            ("first", "first_low", "first_high", BLUE, 0.14, "alone"),
            ("total", "total_low", "total_high", VERMILLION, -0.14, "with interactions"),
        ]
        label = "share of the outcome's variance"
    for key, low, high, colour, shift, name in sets:
        ax.hlines(rows + shift, table[low], table[high], color=colour, linewidth=1.4, alpha=0.6)
        ax.plot(table[key], rows + shift, "o", color=colour, markersize=2.8, label=name)
    ax.axvline(0, color=MUTED, linewidth=0.5)
    ax.set_yticks(rows, list(table["parameter"]))
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(label)
    ax.set_title(a["outcome"], color=INK)
    if len(sets) > 1:
        ax.legend(frameon=False, fontsize=6, loc="lower right")
    left = len(found.table) - len(table)
    more = f"; {left} weaker parameters are not shown" if left > 0 else ""
    add_footer(
        figure,
        f"patronage {a['version']}, {a['scenario']}, {a['method']}, "
        f"{a['sets']} sets × {a['members']} members, seed {a['seed']}\n"
        f"bars: {LEVEL:.0%} bootstrap intervals{more}",
    )
    title = f"What {a['outcome']} hangs on"
    caption = f"{title}: {a['method']} indices over the priors."
    reading = (
        "Points: index. Bars: bootstrap interval. Parameters with short bars near 0 do nothing."
    )
    return Drawing(figure, title, caption, reading, f"{caption} {reading}")
