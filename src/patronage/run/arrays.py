"""The Zarr arrays of a results folder: names, dimensions, chunks, checksums."""

from __future__ import annotations

import hashlib
import json
import math
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage.errors import RunError
from patronage.run.manifest import flush_folder, plain

if TYPE_CHECKING:
    import zarr

#: name -> (dimensions, dtype, attributes); the first dimension is `member`
Variables = Mapping[str, tuple[Sequence[str], str, Mapping[str, Any]]]

# Zarr chunks above this size make reading one series slow; below it there are many small files.
_CHUNK_BYTES = 32 * 2**20
# Whoever wants quantiles reads the same block of every member: that column is to fit into memory.
_COLUMN_BYTES = 64_000_000
_LEAST_BYTES = 2**14


def estimate_bytes(variables: Variables, sizes: Mapping[str, int]) -> int:
    """Bytes of all variables before compression, for dimensions of the given sizes.

    >>> estimate_bytes({"support": (("member", "month"), "float32", {})}, {"member": 5, "month": 2})
    40
    """
    total = 0
    for dims, dtype, _ in variables.values():
        total += np.dtype(dtype).itemsize * math.prod(int(sizes[d]) for d in dims)
    return total


def format_bytes(count: float) -> str:
    """A size for people, in powers of 1000.

    >>> format_bytes(3_842_000_000)
    '3.8 GB'
    """
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 99.5 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def dims_of(array: zarr.Array) -> tuple[str, ...]:
    return tuple(str(d) for d in getattr(array.metadata, "dimension_names", None) or ())


def array_of(group: zarr.Group, name: str) -> zarr.Array:
    import zarr

    array = group[name]
    assert isinstance(array, zarr.Array)
    return array


def check_layout(
    coords: Mapping[str, Any], variables: Variables, members: int, chunk: int
) -> dict[str, np.ndarray]:
    """Labels of every dimension in use, `member` included."""
    if members < 1 or chunk < 1:
        raise RunError("members and chunk are at least 1", where=f"members={members} chunk={chunk}")
    labels = {"member": np.arange(members), **{n: np.asarray(v) for n, v in coords.items()}}
    if len(labels["member"]) != members:
        raise RunError(f"{len(labels['member'])} labels for {members} members", where="member")
    for name, (dims, _, _) in variables.items():
        if tuple(dims)[:1] != ("member",):
            raise RunError("the first dimension is not `member`", where=name)
        if name in labels:
            raise RunError("both a dimension and a quantity", where=name)
        for d in dims:
            if d not in labels:
                raise RunError(f"no labels for dimension {d}", where=name, allowed=labels, got=d)
    return labels


def make_group(
    path: Path,
    labels: Mapping[str, np.ndarray],
    variables: Variables,
    chunk: int,
    manifest: dict[str, Any],
) -> None:
    import zarr
    from zarr.codecs import BloscCodec, TransposeCodec

    title = str(manifest.get("title") or manifest.get("scenario") or "patronage run")
    group = zarr.create_group(path, zarr_format=3, attributes={"title": title})
    for name, values in labels.items():
        _make_coordinate(group, name, values)
    for name, (dims, dtype, attrs) in variables.items():
        kind = np.dtype(dtype)
        shape = tuple(len(labels[d]) for d in dims)
        size = chunk_shape(tuple(dims), shape, chunk, kind.itemsize)
        whole = (size[0], *(s * -(-n // s) for s, n in zip(size[1:], shape[1:], strict=True)))
        group.create_array(
            name,
            shape=shape,
            chunks=size,
            # one file for each chunk of members, however many pieces it is read in
            shards=whole if whole != size else None,
            dtype=kind,
            fill_value=np.nan if kind.kind == "f" else 0,
            dimension_names=list(dims),
            attributes=json.loads(json.dumps(dict(attrs), default=plain)),
            # members last, as the engine leaves them: nothing is turned, and alike values lie side
            # by side, which halves the file
            filters=[TransposeCodec(order=(*range(1, len(shape)), 0))] if len(shape) > 1 else [],
            compressors=BloscCodec(cname="lz4", clevel=3, shuffle="shuffle"),
        )
    with warnings.catch_warnings():
        # Zarr 3.1 warns that other programs may ignore consolidated metadata; they lose nothing.
        warnings.simplefilter("ignore")
        zarr.consolidate_metadata(path, zarr_format=3)


def _make_coordinate(group: zarr.Group, name: str, values: np.ndarray) -> None:
    attrs: dict[str, Any] = {"long_name": name}
    if values.dtype.kind == "M":
        values = values.astype("datetime64[D]").astype(np.int64)
        attrs |= {"units": "days since 1970-01-01", "calendar": "proleptic_gregorian"}
    text = values.dtype.kind in "UOT"
    array = group.create_array(
        name,
        shape=values.shape,
        dtype=str if text else values.dtype,
        dimension_names=[name],
        attributes=attrs,
    )
    array[:] = values.astype(object) if text else values


def chunk_shape(
    dims: tuple[str, ...], shape: tuple[int, ...], chunk: int, itemsize: int
) -> tuple[int, ...]:
    """Zarr chunk: `chunk` members; the longest other axis is halved until the chunk is small.

    So is it until the chunks of all members together are, unless that makes tiny files. Months are
    split last, since most readers want whole series of few pairs.
    """
    size = [min(chunk, shape[0]), *shape[1:]]
    columns = -(-shape[0] // size[0])
    while (own := itemsize * math.prod(size)) > _CHUNK_BYTES or (
        own * columns > _COLUMN_BYTES and own > 2 * _LEAST_BYTES
    ):
        axes = [i for i in range(1, len(size)) if size[i] > 1]
        if not axes:
            break
        axis = max(axes, key=lambda i: (dims[i] != "month", size[i]))
        size[axis] = -(-size[axis] // 2)
    return tuple(size)


def seal_files(root: Path, names: Sequence[str], *, flush: bool = True) -> str:
    """SHA-256 over all files below folders of `root`, their names and bytes; flushed to disk."""
    total = hashlib.sha256()
    for name in names:
        for parent, inner, files in os.walk(root / name):
            inner.sort()
            for file in sorted(files):
                path = os.path.join(parent, file)
                with open(path, "rb") as opened:
                    data = opened.read()
                    if flush:
                        os.fsync(opened.fileno())
                total.update(f"{os.path.relpath(path, root)}\0{len(data)}\0".encode())
                total.update(data)
            if flush:
                flush_folder(Path(parent))
        if flush and (root / name).exists():
            flush_folder((root / name).parent)
    return f"sha256:{total.hexdigest()}"


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
