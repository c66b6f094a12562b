"""Two runs member by member: differences of every recorded quantity, with intervals.

Runs of one scenario with one seed share their random numbers, so the difference of a member is what
was changed, and not luck: its spread is far smaller than that of either run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage import months as clock
from patronage.errors import RunError

if TYPE_CHECKING:
    import xarray as xr

    from patronage.run.results import Results

MOST_BYTES = 4_000_000_000
"""Differences of more than this belong in years or windows, or in fewer quantities."""
_MATCH = ("scenario_hash", "seed")
_WINDOW = re.compile(r"^(\d{4}(?:-\d{2})?)(?::(\d{4}(?:-\d{2})?))?$")
_PERIODS = ("month", "year", "window")
_CODES = ("crisis_outcome",)  # numbers that stand for words


def compare(
    a: Results | str | Path,
    b: Results | str | Path,
    quantities: Iterable[str] | str | None = None,
    by: str | Sequence[str] | None = None,
    *,
    unpaired: bool = False,
) -> xr.Dataset:
    """Differences of two runs, `b` − `a`, member by member.

    Returns quantities (member, month, …) in float32, units as recorded; attributes name the runs,
    the members, the seed and what was changed. `summarise`, `draw` and `power_note` take it.

    Parameters
    ----------
    a, b: from `run`, or results folders; `a` is the baseline.
    quantities: which; all that both recorded but codes (`crisis_outcome`) if not given.
    by: None for every month, `year`, or windows such as `1960:1964` or `1962-10:1962-12`, whose
        means take the place of the months.
    unpaired: whether runs of different scenarios or seeds may be compared. Their members have
        nothing in common, so intervals are wider, and no difference of a member means anything.

    Errors: RunError for runs that do not fit each other, and for unknown quantities.

    >>> import patronage as pt                                             # doctest: +SKIP
    >>> pt.compare(base, calm)["transfer"].dims                            # doctest: +SKIP
    ('member', 'month', 'client', 'patron')
    """
    import xarray as xr

    one, two = _open(a), _open(b)
    if not unpaired:
        _check_pair(one, two)
    first, second = xr.align(one.data, two.data, join="inner")
    if first.sizes["member"] < 1 or first.sizes["month"] < 1:
        raise RunError("no member or no month in common", where="compare")
    names = _choose(first, second, quantities)
    size = sum(first[n].size for n in names) * 4
    if by is None and size > MOST_BYTES:
        raise RunError(
            f"the differences take {size / 1e9:.1f} GB; name quantities, or years or windows",
            where="compare",
            allowed=["quantities=['transfer']", "by='year'", "by='1960:1964'"],
        )
    found = {}
    for name in names:
        parts = [aggregate(d[[name]].load(), by)[name] for d in (first, second)]
        parts = [p.transpose("member", ...) for p in parts]
        difference = (parts[1] - parts[0]).astype(np.float32)
        meaning = first[name].attrs.get("long_name", name)
        units = first[name].attrs.get("units", "")
        found[name] = difference.assign_attrs(units=units, long_name=f"difference: {meaning}")
    return xr.Dataset(found, attrs=_describe(one, two, first.sizes["member"], unpaired))


def _open(run: Results | str | Path) -> Results:
    from patronage.run.results import Results

    return Results.open(run) if isinstance(run, str | Path) else run


def _check_pair(one: Results, two: Results) -> None:
    """Refuse runs whose members do not share their random numbers."""
    for key in _MATCH:
        mine, other = one.manifest.get(key), two.manifest.get(key)
        if mine != other:
            word = "scenarios" if key == "scenario_hash" else f"{key}s"
            named = [str(r.manifest.get("scenario", "")) for r in (one, two)]
            said = " and ".join(named if word == "scenarios" else [str(mine), str(other)])
            raise RunError(
                f"runs of different {word} ({said}) are not paired",
                where="compare",
                allowed=["two runs of one scenario with one seed", "unpaired=True"],
            )


def _choose(first: xr.Dataset, second: xr.Dataset, wanted: Iterable[str] | str | None) -> list[str]:
    both = [str(n) for n in first.data_vars if n in second.data_vars]
    shared = [n for n in both if n not in _CODES]
    if wanted is None:
        return shared
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    for name in names:
        if name in both and name not in shared:
            raise RunError("a code, whose differences say nothing", where=name, allowed=shared)
        if name not in shared:
            raise RunError("not recorded in both runs", where=name, allowed=shared, got=name)
    return names


def _describe(one: Results, two: Results, members: int, unpaired: bool) -> dict[str, Any]:
    seeds = [str(r.manifest.get("seed", "?")) for r in (one, two)]
    return {
        "title": str(two.manifest.get("title", "")),
        "difference": "second run − first run, member by member",
        "scenario": str(two.manifest.get("scenario", "")),
        "members": members,
        "seed": seeds[0] if seeds[0] == seeds[1] else " and ".join(seeds),
        "paired": "no" if unpaired else "yes",
        "changed": "; ".join(list_changed(one.manifest, two.manifest)) or "nothing",
        "version": str(two.manifest.get("versions", {}).get("patronage", "")),
    }


def list_changed(one: dict[str, Any], two: dict[str, Any]) -> list[str]:
    """What the second run has that the first has not, by their manifests, in words."""
    from patronage.history.branch_changes import describe
    from patronage.history.branch_file import Call, parse

    found: list[str] = []
    before = one.get("branches", [])
    for sign, listed in (
        ("", [b for b in two.get("branches", []) if b not in before]),
        ("without: ", [b for b in before if b not in two.get("branches", [])]),
    ):
        for entry in listed:
            if not entry["changes"]:
                continue
            branch, _ = parse(entry, Call("manifest"))
            words = branch.name or ", ".join(map(describe, branch.changes))
            found.append(f"{sign}from {branch.date} {words}")
    for key in ("parameters", "mechanisms", "mode"):
        was, now = one.get(key, {}), two.get(key, {})
        found += [f"{n} {was.get(n)} → {v}" for n, v in now.items() if was.get(n) != v]
    return found


def aggregate(data: xr.Dataset, by: str | Sequence[str] | None) -> xr.Dataset:
    """Means over years or windows in the place of months; as it is where `by` is None or `month`.

    Errors: RunError for a window that is none, or that holds no recorded month.
    """
    import xarray as xr

    if by is None or by == "month":
        return data
    if "month" not in data.dims:
        raise RunError("these are no months any more", where="by", allowed=["compare(by=…)"])
    when = data["month"].values.astype("datetime64[M]").astype(int) + 1970 * 12
    if by == "year":
        spans = [(int(y), y * 12, y * 12 + 11) for y in np.unique(when // 12)]
        dim = "year"
    else:
        spans = [_window(w) for w in ([by] if isinstance(by, str) else by)]
        dim = "window"
    parts = []
    for label, first, last in spans:
        rows = np.flatnonzero((when >= first) & (when <= last))
        if not rows.size:
            held = f"{clock.format(int(when[0]))} … {clock.format(int(when[-1]))}"
            raise RunError(f"no month of the runs lies in {label}", where="by", allowed=[held])
        chosen = data.isel(month=rows)
        # in double precision, so that the mean of equal months is that month
        parts.append(chosen.mean("month", dtype=np.float64, keep_attrs=True))
    joined = xr.concat(parts, dim=dim).transpose("member", dim, ...)
    return joined.assign_coords({dim: [label for label, _, _ in spans]})


def _window(text: str) -> tuple[str, int, int]:
    """Label, first and last month number of `1960`, `1960:1964` or `1962-10:1962-12`."""
    from patronage.scenario import dates

    match = _WINDOW.match(str(text))
    if match is None:
        raise RunError(
            f"'{text}' is no window", where="by", allowed=["year", "1960:1964", "1962-10:1962-12"]
        )
    first = dates.parse(match[1])[0]
    last = dates.parse(match[2] or match[1])[1]
    if last < first:
        raise RunError(f"the window {text} ends before it starts", where="by")
    return str(text), first, last


def period_of(differences: xr.Dataset) -> str:
    """Name of the dimension of time: month, year or window."""
    return next(d for d in _PERIODS if d in differences.dims)


def __getattr__(name: str) -> Any:
    """What belongs to a comparison but lives beside: tables, figures, the power of a sample."""
    if name in ("summarise", "members_needed", "power_note", "write"):
        from patronage.history import compare_table

        return getattr(compare_table, name)
    if name == "draw":
        from patronage.history import compare_figure

        return compare_figure.draw
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
