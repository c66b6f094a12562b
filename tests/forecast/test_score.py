"""Scores on a hand-made panel, of naive forecasts, and as a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from patronage.errors import DataError
from patronage.forecast.history import region
from patronage.forecast.page import tabulate, write_scores
from patronage.forecast.rolling import rolling
from patronage.forecast.score import score, score_with_baselines

COLUMNS = ["quantity", "patron", "client", "origin", "year", "member", "value"]


@pytest.fixture
def small(tmp_path: Path, writer: Callable[..., Path]) -> Path:
    """Cuba and Poland 1962–63; Poland votes too rarely in 1963; the DDR does not exist before."""
    votes = [
        (40, 365, 1962, 0.9, 60), (290, 365, 1962, 1.0, 60),
        (40, 365, 1963, 0.8, 60), (290, 365, 1963, 1.0, 3),
    ]  # fmt: skip
    states = [(40, 1962), (40, 1963), (290, 1962), (290, 1963), (265, 1963), (712, 1962)]
    tables = {
        "un_agreement": pd.DataFrame(votes, columns=["client", "patron", "year", "agreement", "n"]),
        "arms": pd.DataFrame(
            [(40, 365, 1962, 500.0), (265, 365, 1963, 7.0)],
            columns=["client", "patron", "year", "tiv"],
        ),
        "states": pd.DataFrame([(c, y, 365) for c, y in states], columns=["ccode", "year", "days"]),
    }
    return writer(tmp_path / "small", tables)


def test_hand_made_example(small: Path) -> None:
    cases = {
        ("un_agreement", 40, 1962): (0.7, 0.9),
        ("un_agreement", 290, 1963): (0.5, 0.6),  # 3 common votes: not scored
        ("arms", 40, 1963): (0.0, 0.0),  # nothing recorded, so 0
        ("arms", 40, 1962): (0.0, 500.0),
        ("arms", 265, 1962): (1.0, 2.0),  # no state yet
        ("arms", 712, 1962): (0.0, 0.0),  # a state of which the panel knows nothing
    }
    rows = [
        (q, 365, c, 1961, y, m, v) for (q, c, y), draws in cases.items()
        for m, v in enumerate(draws)
    ]  # fmt: skip
    scores = score(pd.DataFrame(rows, columns=COLUMNS), small)
    assert scores.unscored == 3
    got = scores.cases.set_index(["quantity", "client", "year"])
    big = np.log1p(500.0)
    assert got.loc[("un_agreement", 40, 1962), "crps"] == pytest.approx(0.1 - 0.2 / 2)
    assert got.loc[("arms", 40, 1963), "crps"] == 0.0
    assert got.loc[("arms", 40, 1962), "truth"] == pytest.approx(big)
    assert got.loc[("arms", 40, 1962), "crps"] == pytest.approx(0.0)  # fair: big/2 − big/2
    assert got.loc[("arms", 40, 1963), "horizon"] == 2
    assert got.loc[("arms", 40, 1963), "decade"] == 1960
    unfair = score(pd.DataFrame(rows, columns=COLUMNS), small, fair=False).cases
    assert unfair.crps.to_numpy()[0] == pytest.approx(big / 4)
    with pytest.raises(DataError, match="none of 1 cases has a truth"):
        score(pd.DataFrame(rows[2:4], columns=COLUMNS), small)


def test_groups_and_errors(panel: Path) -> None:
    forecast = rolling(panel, [1970, 1980], (1, 5), members=20, method="random_walk")
    scores = score(forecast, panel, method="random_walk", baselines=["year_mean"])
    table = scores.table(("quantity", "group", "method"))
    assert set(table["group"]) == {"Americas", "Africa"}
    counts = table.groupby("method").n.sum()
    assert counts["random_walk"] == counts["year_mean"] == len(forecast) - scores.unscored
    by_decade = scores.table(("decade",))
    assert np.average(by_decade.crps, weights=by_decade.n) == pytest.approx(
        scores.cases.crps.mean()
    )
    assert (scores.skill("year_mean")["year_mean"] == 0).all()
    with pytest.raises(DataError, match="did you mean: decade"):
        scores.table(("decades",))


def test_page_and_table(panel: Path, tmp_path: Path) -> None:
    file = rolling(panel, [1970, 1980], (1, 5), members=20).write(tmp_path / "f.parquet")
    scores = score_with_baselines(file, panel)
    header, rows = tabulate(scores)
    assert [r[:2] for r in rows] == [
        (q, h) for q in ("un_agreement", "arms") for h in ("1", "5", "all")
    ]
    assert {"CRPS forecast", "CRPS random walk", "CRPS autoregression"} <= set(header)
    paths = write_scores(scores, tmp_path / "page")
    text = paths["scores.html"].read_text(encoding="utf-8")
    assert text.count("<svg") == 2
    assert "http" not in text.replace("http://www.w3.org", "")
    assert all(p.stat().st_size > 0 for p in paths.values())
    assert (
        paths["scores.html"].read_bytes()
        == write_scores(score_with_baselines(file, panel), tmp_path / "again")[
            "scores.html"
        ].read_bytes()
    )


def test_command(panel: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from patronage.cli import app

    file = rolling(panel, [1980], (1, 2), members=10).write(tmp_path / "f.parquet")
    done = CliRunner().invoke(
        app, ["score", str(file), "--panel", str(panel), "--out", str(tmp_path / "out")]
    )
    assert done.exit_code == 0, done.output
    assert "CRPS autoregression" in done.output
    assert (tmp_path / "out/scores.html").is_file()


def test_regions_follow_the_codes() -> None:
    known = {
        "Americas": (2, 165), "Europe": (200, 395), "Africa": (402, 625),
        "Middle East": (630, 698), "Asia and Oceania": (700, 990),
    }  # fmt: skip
    for name, codes in known.items():
        assert {region(c) for c in codes} == {name}
