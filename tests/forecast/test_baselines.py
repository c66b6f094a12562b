"""Naive forecasts: recovered parameters, no look ahead, groups of clients left out, joint draws."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from patronage.data.panel import Panel
from patronage.errors import DataError
from patronage.forecast import votes
from patronage.forecast.baselines import METHODS
from patronage.forecast.filter import Grid, fit_student, run_filter, shrink_scales
from patronage.forecast.history import fold, read_history
from patronage.forecast.rolling import forecast_cases, rolling
from patronage.forecast.score import score

HORIZONS = (1, 3, 5, 10)


def test_filter_has_the_likelihood_of_the_joint_normal() -> None:
    """Errors and variances of one series against the density of the whole vector."""
    from scipy import stats

    rng = np.random.default_rng(0)
    n, rho, noise, drift, spread, s, mean = 6, 0.6, 0.5, 0.2, 0.7, 0.3, 0.4
    y = rng.normal(size=n)
    y[2] = np.nan
    weight = rng.uniform(0.5, 2, n)
    grid = Grid.make([rho], [noise], [drift], [spread])
    steps = [p[0] for p in run_filter(
        y[:, None], grid, np.array([s]), np.array([mean]), weight[:, None]
    )]  # fmt: skip
    got = sum(
        -0.5 * (z**2 + np.log(2 * np.pi * f))
        for z, f in ((p.z[0, 0], p.variance[0, 0]) for p in steps)
        if np.isfinite(z)
    )
    t = np.arange(n)
    gap, first = np.abs(t[:, None] - t), np.minimum(t[:, None], t)
    cov = s**2 * (rho**gap / (1 - rho**2) + drift * first + noise * np.diag(weight)) + spread**2
    keep = np.isfinite(y)
    want = stats.multivariate_normal(np.full(keep.sum(), mean), cov[np.ix_(keep, keep)])
    assert got == pytest.approx(want.logpdf(y[keep]))


@pytest.mark.statistical
@pytest.mark.parametrize("rho", [0.3, 0.8])
def test_shared_parameters_are_recovered(rho: float) -> None:
    """120 clients, 40 years, ν = 5: fixed seeds; over other seeds about one in 50 fails."""
    rng = np.random.default_rng(7)
    t, n = 40, 120
    u = 0.2 * rng.standard_t(5, (t + 50, n))
    x = np.zeros(n)
    rows = []
    for step in u:
        x = rho * x + step
        rows.append(x)
    level = rng.normal(0.2, 0.4, n)
    hyper = votes.estimate(np.array(rows[50:]) + level, np.full(n, 0.2), np.ones((t, n)))
    assert abs(hyper.rho - rho) <= 0.2
    assert hyper.spread == pytest.approx(0.4)
    assert hyper.drift <= 0.03
    spread = hyper.scale * np.sqrt(hyper.s0) * hyper.factor  # scale of the Student errors
    total = spread * np.sqrt((1 + hyper.noise) * hyper.degrees / (hyper.degrees - 2))
    assert total == pytest.approx(0.2 * np.sqrt(5 / 3), rel=0.25)


@pytest.mark.statistical
def test_volatility_is_shrunk_to_the_pooled_one() -> None:
    """Inverse χ² with k = 6: error of the scales is below that of the raw and the pooled ones."""
    rng = np.random.default_rng(8)
    n, k, years = 300, 6.0, 8
    true = np.sqrt(k / rng.chisquare(k, n))
    z = rng.normal(size=(years, n)) * true
    squares, counts = (z**2).sum(0), np.full(n, float(years))
    got, found, _ = shrink_scales(squares, counts)
    error = np.mean(np.log(got / true) ** 2)
    assert error < np.mean(np.log(np.sqrt(squares / counts) / true) ** 2)
    assert error < np.mean(np.log(true / np.exp(np.log(true).mean())) ** 2)
    assert 3 <= found <= 12
    even = shrink_scales((rng.normal(size=(years, n)) ** 2).sum(0), counts)
    assert even[1] >= 40  # all alike: shrunk wholly


@pytest.mark.statistical
def test_student_is_recovered() -> None:
    """5,000 draws: the grid's neighbours at most; fails by chance below 1 in 1,000."""
    rng = np.random.default_rng(9)
    degrees, scale = fit_student(0.7 * rng.standard_t(4, 5000))
    assert 3 <= degrees <= 5
    assert scale == pytest.approx(0.7, rel=0.06)
    assert fit_student(rng.normal(size=5000))[0] >= 20


