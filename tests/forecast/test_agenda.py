"""The agenda: return to the mainstream is learnt, leaders' agendas end, nothing later is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from patronage.data.panel import Panel
from patronage.forecast.affinity import CONSTANTS, start, to_scale
from patronage.forecast.agenda import draw_agendas, exclude, explain, look_ahead
from patronage.forecast.agreement import draw_agreement
from patronage.forecast.course import Course, read_course, read_mainstream
from patronage.forecast.history import History, read_history

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
    np.testing.assert_allclose([a.share, b.share], [0.5, 0.5])


def test_the_agenda_of_a_leader_ends_with_it() -> None:
    """A jump in the year of a new leader fades, a jump in another year stays."""
    a = np.zeros(YEARS)
    a[-3:] = 0.5
    fresh = np.zeros(YEARS, dtype=bool)
    fresh[[5, 12, 20, 28]] = True
    other = replace(Course.unknown(YEARS), fresh=fresh, turnover=0.15, tenure=11)
    leader = replace(other, fresh=fresh | (np.arange(YEARS) == YEARS - 3), tenure=2)
    stays, fades = (look_ahead(a, 10, CONSTANTS, c)[0].mean for c in (other, leader))
    assert stays[-1] > 0.4
    assert fades[0] > 0.4
    assert fades[-1] < stays[-1] - 0.1


def test_a_leader_stays_as_long_as_earlier_ones() -> None:
    """Terms of 4 and 8 years: the first year that ends many is the fourth, nobody has a ninth."""
    terms = np.array([4, 8] * 50)
    stays = [replace(Course.unknown(YEARS), turnover=1 / 6, terms=terms, tenure=t).stays(8)
             for t in (0, 4)]  # fmt: skip
    # by hand: of 100 leaders 50 end in the fourth year, 50 of 50 in the eighth; four more by rate
    hazard = np.array([4 / 6, 4 / 6, 4 / 6, 50 + 4 / 6]) / 104
    np.testing.assert_allclose(stays[0][:4], np.cumprod(1 - hazard))
    assert stays[0][7] < 0.06
    assert stays[1][2] > 0.9
    assert stays[1][3] < 0.1
    coming = replace(Course.unknown(YEARS), turnover=0.2, terms=terms, tenure=-1)
    assert not coming.stays(3).any()
    np.testing.assert_array_equal(Course.unknown(YEARS).stays(3), 1.0)


def test_of_two_rivals_one_at_most_returns() -> None:
    """Bayes' rule over the three cases that are left; no member holds that both return."""
    share = exclude({2: 0.6, 365: 0.9, 710: 0.7})
    left = 0.6 * 0.1 + 0.4 * 0.9 + 0.4 * 0.1
    np.testing.assert_allclose([share[2], share[365]], [0.06 / left, 0.36 / left])
    assert share[710] == 0.7
    assert exclude({365: 0.9}) == {365: 0.9}
    history = History("un_agreement", 2, np.arange(YEARS), np.array([20, 40]),
                      np.full((YEARS, 2), np.nan), np.zeros((YEARS, 2)))  # fmt: skip
    pairs = [walk(0.2, seed) for seed in (1, 2)]
    states = [replace(start(history, CONSTANTS), patron=p, agenda=a)
              for p, (a, _) in zip((2, 365), pairs, strict=True)]  # fmt: skip
    courses = [course for _, course in pairs]
    returns = draw_agendas(states, courses, 3, 400, np.random.default_rng(1))[2]
    assert not returns.all(axis=0).any()
    assert returns.any(axis=0).mean() > 0.9  # the past of both speaks for a return
    alone = draw_agendas(states[:1], courses[:1], 3, 400, np.random.default_rng(1))[2]
    assert alone.mean() > 0.9


def test_clients_of_a_patron_that_returns_go_to_their_place() -> None:
    """A client that is alone with the patron, and close to all others, comes nearer to it."""
    state = start(
        History("un_agreement", 2, np.arange(3), np.arange(5), np.full((3, 5), np.nan),
                np.zeros((3, 5))), CONSTANTS,
    )  # fmt: skip
    tie = np.array([-1.0, 0, 0, 0, 0])
    state = replace(state, tie=tie, rest=tie, seen=np.ones(5, dtype=bool),
                    surprises=np.zeros((3, 5)), agenda=np.zeros(3))  # fmt: skip
    course = replace(Course.unknown(3), gap=np.full(3, 0.5))
    places = np.array([0.0, 0, 0, 0, np.nan])

    def middle(follow: float) -> Floats:
        mine = replace(state, constants=replace(CONSTANTS, agenda_follow=follow))
        rng = np.random.default_rng(1)
        paths = draw_agreement([mine], [course], places, 10, 300, rng)
        return paths[0].affinity.mean(axis=0)

    change = middle(0.04) - middle(0.0)
    assert change[9, 0] > 0.1
    np.testing.assert_allclose(change[:, 1:], 0.0)


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
    assert max(mainstream.mean) == 1965
    np.testing.assert_allclose(list(mainstream.mean.values()), to_scale(np.array(0.6), 0.15))
    np.testing.assert_allclose(mainstream.pick(history.clients[1:3]), 0.0, atol=1e-9)
    course = read_course(view, history, mainstream.mean, 0.15)
    assert (course.tenure, list(course.terms)) == (4, [11])
    assert list(history.years[course.fresh]) == [1950, 1961]  # the second came in November
    assert course.turnover == pytest.approx(2 / (1964 - 1950 + 6))
    z = to_scale(history.values, 0.15).mean(axis=1)
    np.testing.assert_allclose(course.gap, to_scale(np.array(0.6), 0.15) - z)
    assert read_course(view, read_history(view, "un_agreement", 365), {}, 0.15).turnover == 0
