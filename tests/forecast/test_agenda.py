"""The agenda: return to the mainstream is learnt, leaders' agendas end, nothing later is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from patronage.data.panel import Panel
from patronage.forecast.affinity import CONSTANTS, to_scale
from patronage.forecast.agenda import explain, look_ahead
from patronage.forecast.course import Course, read_course, read_mainstream
from patronage.forecast.history import read_history

Floats = np.ndarray
Writer = Callable[[Path, dict[str, pd.DataFrame]], Path]
YEARS = 40


def walk(back: float, seed: int, start: float = -2.0) -> tuple[Floats, Course]:
    """An agenda with yearly changes of 0.13 that returns to a mainstream at 0 by `back`."""
    rng = np.random.default_rng(seed)
    a = np.full(YEARS, start)
    for t in range(1, YEARS):
        a[t] = (1 - back) * a[t - 1] + rng.normal(0, 0.13)
    return a, replace(Course.unknown(YEARS), gap=-a)


@pytest.mark.parametrize(("back", "low", "high"), [(0.2, 0.9, 1.0), (0.0, 0.0, 0.1)])
def test_a_patron_that_returns_is_told_from_one_that_stays_apart(
    back: float, low: float, high: float
) -> None:
    for seed in range(5):
        a, course = walk(back, seed)
        share = explain(a, CONSTANTS, course).share
        assert low <= share[1] <= high
        np.testing.assert_allclose(share.sum(), 1)


def test_the_outlook_returns_as_far_as_the_explanation_says() -> None:
    a, course = walk(0.0, 1)
    stay, back = look_ahead(a, 10, CONSTANTS, course)
    np.testing.assert_allclose(stay.mean, stay.mean[0])
    gone = back.mean / (1 - CONSTANTS.agenda_return) ** np.arange(1, 11)
    np.testing.assert_allclose(gone, gone[0])
    for outlook in (stay, back):
        assert np.linalg.eigvalsh(outlook.covariance).min() > 0
        assert (np.diff(np.diag(outlook.covariance)) > 0).all()
    # Without a mainstream there is nothing to return to.
    a, b = look_ahead(a, 10, CONSTANTS, Course.unknown(YEARS))
    np.testing.assert_allclose(a.mean, b.mean)
    np.testing.assert_allclose([a.share, b.share], [0.8, 0.2])


def test_the_agenda_of_a_leader_ends_with_it() -> None:
    """A jump in the year of a new leader fades, a jump in another year stays."""
    a = np.zeros(YEARS)
    a[-3:] = 0.5
    fresh = np.zeros(YEARS, dtype=bool)
    fresh[[5, 12, 20, 28]] = True
    other = replace(Course.unknown(YEARS), fresh=fresh, turnover=0.15)
    leader = replace(other, fresh=fresh | (np.arange(YEARS) == YEARS - 3))
    stays, fades = (look_ahead(a, 10, CONSTANTS, c)[0].mean for c in (other, leader))
    assert stays[-1] > 0.4
    assert fades[0] > 0.4
    assert fades[-1] < stays[-1] - 0.1


def test_what_bears_on_it_is_read_up_to_the_origin(
    world: dict[str, pd.DataFrame], writer: Writer, tmp_path: Path
) -> None:
    start = pd.to_datetime(["1950-03-01", "1960-11-22", "1970-02-01"])
    rows = [(2, y, s) for s in start for y in range(s.year, s.year + 5)]
    pairs = world["un_agreement"][lambda f: f["patron"] == 365]
    pairs = pairs.assign(patron=20, agreement=0.6).astype(pairs.dtypes)
    tables = dict(world) | {
        "leaders": pd.DataFrame(rows, columns=["ccode", "year", "start"]),
        "un_agreement": pd.concat([world["un_agreement"], pairs[pairs["client"] != 20]]),
    }
    panel = Panel(writer(tmp_path / "p", tables))
    view = panel.until(1965)
    history = read_history(view, "un_agreement", 2)
    mainstream = read_mainstream(view, (2, 365), 0.15)
    assert max(mainstream) == 1965
    np.testing.assert_allclose(list(mainstream.values()), to_scale(np.array(0.6), 0.15))
    course = read_course(view, history, mainstream, 0.15)
    assert list(history.years[course.fresh]) == [1950, 1961]  # the second came in November
    assert course.turnover == pytest.approx(2 / (1964 - 1950 + 6))
    z = to_scale(history.values, 0.15).mean(axis=1)
    np.testing.assert_allclose(course.gap, to_scale(np.array(0.6), 0.15) - z)
    assert read_course(view, read_history(view, "un_agreement", 365), {}, 0.15).turnover == 0
