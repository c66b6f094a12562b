"""What the tables and figures share: the cast, the clock, and quantiles over members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from patronage import months as clock
from patronage.errors import RunError

LEVELS = (0.10, 0.50, 0.90)
INTERVAL = "80 % interval: 10th to 90th percentile of members"
LINES = (
    "line: median; shade: 80 % interval, 10th to 90th percentile of members; grey: periods of table"
)

_FLOWS = frozenset(
    [
        "transfer",
        "credit",
        "premium",
        "arms",
        "grants",
        "production",
        "imports",
        "exports",
        "used",
        "imports_value",
        "exports_value",
        "deliveries",
    ]
)
_FIRST_CHOICE = ("RUS", "USA", "CHN")


class Run(Protocol):
    """What the report needs of a run: `data` (xarray Dataset), `log` (DataFrame), `manifest`."""

    @property
    def data(self) -> Any: ...
    @property
    def log(self) -> Any: ...
    @property
    def manifest(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Band:
    """Median and 80 % interval over members; each (month) or (year)."""

    low: NDArray[np.float64]
    median: NDArray[np.float64]
    high: NDArray[np.float64]


def quantiles(values: NDArray[Any], levels: Sequence[float] = LEVELS) -> NDArray[np.float64]:
    """Quantiles over the first axis (member), skipping NaN; all NaN gives NaN.

    values: (member, …); returns (level, …).
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64), axis=0)  # NaN goes last
    count = np.sum(~np.isnan(ordered), axis=0)
    out = np.empty((len(levels), *ordered.shape[1:]))
    for k, level in enumerate(levels):
        place = level * np.maximum(count - 1, 0)
        below = np.floor(place).astype(int)
        above = np.minimum(below + 1, np.maximum(count - 1, 0))
        a = np.take_along_axis(ordered, below[None], axis=0)[0]
        b = np.take_along_axis(ordered, above[None], axis=0)[0]
        out[k] = np.where(count > 0, a + (b - a) * (place - below), np.nan)
    return out


def mean_over(values: NDArray[Any], axis: int | tuple[int, ...]) -> NDArray[np.float64]:
    """Mean that skips NaN and stays silent where nothing is left."""
    valid = ~np.isnan(values)
    total = np.where(valid, values, 0.0).sum(axis=axis, dtype=np.float64)
    count = valid.sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


