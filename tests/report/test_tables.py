"""The table's numbers, recomputed with xarray and pandas alone."""

from __future__ import annotations

import csv
import io
from itertools import pairwise

import numpy as np
import pytest
import synthetic
from rich.console import Console

from patronage.errors import RunError
from patronage.report.observed import mean_within, select
from patronage.report.periods import choose_periods, make_period
from patronage.report.summary import Summary, quantiles
from patronage.report.tables import format_number, period_table, share_interval

FIRST = {
    "1943–58": ("1943-01", "1958-12"),
    "1967–68": ("1967-01", "1968-12"),
    "1989–91": ("1989-01", "1991-12"),
}


def cell(table, section, label, period):
    rows = [r for r in table.rows if r.section.startswith(section) and r.label == label]
    assert len(rows) == 1, (section, label)
    return rows[0].cells[[p.label for p in table.periods].index(period)]


@pytest.fixture(scope="module")
def table(run, world):
    return period_table(run, focus="CUB", patron="RUS", rival="USA", world=world)


@pytest.mark.parametrize("period", FIRST)
@pytest.mark.parametrize(
    ("section", "label", "name", "where", "scale"),
    [
        ("Alignment", "United States", "un_agreement", {"client": "CUB", "patron": "USA"}, 1),
        ("Transfers", "Soviet Union", "transfer", {"client": "CUB", "patron": "RUS"}, 12),
        ("Share in trade", "China", "trade_share", {"client": "CUB", "patron": "CHN"}, 100),
        ("Shortage", "rice", "shortage", {"state": "CUB", "commodity": "rice"}, 100),
        ("Goods", "sugar produced", "production", {"state": "CUB", "commodity": "sugar"}, 12),
        ("At home", "support of the ruler", "support", {"state": "CUB"}, 1),
    ],
)
def test_numbers_match_xarray(table, run, period, section, label, name, where, scale):
    means = (
        run.data[name].sel(where).sel(month=slice(*FIRST[period])).astype("float64").mean("month")
        * scale
    )
    low, mid, high = np.quantile(means.values, [0.1, 0.5, 0.9])
    found = cell(table, section, label, period)
    assert (found.low, found.median, found.high) == pytest.approx(
        (low, mid, high), rel=1e-6, abs=1e-9
    )


def test_crises_match_counting(table, run):
    span = slice("1959-01", "1962-12")
    top = run.data["crisis_rung"].sel(month=span).max("month")
    war = 100 * float((run.data["crisis_outcome"].sel(month=span).max("month") == 3).mean())
    assert war > 100 * float((top == 5).mean())  # by accident, below the top rung
    assert cell(table, "Crises", "war", "1959–62").median == pytest.approx(war)
    assert cell(table, "Crises", "blockade or higher", "1959–62").median == pytest.approx(
        100 * float((top >= 2).mean())
    )
    assert cell(table, "Crises", "highest rung", "1959–62").median == float(top.median())


def test_observed_beside_the_model(table):
    found = cell(table, "Transfers", "Soviet Union", "1963–66")
    assert found.observed == pytest.approx((370 + 260 + 225) / 3)
    assert (found.quality, found.count) == ("B", 3)
    assert cell(table, "Transfers", "China", "1963–66").observed is None


def test_matched_uses_observed_months_only(table, run):
    found = cell(table, "Share in trade", "United States", "1943–58")
    year = (
        run.data["trade_share"]
        .sel(client="CUB", patron="USA")
        .sel(month=slice("1958-01", "1958-12"))
    )
    members = year.mean("month").values * 100
    assert found.matched == pytest.approx(np.median(members), rel=1e-5)
    low, high = np.quantile(members, [0.1, 0.9])
    assert found.outside == (not low <= 70 <= high)


def test_unusable_values_are_left_out(table):
    assert cell(table, "Share in trade", "China", "1963–66").observed is None


def test_wilson_interval_covers():
    """80 % intervals hold the true share in about 80 % of trials (binomial error 0.6 points)."""
    rng = np.random.default_rng(5)
    hits = rng.random((4000, 60)) < 0.3
    covered = np.mean([lo <= 30 <= hi for _, lo, hi in map(share_interval, hits)])
    assert 0.76 < covered < 0.86


def test_quantiles_agree_with_numpy():
    values = np.random.default_rng(0).normal(size=(23, 7, 3))
    values[3:9, 2] = np.nan
    assert quantiles(values) == pytest.approx(
        np.nanquantile(values, [0.1, 0.5, 0.9], axis=0), nan_ok=True
    )
    assert np.isnan(quantiles(np.full((4, 2), np.nan))).all()


def test_mean_is_weighted_by_overlap():
    make = synthetic.Observation
    seen = [
        make("q", "CUB", None, None, 0, 11, 1.0, "", ("a",), "high"),
        make("q", "CUB", None, None, 12, 14, 5.0, "", ("a",), "low"),
    ]
    found = mean_within(select(seen, "q", "CUB"), np.arange(6, 24))
    assert found is not None
    assert found.value == pytest.approx((6 * 1 + 3 * 5) / 9)
    assert found.quality == "C"