@pytest.mark.statistical
def test_autoregression_beats_the_random_walk_where_it_is_true(panel: Path) -> None:
    """A stationary world (ρ = 0.5), four origins; the saving is many times its error."""
    own = rolling(panel, (1965, 1970, 1975, 1980), HORIZONS, members=100)
    scores = score(own, panel, method="autoregression", baselines=["random_walk", "year_mean"])
    skill = scores.skill("random_walk")["autoregression"]
    assert (skill > 0.05).all(), skill
    assert skill["un_agreement"].loc[[5, 10]].min() > 0.15, skill
    table = scores.table(("quantity", "method")).set_index(["quantity", "method"])
    assert table.loc[("arms", "autoregression"), "crps"] < table.loc[("arms", "year_mean"), "crps"]
    agreement = table.loc[("un_agreement", "autoregression")]
    for column, want in (("in50", 0.5), ("in80", 0.8), ("in95", 0.95)):
        assert agreement[column] == pytest.approx(want, abs=0.08)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_nothing_after_the_origin_is_read(
    method: str, world: dict[str, pd.DataFrame], panel: Path, tmp_path: Path,
    writer: Callable[..., Path],
) -> None:  # fmt: skip
    """The same draws from a panel whose later years are poison."""
    origin, rng = 1970, np.random.default_rng(10)
    poison = {}
    for name, frame in world.items():
        frame = frame.copy()
        late = frame.year > origin
        for column in ("agreement", "tiv", "n"):
            if column in frame:
                frame.loc[late, column] = rng.integers(0, 2, late.sum()).astype(frame[column].dtype)
        key = "ccode" if name == "states" else "client"
        frame.loc[late, key] = rng.permutation(frame.loc[late, key].to_numpy())
        frame.loc[late & (frame.year > origin + 5), key] = 999  # new states, and old ones gone
        poison[name] = frame
    bad = writer(tmp_path / "poison", poison)
    one = rolling(panel, [origin], HORIZONS, method=method, members=15)
    two = rolling(bad, [origin], HORIZONS, method=method, members=15)
    pd.testing.assert_frame_equal(one.keys, two.keys)
    np.testing.assert_array_equal(one.draws, two.draws)
    moved = rolling(bad, [origin + 3], HORIZONS, method=method, members=15)
    assert moved.draws.shape != one.draws.shape or not np.allclose(moved.draws, one.draws)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_draws_are_possible_and_reproducible(method: str, panel: Path) -> None:
    def draw(seed: int) -> np.ndarray:
        return rolling(
            panel, [1975], (1, 10), method=method, patrons=[365], members=10, seed=seed
        ).draws

    one = draw(1)
    assert np.isfinite(one).all()
    assert (one >= 0).all()
    np.testing.assert_array_equal(one, draw(1))
    assert not np.array_equal(one, draw(2))


def test_draws_are_joint_over_clients(panel: Path) -> None:
    """The year effect moves all clients of a member: their mean varies more than if unrelated."""
    part = rolling(panel, [1980], (3,), quantities=["un_agreement"], patrons=[2], members=200)
    z = part.draws - part.draws.mean(axis=1, keepdims=True)
    alone = z.var(axis=1).mean() / len(z)
    assert z.mean(axis=0).var() > 5 * alone


def test_clients_without_a_past_are_forecast(panel: Path) -> None:
    keys = pd.DataFrame(
        {"quantity": "un_agreement", "patron": 2, "client": [20, 900], "origin": 1980, "year": 1982}
    )
    for name in METHODS:
        draws = forecast_cases(panel, keys, name, members=200).draws
        assert np.isfinite(draws).all()
        # Of the unknown one less is known, but the yearly mean knows neither.
        assert name == "year_mean" or draws[1].std() > draws[0].std()


def test_groups_are_the_same_everywhere_and_even() -> None:
    assert [fold(c, 5) for c in (2, 40, 365, 710)] == [3, 3, 3, 0]
    counts = np.bincount([fold(c, 5) for c in range(1, 1001)], minlength=5)
    assert counts.min() > 150


def test_shared_parameters_come_from_other_groups(panel: Path) -> None:
    seen = []

    def method(history, clients, ahead, members, rng, *, trains=None):
        seen.append({int(c) for c in history.clients[trains]})
        return np.full((members, ahead, len(clients)), 0.1 * len(seen))

    out = rolling(panel, [1980], (1,), method=method, quantities=["un_agreement"], patrons=[2],
                  members=2, folds=4)  # fmt: skip
    for client, draws in zip(out.keys.client, out.draws, strict=True):
        trained = seen[round(draws[0] / 0.1) - 1]
        group = fold(int(client), 4)
        assert client not in trained
        assert trained == {c for c in trained if fold(c, 4) != group}
        assert len(trained) > 20


def test_folds_change_little_but_something(panel: Path) -> None:
    def draw(folds: int) -> np.ndarray:
        return rolling(
            panel, [1980], (1, 5), quantities=["un_agreement"], members=50, folds=folds
        ).draws

    whole, cut = draw(0), draw(3)
    assert not np.array_equal(whole, cut)
    assert np.corrcoef(np.median(whole, axis=1), np.median(cut, axis=1))[0, 1] > 0.95


def test_cache_gives_the_same_and_is_used(panel: Path, tmp_path: Path) -> None:
    first = rolling(panel, [1980], (1,), members=5, cache=tmp_path)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 4  # two quantities, two patrons
    np.save(files[0], np.zeros_like(np.load(files[0])))
    again = rolling(panel, [1980], (1,), members=5, cache=tmp_path)
    assert (again.draws != first.draws).any()
    assert len(sorted(tmp_path.iterdir())) == 4
    rolling(panel, [1980], (1,), members=6, cache=tmp_path)
    assert len(sorted(tmp_path.iterdir())) == 8


def test_history_of_a_view_ends_there_and_faults_are_named(panel: Path) -> None:
    whole = Panel(panel)
    assert read_history(whole.until(1970), "arms", 2).years[-1] == 1970
    with pytest.raises(DataError, match="did you mean: un_agreement"):
        rolling(panel, [1980], quantities=["agreement"])
    with pytest.raises(DataError, match="did you mean: random_walk"):
        rolling(panel, [1980], method="randomwalk")
    with pytest.raises(DataError, match="has no un_agreement of patron 2 until 1900"):
        rolling(panel, [1900])
