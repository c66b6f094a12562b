"""Quantiles over the members of an ensemble of any size, exact, in bounded memory.

A sketch of the distribution would need no second look at the values, but would be wrong by an
amount that hangs on their order. The values of the few quantities that are recorded are on disk
anyway; the store cuts them so that the whole column of members of one block fits into memory. Block
by block every value is read once: time grows with the number of members, memory does not.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from patronage.errors import RunError
from patronage.run.arrays import array_of, make_group
from patronage.run.cores import count_cores
from patronage.run.manifest import report_disk
from patronage.run.store import QUANTILES

if TYPE_CHECKING:
    import xarray as xr

    from patronage.run.results import Results

BLOCK_BYTES = 384_000_000
"""Size of the values of all members that are held at once. With small blocks every chunk on disk is
opened so often that the time grows with the square of the members."""
_SPAN_BYTES = 32_000_000  # of what is read at a time


def check_levels(levels: float | Sequence[float]) -> np.ndarray:
    """Levels as an array.

    Errors: RunError for one outside 0 to 1.
    """
    found = np.atleast_1d(np.asarray(levels, dtype=float))
    if not ((found >= 0) & (found <= 1)).all():
        raise RunError("a quantile lies outside 0 to 1", where=f"q={levels}")
    return found


def over_members(array: xr.DataArray, levels: np.ndarray) -> np.ndarray:
    """Quantiles (quantile, dims…) over the first axis, member, which ignore missing values."""
    found = np.empty((len(levels), *array.shape[1:]), _float(array.dtype))
    for block in _blocks(array):
        part = _quantile_rows(_read_rows(array, block), levels)
        where = (slice(None), *block)
        found[where] = part.reshape(found[where].shape)
    return found


def _read_rows(array: xr.DataArray, block: tuple[slice, ...]) -> np.ndarray:
    """Values (series, member) of a block, read some chunks of members at a time."""
    shape = [part.stop - part.start for part in block]
    rows = np.empty((int(np.prod(shape)), array.shape[0]), _float(array.dtype))
    width = (array.encoding.get("chunks") or (array.shape[0],))[0] or 1
    span = width * max(1, _SPAN_BYTES // max(1, rows.itemsize * len(rows) * width))
    for start in range(0, array.shape[0], span):
        part = np.asarray(array[(slice(start, start + span), *block)].values)
        rows[:, start : start + span] = part.reshape(len(part), -1).T
    return rows


def _blocks(array: xr.DataArray) -> Iterator[tuple[slice, ...]]:
    """Blocks of all axes but the first: whole chunks on disk, within `BLOCK_BYTES` if they can."""
    shape = array.shape[1:]
    sizes = list((array.encoding.get("chunks") or (0, *shape))[1:])
    room = BLOCK_BYTES // max(1, 4 * array.shape[0])
    if not array.encoding.get("chunks"):
        sizes = [1] * len(shape)
    # from the last axis on, as many chunks side by side as there is room for
    for axis in reversed(range(len(shape))):
        others = int(np.prod(sizes[:axis] + sizes[axis + 1 :]))
        most = max(1, room // max(1, others) // max(1, sizes[axis]))
        sizes[axis] = min(shape[axis], sizes[axis] * most)
    steps = [
        [slice(a, min(a + size, length)) for a in range(0, length, max(1, size))]
        for size, length in zip(sizes, shape, strict=True)
    ]
    return itertools.product(*steps)


def quantile(values: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Linear quantiles along axis 0, ignoring NaN; NaN where every member is missing.

    `numpy.nanquantile` gives the same but loops over every series in Python.

    >>> quantile(np.array([[0.0], [10.0], [np.nan]]), np.array([0.5])).tolist()
    [[5.0]]
    """
    rows = np.array(values.reshape(len(values), -1).T, _float(values.dtype), order="C")
    return _quantile_rows(rows, levels).reshape(len(levels), *values.shape[1:])


def _quantile_rows(rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Quantiles (quantile, series) of values (series, member), which are put in another order."""
    result = np.empty((len(levels), len(rows)), rows.dtype)
    share = -(-len(rows) // count_cores()) or 1

    def some(start: int) -> None:
        part = slice(start, start + share)
        _fill_quantiles(rows[part], levels, result[:, part])

    with ThreadPoolExecutor(count_cores()) as pool:
        list(pool.map(some, range(0, len(rows), share)))
    return result


def _fill_quantiles(rows: np.ndarray, levels: np.ndarray, result: np.ndarray) -> None:
    missing = np.isnan(rows)
    last = np.maximum((~missing).sum(axis=1) - 1, 0)
    if not missing.any():
        most = rows.shape[1] - 1
        below = np.floor(levels * most).astype(int)
        rows.partition(np.unique(np.minimum([*below, *(below + 1)], most)), axis=1)
    else:
        rows.sort(axis=1)  # NaN goes last, and each series has a place of its own
    each = np.arange(len(rows))
    for i, level in enumerate(levels):
        place = level * last
        below = np.floor(place).astype(int)
        low, high = rows[each, below], rows[each, np.minimum(below + 1, last)]
        result[i] = low + (high - low) * (place - below)


def _float(dtype: np.dtype) -> np.dtype:
    return dtype if dtype.kind == "f" else np.dtype(np.float32)


def write(results: Results, levels: Sequence[float]) -> Path:
    """Quantiles of every quantity of a run on disk, beside its members; replaced in one step.

    Errors: RunError where the disk cannot be written.
    """
    import zarr

    assert results.path is not None
    target, fresh = results.path / QUANTILES, results.path / f"{QUANTILES}.new"
    data = results.data
    labels = {str(d): c.values for d, c in data.coords.items() if d != "member"}
    labels["quantile"] = check_levels(levels)
    variables = {
        str(name): (("quantile", *map(str, array.dims[1:])), "float32", dict(array.attrs))
        for name, array in data.items()
    }
    about = {"title": f"quantiles over {data.sizes['member']} members of {data.attrs['title']}"}
    with report_disk(results.path, "all chunks are kept: make room and resume"):
        shutil.rmtree(fresh, ignore_errors=True)
        make_group(fresh, labels, variables, len(labels["quantile"]), about)
        group = zarr.open_group(fresh, mode="r+", use_consolidated=False)
        for name in variables:
            array_of(group, name)[:] = over_members(data[name], labels["quantile"])
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    return target
