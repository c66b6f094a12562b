"""Stylised facts of the Cuba world, 1958–66: what must come out of the mechanisms."""

from __future__ import annotations

from functools import partial

import numpy as np

from patronage import months as clock
from patronage.history.fact import Fact, among, ratio_of, share_where
from patronage.history.sample import Sample


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
        Fact(
            group,
            "ruling line within 0.3 of Moscow's",
            "April–December 1961 (27–36)",
            22,
            40,
            creed,
            note,
        ),
        Fact(group, "members with the full order", "most", 0.5, 1, share_where(ordered), "share"),
        Fact(
            group,
            "members: votes first, arms not before trade",
            "nearly all",
            0.8,
            1,
            share_where(weakly),
            "share",
        ),
    ]


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
    fact = partial(Fact, "October 1962")
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
    below, complied, blockade = map(share_where, (outcome != 3, outcome == 1, rung >= 2))
    most = "as in history: most"
    more, drawn, wait = among(promised, alone), 12 * among(paid, alone), among(back, alone)
    return [
        fact("members below war", "most but not all", 0.8, 0.99, below, "share"),
        fact("members in which the patron complied", most, 0.5, 0.99, complied, "share"),
        fact("members that reach a blockade or more", "as in history", 0.5, 1, blockade, "share"),
        fact("belief in the patron, not consulted", "falls", -1, -0.1, among(fall, alone)),
        fact("belief in the patron, other members", "does not fall", -0.1, 1, among(fall, ~alone)),
        fact("agreed transfer, next year − last year", "up", 0.1, 60, more, "million US$ / month"),
        fact("credit drawn 1963 − 1962 (per year)", "+130", 20, 240, drawn, "million US$"),
        fact("months until belief is back at 90 %", "1965–68 (24–72)", 18, 84, wait, "months"),
    ]


def split(s: Sample, united: Sample, closed: Sample) -> list[Fact]:
    """The Sino-Soviet split raises the price of the client while the rival can supply."""
    group = "The split, and rice"
    early = {"first": "1961-01", "last": "1965-12"}
    option = s.span("outside", "CUB", "RUS", **early) - united.span(
        "outside", "CUB", "RUS", **early
    )
    pay = s.span("due", "CUB", "RUS", **early) - united.span("due", "CUB", "RUS", **early)
    late = {"first": "1961-01", "last": "1965-12"}
    lost = closed.span("outside", "CUB", "RUS", **late) - s.span("outside", "CUB", "RUS", **late)
    imports = ratio_of(
        s.year("imports", 1966, "CUB", "rice"), s.year("imports", 1965, "CUB", "rice")
    )
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
