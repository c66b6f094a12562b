"""Reading a panel, and reading it as it could have been known at the end of a year."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from patronage.data.panel import Panel, import_raw
from patronage.errors import DataError


@pytest.fixture
def panel(raw: Path, tmp_path: Path) -> Panel:
    import_raw(raw, tmp_path / "panel")
    return Panel(tmp_path / "panel")


def years_in(frame: pd.DataFrame) -> set[int]:
    """Every year that a frame tells, in whatever column."""
    years: set[int] = set()
    for column in frame:
        values = frame[column].dropna()
        if column in ("year", "first_year", "last_year", "start_year", "end_year", "known"):
            years |= {int(v) for v in values}
        elif pd.api.types.is_datetime64_any_dtype(values):
            years |= set(values.dt.year)
    return years


@pytest.mark.parametrize("limit", [1899, 1952, 1962, 1989, 2014])
def test_a_view_serves_nothing_later(panel: Panel, limit: int) -> None:
    view = panel.until(limit)
    for name in view.names:
        frame = view.table(name)
        assert not {y for y in years_in(frame) if y > limit}, name
        whole = panel.table(name)
        kept = whole if name == "codes" else whole[(whole["year"] <= limit).fillna(False)]
        if name == "codes":
            kept = whole[whole["year"].isna() | (whole["year"] <= limit).fillna(True)]
        assert len(frame) == len(kept), name  # and everything that is not later
        assert list(frame.columns) == list(whole.columns)


def test_the_tables_do_have_later_rows(panel: Panel) -> None:
    later = [n for n in panel.names if max(years_in(panel.table(n)), default=0) > 1962]
    assert len(later) >= 15  # so the test above can fail


def test_a_view_does_not_tell_how_things_ended(panel: Panel) -> None:
    war = panel.until(1950).table("wars")
    assert len(war) == 2
    assert war[["outcome1", "outcome2", "deaths1", "deaths2", "known"]].isna().all(axis=None)
    assert panel.until(1953).table("wars").outcome1.notna().all()
    assert panel.until(1950).table("wars", ["outcome1"]).isna().all(axis=None)
    dispute = panel.until(1962).table("disputes").query("source == 'mid'")
    assert dispute[["end_year", "outcome", "hostility", "fatality1", "known"]].isna().all(axis=None)
    assert dispute.onset.tolist() == [1, 1]
    castro = panel.until(1962).table("leaders").query("obsid == 'CUB-1959'")
    assert castro[["exit", "end", "exit_code"]].isna().all(axis=None)
    west = panel.until(1962).table("codes").query("ccode == 260")
    assert west[["end", "last_year"]].isna().all(axis=None)
    assert panel.until(1990).table("codes").query("ccode == 260").end.notna().all()


def test_a_view_hides_what_was_made_with_hindsight(panel: Panel) -> None:
    smooth = ["smooth_imports", "smooth_exports"]
    assert panel.table("trade_dyads")[smooth].notna().all(axis=None)
    assert panel.until(1962).table("trade_dyads")[smooth].isna().all(axis=None)
    assert panel.until(1962).table("quarantine")["row"].isna().all()
    session = panel.until(1962).table("un_agreement_session")
    assert session.empty  # session 17 took its last roll call in 1963


def test_a_view_cannot_be_widened(panel: Panel) -> None:
    view = panel.until(1962)
    assert view.limit == 1962
    assert view.until(1950).limit == 1950
    assert panel.limit is None
    with pytest.raises(DataError, match="ends in 1962"):
        view.until(1963)
    with pytest.raises(AttributeError):
        view.limit = 2000  # type: ignore[misc]


def test_the_manifest_of_a_view_counts_no_later_rows(panel: Panel) -> None:
    manifest = panel.until(1962).manifest
    assert manifest["until"] == 1962
    assert not any({"rows", "years", "sha256"} & set(t) for t in manifest["tables"].values())
    assert "problems" not in manifest
    assert {"rows_in", "rows_out", "years"} & set(panel.manifest["files"][0]["objects"][0])
    assert not any({"rows_in", "years"} & set(o) for f in manifest["files"] for o in f["objects"])
    later = panel.problems.last_year.max()
    assert later > 1962
    assert panel.until(1962).problems.last_year.max() <= 1962
    panel.manifest["tables"].clear()  # a copy
    assert panel.names


def test_some_columns_of_a_table(panel: Panel) -> None:
    frame = panel.until(1962).table("wars", ["deaths1", "ccode1"])
    assert list(frame.columns) == ["deaths1", "ccode1"]


def test_wrong_names_get_the_nearest(panel: Panel) -> None:
    with pytest.raises(DataError, match="did you mean: disputes"):
        panel.table("dispute")
    with pytest.raises(DataError, match="did you mean: agreement"):
        panel.table("un_agreement", ["agrement"])


def test_places_without_panel(tmp_path: Path, panel: Panel) -> None:
    with pytest.raises(DataError, match="no panel here"):
        Panel(tmp_path / "nowhere")
    (tmp_path / "panel" / "arms.parquet").unlink()
    with pytest.raises(DataError, match=r"arms\.parquet"):
        panel.table("arms")
    (tmp_path / "panel" / "manifest.json").write_text('{"format": 99}')
    with pytest.raises(DataError, match="format 99"):
        Panel(tmp_path / "panel")
    (tmp_path / "panel" / "manifest.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read"):
        Panel(tmp_path / "panel")
