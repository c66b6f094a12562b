"""Stylised facts: what must come out of the mechanisms, beside what history shows.

A fact is measured per member from one run (or from a run and a changed run on the same random
draws), and given as the median with the 80 % range over members; the verdict is computed: met when
the median lies within the target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from patronage import months as clock
from patronage.history.sample import BASELINE, Change, Sample, Values, draw

Draws = Callable[[Change], Sample]


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


def order_of_alignment(s: Sample) -> list[Fact]:
    """1958–61: votes first, then trade, then arms, then the declared creed."""
    group = "Order in 1958–61"
    votes = s.series("un_agreement", "CUB", "RUS")
    before = s.span("un_agreement", "CUB", "RUS", first="1958-01", last="1958-12")
    after = s.span("un_agreement", "CUB", "RUS", first="1962-01", last="1962-12")
    since = "1958-07"
    start = s.month("1959-01")
    first = s.reaches(votes, (before + after) / 2, since) - start
    trade = s.reaches(s.series("trade_share", "CUB", "RUS"), 0.15, since) - start
    arms = s.reaches(np.cumsum(s.series("arms", "CUB", "RUS"), axis=0), 20.0, since) - start
    creed = s.reaches(s.series("ideology", "CUB"), 0.7, since) - start
    ordered = (first < trade) & (trade < arms) & (arms < creed)
    weakly = (first < trade) & (trade <= arms) & (first < creed)
    note = "months from January 1959"
    return [
        Fact(group, "votes half-way to Moscow", "by autumn 1959 (8–12)", -3, 12, first, note),
        Fact(group, "Soviet trade share 15 %", "autumn 1960 (18–24)", 14, 26, trade, note),
        Fact(group, "20 million US$ of Soviet arms", "winter 1960–61 (20–28)", 16, 30, arms, note),
        Fact(group, "ruling line within 0.3 of Moscow's", "April–December 1961 (27–36)", 22, 40, creed, note),
        Fact(group, "members with the full order", "most", 0.5, 1, share_where(ordered), "share"),
        Fact(group, "members: votes first, arms not before trade", "nearly all", 0.8, 1, share_where(weakly), "share"),
    ]  # fmt: skip


def lost_market(s: Sample) -> list[Fact]:
    """1958–62: the American market is replaced, not absorbed."""
    group = "The lost market, 1958–62"
    exports = ratio_of(s.year("exports_value", 1962, "CUB"), s.year("exports_value", 1958, "CUB"))
    imports = ratio_of(s.year("imports_value", 1962, "CUB"), s.year("imports_value", 1958, "CUB"))
    credit = 12 * s.year("credit", 1962, "CUB", "RUS")
    return [
        Fact(group, "exports 1962 / 1958", "0.68 (down about a third)", 0.6, 0.76, exports),
        Fact(group, "imports 1962 / 1958", "0.94 (down less than a tenth)", 0.9, 1.0, imports),
        Fact(group, "Soviet credit 1962", "240", 180, 300, credit, "million US$"),
    ]


def october(s: Sample) -> list[Fact]:
    """October 1962: the ladder, the breach, and the repair."""
    group = "October 1962"
    row, usa = s.month("1962-10"), s.axis("USA")
    outcome = s.log("crisis_outcome")[row, usa]
    rung = s.log("crisis_rung")[row, usa]
    alone = (outcome == 1) & (s.log("consulted")[row, usa] == 0)
    belief = s.series("credibility", "CUB", "RUS")
    fall = belief[row + 2] - belief[row - 1]
    due = s.series("due", "CUB", "RUS")
    promised = due[row + 3 : row + 15].mean(axis=0) - due[row - 12 : row].mean(axis=0)
    paid = s.year("credit", 1963, "CUB", "RUS") - s.year("credit", 1962, "CUB", "RUS")
    level = belief[row - 1]
    back = s.reaches(belief[row + 2 :], 0.9 * level, clock.format(s.world.start))
    return [
        Fact(group, "members below war", "most but not all", 0.8, 0.99, share_where(outcome != 3), "share"),
        Fact(group, "members in which the patron complied", "as in history: most", 0.5, 0.99, share_where(outcome == 1), "share"),
        Fact(group, "members that reach a blockade or more", "as in history", 0.5, 1, share_where(rung >= 2), "share"),
        Fact(group, "belief in the patron, not consulted", "falls", -1, -0.1, among(fall, alone)),
        Fact(group, "belief in the patron, other members", "does not fall", -0.1, 1, among(fall, ~alone)),
        Fact(group, "agreed transfer, next year − last year", "up", 0.1, 60, among(promised, alone), "million US$ / month"),
        Fact(group, "credit drawn 1963 − 1962 (per year)", "+130", 20, 240, 12 * among(paid, alone), "million US$"),
        Fact(group, "months until belief is back at 90 %", "1965–68 (24–72)", 18, 84, among(back, alone), "months"),
    ]  # fmt: skip


def split(s: Sample, united: Sample, closed: Sample) -> list[Fact]:
    """The Sino-Soviet split raises the price of the client while the rival can supply."""
    group = "The split, and rice"
    early = {"first": "1961-01", "last": "1965-12"}
    option = s.span("outside", "CUB", "RUS", **early) - united.span("outside", "CUB", "RUS", **early)
    pay = s.span("due", "CUB", "RUS", **early) - united.span("due", "CUB", "RUS", **early)
    late = {"first": "1961-01", "last": "1965-12"}
    lost = closed.span("outside", "CUB", "RUS", **late) - s.span("outside", "CUB", "RUS", **late)
    imports = ratio_of(s.year("imports", 1966, "CUB", "rice"), s.year("imports", 1965, "CUB", "rice"))
    supply = ratio_of(s.year("used", 1966, "CUB", "rice"), s.year("used", 1965, "CUB", "rice"))
    china = ratio_of(
        s.year("deliveries", 1966, "CUB", "CHN", "rice"),
        s.year("deliveries", 1965, "CUB", "CHN", "rice"),
    )
    unit = "million US$ / month"
    return [
        Fact(group, "transfer due from Moscow, split − no split", "up", 0.05, 50, pay, unit),
        Fact(group, "outside option, split − no split", "up", 0.0, 50, option, unit),
        Fact(group, "outside option, rival without supply − with", "down", -50, -0.01, lost, unit),
        Fact(group, "Chinese rice 1966 / 1965", "0.54", 0.44, 0.64, china),
        Fact(group, "rice imports 1966 / 1965", "0.52", 0.42, 0.62, imports),
        Fact(group, "rice supply 1966 / 1965", "0.58", 0.48, 0.68, supply),
    ]


def rift(s: Sample, others: dict[str, Sample]) -> list[Fact]:
    """1967–70: rift without rupture, and three separate causes of oil."""
    group = "Rift without rupture, 1967–70"

    def votes(year: int) -> Values:
        return s.span("un_agreement", "CUB", "RUS", first=f"{year}-09", last=f"{year}-12")

    warm = (votes(1965) + votes(1966)) / 2
    dip = (votes(1967) + votes(1968)) / 2 - warm
    mood = s.series("affinity", "CUB", "RUS")
    before = mood[s.month("1963-06") : s.month("1965-01")].mean(axis=0)
    lowest = mood[s.month("1966-01") : s.month("1969-12")].min(axis=0)
    bottom = mood[s.month("1967-06") : s.month("1968-09")].mean(axis=0)
    later = mood[s.month("1970-06") : s.month("1971-06")].mean(axis=0)
    share = s.span("trade_share", "CUB", "RUS", first="1967-01", last="1968-12")

    def growth(x: Sample) -> Values:
        a = x.span("deliveries", "CUB", "RUS", "oil", first="1968-01", last="1968-12")
        b = x.span("deliveries", "CUB", "RUS", "oil", first="1970-01", last="1970-12")
        return b / np.maximum(a, 1e-6) - 1

    def level(x: Sample) -> Values:
        return x.span("deliveries", "CUB", "RUS", "oil", first="1968-01", last="1971-12")

    facts = [
        Fact(group, "UN agreement 1967–68 − 1965–66", "−0.14", -0.2, -0.05, dip),
        Fact(group, "affinity, lowest of 1966–69 − 1963–64", "down 0.1 or more", -1.0, -0.1, lowest - before),
        Fact(group, "Soviet trade share 1967–68", "above one half", 0.5, 0.85, share),
        Fact(group, "affinity 1970–71 − 1967–68", "recovers in about two years", 0.0, 1.0, later - bottom),
        Fact(group, "oil deliveries 1970 / 1968 − 1", "+0.1 … 0.3 (recalled)", 0.05, 0.35, growth(s)),
    ]  # fmt: skip
    for name, other in others.items():
        effect = np.abs(level(s) / np.maximum(level(other), 1e-6) - 1)
        what = f"oil deliveries 1968–71, size of the effect of {name}"
        facts.append(Fact(group, what, "a cause of its own (0.003 or more)", 0.003, 1, effect))
    return facts


def prague(s: Sample) -> list[Fact]:
    """August 1968: the intervention, the client's answer, and what the hegemon pays for it."""
    group = "Prague and its price, 1968–70"
    row, cuba, moscow = s.month("1968-08"), s.axis("CUB"), s.axis("RUS")
    endorsed = s.log("endorsed")[row, cuba, moscow] > 0
    denounced = s.log("denounced")[row, cuba, moscow] > 0
    due = s.series("due", "CUB", "RUS")
    later = due[row + 1 : row + 25].mean(axis=0) - due[row - 12 : row].mean(axis=0)
    gain = among(later, endorsed) - np.nanmedian(among(later, ~endorsed))
    line = s.span("ideology", "CZE", first="1969-06", last="1970-05")
    spring = s.span("ideology", "CZE", first="1968-03", last="1968-07")
    return [
        Fact(group, "members in which Cuba endorses", "most, after three days", 0.5, 1, share_where(endorsed), "share"),
        Fact(group, "members in which Cuba denounces", "few", 0, 0.25, share_where(denounced), "share"),
        Fact(group, "transfer due 1968–70, endorsers − others", "up (contested)", 0.05, 60, gain, "million US$ / month"),
        Fact(group, "line in Prague, 1969–70 − spring 1968", "back to Moscow", 0.1, 1.5, line - spring),
    ]  # fmt: skip


