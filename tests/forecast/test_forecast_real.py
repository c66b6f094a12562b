"""The model's forecasts of the real panel, where the files lie beside the project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from patronage.data.panel import Panel, import_raw
from patronage.forecast.forecast import forecast, forecast_origins
from patronage.forecast.rolling import ORIGINS
from patronage.forecast.score import score

RAW = Path(__file__).parents[2] / "../shared/data/raw"
pytestmark = [
    pytest.mark.skipif(not RAW.is_dir(), reason="the real files are not here"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    pytest.importorskip("rdata")
    folder = tmp_path_factory.mktemp("all") / "panel"
    import_raw(RAW, folder)
    return Panel(folder)


def test_it_beats_the_naive_forecasts(panel: Panel) -> None:
    """All origins of docs/forecasting.md: at single ones the autoregression may be ahead."""
    found = forecast_origins(panel, ORIGINS, (1, 5, 10), members=60)
    table = score(found, panel, baselines=["autoregression", "random_walk"]).table(
        ("quantity", "method")
    )
    crps = table.pivot_table(index="quantity", columns="method", values="crps").to_dict()
    for quantity, share in (("un_agreement", 0.92), ("arms", 0.975)):
        own, auto, walk = (
            float(crps[m][quantity]) for m in ("forecast", "autoregression", "random_walk")
        )
        assert own < share * auto
        assert own < share * walk
    mine = (table["quantity"] == "un_agreement") & (table["method"] == "forecast")
    assert 0.70 < float(table.loc[mine, "in80"].to_numpy()[0]) < 0.90


def test_china_is_forecast_from_1971(panel: Panel) -> None:
    """The agreement of China is known from its seat on; its arms earlier."""
    keys = forecast(panel, 1972, 2, 10).keys
    both = set(zip(keys["quantity"], keys["patron"], strict=True))
    assert both == {(q, p) for q in ("un_agreement", "arms") for p in (2, 365, 710)}
    early = forecast(panel, 1965, 2, 10)
    votes = early.keys[early.keys["quantity"] == "un_agreement"]
    assert set(votes["patron"]) == {2, 365}
    assert np.isfinite(early.draws).all()


def test_arms_keep_their_lead_at_origins_that_no_choice_has_seen(panel: Panel) -> None:
    """Origins after 2005 had no part in any choice of form or constants (docs/forecasting.md)."""
    found = forecast_origins(panel, (2006, 2010), (1, 5, 10), members=60, quantities=["arms"])
    table = score(found, panel, baselines=["autoregression"]).table(("method",))
    crps = dict(zip(table["method"], table["crps"], strict=True))
    assert float(crps["forecast"]) < 0.98 * float(crps["autoregression"])
