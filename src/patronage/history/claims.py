"""Claims of documents, tested: what the record says, what the model shows, and a computed verdict.

The ledger is data (`claims.yaml` beside the scenario, docs/claims.md): claims in our own words, the
documents and the literature, and checks. All checks share one run of the baseline and one of each
branch. Nothing here knows what anybody thinks of a claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patronage.errors import ScenarioError
from patronage.history import claims_file
from patronage.history.claims_answer import Answer, answer
from patronage.history.claims_dated import list_dated
from patronage.history.claims_file import Ledger
from patronage.history.claims_runs import Runs
from patronage.history.claims_runs import run as run_all
from patronage.history.claims_schema import Claim
from patronage.history.claims_verdict import VERDICTS, Verdict, judge
from patronage.history.claims_witness import Witnesses, count
from patronage.scenario.world import World

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Claims", "Judged", "claims", "judge_all"]

MEMBERS = 100


@dataclass(frozen=True)
class Judged:
    """A claim with the answers to its checks, its verdict and its witnesses."""

    claim: Claim
    answers: tuple[Answer, ...]
    verdict: Verdict
    witnesses: Witnesses


@dataclass(frozen=True)
class Claims:
    """Every claim of a ledger, judged; `table` has a row for each, `checks` one for each check."""

    world: World
    ledger: Ledger
    judged: tuple[Judged, ...]
    runs: Runs

    def __getitem__(self, key: str) -> Judged:
        """A claim by its id.

        Errors: ScenarioError for an unknown id.
        """
        known = {j.claim.id: j for j in self.judged}
        if key not in known:
            raise ScenarioError(f"no claim '{key}'", allowed=known, got=key)
        return known[key]

    @property
    def counts(self) -> dict[str, int]:
        """Number of claims by verdict."""
        found = [j.verdict.verdict for j in self.judged]
        return {verdict: found.count(verdict) for verdict in VERDICTS}

    def table(self) -> pd.DataFrame:
        """A row for each claim: verdict, why, record, model, witnesses, sources."""
        from patronage.history.claims_table import tabulate

        return tabulate(self)

    def checks(self) -> pd.DataFrame:
        """A row for each check: answer, bearing, value, interval, share, quality, sources."""
        from patronage.history.claims_table import tabulate_checks

        return tabulate_checks(self)

    def write(self, folder: str | Path) -> list[Path]:
        """Write the page, and the tables as CSV, Parquet and JSON, into a folder; the paths."""
        from patronage.history.claims_page import write_page
        from patronage.history.claims_table import write_tables

        out = Path(folder)
        out.mkdir(parents=True, exist_ok=True)
        return [write_page(self, out / "claims.html"), *write_tables(self, out)]


def claims(
    world: World | str | Path,
    members: int | None = None,
    seed: int | None = None,
    *,
    file: str | Path | None = None,
    only: Iterable[str] | None = None,
    tick: Callable[[str], Any] = lambda _: None,
) -> Claims:
    """Test the claims of a scenario's ledger.

    Parameters
    ----------
    world: from `load`, or a scenario's name or path.
    members: in each run; 100 where not given.
    seed: root of all draws; the scenario's where not given.
    file: another ledger than `claims.yaml` in the scenario's folder.
    only: ids of the claims to test; all if not given.
    tick: called with the name of each run before it starts.

    Errors: ScenarioError or Errors for the ledger, with file and line of every fault.

    >>> import patronage as pt                                             # doctest: +SKIP
    >>> pt.claims("cuba", members=100, seed=1).counts                      # doctest: +SKIP
    {'supported': 31, 'undecided': 19, 'contradicted': 8}
    """
    if not isinstance(world, World):
        from patronage.scenario.load import load

        world = load(world)
    ledger = claims_file.read(world, file)
    if only is not None:
        ledger = choose(ledger, only)
    members = MEMBERS if members is None else members
    if members < 1:
        raise ScenarioError(f"{members} members", where="members", allowed=["1 or more"])
    runs = run_all(world, ledger, members, world.seed if seed is None else seed, tick)
    return judge_all(world, ledger, runs)


def choose(ledger: Ledger, only: Iterable[str]) -> Ledger:
    """The ledger with the claims named alone.

    Errors: ScenarioError for an unknown id.
    """
    known = {c.id: c for c in ledger.claims}
    wanted = list(dict.fromkeys(only))
    for name in wanted:
        if name not in known:
            raise ScenarioError(f"no claim '{name}'", where="only", allowed=known, got=name)
    return replace(ledger, claims=tuple(known[n] for n in wanted))


def judge_all(world: World, ledger: Ledger, runs: Runs) -> Claims:
    """Judge every claim of a ledger from runs that are there already."""
    judged, dated = [], list_dated(world, ledger)
    for claim in ledger.claims:
        answers = tuple(answer(check, world, runs, dated) for check in claim.checks)
        judged.append(Judged(claim, answers, judge(claim, answers), count(claim, ledger)))
    return Claims(world, ledger, tuple(judged), runs)