def revolution(s: Sample) -> list[Fact]:
    """The revolutionary faction: distance, exit, a movement abroad that mostly fails."""
    group = "Revolution exported, 1960–70"
    rows = slice(s.month("1960-01"), s.month("1970-12") + 1)
    cuba = s.axis("CUB")
    exits = (s.log("exit")[rows, cuba].astype(float) > 0).any(axis=0)
    started = (s.series("insurgency", "BOL", "CUB")[rows] > 0.02).any(axis=0)
    started |= (s.series("insurgency", "ROW", "CUB")[rows] > 0.02).any(axis=0)
    won = (s.log("movement_won")[rows, :, cuba] > 0).any(axis=(0, 1))
    peak = s.series("faction_share", "CUB")[rows, 3].max(axis=0)
    return [
        Fact(group, "largest share of the militant faction", "a strong minority", 0.2, 0.6, peak),
        Fact(group, "members with an exit", "a share of members", 0.1, 0.9, share_where(exits), "share"),
        Fact(group, "members with a movement abroad", "most", 0.5, 1, share_where(started), "share"),
        Fact(group, "of these, a movement that wins", "few", 0, 0.35, share_where(won[started] if started.any() else [0]), "share"),
    ]  # fmt: skip


def collapse(s: Sample) -> list[Fact]:
    """1989–93: the end of the patron."""
    group = "The end, 1989–93"

    def ratio(quantity: str, year: int, *keys: str) -> Values:
        return s.year(quantity, year, *keys) / np.maximum(s.year(quantity, 1989, *keys), 1e-6) - 1

    oil = ratio("deliveries", 1992, "CUB", "RUS", "oil")
    return [
        Fact(group, "Soviet oil 1992 against 1989 (supply imposed)", "−0.86", -0.95, -0.75, oil),
        Fact(group, "output 1993 against 1989", "−0.35 … −0.45", -0.47, -0.33, ratio("output", 1993, "CUB")),
        Fact(group, "sugar 1991 against 1989", "small: it follows later", -0.15, 0.1, ratio("production", 1991, "CUB", "sugar")),
        Fact(group, "sugar 1993 against 1989", "−0.47", -0.6, -0.3, ratio("production", 1993, "CUB", "sugar")),
        Fact(group, "imports 1993 against 1989", "−0.75", -0.85, -0.6, ratio("imports_value", 1993, "CUB")),
    ]  # fmt: skip