class Summary:
    """A run seen from one state: its partners, months, and quantiles over members.

    Parameters
    ----------
    results: a run, with `data`, `log` and `manifest`.
    world: the scenario, for names, observations and references; None gives codes only.
    focus, patron, rival, third: state codes; chosen from the run where not given.

    Errors: RunError for a state that the run does not have.
    """

    def __init__(
        self,
        results: Run,
        world: Any = None,
        focus: str | None = None,
        patron: str | None = None,
        rival: str | None = None,
        third: str | None = None,
    ) -> None:
        self.results, self.world = results, world
        self.data = results.data
        self.states = _codes(self.data)
        when = self.data["month"].values.astype("datetime64[M]").astype(int)
        self.months: NDArray[np.int64] = when + 1970 * 12
        self._slices: dict[tuple[str, str], NDArray[np.float32]] = {}
        self._bands: dict[tuple[Any, ...], Band] = {}
        self.focus = self._check(focus, "focus") or self._choose_focus()
        given = [
            self._check(c, r) for c, r in ((patron, "patron"), (rival, "rival"), (third, "third"))
        ]
        self.partners = self._choose_partners(given)
        self.names = _names(world, self.states)

    # -- cast ---------------------------------------------------------------------------------
    def _check(self, code: str | None, role: str) -> str | None:
        if code is not None and code not in self.states:
            raise RunError(
                f"no state '{code}' in this run", where=role, allowed=self.states, got=code
            )
        return code

    def _choose_focus(self) -> str:
        if "CUB" in self.states:
            return "CUB"
        for code in _free_states(self.world, self.results.manifest):
            if code in self.states:
                return code
        if "transfer" in self.data:
            received = self.data["transfer"].mean(("member", "month")).sum("patron")
            return str(self.data["client"].values[int(np.nanargmax(received.values))])
        return self.states[0]

    def _choose_partners(self, given: Sequence[str | None]) -> list[str]:
        """Patron, rival and third partner: as given, else the well-known, else the largest ties."""
        chosen = [c for c in given if c is not None]
        rest = [s for s in self.states if s != self.focus and s not in chosen]
        known = [s for s in _FIRST_CHOICE if s in rest]
        weight = dict.fromkeys(rest, 0.0)
        for name in ("transfer", "trade_share"):
            if self.has(name):
                mean = mean_over(np.abs(self._focus_slice(name)), (0, 1))
                ids = [str(p) for p in self.data["patron"].values]
                for s in rest:
                    weight[s] += float(mean[ids.index(s)]) / (float(np.nanmax(mean)) or 1.0)
        market = _markets(self.world) | {"ROW"}
        largest = sorted((s for s in rest if s not in market), key=lambda s: -weight[s])
        spare = iter([*known, *[s for s in largest if s not in known]])
        out = [c if c is not None else next(spare, None) for c in given]
        return [c for c in out if c is not None]

    @property
    def patron(self) -> str:
        """Code of the main patron."""
        return self.partners[0]

    def name(self, code: str) -> str:
        """Name of a state, or its code where the scenario gives none."""
        return self.names.get(code, code)

    # -- values -------------------------------------------------------------------------------
    def has(self, name: str) -> bool:
        """Whether the run recorded the quantity (`grants` is derived)."""
        if name == "grants":
            return all(n in self.data for n in ("transfer", "premium", "credit", "arms"))
        return name in self.data

    def rate(self, name: str) -> float:
        """Factor from the recorded to the yearly unit: 12 for monthly flows, else 1."""
        units = str(self.data[name].attrs.get("units", "")) if name in self.data else ""
        monthly = units.replace(" ", "").endswith("/month")
        return 12.0 if monthly or (not units and name in _FLOWS) else 1.0

    def _focus_slice(self, name: str) -> NDArray[np.float32]:
        """(member, month, …) of the focus state, read from disk once."""
        key = (name, self.focus)
        if key not in self._slices:
            found = self.data[name]
            for dim in ("client", "state"):
                if dim in found.dims:
                    found = found.sel({dim: self.focus})
                    break
            tail = [d for d in found.dims if d not in ("member", "month")]
            self._slices[key] = found.transpose("member", "month", *tail).values
        return self._slices[key]

    def members(self, name: str, item: str | int | None = None) -> NDArray[np.float64]:
        """(member, month) of a quantity of the focus state, flows per year.

        item: the patron, commodity or faction, where the quantity has one.
        """
        if name == "grants":
            parts = sum(self.members(n, item) for n in ("premium", "credit", "arms"))
            return self.members("transfer", item) - parts
        values = self._focus_slice(name)
        if values.ndim == 3:
            dim = str(next(d for d in self.data[name].dims[::-1] if d in _ITEM_DIMS))
            ids = [str(v) for v in self.data[dim].values]
            values = values[:, :, ids.index(str(item))]
        values = values.astype(np.float64) * self.rate(name)
        if name == "un_agreement":  # nobody votes before both have a seat
            seated = max(_seat(self.world, self.focus), _seat(self.world, item))
            values[:, self.months < seated] = np.nan
        return values

    def band(self, name: str, item: str | int | None = None) -> Band:
        """Median and 80 % interval over members by month; computed once for each quantity."""
        key = (name, item)
        if key not in self._bands:
            self._bands[key] = Band(*quantiles(self.members(name, item)))
        return self._bands[key]

    def yearly(self, name: str, item: str | int | None = None) -> tuple[NDArray[np.int64], Band]:
        """Calendar years and the band of each year's mean (flows: the year's total)."""
        key = ("yearly", name, item)
        years = np.unique(self.months // 12)
        if key not in self._bands:
            values = self.members(name, item)
            means = [mean_over(values[:, self.months // 12 == y], 1) for y in years]
            self._bands[key] = Band(*quantiles(np.stack(means, axis=1)))
        return years, self._bands[key]

    def commodities(
        self, wanted: Iterable[str] = ("oil", "rice", "wheat", "machinery")
    ) -> list[str]:
        """The wanted commodities that the run has; all of them if it has none of those."""
        if "commodity" not in self.data.coords:
            return []
        ids = [str(c) for c in self.data["commodity"].values]
        return [c for c in wanted if c in ids] or ids

    def goods(self) -> list[tuple[str, str, str]]:
        """Quantity, commodity and label of the main export crop and the main imports."""
        ids = self.commodities(())
        plan = [("production", c) for c in ("sugar",)] + [
            ("imports", c) for c in ("oil", "rice", "wheat")
        ]
        words = {"production": "{} produced", "imports": "{} imported"}
        return [(n, c, words[n].format(c)) for n, c in plan if self.has(n) and c in ids]

    def time(self) -> NDArray[np.float64]:
        """Middle of each month, in years."""
        return (self.months + 0.5) / 12

    # -- provenance ---------------------------------------------------------------------------
    @property
    def count(self) -> int:
        """Number of members."""
        return int(self.data.sizes["member"])

    @property
    def seed(self) -> str:
        """Root seed of the run, or `not recorded`."""
        return str(self.results.manifest.get("seed", "not recorded"))

    @property
    def version(self) -> str:
        """Version of the program that made the run."""
        return find_version(self.results.manifest)

    def footer(self, interval: str = INTERVAL) -> str:
        """Two lines: program, scenario, members, seed; and what the interval is."""
        title = str(getattr(self.world, "name", None) or self.results.manifest.get("scenario", ""))
        members = "1 member" if self.count == 1 else f"{self.count:,} members".replace(",", " ")
        who = f"patronage {self.version}"
        parts = [who, title, members, f"seed {self.seed}"]
        return " · ".join(p for p in parts if p) + f"\n{interval}"


_ITEM_DIMS = ("patron", "commodity", "faction")


def find_version(manifest: Mapping[str, Any]) -> str:
    """Version from a manifest, in any of the places it may be; else the one that runs."""
    nested = manifest.get("versions")
    places = [manifest, nested if isinstance(nested, Mapping) else {}]
    for place in places:
        for key in ("version", "patronage", "patronage_version"):
            if isinstance(place.get(key), str) and place[key] != "not installed":
                return str(place[key])
    from patronage import __version__

    return __version__


def _codes(data: Any) -> list[str]:
    for dim in ("client", "state"):
        if dim in data.coords:
            return [str(s) for s in data[dim].values]
    raise RunError("the results name no states", where="coords", allowed=["client", "state"])


def _states(world: Any) -> list[Any]:
    return list(getattr(world, "states", None) or ())


def _names(world: Any, codes: Sequence[str]) -> dict[str, str]:
    out = {c: c for c in codes}
    for s in _states(world):
        code, name = getattr(s, "code", None), getattr(s, "name", None)
        if code and name:
            out[str(code)] = str(name)
    return out


def _markets(world: Any) -> set[str]:
    return {
        str(getattr(s, "code", "")) for s in _states(world) if getattr(s, "kind", "") == "market"
    }


def _free_states(world: Any, manifest: Mapping[str, Any]) -> list[str]:
    for mode in (getattr(world, "mode", None), manifest.get("mode")):
        free = mode.get("free") if isinstance(mode, Mapping) else getattr(mode, "free", None)
        if isinstance(free, (list, tuple)):
            return [str(f) for f in free]
    return []


def _seat(world: Any, code: Any) -> int:
    """First month in which a state votes in the UN General Assembly; 0 where it always does."""
    when = next((getattr(s, "un_seat", None) for s in _states(world) if s.code == code), None)
    return 0 if when is None else clock.parse(when)


def markets(world: Any) -> set[str]:
    """Codes of the states that are only markets (the rest of the world)."""
    return _markets(world) | {"ROW"}


def unit_of(world: Any, commodity: str) -> str:
    """Unit of a commodity; `units` where the scenario is not known."""
    for good in getattr(world, "goods", None) or ():
        if good.name == commodity:
            return str(good.unit)
    return "units"


def factions(world: Any, focus: str, count: int) -> list[str]:
    """Names of the factions of a state, in slot order; numbered where not named."""
    for s in _states(world):
        if getattr(s, "code", None) == focus:
            named = [str(getattr(f, "name", f)) for f in getattr(s, "factions", None) or []]
            return [*named, *[f"faction {k + 1}" for k in range(len(named), count)]][:count]
    return [f"faction {k + 1}" for k in range(count)]
