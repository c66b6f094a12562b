"""Differences as a table: mean and median with intervals, and the members that an effect needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from patronage.errors import RunError
from patronage.history.compare import aggregate, period_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

LEVEL, POWER = 0.95, 0.80
RESAMPLES = 1000
INTERVALS = (
    f"mean: {100 * LEVEL:.0f} % interval by paired bootstrap over members ({RESAMPLES} resamples, "
    "percentiles); median: 10th to 90th percentile of members"
)
_BLOCK = 2000  # cells bootstrapped together: 16 MB of resampled means
_PLACES = ("state", "client", "patron", "commodity", "faction")


def bootstrap_mean(values: NDArray[np.float64], seed: int = 0) -> NDArray[np.float64]:
    """Percentile interval of the mean over members, from values (member, cell): (2, cell).

    A member is drawn with all its cells at once. Source: Efron and Tibshirani (1993), ch. 13.
    """
    members, cells = values.shape
    rng = np.random.default_rng(seed)
    weight = rng.multinomial(members, np.full(members, 1 / members), RESAMPLES) / members
    tail = 100 * (1 - LEVEL) / 2
    found = np.empty((2, cells))
    for first in range(0, cells, _BLOCK):
        block = slice(first, first + _BLOCK)
        found[:, block] = np.percentile(weight @ values[:, block], [tail, 100 - tail], axis=0)
    return found


def summarise(
    differences: xr.Dataset, by: str | Sequence[str] | None = None, **labels: Any
) -> pd.DataFrame:
    """A row for each quantity, cell and period, from the differences of `compare`.

    Columns: quantity, unit, state, client, patron, commodity, faction (empty where a quantity has
    none), period, mean, low, high (bootstrap), median, q10, q90 (members), sd (of a member's
    difference), standardised (mean / sd), members, needed (members that show such a mean with 80 %
    power at 5 %). Rows of a state with itself are left out.

    Parameters
    ----------
    by: `year` or windows, as in `compare`, where the differences still are by month.
    labels: dimension = label or list of labels, such as `client="CUB"`; quantities without that
        dimension are left out.

    Errors: RunError for an unknown dimension or label.
    """
    import pandas as pd

    chosen = select(differences, **labels)
    whole = aggregate(chosen, by)
    frames = [_frame(whole[name], period_of(whole)) for name in whole.data_vars]
    return pd.concat(frames, ignore_index=True)


def select(differences: xr.Dataset, **labels: Any) -> xr.Dataset:
    """The cells named, with their dimensions; quantities without such a dimension are left out."""
    for dim, label in labels.items():
        if dim not in differences.dims:
            known = [str(d) for d in differences.dims]
            raise RunError("not a dimension", where=dim, allowed=known, got=dim)
        known = [str(v) for v in differences[dim].values]
        wanted = label if isinstance(label, list | tuple) else [label]
        for one in wanted:
            if str(one) not in known:
                raise RunError(f"no such label: {one}", where=dim, allowed=known, got=str(one))
        places = [known.index(str(one)) for one in wanted]
        lacking = [n for n in differences.data_vars if dim not in differences[n].dims]
        differences = differences.drop_vars(lacking).isel({dim: places})
    if not differences.data_vars:
        raise RunError("no quantity has all these dimensions", where=", ".join(labels))
    return differences


def _frame(array: xr.DataArray, period: str) -> pd.DataFrame:
    import pandas as pd

    array = array.transpose("member", ...)
    dims = [str(d) for d in array.dims[1:]]
    values = np.asarray(array.values, np.float64).reshape(array.sizes["member"], -1)
    names = [_labels(array, d) for d in dims]
    cells = pd.MultiIndex.from_product(names, names=dims).to_frame(index=False)
    if "patron" in dims and "client" in dims:
        apart = (cells["client"] != cells["patron"]).to_numpy()
        cells, values = cells[apart].reset_index(drop=True), values[:, apart]
    members = values.shape[0]
    mean = values.mean(axis=0)
    low, high = bootstrap_mean(values)
    q10, median, q90 = np.percentile(values, [10, 50, 90], axis=0)
    sd = values.std(axis=0, ddof=1) if members > 1 else np.full(mean.shape, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        standardised = np.where(mean == 0, 0.0, mean / sd)
        needed = np.ceil(_factor(LEVEL, POWER) * (sd / mean) ** 2)
    table: dict[str, Any] = {"quantity": array.name, "unit": array.attrs.get("units", "")}
    table |= {p: cells[p].astype(str) if p in cells else "" for p in _PLACES}
    table |= {"period": cells[period].astype(str), "mean": mean, "low": low, "high": high}
    table |= {"median": median, "q10": q10, "q90": q90, "sd": sd, "standardised": standardised}
    table |= {"members": members, "needed": np.where(mean == 0, np.nan, np.maximum(needed, 2))}
    return pd.DataFrame(table, index=cells.index)


def _labels(array: xr.DataArray, dim: str) -> list[str]:
    values = array[dim].values
    if values.dtype.kind == "M":
        return [str(v) for v in values.astype("datetime64[M]")]
    return [str(v) for v in values]


def _factor(level: float, power: float) -> float:
    normal = NormalDist()
    return (normal.inv_cdf(1 - (1 - level) / 2) + normal.inv_cdf(power)) ** 2


def members_needed(sd: float, effect: float, level: float = LEVEL, power: float = POWER) -> int:
    r"""Members of a paired comparison that show a mean difference of the size `effect`.

    $n=(z_{(1+\text{level})/2}+z_{\text{power}})^2\,s^2/\delta^2$, at least 2; s is the standard
    deviation of a member's difference, and δ the effect. Source: Cohen (1988), ch. 2.

    >>> members_needed(sd=1.0, effect=0.5)
    32
    """
    if not (effect and math.isfinite(effect) and sd >= 0 and 0 < level < 1 and 0 < power < 1):
        raise RunError(
            f"no number of members for an effect of {effect:g} with spread {sd:g}",
            where="members_needed",
            allowed=["an effect other than 0", "level and power between 0 and 1"],
        )
    return max(2, math.ceil(_factor(level, power) * (sd / effect) ** 2))


def power_note(
    differences: xr.Dataset,
    quantity: str,
    effect: float | None = None,
    by: str | Sequence[str] | None = None,
    **labels: Any,
) -> str:
    """A sentence, and the formula: how many members an effect of a size needs.

    effect: in the quantity's unit; the largest mean difference found where not given. Of several
    cells the one with the largest spread counts.
    """
    if quantity not in differences:
        known = [str(n) for n in differences.data_vars]
        raise RunError("not compared", where=quantity, allowed=known, got=quantity)
    table = summarise(differences[[quantity]], by, **labels)
    members, unit = int(table["members"].iloc[0]), table["unit"].iloc[0]
    if members < 2:
        return "One member says nothing of the spread; run several."
    if effect is None:
        place = int(np.abs(table["mean"].to_numpy()).argmax())
        effect = float(table["mean"].to_numpy()[place])
    else:
        place = int(table["sd"].to_numpy().argmax())
    sd = float(table["sd"].to_numpy()[place])
    if effect == 0:
        return f"{quantity} does not differ in any member: there is no effect to detect."
    number = members_needed(sd, effect)
    verdict = "enough" if members >= number else f"too few by {number - members}"
    return (
        f"An effect of {effect:.3g} {unit} on {quantity} needs {number} paired members "
        f"(a member's difference has standard deviation {sd:.3g} {unit}; 80 % power at 5 %); "
        f"{members} were run, {verdict}. n = (1.96 + 0.84)² × ({sd:.3g} / {abs(effect):.3g})²"
    )


def write(differences: xr.Dataset, table: pd.DataFrame, out: str | Path) -> Path:
    """Write a table of `summarise` as Parquet, with the words of the comparison in its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    target = Path(out)
    target.parent.mkdir(parents=True, exist_ok=True)
    content = pa.Table.from_pandas(table, preserve_index=False)
    words = {k: str(v) for k, v in differences.attrs.items()} | {"intervals": INTERVALS}
    kept = {**(content.schema.metadata or {}), **{k.encode(): v.encode() for k, v in words.items()}}
    pq.write_table(content.replace_schema_metadata(kept), target, compression="zstd")
    return target
