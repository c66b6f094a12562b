"""Naive forecasts of the real panel, where the files lie beside the project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from patronage.data.panel import Panel, import_raw
from patronage.forecast.cases import Forecast
from patronage.forecast.history import read_history
from patronage.forecast.rolling import rolling
from patronage.forecast.score import Scores, score

RAW = Path(__file__).parents[2] / "../shared/data/raw"
NEEDED = ("un_votes.parquet", "un_roll_calls.parquet", "sipri_tiv_transfers.csv", "cow_states.rda")
pytestmark = [
    pytest.mark.skipif(not RAW.is_dir(), reason="the real files are not here"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    pytest.importorskip("rdata")
    raw = tmp_path_factory.mktemp("raw")
    for name in NEEDED:
        (raw / name).symlink_to((RAW / name).resolve())
    import_raw(raw, raw.parent / "panel-of-forecasts", force=True)
    return Panel(raw.parent / "panel-of-forecasts")


@pytest.fixture(scope="module")
def forecast(panel: Panel) -> Forecast:
    return rolling(panel, (1965, 1975, 1995), (1, 5, 10), members=100)


@pytest.fixture(scope="module")
def scores(forecast: Forecast, panel: Panel) -> Scores:
    return score(forecast, panel, method="autoregression", baselines=["random_walk", "year_mean"])


def test_truth_of_cuba(panel: Panel) -> None:
    votes, arms = (read_history(panel, q, 365).pick([40]) for q in ("un_agreement", "arms"))
    agreement = dict(zip(votes.years.tolist(), votes.values[:, 0], strict=True))
    assert agreement[1955] < 0.6 < 0.95 < agreement[1962]
    assert np.isnan(agreement[1964])
    transfers = dict(zip(arms.years.tolist(), arms.values[:, 0], strict=True))
    assert transfers[1955] == 0 < 100 < transfers[1962]


def test_states_that_do_not_exist_or_are_unknown_have_no_arms(panel: Panel) -> None:
    arms = read_history(panel, "arms", 2)
    east = arms.pick([265]).values[:, 0]
    assert np.isnan(east[arms.years > 1990]).all()
    assert set(read_history(panel.until(1960), "arms", 2).clients) < set(arms.clients)


def test_the_autoregression_is_no_easy_yardstick(scores: Scores) -> None:
    table = scores.table(("quantity", "method")).set_index(["quantity", "method"])
    crps, log_score = table["crps"].unstack(), table["log_score"].unstack()
    assert crps.loc["arms", "autoregression"] < 0.9 * crps.loc["arms", "random_walk"]
    own = crps.loc["un_agreement", "autoregression"]
    assert own < 1.02 * crps.loc["un_agreement", "random_walk"]
    assert own < 0.85 * crps.loc["un_agreement", "year_mean"]
    assert (log_score["autoregression"] < log_score["random_walk"]).all()
    assert (log_score["autoregression"] < log_score["year_mean"]).all()


def test_intervals_are_about_right(scores: Scores) -> None:
    table = scores.table(("quantity", "method")).set_index(["quantity", "method"])
    votes = table.loc[("un_agreement", "autoregression")]
    assert 0.70 < votes["in80"] < 0.90
    assert 0.88 < votes["in95"] < 0.99
    assert np.abs(scores.pit("arms", "autoregression") - 0.1).max() < 0.05
