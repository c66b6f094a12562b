"""Stylised facts of the Cuba world, 1967–93: what must come out of the mechanisms."""

from __future__ import annotations

import numpy as np

from patronage.history.fact import Fact, among, share_where
from patronage.history.sample import Sample, Values


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
        Fact(group, "UN agreement 1967–68 − 1965–66", "−0.14", -0.2, -0.1, dip),
        Fact(
            group,
            "affinity, lowest of 1966–69 − 1963–64",
            "down 0.1 or more",
            -1.0,
            -0.1,
            lowest - before,
        ),
        Fact(group, "Soviet trade share 1967–68", "above one half", 0.5, 0.85, share),
        Fact(
            group,
            "affinity 1970–71 − 1967–68",
            "recovers in about two years",
            0.0,
            1.0,
            later - bottom,
        ),
        Fact(
            group, "oil deliveries 1970 / 1968 − 1", "+0.1 … 0.3 (recalled)", 0.05, 0.35, growth(s)
        ),
    ]
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
    gain = among(later, endorsed) - np.median(among(later, ~endorsed))
    line = s.span("ideology", "CZE", first="1969-06", last="1970-05")
    spring = s.span("ideology", "CZE", first="1968-03", last="1968-07")
    return [
        Fact(
            group,
            "members in which Cuba endorses",
            "most, after three days",
            0.5,
            1,
            share_where(endorsed),
            "share",
        ),
        Fact(
            group,
            "members in which Cuba denounces",
            "few",
            0,
            0.25,
            share_where(denounced),
            "share",
        ),
        Fact(
            group,
            "transfer due 1968–70, endorsers − others",
            "up (contested)",
            0.05,
            60,
            gain,
            "million US$ / month",
        ),
        Fact(
            group,
            "line in Prague, 1969–70 − spring 1968",
            "back to Moscow",
            0.1,
            1.5,
            line - spring,
        ),
    ]


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
        Fact(
            group,
            "members with an exit",
            "a share of members",
            0.1,
            0.9,
            share_where(exits),
            "share",
        ),
        Fact(
            group, "members with a movement abroad", "most", 0.5, 1, share_where(started), "share"
        ),
        Fact(
            group,
            "of these, a movement that wins",
            "few",
            0,
            0.35,
            share_where(among(won.astype(float), started)),
            "share",
        ),
    ]


def collapse(s: Sample) -> list[Fact]:
    """1989–93: the end of the patron."""
    group = "The end, 1989–93"

    def ratio(quantity: str, year: int, *keys: str) -> Values:
        return s.year(quantity, year, *keys) / np.maximum(s.year(quantity, 1989, *keys), 1e-6) - 1

    oil = ratio("deliveries", 1992, "CUB", "RUS", "oil")
    return [
        Fact(group, "Soviet oil 1992 against 1989 (supply imposed)", "−0.86", -0.95, -0.75, oil),
        Fact(
            group,
            "output 1993 against 1989",
            "−0.35 … −0.45",
            -0.47,
            -0.33,
            ratio("output", 1993, "CUB"),
        ),
        Fact(
            group,
            "sugar 1991 against 1989",
            "small: it follows later",
            -0.15,
            0.1,
            ratio("production", 1991, "CUB", "sugar"),
        ),
        Fact(
            group,
            "sugar 1993 against 1989",
            "−0.47",
            -0.6,
            -0.3,
            ratio("production", 1993, "CUB", "sugar"),
        ),
        Fact(
            group,
            "imports 1993 against 1989",
            "−0.75",
            -0.85,
            -0.6,
            ratio("imports_value", 1993, "CUB"),
        ),
    ]
