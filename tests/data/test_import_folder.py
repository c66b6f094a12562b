"""Where an import may write: nothing that was there is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from patronage.data.panel import Panel, import_raw
from patronage.errors import DataError


def test_a_panel_is_replaced_only_on_demand_and_nothing_else_is_lost(
    raw: Path, tmp_path: Path
) -> None:
    out = tmp_path / "panel"
    import_raw(raw, out)
    (out / "notes.txt").write_text("mine")
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    with pytest.raises(DataError, match="already here"):
        import_raw(raw, out)
    broken = raw / "broken.parquet"
    broken.write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"broken\.parquet"):
        import_raw(raw, out, force=True)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before
    broken.unlink()
    (raw / "file05.csv").unlink()
    import_raw(raw, out, force=True)
    assert "arms" not in Panel(out).names
    assert not (out / "arms.parquet").exists()
    assert (out / "notes.txt").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_places_that_will_not_do(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="among the raw data"):
        import_raw(raw, raw / "panel")
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.doc").write_text("x")
    with pytest.raises(DataError, match="other files"):
        import_raw(raw, other, force=True)
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="this is a file"):
        import_raw(raw, tmp_path / "file")
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "a.csv").write_text("a\n1\n")
    with pytest.raises(DataError, match="no data set"):
        import_raw(strange, tmp_path / "panel")
    assert not (tmp_path / "panel").exists()
