"""Tidy tables: one row per value, one column per dimension, made in blocks of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import xarray as xr

#: labels of a tidy table, in the order of its columns
DIMS = ("member", "month", "state", "client", "patron", "commodity", "faction")
_ROWS_AT_ONCE = 2_000_000


def frames(arrays: Mapping[str, xr.DataArray], data: xr.Dataset) -> Iterator[pd.DataFrame]:
    """Tidy blocks: one quantity and some members at a time.

    Columns: quantity, the dimensions, value, unit. Rows with client = patron are left out.
    """
    for name, array in arrays.items():
        step = len(array)
        if "member" in array.dims:
            array = array.transpose("member", ...)
            step = max(1, _ROWS_AT_ONCE // max(1, array[:1].size))
        for start in range(0, len(array), step):
            yield _frame(name, array[start : start + step], data)


def _frame(name: str, array: xr.DataArray, data: xr.Dataset) -> pd.DataFrame:
    import pandas as pd

    rows = array.size
    columns: dict[str, Any] = {"quantity": _labels(np.zeros(rows, int), [name])}
    codes = dict(zip(array.dims, np.indices(array.shape, dtype=np.int32), strict=True))
    for dim in DIMS:
        text = dim not in ("member", "month", "faction")
        labels = data[dim].values if dim in data.coords else np.array([])
        if dim not in array.dims:
            empty = _labels(np.full(rows, -1), labels)
            columns[dim] = empty if text else _empty(dim, rows)
        elif text:
            known = pd.Index(labels).get_indexer(pd.Index(array[dim].values))
            columns[dim] = _labels(known[codes[dim].ravel()], labels)
        else:
            columns[dim] = array[dim].values[codes[dim].ravel()]
    columns["value"] = np.asarray(array.values).ravel().astype(np.float32, copy=False)
    unit = str(array.attrs.get("units", ""))
    columns["unit"] = _labels(np.zeros(rows, int), [unit])
    frame = pd.DataFrame(columns)
    if "faction" in array.dims:
        frame["faction"] = frame["faction"].astype("Int16")
    if {"client", "patron"} <= set(array.dims):
        frame = frame.loc[frame["client"].astype(str) != frame["patron"].astype(str)]
    return frame


def _labels(codes: np.ndarray, labels: Sequence[str] | np.ndarray) -> Any:
    import pandas as pd

    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype([str(x) for x in labels]))


def _empty(dim: str, rows: int) -> Any:
    import pandas as pd

    if dim == "month":
        return np.full(rows, np.datetime64("NaT", "ns"))
    return pd.array([pd.NA] * rows, dtype="Int16" if dim == "faction" else "Int64")


def schema() -> pa.Schema:
    """Columns of the table in a Parquet file."""
    import pyarrow as pa

    kinds = {"member": pa.int64(), "month": pa.timestamp("ns"), "faction": pa.int16()}
    labels = [(dim, kinds.get(dim, pa.string())) for dim in DIMS]
    return pa.schema(
        [("quantity", pa.string()), *labels, ("value", pa.float32()), ("unit", pa.string())]
    )
