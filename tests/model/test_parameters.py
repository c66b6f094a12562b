"""Parameters and instruments: in range, with a source, and as the page says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from patronage.model import step
from patronage.model.instruments import DRIVERS, PRECONDITIONS

from .tables import read_parameters, read_references, read_table

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    """The script that keeps the page in step with the parameters."""
    spec = importlib.util.spec_from_file_location(
        "model_tables", DOCS / "_generate/model_tables.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page() -> str:
    """The specification."""
    return (DOCS / "model.md").read_text(encoding="utf-8")


def find_unsourced(rows: list[tuple[str, str]]) -> list[str]:
    """Names whose source is neither `assumed` nor in the bibliography."""
    known = read_references()
    return [name for name, source in rows if not source or not set(source.split(";")) <= known]


def test_values_lie_in_their_ranges() -> None:
    """Every value within low … high, and every range is one."""
    rows = read_parameters()
    assert not [r.key for r in rows if not r.low <= r.value <= r.high]
    assert len({r.key for r in rows}) == len(rows) > 150


def test_parameters_belong_to_mechanisms() -> None:
    """And no mechanism is without."""
    assert {r.mechanism for r in read_parameters()} == {*step.NAMES, "observation"}


def test_everything_has_a_source() -> None:
    """A key of the bibliography, or `assumed`; the bibliography holds both and no blank."""
    rows = [(r.key, r.source) for r in read_parameters()]
    rows += [(r["name"], r["source"]) for r in read_table("instruments.csv")]
    assert not find_unsourced(rows)
    assert {source for _, source in rows} - {"assumed"}
    assert find_unsourced([("a", "nobody1900"), ("b", ""), ("c", "assumed")]) == ["a", "b"]


def test_instruments_are_complete() -> None:
    """Goldstein weights in their range, preconditions that exist, and a weight for every driver."""
    rows = read_table("instruments.csv")
    assert set(DRIVERS) <= set(rows[0])
    for row in rows:
        assert -10 <= float(row["goldstein"]) <= 10, row["name"]
        assert row["precondition"] in PRECONDITIONS, row["name"]
        assert all(abs(float(row[d] or 0)) < 100 for d in DRIVERS), row["name"]


def test_acts_that_mechanisms_read_exist() -> None:
    """`act.…` in a declaration names an instrument, and every instrument does something."""
    names = {row["name"] for row in read_table("instruments.csv")}
    read = {r.removeprefix("act.") for _, p in step.PLAN for r in p.reads if r.startswith("act.")}
    assert read <= names
    weights = {row["name"]: float(row["goldstein"]) for row in read_table("instruments.csv")}
    assert not [name for name in names - read if weights[name] == 0]


def test_the_page_repeats_the_parameters(tables: ModuleType, page: str) -> None:
    """Every parameter has its row on the page, word for word."""
    fresh, missing = tables.refresh(page)
    assert fresh == page
    assert not missing


def test_a_stale_page_is_seen(tables: ModuleType, page: str) -> None:
    """A changed number is put right, and a lost row is named."""
    row = tables.rows()["threat.reach"]
    stale = page.replace(row, row.replace("6000", "6001"))
    assert stale != page
    assert tables.refresh(stale)[0] == page
    assert tables.refresh(page.replace(row, ""))[1] == {"threat.reach"}
