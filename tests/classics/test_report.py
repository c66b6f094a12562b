"""The reproduction report: verdicts that can go either way, and the page as written."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from patronage.classics import eum, report, report_others
from patronage.classics import reproduction as rep
from patronage.errors import DataError, RunError


@pytest.fixture
def invented(small_csv: Path) -> tuple[eum.Inputs, rep.History]:
    table = eum.read_inputs(small_csv)
    rng = np.random.default_rng(2)
    pairs = np.triu_indices(table.n, 1)
    count = len(pairs[0])
    history = rep.History(
        list(table.countries), pairs, rng.poisson(0.4, count).astype(float),
        (rng.random(count) < 0.3).astype(float), np.ones(count, bool),
    )  # fmt: skip
    return table, history


def made_up(table: eum.Inputs, win: float, runs: int = 10_000) -> eum.Result:
    """Runs that nobody simulated: final medians 0.1 with probability `win`, else 0.5."""
    rng = np.random.default_rng(3)
    median = np.where(rng.random((runs, 1)) < win, 0.1, 0.5) * np.ones((1, 2))
    rival = np.full((runs, 2, table.n), -1, np.int8)
    met = rng.random(runs) < 0.25
    rival[met, 0, 0], rival[met, 0, 3] = 3, 0
    position = rng.random((runs, table.n)).astype(np.float32)
    return eum.Result(table, "baseline", eum.Quirks(), 1, median, median, position, rival)


def test_counts_and_filter(invented: tuple[eum.Inputs, rep.History]) -> None:
    result = made_up(invented[0], 0.5)
    meets = result.conflicts()
    assert meets[0, 3] == meets[3, 0] == pytest.approx(0.25, abs=0.02)
    assert meets.sum() == pytest.approx(2 * result.conflicts_per_run.mean())
    low = result.conflicts(result.final_median < 0.2)
    assert low[0, 3] == pytest.approx(0.125, abs=0.02)
    updated = replace(result, variant="updated")
    assert rep.kept(result) is None
    assert not np.any(rep.kept(updated))


def test_verdict_depends_on_the_number(invented: tuple[eum.Inputs, rep.History]) -> None:
    """5 of 1,000 runs below 0.2 were published: 0.6 % fits, 5 % does not."""
    table, history = invented
    right = rep.compare("shares", made_up(table, 0.006), history)
    wrong = rep.compare("shares", made_up(table, 0.05), history)
    assert right.verdict.startswith("reproduced")
    assert wrong.verdict.startswith("not reproduced: 1 of 1 numbers outside (< 0.2)")


def test_interval_covers_the_next_ensemble() -> None:
    """Of 2,000 intervals at 95 % so many hold the next value, within 4 standard errors (2 %)."""
    rng = np.random.default_rng(6)
    held = 0
    for _ in range(2000):
        low, high = rep._interval(rng.normal(size=10), 0.95)
        held += low <= rng.normal() <= high
    assert abs(held / 2000 - 0.95) < 0.02


def test_too_few_runs_are_refused(invented: tuple[eum.Inputs, rep.History]) -> None:
    with pytest.raises(RunError, match="at least 10000"):
        rep.compare("shares", made_up(invented[0], 0.01, 3000), invented[1])


def test_published_numbers_are_well_formed() -> None:
    rows = rep.published()
    assert {row["table"] for row in rows} == set(rep.MEASURES)
    for row in rows:
        assert row["variant"] in eum.VARIANTS
        if row["published"]:
            assert row["published"].lstrip("-").split(".")[1] == row["published"].split(".")[1]
            assert len(row["published"].split(".")[1]) == int(row["digits"])
    # what text and notebooks print; shares beyond one, ours and a rerun's have nothing to meet
    assert sum(bool(row["published"]) for row in rows) == 44


def test_a_share_beyond_the_next_ensemble_is_seen() -> None:
    """4 of 1,000 runs were published: 0.6 % of ours fits, 3 % does not, nor do 0 of 4,000."""
    for share, within in ((0.006, "yes"), (0.03, "no"), (0.0, "no")):
        assert report_others._share_row("> 0.8", share, 4000, 4, "")[-1] == within
    assert report_others._share_row("> 0.6", 0.1, 4000, None, "6 %")[-3:] == ["–", "6 %", "–"]


def test_other_countries_have_a_verdict(
    tmp_path: Path, small_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def won(table: eum.Inputs, **given: object) -> eum.Result:
        return made_up(table, 0.1, 1000)  # a tenth of the runs end at 0.1, the rest at 0.5

    monkeypatch.setattr(eum, "run", won)
    assert report_others.other_countries(tmp_path / "none.csv", 1000, 1) is None
    found = report_others.other_countries(small_csv, 1000, 1)
    assert found is not None
    assert found.shares == "not reproduced (updated > 0.8, updated < 0.2) (0 of 2 numbers)"
    text = "\n".join(found.text)
    assert "| 4 | OLS slope | 1015.746 (40.768) | 1050.7 | 10.7 |" in text
    assert text.count("| updated ") == 5
    said = report_others.check_statements(found.results)
    assert next(row for row in said if "the USA wins" in row).endswith("| not in 1, 2 |")
    assert next(row for row in said if "without a victory" in row).endswith("| holds |")


def write_inputs(folder: Path, small_csv: Path, history: rep.History) -> None:
    (folder / "bdm1998_inputs.csv").write_text(small_csv.read_text())
    with (folder / "dyads.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["a", "b", "mid401", "atop_def98"])
        for k, (i, j) in enumerate(zip(*history.pairs, strict=True)):
            out.writerow(
                [history.names[i], history.names[j], history.disputes[k], history.pacts[k]]
            )
    rng = np.random.default_rng(0)
    for name in report.SAMPLES.values():
        lines = [f"{k},{m:.5f},{m:.5f}" for k, m in enumerate(rng.random(200))]
        (folder / name).write_text("\n".join(["run,median,mean", *lines]) + "\n")


def test_unknown_country_in_the_pairs(
    tmp_path: Path, small_csv: Path, invented: tuple[eum.Inputs, rep.History]
) -> None:
    write_inputs(tmp_path, small_csv, invented[1])
    path = tmp_path / "dyads.csv"
    path.write_text(path.read_text().replace("Land L", "Landl L", 1))
    with pytest.raises(
        DataError, match=r"(?s)dyads\.csv:12: unknown country.*did you mean: Land L"
    ):
        rep.read_history(path, invented[0].countries)


@pytest.mark.slow
def test_report_is_written(
    tmp_path: Path, small_csv: Path, invented: tuple[eum.Inputs, rep.History]
) -> None:
    write_inputs(tmp_path, small_csv, invented[1])
    page = report.write(tmp_path / "out" / "eum.md", tmp_path, runs=10_000)
    text = page.read_text()
    assert text.count("**Verdict") == 12
    assert "| Last recorded positions | 1, baseline | not reproduced" in text
    assert "| Exponential random graphs | 1–4 | not tested" in text
    assert "not reproduced" in text  # the reference samples are pure noise
    for name in ("eum_medians.png", "eum_pairs.png"):
        assert (page.parent / name).stat().st_size > 5000
        assert f"({name})" in text
