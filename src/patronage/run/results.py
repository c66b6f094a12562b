"""Results of a run: recorded quantities, event log and manifest, in memory or on disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage.errors import RunError
from patronage.run.manifest import read_lines, read_manifest, report_disk
from patronage.run.quantiles import check_levels, over_members
from patronage.run.store import DATA, LOG, QUANTILES, format_bytes
from patronage.run.table import frames, schema

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

LOG_COLUMNS = ("member", "month", "who", "whom", "what", "how_much", "mechanism")
# A tidy row takes some 30 bytes in memory; a table above this many rows belongs in a file.
_ROWS_IN_MEMORY = 50_000_000


class Results:
    """What an ensemble did.

    Parameters
    ----------
    data: recorded quantities with named dimensions (`member month state client patron commodity
        faction`); units in `attrs["units"]`.
    log: events, one row each: member, month, who, whom, what, how_much, mechanism. A function that
        returns them is called when they are first asked for.
    manifest: scenario hash, parameters, seed, members, chunk, versions.
    path: the folder they were read from, if any.
    """

    def __init__(
        self,
        data: xr.Dataset,
        log: pd.DataFrame | Callable[[], pd.DataFrame],
        manifest: Mapping[str, Any],
        path: str | Path | None = None,
    ) -> None:
        self.data = data
        self.manifest = dict(manifest)
        self.path = None if path is None else Path(path)
        self._log = log

    @classmethod
    def open(cls, path: str | Path) -> Results:
        """Open a results folder; values are read from disk when they are used.

        Members of unfinished chunks and members that failed are left out (`missing` lists them).

        Errors: RunError if the folder holds no run, or no finished chunk.
        """
        folder = Path(path)
        manifest = read_manifest(folder)
        lines = read_lines(folder)
        if not lines:
            raise RunError("no chunk of this run is finished; resume it", where=str(folder))
        data = _open_data(folder / DATA)
        good = _good_members(lines, int(manifest["members"]))
        if not good.all():
            data = data.isel(member=np.flatnonzero(good))
        parts = [folder / LOG / f"part-{k:05d}.parquet" for k in sorted(lines)]
        return cls(data, lambda: _read_log(parts), manifest, folder)

    @property
    def log(self) -> pd.DataFrame:
        """Events of all members, in order of member and month."""
        if callable(self._log):
            self._log = self._log()
        return self._log

    @property
    def failed(self) -> dict[int, str]:
        """Members that failed, and why."""
        if self.path is None:
            return {int(m): str(w) for m, w in self.manifest.get("failed", {}).items()}
        lines = read_lines(self.path).values()
        return {int(m): why for line in lines for m, why in line.get("failed", {}).items()}

    @property
    def missing(self) -> list[int]:
        """Members of the ensemble that are not in `data`: unfinished or failed."""
        asked = range(int(self.manifest.get("members", self.data.sizes.get("member", 0))))
        return sorted(set(asked) - {int(m) for m in self.data["member"].values})

    def quantile(
        self,
        q: float | Sequence[float] = (0.05, 0.5, 0.95),
        quantities: Sequence[str] | None = None,
    ) -> xr.Dataset:
        """Quantiles over members, which ignore missing values.

        Returns quantities with `quantile` in the place of `member`; units as recorded.

        Parameters
        ----------
        q: one quantile or several, 0 to 1.
        quantities: which; all if not given.

        Errors: RunError for an unknown quantity or a quantile outside 0 to 1.
        """
        import xarray as xr

        levels = check_levels(q)
        found = {}
        for name in self._quantities(quantities):
            array = self.data[name]
            if "member" not in array.dims:
                found[name] = array
                continue
            array = array.transpose("member", ...)
            values = over_members(array, levels)
            found[name] = (("quantile", *array.dims[1:]), values, array.attrs)
        coords = {n: c for n, c in self.data.coords.items() if n != "member"}
        result = xr.Dataset(found, coords={**coords, "quantile": levels}, attrs=self.data.attrs)
        return result.isel(quantile=0) if np.ndim(q) == 0 else result

    @property
    def quantiles(self) -> xr.Dataset:
        """Quantiles at the levels that the run was asked for: read from its folder, or computed.

        Errors: RunError where the run names no levels; see `quantile`.
        """
        levels = self.manifest.get("quantiles") or []
        if not levels:
            raise RunError("this run keeps no quantiles", where="record.quantiles")
        if self.path is not None and (self.path / QUANTILES).is_dir():
            return _open_data(self.path / QUANTILES)
        return self.quantile(levels)

    def first(self, members: int) -> Results:
        """The same results of the first `members` members only."""
        if self.data.sizes["member"] <= members:
            return self
        data = self.data.isel(member=slice(0, members))
        last = int(data["member"].values[-1])
        if callable(self._log) and self.path is not None:
            chunks = range(last // int(self.manifest["chunk"]) + 1)
            parts = [self.path / LOG / f"part-{k:05d}.parquet" for k in chunks]
            whole: Callable[[], pd.DataFrame] = lambda: _read_log(parts)  # noqa: E731
        else:
            whole = lambda: self.log  # noqa: E731

        def read() -> pd.DataFrame:
            log = whole()
            return log[log["member"] <= last]

        return Results(data, read, {**self.manifest, "members": members}, self.path)

    def to_dataframe(self, quantities: Sequence[str] | None = None, **labels: Any) -> pd.DataFrame:
        """A tidy table, one row per value.

        Columns: quantity, member, month, state, client, patron, commodity, faction, value, unit;
        a dimension that a quantity has not is empty. Rows with client = patron are left out.

        Parameters
        ----------
        quantities: which; if not given, all that have every dimension named in `labels`.
        labels: dimension = label, list of labels or slice, e.g. `client="CUB", month="1962"`.

        Errors: RunError for an unknown quantity, dimension or label, or a table too large for
        memory (write it with `to_csv` or `to_parquet` instead).
        """
        import pandas as pd

        arrays = self._select(quantities, labels)
        rows = sum(a.size for a in arrays.values())
        if rows > _ROWS_IN_MEMORY:
            raise RunError(
                f"{rows:,} rows do not fit in a table in memory; name quantities or labels, "
                "or write a file with to_csv or to_parquet",
                where="to_dataframe",
            )
        blocks = list(frames(arrays, self.data))
        if not blocks:
            raise RunError("no quantity has all the dimensions asked for", where=str(labels))
        # Quantities differ in their units, so this column is put together as plain text.
        whole = pd.concat([f.astype({"quantity": str, "unit": str}) for f in blocks])
        return whole.reset_index(drop=True).astype({"quantity": "category", "unit": "category"})

    def to_csv(
        self, path: str | Path, quantities: Sequence[str] | None = None, **labels: Any
    ) -> Path:
        """Write the tidy table of `to_dataframe` as CSV, in blocks; months as `YYYY-MM`."""
        target = Path(path)
        fresh = target.with_name(target.name + ".new")
        arrays = self._select(quantities, labels)
        with report_disk(target, "nothing was written"):
            with fresh.open("w", encoding="utf-8", newline="") as file:
                for number, frame in enumerate(frames(arrays, self.data)):
                    if frame["month"].dtype.kind == "M":
                        frame["month"] = frame["month"].dt.strftime("%Y-%m")
                    frame.to_csv(file, index=False, header=number == 0)
            os.replace(fresh, target)
        return target

    def to_parquet(
        self, path: str | Path, quantities: Sequence[str] | None = None, **labels: Any
    ) -> Path:
        """Write the tidy table of `to_dataframe` as Parquet, in blocks."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        target = Path(path)
        fresh = target.with_name(target.name + ".new")
        arrays = self._select(quantities, labels)
        columns = schema()
        with report_disk(target, "nothing was written"):
            with pq.ParquetWriter(fresh, columns, compression="zstd") as writer:
                for frame in frames(arrays, self.data):
                    table = pa.Table.from_pandas(frame, preserve_index=False)
                    writer.write_table(table.cast(columns))
            os.replace(fresh, target)
        return target

    def __repr__(self) -> str:
        m, sizes = self.manifest, self.data.sizes
        name = m.get("scenario") or m.get("title") or "run"
        size = format_bytes(sum(v.size * v.dtype.itemsize for v in self.data.data_vars.values()))
        months = np.asarray(self.data["month"].values) if "month" in self.data.coords else []
        span = f", {_month(months[0])} to {_month(months[-1])}" if len(months) else ""
        lines = [
            f"<Results of {name}: {sizes.get('member', 0)} members{span}, seed {m.get('seed')}>",
            f"  quantities  {' '.join(map(str, self.data.data_vars)) or 'none'}",
            f"  dimensions  {' '.join(f'{d}={n}' for d, n in sizes.items())}  ({size} in memory)",
        ]
        if self.missing:
            lines.append(f"  missing     {len(self.missing)} members ({len(self.failed)} failed)")
        if self.path is not None:
            lines.append(f"  folder      {self.path}")
        lines.append("  see .data (xarray), .log (pandas), .manifest, .quantile(), .to_csv()")
        return "\n".join(lines)

    def _quantities(self, wanted: Sequence[str] | None) -> list[str]:
        known = [str(n) for n in self.data.data_vars]
        if wanted is None:
            return known
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        for name in names:
            if name not in known:
                raise RunError("not a recorded quantity", where=name, allowed=known, got=name)
        return names

    def _select(
        self, quantities: Sequence[str] | None, labels: Mapping[str, Any]
    ) -> dict[str, xr.DataArray]:
        for dim in labels:
            if dim not in self.data.dims:
                known = [str(d) for d in self.data.dims]
                raise RunError("not a dimension", where=dim, allowed=known, got=dim)
        found = {}
        for name in self._quantities(quantities):
            array = self.data[name]
            lacking = [d for d in labels if d not in array.dims]
            if lacking and quantities is not None:
                raise RunError(
                    f"has no dimension {lacking[0]}",
                    where=name,
                    allowed=[str(d) for d in array.dims],
                )
            if not lacking:
                for dim, label in labels.items():
                    array = array.isel({dim: _positions(array, dim, label)})
                found[name] = array
        return found


