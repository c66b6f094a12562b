"""A ledger's results as tables: a row for each claim, and one for each check."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patronage.history.claims_schema import Effect, Order, Place
from patronage.history.claims_series import spell

if TYPE_CHECKING:
    import pandas as pd

    from patronage.history.claims import Claims, Judged

HEADER = ("claim", "verdict", "record", "model", "witnesses", "what")


def tabulate(found: Claims) -> pd.DataFrame:
    """A row for each claim.

    Columns: claim, says, date, verdict, why, record, model (supports, contradicts, divided or
    silent), witnesses (independent ones for it), against, documents, agrees, qualifies, disputes,
    independent (sources of one witness joined by +), enters, checks (their number).
    """
    import pandas as pd

    return pd.DataFrame([_claim_row(j) for j in found.judged])


def _claim_row(j: Judged) -> dict[str, Any]:
    claim, witnesses = j.claim, j.witnesses
    groups = {
        "by": witnesses.documents,
        "agrees": witnesses.agree,
        "qualifies": witnesses.qualify,
        "disputes": witnesses.dispute,
    }
    return {
        "claim": claim.id,
        "says": claim.says,
        "date": claim.date,
        "verdict": j.verdict.verdict,
        "why": j.verdict.why,
        "record": j.verdict.record,
        "model": j.verdict.model,
        "witnesses": witnesses.claimants,
        "against": witnesses.against,
        "documents": "; ".join(claim.documents),
        "agrees": "; ".join(claim.agrees),
        "qualifies": "; ".join(claim.qualifies),
        "disputes": "; ".join(claim.disputes),
        "independent": "; ".join(f"{k}: {_join(g)}" for k, g in groups.items() if g),
        "enters": spell_entry(j),
        "checks": len(claim.checks),
    }


def _join(groups: Iterable[Iterable[str]]) -> str:
    return ", ".join(" + ".join(g) for g in groups)


def spell_entry(j: Judged) -> str:
    """How a claim stands in the scenario, in words."""
    enters = j.claim.enters
    listed = ", ".join([*enters.events, *enters.quantities])
    words = "nothing of it" if enters.role == "none" else enters.role
    return ": ".join(w for w in (words, listed or enters.note) if w)


def tabulate_checks(found: Claims) -> pd.DataFrame:
    """A row for each check.

    Columns: claim, part, kind, side (record or model), asks, answer (yes, no, unclear, silent),
    bearing (supports, contradicts, nothing), quality, value, low, high, unit, share, share_low,
    share_high, members, branch, series, shown, sources.
    """
    import pandas as pd

    rows = [_check_row(found, j, a) for j in found.judged for a in j.answers]
    columns = [*_check_columns()]
    return pd.DataFrame(rows, columns=columns)


def _check_columns() -> tuple[str, ...]:
    numbers = ("value", "low", "high", "unit", "share", "share_low", "share_high", "members")
    first = ("claim", "part", "kind", "side", "asks", "answer", "bearing", "quality")
    return (*first, *numbers, "branch", "series", "shown", "sources")


def _check_row(found: Claims, j: Judged, a: Any) -> dict[str, Any]:
    check = a.check
    row = {name: getattr(a, name) for name in ("quality", "value", "low", "high", "unit")}
    row |= {name: getattr(a, name) for name in ("share", "share_low", "share_high", "shown")}
    return row | {
        "claim": j.claim.id,
        "part": check.part or "",
        "kind": check.kind,
        "side": "model" if a.of_model else "record",
        "asks": check.says,
        "answer": a.said,
        "bearing": a.bearing,
        "members": found.runs.members if a.of_model else None,
        "branch": check.branch if isinstance(check, Effect) else "",
        "series": "; ".join(spell(p) for p in _places(check)),
        "sources": "; ".join(a.sources),
    }


def _places(check: Any) -> list[Place]:
    """Series that a check names."""
    if isinstance(check, Order):
        return [s.of for s in check.steps if s.of is not None]
    return [p for p in (getattr(check, "of", None), getattr(check, "versus", None)) if p]


def to_dict(found: Claims) -> dict[str, Any]:
    """All results as plain values: the run, a list of claims, each with its parts and checks."""
    checks = _records(found.checks())
    claims = _records(found.table())
    for row, j in zip(claims, found.judged, strict=True):
        row["parts"] = [
            {"part": f.part.name, "says": f.part.says, "verdict": f.verdict, "why": f.why}
            for f in j.verdict.findings
        ]
        row["checks"] = [c for c in checks if c["claim"] == row["claim"]]
    return {"run": about(found), "counts": found.counts, "claims": claims}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values; what is missing or not finite is null."""
    return json.loads(frame.to_json(orient="records", double_precision=12))


def about(found: Claims) -> dict[str, Any]:
    """What was run: scenario, hash, members, seed, versions."""
    from patronage.run.manifest import read_versions

    return {
        "scenario": found.world.name,
        "hash": found.world.hash,
        "ledger": found.ledger.title,
        "members": found.runs.members,
        "failed": list(found.runs.failed),
        "seed": found.runs.seed,
        "last_month": found.runs.last,
        "branches": [name for name in found.runs.series if name],
        "versions": read_versions(),
    }


def write_tables(found: Claims, out: Path) -> list[Path]:
    """Write claims and checks as CSV and Parquet, and all together as JSON; the paths."""
    paths = []
    for name, frame in (("claims", found.table()), ("checks", found.checks())):
        paths.append(write_text(out / f"{name}.csv", frame.to_csv(index=False)))
        target = out / f"{name}.parquet"
        fresh = target.with_name(target.name + ".new")
        frame.to_parquet(fresh, index=False)
        os.replace(fresh, target)
        paths.append(target)
    text = json.dumps(to_dict(found), indent=1, ensure_ascii=False)
    return [*paths, write_text(out / "claims.json", text + "\n")]


def write_text(path: Path, text: str) -> Path:
    """Write a file whole or not at all."""
    from patronage.run.manifest import report_disk

    fresh = path.with_name(path.name + ".new")
    with report_disk(path, "nothing was written"):
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, path)
    return path


def lines(found: Claims) -> list[tuple[str, ...]]:
    """A line for each claim, for the terminal; see `HEADER`."""
    return [
        (
            j.claim.id,
            j.verdict.verdict,
            j.verdict.record,
            j.verdict.model,
            f"{j.witnesses.claimants} / {j.witnesses.against}",
            j.claim.says,
        )
        for j in found.judged
    ]
