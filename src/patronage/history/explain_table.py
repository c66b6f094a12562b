"""An explanation in rows: each part with its intervals, the residual, and the sum."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patronage.history.compare_table import RESAMPLES, bootstrap_mean
from patronage.history.explain_game import Floats

if TYPE_CHECKING:
    import pandas as pd

    from patronage.history.explain import Explanation, Parts

RESIDUAL = {"mechanism": "with none of these", "event": "with no event, series held"}
TOTAL = "sum"
INTERVALS = (
    f"share: mean over members with its 95 % interval, bootstrap over members ({RESAMPLES} "
    "resamples, percentiles), which holds the luck of sampled orders too; ± orders: standard error "
    "from these alone; alone out: what is lost when this part alone is missing"
)
HEADER = ("part", "share", "95 % interval", "± orders", "alone out")


def tabulate(found: Explanation) -> pd.DataFrame:
    """A row for each part, the residual and the sum, of each kind.

    Columns: kind, part, role (`player`, `residual`, `sum`), share, low, high (bootstrap of the
    mean), sd (of members; for sampled orders their luck is in it), error (of sampled orders),
    left_out (what is lost when this part alone is missing), unit, members.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for parts in found.parts:
        nothing = np.full(len(parts.residual), np.nan)
        rows.append(_row(parts, RESIDUAL[parts.kind], "residual", parts.residual, np.nan, nothing))
        for i in order_of(parts):
            share, out = parts.shares.share[i], parts.left_out[i]
            error = float(parts.shares.error[i])
            rows.append(_row(parts, parts.players[i].name, "player", share, error, out))
        rows.append(_row(parts, TOTAL, "sum", parts.total, np.nan, nothing))
    table = pd.DataFrame(rows)
    return table.assign(unit=found.unit)


def order_of(parts: Parts) -> list[int]:
    """Players by the size of their mean share, the largest first."""
    mean = np.nanmean(parts.shares.share, axis=1)
    return [int(i) for i in np.argsort(-np.abs(mean), kind="stable")]


def _row(
    parts: Parts, name: str, role: str, values: Floats, error: float, out: Floats
) -> dict[str, Any]:
    good = values[np.isfinite(values)]
    low, high = bootstrap_mean(good[:, None])[:, 0] if len(good) else (np.nan, np.nan)
    lost = out[np.isfinite(out)]
    return {
        "kind": parts.kind,
        "part": name,
        "role": role,
        "share": float(good.mean()) if len(good) else np.nan,
        "low": float(low),
        "high": float(high),
        "sd": float(good.std(ddof=1)) if len(good) > 1 else np.nan,
        "error": error,
        "left_out": float(lost.mean()) if len(lost) else np.nan,
        "members": len(good),
    }


def list_rows(found: Explanation, kind: str) -> list[tuple[str, ...]]:
    """Rows of one kind as text, in the columns of `HEADER`."""
    table = found.table
    rows = []
    for r in table[table["kind"] == kind].to_dict("records"):
        error = "" if np.isnan(r["error"]) or r["error"] == 0 else f"{r['error']:.2g}"
        out = "" if np.isnan(r["left_out"]) else _number(r["left_out"])
        interval = f"{_number(r['low'])} … {_number(r['high'])}"
        rows.append((str(r["part"]), _number(r["share"]), interval, error, out))
    return rows


def _number(value: float) -> str:
    return "0" if value == 0 else f"{value:+.3g}"


def headline(found: Explanation) -> str:
    """The change in a sentence."""
    name = f"{found.quantity} {found.place}"
    start, end = (float(np.nanmean(x)) for x in (found.start, found.end))
    unit = f" {found.unit}" if found.unit else ""
    who = f"{found.about['members']} members, seed {found.about['seed']}"
    if found.about.get("effect"):
        return (
            f"{name} in {found.windows[1]}: {start:.3g} without the branch, {end:.3g} with it "
            f"({_number(end - start)}{unit}); {who}; {found.about['changed']}"
        )
    return (
        f"{name}: {start:.3g} in {found.windows[0]}, {end:.3g} in {found.windows[1]} "
        f"({_number(end - start)}{unit}); {who}"
    )


def say_method(parts: Parts) -> str:
    """How the parts of one kind were found, and what the residual is."""
    number = len(parts.players)
    if parts.shares.exact:
        how = f"Shapley shares from all {2**number} combinations of {number} players"
    else:
        how = (
            f"Shapley shares of {number} players from {parts.shares.orders} sampled orders (each "
            f"member its own, each beside its reverse), {parts.runs} runs"
        )
    stay = f"; on throughout: {', '.join(parts.stays)}, where it is counted" if parts.stays else ""
    return f"{how}, on the same random numbers{stay}"


def spell(found: Explanation) -> str:
    """The explanation as plain text."""
    lines = [headline(found)]
    for parts in found.parts:
        rows = [HEADER, *list_rows(found, parts.kind)]
        widths = [max(len(r[i]) for r in rows) for i in range(len(HEADER))]
        lines += ["", f"by {parts.kind}"]
        for row in rows:
            cells = [c.ljust(w) for c, w in zip(row, widths, strict=True)]
            lines.append("  ".join(cells).rstrip())
        lines.append(say_method(parts))
    return "\n".join([*lines, "", INTERVALS])


def write(found: Explanation, out: str | Path) -> Path:
    """Write the table as Parquet, with the words of the explanation in its metadata."""
    import os

    import pyarrow as pa
    import pyarrow.parquet as pq

    target = Path(out)
    target.parent.mkdir(parents=True, exist_ok=True)
    content = pa.Table.from_pandas(found.table, preserve_index=False)
    words = {k: str(v) for k, v in found.about.items()}
    words |= {"headline": headline(found), "intervals": INTERVALS}
    words |= {f"method of {p.kind}s": say_method(p) for p in found.parts}
    kept = {**(content.schema.metadata or {}), **{k.encode(): v.encode() for k, v in words.items()}}
    fresh = target.with_name(target.name + ".new")
    pq.write_table(content.replace_schema_metadata(kept), fresh, compression="zstd")
    os.replace(fresh, target)
    return target
