"""The made-up scenario of the synthetic run: states, observed values, events, references."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from synthetic_paths import AGREEMENT, COMMODITIES, FACTIONS, NAMES, STATES


@dataclass(frozen=True)
class Observation:
    """One observed value, as the scenario loader gives it."""

    quantity: str
    client: str | None
    patron: str | None
    commodity: str | None
    first: int
    last: int
    value: float
    unit: str
    source: tuple[str, ...]
    quality: str
    note: str = ""


def make_observations() -> list[Observation]:
    """Observed values of all qualities."""
    found: list[Observation] = []
    for year in range(1946, 1992):
        for patron, knots in AGREEMENT.items():
            if patron == "CHN" and year < 1971:
                continue
            value = float(np.interp(year + 0.9, list(knots), list(knots.values())))
            month = year * 12 + 9
            quality = "high" if year >= 1958 else "medium"
            found.append(
                Observation(
                    "un_agreement",
                    "CUB",
                    patron,
                    None,
                    month,
                    month + 2,
                    round(value, 2),
                    "share",
                    ("Voeten2013",),
                    quality,
                )
            )
    for year, value in ((1961, 35), (1962, 240), (1963, 370), (1964, 260), (1965, 225)):
        found.append(
            Observation(
                "transfer",
                "CUB",
                "RUS",
                None,
                year * 12,
                year * 12 + 11,
                value,
                "million US$ / year",
                ("CIA1966",),
                "medium",
            )
        )
    found.append(
        Observation(
            "transfer",
            "CUB",
            "RUS",
            None,
            1982 * 12,
            1982 * 12 + 11,
            5300.0,
            "million US$ / year",
            ("CIA1983", "CIA1984"),
            "medium",
        )
    )
    found.append(
        Observation(
            "trade_share",
            "CUB",
            "RUS",
            None,
            1984 * 12,
            1984 * 12 + 11,
            0.7,
            "share",
            ("CIA1984",),
            "high",
        )
    )
    found.append(
        Observation(
            "trade_share",
            "CUB",
            "USA",
            None,
            1958 * 12,
            1958 * 12 + 11,
            0.7,
            "share",
            ("COW",),
            "low",
        )
    )
    found.append(
        Observation(
            "trade_share",
            "CUB",
            "CHN",
            None,
            1963 * 12,
            1963 * 12 + 11,
            0.9,
            "share",
            ("COW",),
            "unusable",
        )
    )
    for year, value in ((1958, 5800), (1962, 4800), (1963, 3800), (1970, 8500), (1989, 8100)):
        found.append(
            Observation(
                "production",
                "CUB",
                None,
                "sugar",
                year * 12,
                year * 12 + 11,
                value,
                "kt / year",
                ("CIA1984",),
                "high",
            )
        )
    return found


def make_events() -> list[SimpleNamespace]:
    """Dated events of each role; only two of these are imposed where CUB is free."""
    plan = [
        ("1960-07", "USA", "CUB", "embargo", "decision"),
        ("1961-01", "CUB", "USA", "denounce", "decision"),
        ("1959-01", "CUB", "CUB", "regime-change", "exogenous"),
        ("1962-11", "RUS", "CUB", "back-down", "outcome"),
        ("1963-01", "RUS", "CHN", "denounce", "decision"),
    ]
    return [
        SimpleNamespace(month=int(d[:4]) * 12 + int(d[5:]) - 1, actor=a, target=b, type=t, role=r)
        for d, a, b, t, r in plan
    ]


def make_world() -> SimpleNamespace:
    """The parts of a scenario that the report reads."""
    states = [
        SimpleNamespace(
            code=c,
            name=n,
            kind="market" if c == "ROW" else "state",
            factions=[SimpleNamespace(name=f) for f in FACTIONS] if c == "CUB" else [],
        )
        for c, n in zip(STATES, NAMES, strict=True)
    ]
    units = ("kt", "kt", "kt", "kt", "million US$ of 1960", "million US$")
    goods = [SimpleNamespace(name=c, unit=u) for c, u in zip(COMMODITIES, units, strict=True)]
    references = {
        "Voeten2013": {
            "author": "Voeten, E.",
            "year": "2013",
            "title": "Data and analyses of voting",
        },
        "CIA1966": {"author": "CIA", "year": "1966", "title": "{Cuba}: a brief survey"},
        "CIA1983": {"author": "CIA", "year": "1983", "title": "Soviet aid to Cuba"},
        "CIA1984": {
            "author": "CIA",
            "year": "1984",
            "title": "The Cuban economy: a Soviet showcase?",
        },
        "COW": {"author": "Barbieri, K. and Keshk, O.", "title": "Trade data 4.0"},
    }
    return SimpleNamespace(
        name="cuba",
        title="Cuba and the Soviet Union, 1943–1991",
        description="An unequal alliance between two rivals of one patron.",
        goods=goods,
        events=make_events(),
        mode=SimpleNamespace(kind="replay", free=["CUB"], until=None),
        states=states,
        observed=make_observations(),
        references=references,
    )