def _open_data(path: Path) -> xr.Dataset:
    import xarray as xr

    try:
        data = xr.open_zarr(path, chunks=None, consolidated=True)
    except (OSError, ValueError, KeyError) as error:
        raise RunError(f"cannot be read ({error})", where=str(path)) from error
    # Zarr gives text of any length; fixed-length text compares and prints as people expect.
    text = {n: np.array(c.values.tolist()) for n, c in data.coords.items() if _is_text(c)}
    return data.assign_coords({n: data[n].copy(data=v) for n, v in text.items()})


def _is_text(coord: xr.DataArray) -> bool:
    return coord.dtype.kind in "TO"


def _good_members(lines: Mapping[int, Mapping[str, Any]], members: int) -> np.ndarray:
    good = np.zeros(members, dtype=bool)
    for line in lines.values():
        first, stop = line["members"]
        good[first:stop] = True
    for line in lines.values():
        good[[int(m) for m in line.get("failed", {})]] = False
    return good


def _read_log(parts: Sequence[Path]) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [pq.read_table(p) for p in parts if p.exists()]
    if not tables:
        return pd.DataFrame(columns=pd.Index(LOG_COLUMNS))
    # A part without events has columns without a type; the others give them one.
    typed = [t for t in tables if t.num_rows] or tables[:1]
    return pa.concat_tables(typed, promote_options="permissive").to_pandas()


def _positions(array: xr.DataArray, dim: str, label: Any) -> np.ndarray:
    """Positions of a label, several labels or a slice along a dimension."""
    index = array.get_index(dim)
    try:
        if isinstance(label, slice):
            return np.arange(len(index))[index.slice_indexer(label.start, label.stop, label.step)]
        many = label if isinstance(label, (list, tuple, np.ndarray)) else [label]
        # A part of a date, such as 1962 or 1962-10, stands for all its months.
        return np.concatenate([np.arange(len(index))[_locate(index, one)] for one in many])
    except (KeyError, TypeError, ValueError) as error:
        known = [_month(v) if index.dtype.kind == "M" else str(v) for v in index]
        raise RunError(
            f"no such label: {label}", where=dim, allowed=known, got=str(label)
        ) from error


def _locate(index: pd.Index, label: Any) -> Any:
    found = index.get_loc(str(label) if index.dtype.kind == "M" else label)
    return [found] if isinstance(found, (int, np.integer)) else found


def _month(moment: Any) -> str:
    return str(np.datetime64(moment, "M"))