def show(table, width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(table)
    return out.getvalue()


@pytest.mark.parametrize(("width", "blocks"), [(100, 1), (120, 1), (70, 2)])
def test_fits_the_terminal(table, width, blocks):
    text = show(table, width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    for label in {r.label for r in table.rows}:  # no row is wrapped, lost or cut
        wanted = blocks * sum(r.label == label for r in table.rows)
        assert len([x for x in lines if x.startswith(f"{label}  ")]) == wanted, label
    assert all(text.count(p.label) == 1 for p in table.periods)
    for part in ("24 members", "seed 3", "0.1.0", "80 % interval", "million US$"):
        assert part in text
    assert "…" not in text


def test_terminal_shows_every_cell(table):
    text = show(table, 120)
    line = next(x for x in text.splitlines() if x.startswith("sugar produced"))
    row = next(r for r in table.rows if r.label == "sugar produced")
    assert line.split()[2:] == [format_number(c.median, "money") for c in row.cells]


def test_csv_says_the_same(table, tmp_path):
    path = table.write_csv(tmp_path / "t.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert any("seed 3" in x for x in lines if x.startswith("#"))
    rows = list(csv.DictReader(x for x in lines if not x.startswith("#")))
    assert len(rows) == len(table.rows) * len(table.periods)
    row = next(
        r
        for r in rows
        if r["section"].startswith("Transfers")
        and r["quantity"] == "Soviet Union"
        and r["period"] == "1963–66"
    )
    assert float(row["median"]) == pytest.approx(
        cell(table, "Transfers", "Soviet Union", "1963–66").median, rel=1e-5
    )
    assert row["start"] == "1963-01"
    assert row["quality"] == "B"


def test_periods_are_free_to_choose(run):
    table = period_table(run, periods=[(1950, 1959), ("1962-10", "1962-12")])
    assert [p.label for p in table.periods] == ["1950–59", "1962-10–1962-12"]
    with pytest.raises(RunError, match="1943-01"):
        period_table(run, periods=[(1800, 1850)])
    with pytest.raises(RunError):
        make_period(1960, 1950)


def test_periods_of_another_state_cover_its_years():
    months = np.arange(1900 * 12, 1950 * 12)
    spans = choose_periods(months, "BOL")
    assert spans[0].start == months[0]
    assert spans[-1].end == months[-1]
    assert all(b.start == a.end + 1 for a, b in pairwise(spans))


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        (1955, 1975, ["1955–58", "1959–62", "1963–66", "1967–68", "1969–75"]),
        (1930, 1959, ["1930–42", "1943–58", "1959"]),
        (1989, 1993, ["1989–91", "1992–93"]),
    ],
)
def test_periods_of_cuba_are_cut_to_the_run(first, last, labels):
    spans = choose_periods(np.arange(12 * first, 12 * last + 12), "CUB")
    assert [p.label for p in spans] == labels


def test_agreement_is_blank_before_a_seat(run):
    """Peking took part from 1971 on: what it would have voted is no alignment."""
    seated = synthetic.make_world()
    for state in seated.states:
        state.un_seat = "1971-10" if state.code == "CHN" else "1946-01"
    summary = Summary(run, seated)
    before = summary.months < 1971 * 12 + 9
    assert np.isnan(summary.members("un_agreement", "CHN")[:, before]).all()
    assert np.isfinite(summary.members("un_agreement", "CHN")[:, ~before]).all()
    assert np.isnan(summary.members("un_agreement", "RUS")[0]).sum() == 36
    blank = cell(period_table(run, summary=summary), "Alignment", "China", "1959–62")
    assert np.isnan(blank.median)
    assert "no seat in the UN" in " ".join(period_table(run, summary=summary).notes)


def test_unknown_state_names_the_nearest(run):
    with pytest.raises(RunError) as caught:
        period_table(run, focus="CUV")
    assert caught.value.nearest == "CUB"
    assert "CHN" in str(caught.value)
    assert "focus" in str(caught.value)


def test_cast_without_cuba(run):
    data = run.data.rename({"state": "state"}).assign_coords(
        {
            d: ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "ROW"]
            for d in ("state", "client", "patron")
        }
    )
    s = Summary(synthetic.Results(data, run.log, run.manifest))
    assert s.focus == "AAA"  # receives the largest transfers
    assert s.partners[:2] == ["BBB", "CCC"]  # the largest givers
    assert "ROW" not in s.partners


def test_numbers_as_printed():
    assert format_number(-0.001, "share") == "0.00"
    assert format_number(-3.2, "money") == "−3.2"
    assert format_number(1234.0, "money") == "1230"
    assert format_number(float("nan"), "percent") == "–"


def test_a_state_alone_has_a_table(run):
    alone = run.data[["support"]].isel(state=[0])
    table = period_table(synthetic.Results(alone, run.log, {}))
    assert [r.label for r in table.rows] == ["support of the ruler"]
