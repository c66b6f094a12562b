"""What the record or the runs say to one check: yes, no, unclear, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patronage import months as clock
from patronage.errors import ScenarioError
from patronage.history.claims_dated import Dated, answer_event
from patronage.history.claims_runs import BASELINE, Runs
from patronage.history.claims_schema import (
    DATED,
    Bearing,
    Check,
    Condition,
    Effect,
    Event,
    Initial,
    Model,
    Observed,
    Order,
    Place,
    Step,
)
from patronage.history.claims_series import (
    RANK,
    TOLERANCE,
    Floats,
    Reading,
    Series,
    cell_of,
    cited,
    crossing,
    holds,
    measure,
    recorded,
    spell,
    weakest,
)
from patronage.history.claims_series import SHARE_UNITS as SHARES
from patronage.history.claims_time import days_in, spell_days, window_of
from patronage.scenario.world import World

SURE = 0.95
"""Share of the draws of the record that makes an answer."""
FEWEST = 10
"""Fewer members than this say nothing."""
Z = 1.96


@dataclass(frozen=True)
class Answer:
    """An answer to a check.

    said: yes, no, unclear (it could be either) or silent (there is nothing to go by).
    value, low, high: of the record its value and 95 % of its draws; of a baseline the median and
    80 % of members; of an effect the mean and its 95 % interval. share, share_low, share_high: of
    draws or members within the bounds, of members with a 95 % interval.
    """

    check: Check
    said: str
    shown: str
    quality: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    share: float | None = None
    share_low: float | None = None
    share_high: float | None = None
    unit: str = ""
    sources: tuple[str, ...] = ()

    @property
    def bearing(self) -> Bearing:
        """What it means for the claim."""
        if self.said not in ("yes", "no"):
            return "nothing"
        return self.check.yes if self.said == "yes" else self.check.no

    @property
    def of_model(self) -> bool:
        """Whether the model says so, and not the record."""
        check = self.check
        return isinstance(check, Model | Effect) or (
            isinstance(check, Order) and check.by == "model"
        )

    @property
    def strong(self) -> bool:
        """Whether it rests on a record of high or medium quality."""
        return self.quality in ("high", "medium")


def answer(check: Check, world: World, runs: Runs, dated: dict[str, Dated]) -> Answer:
    """The answer to a check, from the scenario's record, the ledger's runs, and dated events."""
    match check:
        case Observed():
            return _observed(check, world)
        case Initial():
            return _initial(check, world)
        case Event():
            found = answer_event(check, dated)
            return Answer(check, found.said, found.shown, found.quality, sources=found.sources)
        case Order():
            if check.by == "record":
                return _order_of_record(check, world, dated)
            return _order_of_model(check, runs)
        case Model():
            return _model(check, world, runs)
        case Effect():
            return _effect(check, runs)


def _observed(check: Observed, world: World) -> Answer:
    """The share of draws of the record in which the measure lies within its bounds."""
    series = recorded(world, check.of, check.quality)
    versus = recorded(world, check.versus, check.quality) if check.versus else None
    if series is None or (check.versus is not None and versus is None):
        return Answer(check, "silent", f"no record of {spell(check.of)}")
    reading = measure(series, check, versus)
    if reading is None:
        return Answer(check, "silent", f"no record of {spell(check.of)} in that time")
    share = float(holds(reading.value, check).mean())
    said = "yes" if share >= SURE else "no" if share <= 1 - SURE else "unclear"
    low, middle, high = _quantiles(reading.value, (0.025, 0.5, 0.975))
    unit = _unit_of(check, series.unit)
    shown = f"{_number(middle, check)} ({_number(low, check)} … {_number(high, check)}) {unit}"
    return Answer(
        check, said, shown.strip(), reading.quality, middle, low, high, share, unit=unit,
        sources=reading.sources,
    )  # fmt: skip


def _initial(check: Initial, world: World) -> Answer:
    """A value of the start, within the tolerance of its quality; one not given is assumed."""
    quality, source = "low", ("assumed",)
    if check.of.quantity == "faction_share":
        names = world.faction_names[world.index(str(check.of.state))]
        place = (world.index(str(check.of.state)), names.index(str(check.of.faction)))
        value, unit = float(world.faction_share[place]), "share"
    else:
        name = str(check.of.quantity)
        cell = cell_of(world, check.of)
        value, unit = float(world.initial[name][cell]), world.quantities[name].unit
        for row in world.rows.get("initial", ()):
            if row.quantity == name and row.index == cell:
                quality, source = row.quality or "low", row.source
    kind = "share" if unit in SHARES else "amount"
    spread = TOLERANCE[kind][quality if quality in RANK else "low"]
    spread *= 1.0 if kind == "share" else abs(value)
    bounds = (check.above, check.below)
    inside = [_inside(x, *bounds) for x in (value - 2 * spread, value, value + 2 * spread)]
    said = "yes" if all(inside) else "unclear" if any(inside) else "no"
    low, high = value - 2 * spread, value + 2 * spread
    shown = f"{value:.3g} {unit} at the start"
    return Answer(check, said, shown, quality, value, low, high, unit=unit, sources=source)


def _inside(value: float, above: float | None, below: float | None) -> bool:
    return (above is None or value > above) and (below is None or value < below)


def _order_of_record(check: Order, world: World, dated: dict[str, Dated]) -> Answer:
    """The share of draws of the record in which each step surely comes before the next."""
    spans: list[tuple[Floats, Floats]] = []
    words, qualities, sources = [], [], []
    for step in check.steps:
        if step.event is not None:
            event = dated[step.event]
            spans.append((np.array([float(event.days[0])]), np.array([float(event.days[1])])))
            words.append(f"{step.name or step.event} {spell_days(event.days)}")
            qualities.append(event.quality)
            sources += event.sources
            continue
        of, window, level = _series_of(step)
        series = recorded(world, of)
        if series is None or not series.within(window_of(window)).size:
            return Answer(check, "silent", f"no record of {spell(of)}")
        early, late, quality = crossing(series, window, level, step.falling)
        spans.append((_to_days(early, 0), _to_days(late, 1)))
        words.append(f"{step.name or spell(of)} {_spell_month(float(np.median(late)))}")
        qualities.append(quality)
        sources += cited(series, series.within(window_of(window)))
    yes, no = _follow(spans)
    said = "yes" if yes >= SURE else "no" if no >= SURE else "unclear"
    shown = ", ".join(words)
    keys = tuple(dict.fromkeys(sources))
    return Answer(check, said, shown, weakest(qualities), share=yes, sources=keys)


def _series_of(step: Step) -> tuple[Place, str, float]:
    """Series, window and level of a step that is no event."""
    if step.of is None or step.window is None or step.level is None:
        raise ScenarioError("a step is an event or a series", where=step.name)
    return step.of, step.window, step.level


def _to_days(months: Floats, end: int) -> Floats:
    """First (0) or last (1) day of each month number; infinite where there is none."""
    found = np.full(months.shape, np.inf)
    for month in np.unique(months[np.isfinite(months)]):
        found[months == month] = days_in(int(month), int(month))[end]
    return found


def _follow(spans: Sequence[tuple[Floats, Floats]]) -> tuple[float, float]:
    """Share of draws in which every step surely precedes the next, and in which one surely fails.

    A step that never comes is after every step that does.
    """
    size = max(len(s[0]) for s in spans)
    early = np.stack([np.broadcast_to(s[0], size) for s in spans])
    late = np.stack([np.broadcast_to(s[1], size) for s in spans])
    yes = (late[:-1] < early[1:]).all(axis=0) & np.isfinite(late).all(axis=0)
    no = (early[:-1] > late[1:]).any(axis=0)
    return float(yes.mean()), float(no.mean())


def _order_of_model(check: Order, runs: Runs) -> Answer:
    """The share of members in which each step comes before the next."""
    known = runs.series.get(BASELINE, {})
    at, names = [], []
    for step in check.steps:
        of, window, level = _series_of(step)
        at.append(crossing(known[of], window, level, step.falling)[1])
        names.append(step.name or spell(of))
    chosen = _among(check.among, runs, BASELINE, len(at[0]))
    months = np.stack(at)[:, chosen]
    if months.shape[1] < FEWEST:
        return Answer(check, "silent", f"only {months.shape[1]} members are of this kind")
    hit = np.asarray((months[:-1] < months[1:]).all(axis=0) & np.isfinite(months).all(axis=0))
    share, low, high = _share(hit)
    said = "yes" if low > check.probability else "no" if high < check.probability else "unclear"
    middle = [_spell_month(float(np.median(m))) for m in months]
    words = [f"{name} {month}" for name, month in zip(names, middle, strict=True)]
    shown = f"{', '.join(words)} (medians); in this order in {share:.0%} of members"
    return Answer(check, said, shown, share=share, share_low=low, share_high=high)


def _among(
    conditions: Sequence[Condition], runs: Runs, branch: str, members: int
) -> NDArray[np.bool_]:
    """Members of the baseline that meet all conditions."""
    chosen = np.ones(members, bool)
    known = runs.series.get(BASELINE, {})
    for condition in conditions:
        versus = known[condition.versus] if condition.versus else None
        reading = measure(known[condition.of], condition, versus)
        chosen &= holds(reading.value, condition) if reading else False
    return chosen


def _read(of: Any, known: dict[Any, Series]) -> Reading | None:
    versus = known[of.versus] if of.versus is not None else None
    return measure(known[of.of], of, versus)


def _model(check: Model, world: World, runs: Runs) -> Answer:
    """The share of members of the baseline in which the measure lies within its bounds."""
    known = runs.series.get(BASELINE, {})
    reading = _read(check, known)
    if reading is None:
        return Answer(check, "silent", "the runs do not reach that time")
    chosen = _among(check.among, runs, BASELINE, len(reading.value))
    value = reading.value[chosen]
    if len(value) < FEWEST:
        return Answer(check, "silent", f"only {len(value)} members are of this kind")
    hit = holds(value, check)
    if check.like_observed:
        series = recorded(world, check.of)
        versus = recorded(world, check.versus) if check.versus else None
        seen = measure(series, check, versus) if series is not None else None
        if seen is None:
            return Answer(check, "silent", f"no record of {spell(check.of)} to compare with")
        low, high = _quantiles(seen.value, (0.025, 0.975))
        hit = (value >= low) & (value <= high)
    share, low, high = _share(hit)
    said = "yes" if low > check.probability else "no" if high < check.probability else "unclear"
    q10, median, q90 = _quantiles(value, (0.1, 0.5, 0.9))
    unit = _unit_of(check, known[check.of].unit)
    shown = (
        f"median {_number(median, check)} ({_number(q10, check)} … {_number(q90, check)}) {unit}"
    )
    return Answer(
        check, said, f"{shown.strip()}; so in {share:.0%} of members", "",
        median, q10, q90, share, low, high, unit,
    )  # fmt: skip


def _effect(check: Effect, runs: Runs) -> Answer:
    """Whether the mean difference of a branch surely lies within its bounds, or surely outside."""
    from patronage.history.compare_table import bootstrap_mean

    base, other = runs.series.get(BASELINE, {}), runs.series.get(check.branch, {})
    one, two = _read(check, base), _read(check, other)
    if one is None or two is None:
        return Answer(check, "silent", "the runs do not reach that time")
    chosen = _among(check.among, runs, BASELINE, len(one.value))
    if chosen.sum() < FEWEST:
        return Answer(check, "silent", f"only {chosen.sum()} members are of this kind")
    before, after = one.value[chosen], two.value[chosen]
    if check.measure in DATED:
        never = clock.parse(runs.last) + 1.0
        before, after = np.minimum(before, never), np.minimum(after, never)
    difference = after - before
    unit = _unit_of(check, base[check.of].unit) if check.measure not in DATED else "months"
    if check.relative:
        difference = difference / max(abs(float(before.mean())), 1e-9)
        unit = "of the baseline"
    if not difference.any():
        return Answer(
            check, "silent", "no difference in any member: the model has no path between the two",
            "", 0.0, 0.0, 0.0, unit=unit,
        )  # fmt: skip
    low, high = (float(x) for x in bootstrap_mean(difference[:, None])[:, 0])
    mean = float(difference.mean())
    share, share_low, share_high = _share(holds(difference, check))
    inside = _inside(low, check.above, check.below) and _inside(high, check.above, check.below)
    outside = (check.above is not None and high <= check.above) or (
        check.below is not None and low >= check.below
    )
    said = "yes" if inside and share > check.probability else "no" if outside else "unclear"
    shown = (
        f"{_signed(mean)} ({_signed(low)} … {_signed(high)}) {unit}; so in {share:.0%} of members"
    )
    return Answer(check, said, shown, "", mean, low, high, share, share_low, share_high, unit)


def _share(hit: NDArray[np.bool_]) -> tuple[float, float, float]:
    """A share of members and its 95 % interval (Wilson 1927)."""
    n = len(hit)
    p = float(hit.mean())
    centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * float(np.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2)))
    return p, max(0.0, centre - half), min(1.0, centre + half)


def _quantiles(value: Floats, levels: Sequence[float]) -> list[float]:
    """Quantiles; by the nearest value, so that months stay months and 'never' stays infinite."""
    return [float(q) for q in np.quantile(value, levels, method="nearest")]


def _unit_of(check: Any, unit: str) -> str:
    """Unit of a measure."""
    if check.measure in DATED:
        return ""
    if check.measure == "ratio":
        return "times"
    return f"{unit} a year" if check.measure == "trend" else unit


def _number(value: float, check: Any) -> str:
    if check.measure in DATED:
        return _spell_month(value)
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _signed(value: float) -> str:
    return f"{value:+.3g}" if abs(value) < 1000 else f"{value:+.0f}"


def _spell_month(value: float) -> str:
    return clock.format(round(value)) if np.isfinite(value) else "never"
