"""Units as the data write them, and conversion between those of one kind.

A unit is a name (`kt`, `million US$`), or names joined by `/` or `per` (`US cents/lb`).
`thousand`, `million` and `billion` multiply any name, and alone they count people or things.
Dollars of one year's prices (`US$ of 1960`) are a volume, not money: they convert to no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from patronage.errors import PatronageError

DAYS_PER_MONTH = 365.25 / 12
TONNES_PER_BARREL = 1 / 7.33
"""Crude oil of average density: 7.33 barrels a tonne (BP, Statistical Review of World Energy)."""
TONNES_PER_POUND = 0.45359237e-3

# name -> (kind, size in the kind's base unit)
UNITS: dict[str, tuple[str, float]] = {
    "t": ("mass", 1.0),
    "tonne": ("mass", 1.0),
    "tonnes": ("mass", 1.0),
    "kt": ("mass", 1e3),
    "Mt": ("mass", 1e6),
    "kg": ("mass", 1e-3),
    "lb": ("mass", TONNES_PER_POUND),
    "short ton": ("mass", 2000 * TONNES_PER_POUND),
    "short tons": ("mass", 2000 * TONNES_PER_POUND),
    "long tons": ("mass", 2240 * TONNES_PER_POUND),
    "bbl": ("mass", TONNES_PER_BARREL),
    "US$": ("money", 1.0),
    "US cents": ("money", 0.01),
    "rubles": ("rubles", 1.0),
    "pesos": ("pesos", 1.0),
    "TIV": ("arms volume", 1.0),
    "month": ("time", 1.0),
    "months": ("time", 1.0),
    "year": ("time", 12.0),
    "years": ("time", 12.0),
    "week": ("time", 7 / DAYS_PER_MONTH),
    "weeks": ("time", 7 / DAYS_PER_MONTH),
    "day": ("time", 1 / DAYS_PER_MONTH),
    "days": ("time", 1 / DAYS_PER_MONTH),
    "km": ("length", 1.0),
    "miles": ("length", 1.609344),
    "share": ("share", 1.0),
    "percent": ("share", 0.01),
    "probability": ("share", 1.0),
    "index": ("index", 1.0),
    "ratio": ("index", 1.0),
    "level": ("level", 1.0),
    "count": ("count", 1.0),
    "people": ("count", 1.0),
    "person": ("count", 1.0),
    "persons": ("count", 1.0),
    "troops": ("count", 1.0),
    "advisers": ("count", 1.0),
    "experts": ("count", 1.0),
    "staff": ("count", 1.0),
    "delegates": ("count", 1.0),
    "fighters": ("count", 1.0),
    "exiles": ("count", 1.0),
    "arrests": ("count", 1.0),
    "countries": ("count", 1.0),
    "conditions": ("count", 1.0),
    "missiles": ("count", 1.0),
    "ships": ("count", 1.0),
    "aircraft": ("count", 1.0),
    "thousand": ("count", 1e3),
    "million": ("count", 1e6),
    "billion": ("count", 1e9),
}
_MULTIPLIER = re.compile(r"^(thousand|million|billion) (.+)$")
_PRICES_OF = re.compile(r"^(US\$) of (\d{4})$")
_JOINT = re.compile(r"\s*/\s*|\s+per\s+")

Kinds = tuple[tuple[str, int], ...]


def _parse_name(name: str) -> tuple[str, float] | None:
    """Kind and size of one name without `/`; None where it is not known."""
    if name in UNITS:
        return UNITS[name]
    if match := _PRICES_OF.match(name):
        return f"US$ of {match[2]}", 1.0
    if match := _MULTIPLIER.match(name):
        rest = _parse_name(match[2])
        return None if rest is None else (rest[0], UNITS[match[1]][1] * rest[1])
    return None


@lru_cache(maxsize=4096)
def _parse(unit: str) -> tuple[Kinds, float] | str:
    """Powers of kinds and size of a unit, or the part of it that is not known."""
    powers: dict[str, int] = {}
    size = 1.0
    for place, name in enumerate(_JOINT.split(" ".join(unit.split()))):
        if place == 0 and name == "1":
            continue
        known = _parse_name(name)
        if known is None:
            return name
        sign = 1 if place == 0 else -1
        powers[known[0]] = powers.get(known[0], 0) + sign
        size *= known[1] ** sign
    return tuple(sorted((k, p) for k, p in powers.items() if p)), size


def names() -> Iterator[str]:
    """Every single unit name, for messages."""
    return iter(UNITS)


def known(unit: str) -> bool:
    """Whether `unit` can be read.

    >>> known("US cents/lb"), known("sacks")
    (True, False)
    """
    return not isinstance(_parse(unit), str)


def parse(unit: str, where: str | None = None) -> tuple[Kinds, float]:
    """Powers of kinds, and size in base units, of a unit.

    Errors: PatronageError with the nearest unit where a part of it is not known.

    >>> parse("kt / year")[0]
    (('mass', 1), ('time', -1))
    """
    found = _parse(unit)
    if isinstance(found, str):
        within = "" if found == unit else f" in '{unit}'"
        raise PatronageError(
            f"unknown unit '{found}'{within}", where=where, allowed=names(), got=found
        )
    return found


def same_kind(unit: str, other: str) -> bool:
    """Whether both units are known and convert to each other."""
    one, two = _parse(unit), _parse(other)
    return not isinstance(one, str) and not isinstance(two, str) and one[0] == two[0]


def convert(value: float, unit: str, to: str, where: str | None = None) -> float:
    """`value`, given in `unit`, expressed in the unit `to`.

    Errors: PatronageError where a unit is not known, or the two are of different kinds.

    >>> round(convert(1, "US cents/lb", "US$ / kt"), 1)
    22046.2
    """
    if unit == to:
        parse(unit, where)
        return value
    kinds, size = parse(unit, where)
    wanted, target = parse(to, where)
    if kinds != wanted:
        raise PatronageError(
            f"'{unit}' is not a unit of the same kind as '{to}'", where=where, allowed=_alike(to)
        )
    return value * (size / target)


@lru_cache(maxsize=4096)
def of_commodity(unit: str, commodity_unit: str) -> str:
    """The unit with its placeholder `unit` replaced by a commodity's own unit.

    >>> of_commodity("unit / year", "kt"), of_commodity("US$ / unit", "million US$")
    ('kt / year', 'US$ / million US$')
    """
    return re.sub(r"\bunit\b", lambda _: commodity_unit, unit)


def _alike(unit: str) -> list[str]:
    """Units that convert to `unit`: its own name first, then single names of its kind."""
    kinds, _ = parse(unit)
    return [unit] + [n for n in UNITS if n != unit and _parse_name(n) and parse(n)[0] == kinds]
