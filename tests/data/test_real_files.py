"""The real files, where they lie beside the project: forms, counts, a few known facts, time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from patronage.data.panel import Panel, import_raw

RAW = Path(__file__).parents[2] / "../shared/data/raw"
pytestmark = [
    pytest.mark.skipif(not RAW.is_dir(), reason="the real files are not here"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    pytest.importorskip("rdata")
    out = tmp_path_factory.mktemp("real") / "panel"
    start = time.perf_counter()
    import_raw(RAW, out)
    assert time.perf_counter() - start < 60
    return Panel(out)


def test_every_file_is_recognised_and_no_row_vanishes(panel: Panel) -> None:
    manifest = panel.manifest
    assert [f["file"] for f in manifest["files"] if f["status"] != "imported"] == []
    aside = panel.table("quarantine").groupby("file").line.nunique()
    same = {"cow-nmc", "atop-directed-dyad-year", "un-votes", "un-roll-calls", "un-issues"}
    same |= {"cow-mid-dyadic", "cow-trade-national", "archigos-years", "ucdp-onsets"}
    for entry in manifest["files"]:
        for found in entry["objects"]:
            if found["importer"] in same:
                assert found["rows_in"] == found["rows_out"] + aside.get(entry["file"], 0), entry


def test_keys_are_unique(panel: Panel) -> None:
    for name, entry in panel.manifest["tables"].items():
        if name != "quarantine":
            assert not panel.table(name, entry["keys"]).duplicated().any(), name


def test_known_facts(panel: Panel) -> None:
    votes = panel.table("un_agreement").set_index(["client", "patron", "year"])
    assert 1964 not in votes.index.unique("year")
    assert votes.loc[(40, 365, 1962), "agreement"] > 0.95
    assert votes.loc[(40, 2, 1956), "agreement"] > 0.9
    assert votes.loc[(40, 2, 1962), "agreement"] < 0.4
    distance = panel.table("distance").set_index(["ccode1", "ccode2", "year"])
    assert distance.loc[(40, 2, 1962), "km"] == pytest.approx(200, abs=100)
    totals = panel.table("trade_totals").set_index(["ccode", "year"])
    assert not totals.loc[(40, 1963), "usable"]
    assert totals.loc[(40, 1962), "usable"]
    assert totals.loc[(260, 1970), "imports"] > 0
    found = panel.problems.set_index("problem")
    assert "1964" in set(found.loc["year without roll calls", ["value"]].to_numpy().ravel())


def test_a_view_of_the_real_panel_ends_where_it_says(panel: Panel) -> None:
    view = panel.until(1979)
    for name in view.names:
        years = view.table(name, ["year"])["year"].dropna()
        assert years.max() <= 1979, name
