"""Comparisons: pairing, means over periods, intervals, power, and what is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib.image
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import xarray as xr
from scipy import stats
from typer.testing import CliRunner

import patronage
from patronage import cli
from patronage.errors import PatronageError, RunError
from patronage.history import compare_table
from patronage.history.compare import aggregate, compare
from patronage.history.compare_figure import draw, write_figure
from patronage.run.results import Results
from patronage.scenario.world import World

Start = Callable[..., Results]
AT = "1951-03"
CALM = {"mechanism": {"rivalry": {"ARC-BOR": 0}}}


@pytest.fixture(scope="module")
def calm(world: World, start: Start) -> Results:
    """A branch of the baseline."""
    return start(world.branch(AT, **CALM))


def invented(values: np.ndarray, seed: int = 1, name: str = "x") -> Results:
    """A run with one quantity of values (member, month) from 1950-01 on."""
    months = (np.datetime64("1950-01") + np.arange(values.shape[1])).astype("datetime64[ns]")
    array = xr.DataArray(
        values.astype(np.float32),
        dims=("member", "month"),
        coords={"member": np.arange(len(values)), "month": months},
        attrs={"units": "kt / month"},
    )
    manifest = {"scenario_hash": "0", "seed": seed, "scenario": "invented"}
    return Results(xr.Dataset({name: array}), pd.DataFrame(), manifest)


def test_differences_are_of_the_same_member_and_cell(base: Results, calm: Results):
    found = patronage.compare(base, calm)
    assert set(found.data_vars) == set(base.data.data_vars) - {"crisis_outcome"}  # a code
    got = found["transfer"].sel(patron="BOR", client="CYL")
    assert got.dims == ("member", "month")
    one, two = (r.data["transfer"].sel(patron="BOR", client="CYL") for r in (base, calm))
    np.testing.assert_array_equal(got.values, two.values - one.values)
    assert got.attrs["units"] == "million US$ / month"
    assert "rivalry" in found.attrs["changed"]
    assert found.attrs["paired"] == "yes"
    got.plot()  # pyright: ignore[reportCallIssue]


def test_no_change_differs_nowhere(world: World, base: Results, start: Start):
    found = compare(base, start(world.branch(AT)))
    assert all((found[n] == 0).all() for n in found.data_vars)
    table = compare_table.summarise(found, by="year")
    assert (table[["mean", "low", "high", "median", "sd"]] == 0).all(axis=None)
    assert table["needed"].isna().all()
    assert found.attrs["changed"] == "nothing"


def test_before_the_branch_nothing_differs(base: Results, calm: Results):
    found = compare(base, calm, by=["1950:1951-02", "1951-03:1953"])
    early, late = (found.isel(window=i) for i in (0, 1))
    assert all((early[n] == 0).all() for n in found.data_vars)
    assert any((late[n] != 0).any() for n in found.data_vars)


def test_unpaired_runs_are_refused_unless_told(world: World, base: Results, start: Start):
    other = start(world, seed=8)
    with pytest.raises(RunError, match=r"different seeds \(3 and 8\)"):
        compare(base, other)
    found = compare(base, other, "support", unpaired=True)
    assert found.attrs["paired"] == "no"
    foreign = invented(np.zeros((2, 3)))
    with pytest.raises(RunError, match="different scenarios"):
        compare(base, foreign)


def test_years_and_windows_are_means_of_their_months():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 5, 30))
    runs = invented(a), invented(b)
    yearly = compare(*runs, by="year")["x"]
    assert yearly["year"].values.tolist() == [1950, 1951, 1952]
    wanted = (b - a)[:, 12:24].mean(axis=1)
    np.testing.assert_allclose(yearly.sel(year=1951), wanted, atol=1e-6)
    window = compare(*runs, by="1950-11:1951-02")["x"]
    np.testing.assert_allclose(window[:, 0], (b - a)[:, 10:14].mean(axis=1), atol=1e-6)
    late = aggregate(compare(*runs), "year")["x"]
    np.testing.assert_allclose(late, yearly, atol=1e-6)


def test_only_common_members_are_compared():
    a, b = invented(np.ones((4, 3))), invented(np.arange(15.0).reshape(5, 3))
    b.data = b.data.drop_sel(member=[1])
    found = compare(a, b)["x"]
    assert found["member"].values.tolist() == [0, 2, 3]
    np.testing.assert_array_equal(found[1], b.data["x"].sel(member=2).values - 1)


@pytest.mark.statistical
def test_the_interval_of_the_mean_covers_it_as_often_as_it_says():
    # 40 members of a skewed difference, 400 cells: a percentile interval covers 0.92 to 0.95 here,
    # with a standard error of 0.013; fails by chance in fewer than 1 in 500
    rng = np.random.default_rng(7)
    values = rng.gamma(4.0, size=(40, 400))
    low, high = compare_table.bootstrap_mean(values)
    cover = np.mean([(a <= 4.0 <= b) for a, b in zip(low, high, strict=True)])
    assert 0.88 <= cover <= 0.98


def test_the_interval_agrees_with_that_of_scipy():
    values = np.random.default_rng(2).normal(1.0, 2.0, size=(200, 1))
    ours = compare_table.bootstrap_mean(values)[:, 0]
    theirs = stats.bootstrap((values[:, 0],), np.mean, method="percentile", rng=3)
    np.testing.assert_allclose(ours, theirs.confidence_interval, atol=0.04)


def test_a_summary_says_what_numpy_says():
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 50, 12))
    found = compare(invented(a), invented(b), by="year")
    row = compare_table.summarise(found).iloc[0]
    difference = (b - a).mean(axis=1)
    assert row["mean"] == pytest.approx(difference.mean(), abs=1e-6)
    assert row["median"] == pytest.approx(np.median(difference), abs=1e-6)
    assert row["sd"] == pytest.approx(difference.std(ddof=1), abs=1e-6)
    assert (row["members"], row["period"], row["unit"]) == (50, "1950", "kt / month")
    assert row["low"] < row["mean"] < row["high"]


@pytest.mark.statistical
def test_as_many_members_as_are_said_to_be_needed_have_the_power():
    # 2,000 samples of the size said: power 0.80; the normal formula is short by some 0.02 for a
    # t-test at 34 members; 0.75 … 0.85 is missed by chance in fewer than 1 in 10,000
    number = compare_table.members_needed(sd=2.0, effect=1.0)
    assert number == 32
    rng = np.random.default_rng(5)
    samples = rng.normal(1.0, 2.0, size=(number, 2000))
    found = stats.ttest_1samp(samples, 0.0).pvalue < 0.05
    assert 0.75 <= found.mean() <= 0.85


def test_the_power_note_names_formula_and_verdict():
    a = np.zeros((40, 12))
    b = np.random.default_rng(6).normal(1.0, 2.0, size=(40, 1)) + a
    found = compare(invented(a), invented(b), by="year")
    note = compare_table.power_note(found, "x", effect=1.0)
    sd = (b - a)[:, 0].std(ddof=1)
    needed = compare_table.members_needed(sd, 1.0)
    assert f"needs {needed} paired members" in note
    assert "n = (1.96 + 0.84)²" in note
    small = compare_table.power_note(found, "x", effect=0.1)
    assert "too few" in small
    with pytest.raises(RunError):
        compare_table.members_needed(1.0, 0.0)


def test_errors_name_what_there_is(base: Results, calm: Results):
    with pytest.raises(RunError, match="did you mean: transfer"):
        compare(base, calm, "transfr")
    with pytest.raises(RunError, match="no window"):
        compare(base, calm, "transfer", by="the fifties")
    with pytest.raises(RunError, match="no month of the runs"):
        compare(base, calm, "transfer", by="1970")
    found = compare(base, calm, "transfer")
    with pytest.raises(RunError, match="did you mean: CYL"):
        compare_table.summarise(found, by="year", client="CYLL")
    with pytest.raises(RunError, match="not a dimension"):
        compare_table.summarise(found, faction=1)
    with pytest.raises(RunError, match="did you mean: transfer"):
        draw(found, "tranfer")


@pytest.mark.parametrize("by", ["year", ["1950:1951", "1952:1953"], None])
def test_the_figure(by: str | list[str] | None, base: Results, calm: Results, tmp_path: Path):
    found = compare(base, calm, "un_agreement", by=by)
    drawing = draw(found, "un_agreement", client="CYL")
    assert "rivalry" in drawing.caption
    paths = write_figure(drawing, tmp_path, "un_agreement")
    image = matplotlib.image.imread(paths["png"])
    assert image.shape[0] > 200
    assert np.std(image) > 0.01
    assert paths["svg"].read_text(encoding="utf-8").startswith("<?xml")


def test_parquet_keeps_the_table_and_its_words(base: Results, calm: Results, tmp_path: Path):
    found = compare(base, calm, ["transfer", "support"], by="year")
    table = compare_table.summarise(found)
    path = compare_table.write(found, table, tmp_path / "new" / "differences.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(path), table, check_dtype=False)
    words = pq.read_schema(path).metadata
    assert b"bootstrap" in words[b"intervals"]
    assert b"rivalry" in words[b"changed"]


def test_the_verbs(tmp_path: Path, no_cache: None):
    call = CliRunner().invoke
    out = tmp_path / "out"
    words = ["branch", "tiny", "--at", AT, "--set", "rivalry:ARC-BOR=0", "--drop", "T05"]
    more = ["--members", "4", "--seed", "2", "--out", str(out), "--quiet"]
    done = call(cli.app, [*words, *more], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "4 paired members, seed 2" in done.output
    assert (out / "compare" / "differences.parquet").is_file()
    runs = [str(out / name) for name in ("base", "branch")]
    more = ["--quantity", "un_agreement", "--client", "CYL", "--by", "year", "--effect", "0.01"]
    done = call(cli.app, ["compare", *runs, *more], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "un_agreement" in done.output
    assert "An effect of 0.01 share" in done.output
    # a finished baseline is taken as it is
    again = ["branch", "tiny", "--at", AT, "--off", "embargo", "--base", runs[0], "--quiet"]
    done = call(cli.app, [*again, "--out", str(tmp_path / "b")], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert not (tmp_path / "b" / "base").exists()
    # what cannot be shown is refused before anything runs
    for wrong in (["--quantity", "un_agreemnt"], ["--client", "CYLL"]):
        words = ["branch", "tiny", "--at", AT, "--off", "embargo", "--out", str(tmp_path / "c")]
        with pytest.raises(PatronageError, match="did you mean"):
            call(cli.app, [*words, *wrong], catch_exceptions=False)
    assert not (tmp_path / "c").exists()
    with pytest.raises(PatronageError, match="did you mean: T05"):
        call(cli.app, ["branch", "tiny", "--at", AT, "--drop", "T55"], catch_exceptions=False)