RECORDED = (
    "un_agreement",
    "trade_share",
    "arms",
    "ideology",
    "exports_value",
    "imports_value",
    "credit",
    "credibility",
    "due",
    "outside",
    "imports",
    "used",
    "deliveries",
    "affinity",
    "insurgency",
    "faction_share",
    "output",
    "production",
)
VARIANTS: dict[str, Change] = {
    "united": Change("no split", unrivalled=(("RUS", "CHN"),)),
    "closed": Change("China cannot supply", closed=(("CHN", "rice"), ("CHN", "machinery"))),
    "loyalty": Change("loyalty", params=(("economy.discipline", 0.0), ("bloc.repay", 0.0))),
    "logistics": Change(
        "logistics", params=(("economy.logistics", 0.0), ("economy.distance_logistics", 0.0))
    ),
    "crop failure": Change("crop failure", even_crops=True),
}
CAUSES = ("loyalty", "logistics", "crop failure")


def measure(run: Draws, change: Change = BASELINE, *, full: bool = True) -> list[Fact]:
    """All facts of a world, or only those that need a single run.

    Parameters
    ----------
    run: makes a sample of the world with a change.
    change: what holds in every run.
    full: also make the runs that the split and the oil question need.
    """
    s = run(change)
    facts = [*order_of_alignment(s), *lost_market(s), *october(s)]
    if full:
        facts += split(s, run(VARIANTS["united"]), run(VARIANTS["closed"]))
        facts += rift(s, {name: run(VARIANTS[name]) for name in CAUSES})
    else:
        facts += rift(s, {})
    return [*facts, *prague(s), *revolution(s), *collapse(s)]


def sampler(world: Any, members: int, seed: int, until: str | None = "1993-12") -> Draws:
    """A function that runs a world with a change; the world is compiled once."""
    from dataclasses import replace

    from patronage.run.compile import compile_world

    longer = world.until(until) if until else world
    compiled = {"base": replace(compile_world(longer), recorded=RECORDED, every=1)}

    def run(change: Change) -> Sample:
        return draw(
            longer, change, members=members, seed=seed, recorded=RECORDED, compiled=compiled
        )

    return run


def moved(base: Iterable[Fact], other: Iterable[Fact]) -> list[str]:
    """Measures whose median a change moves by more than a quarter of the baseline's 80 % range."""
    found = []
    for one, two in zip(base, other, strict=True):
        low, high = one.interval
        finite = np.isfinite([one.median, two.median]).all()
        step = abs(two.median - one.median) if finite else float(one.median != two.median)
        wide = (high - low) if np.isfinite(high - low) else 1.0
        if step > max(0.25 * wide, 0.02 * max(1.0, abs(one.median) if finite else 1.0)):
            found.append(one.measure)
    return found
