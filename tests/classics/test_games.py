"""Small crisis games against closed forms, indifference conditions and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from patronage.classics import fearon, powell, signorino
from patronage.errors import PatronageError

rates = st.floats(0.05, 20)


# Audience costs -------------------------------------------------------------------------------


@given(rates, rates, rates, rates)
def test_waiting_pays_the_same_at_every_moment(a0: float, a1: float, c0: float, c1: float) -> None:
    """A side that quits at t gets the prize if the rival left before, else -a t: constant in t."""
    crisis = fearon.solve(fearon.Side(a0, c0), fearon.Side(a1, c1))
    for side in (0, 1):
        a, rival = crisis.sides[side].audience, 1 - side
        for t in np.array([0.3, 0.9]) * crisis.horizon:
            gone = 1 - float(crisis.still_in(rival, t))
            payoff = gone - (1 - gone) * a * t
            np.testing.assert_allclose(payoff, crisis.quits_at_once[rival], atol=1e-9)


@given(rates, rates, rates, rates)
def test_only_fighters_are_left_at_the_horizon(a0: float, a1: float, c0: float, c1: float) -> None:
    crisis = fearon.solve(fearon.Side(a0, c0), fearon.Side(a1, c1))
    for k, side in enumerate(crisis.sides):
        np.testing.assert_allclose(
            crisis.still_in(k, crisis.horizon), side.fighters(crisis.horizon), rtol=1e-9
        )
    assert min(crisis.quits_at_once) == pytest.approx(0, abs=1e-12)
    assert crisis.quits(0) + crisis.quits(1) + crisis.war == pytest.approx(1, abs=1e-6)


@given(rates, rates)
def test_larger_audience_costs_back_down_less(a0: float, a1: float) -> None:
    crisis = fearon.solve(fearon.Side(a0), fearon.Side(a1))
    if a0 > a1 * 1.01:
        assert crisis.quits(0) < crisis.quits(1)
        assert crisis.quits_at_once[0] == pytest.approx(0, abs=1e-12)


def test_symmetric_case_by_hand() -> None:
    """a = c = 1: t (1 + t) = 1, so the horizon is the golden ratio less one."""
    crisis = fearon.solve(fearon.Side(1), fearon.Side(1))
    assert crisis.horizon == pytest.approx((np.sqrt(5) - 1) / 2)
    assert crisis.quits(0) == pytest.approx(crisis.quits(1))


def test_quitting_probability_is_the_integral_of_the_hazard() -> None:
    crisis = fearon.solve(fearon.Side(3, 2), fearon.Side(0.7, 0.5))
    for side in (0, 1):
        flow = quad(
            lambda t, k=side: float(crisis.hazard(k, t) * crisis.escalates(t)), 0, crisis.horizon
        )
        assert crisis.quits(side) == pytest.approx(flow[0] + crisis.quits_at_once[side], abs=1e-8)


def test_capability_only_shifts_who_enters() -> None:
    """War costs of a side move the horizon, never the hazards before it."""
    one = fearon.solve(fearon.Side(1, 1), fearon.Side(2, 1))
    two = fearon.solve(fearon.Side(1, 3), fearon.Side(2, 1))
    t = 0.9 * min(one.horizon, two.horizon)
    np.testing.assert_array_equal(one.hazard(0, t), two.hazard(0, t))
    with pytest.raises(PatronageError, match="audience must be > 0"):
        fearon.Side(0)


@given(rates, rates, rates, rates)
def test_no_type_gains_by_another_time_to_quit_or_attack(
    a0: float, a1: float, c0: float, c1: float
) -> None:
    """Types that prefer war to quitting at the horizon wait for it and attack; others quit."""
    crisis = fearon.solve(fearon.Side(a0, c0), fearon.Side(a1, c1))
    horizon = crisis.horizon
    times = np.linspace(0, 1.5, 31) * horizon
    for side in (0, 1):
        own, rival = crisis.sides[side], 1 - side
        gone = 1 - crisis.still_in(rival, times)
        at_end = 1 - float(crisis.still_in(rival, horizon))
        for war in -own.war * np.array([0.02, 0.3, 0.6, 1.0]):
            quits = gone - (1 - gone) * own.audience * times
            attacks = gone + (1 - gone) * war
            fights = war >= -own.audience * horizon
            stays = at_end + (1 - at_end) * war
            plays = stays if fights else crisis.quits_at_once[rival]
            assert max(quits.max(), attacks.max()) <= plays + 1e-9 * (1 + own.war)


# Brinkmanship ---------------------------------------------------------------------------------

resolves = st.floats(0.02, 0.98)


@given(st.floats(0, 0.999), resolves)
def test_critical_risk_splits_the_last_rung(risk: float, resolve: float) -> None:
    ladder = powell.climb([risk], (resolve, 0.5))
    if abs(risk - resolve) > 1e-9:
        assert ladder.escalates[0] == (risk < resolve)


@given(resolves, resolves, st.integers(1, 12))
def test_ladder_equals_brute_force(r0: float, r1: float, rungs: int) -> None:
    """Backward induction against the closed form: with rising risks the side whose critical risk
    is passed first, seen from the top, gives way at its first move or is given way to at once."""
    risks = np.linspace(0.01, 0.99, rungs)
    ladder = powell.climb(list(risks), (r0, r1))
    for k in range(rungs):
        rival_yields = k + 1 == rungs or not ladder.escalates[k + 1]
        resolve = (r0, r1)[k % 2]
        if rival_yields and abs(risks[k] - resolve) > 1e-9:
            assert ladder.escalates[k] == (risks[k] < resolve)
        if not rival_yields:  # the rival fights on: nothing to win by running the risk
            assert not ladder.escalates[k] or ladder.value[k + 1, k % 2] > 0


@given(st.floats(0.001, 0.9), resolves, st.floats(0, 0.95))
def test_doubt_and_mixing_are_indifference_points(
    risk: float, resolve: float, doubt: float
) -> None:
    doom = powell.disaster_payoff(resolve)
    at = powell.risk_borne(resolve, doubt)
    assert (1 - at) * (1 - doubt) + at * doom == pytest.approx(0, abs=1e-9)
    y = powell.indifferent_yield(risk, resolve)
    assert (1 - risk) * y + risk * doom == pytest.approx(0, abs=1e-9 * max(1, -doom))
    assert (y <= 1) == (risk <= resolve) or risk == pytest.approx(resolve)


def test_beliefs_follow_bayes_and_fearful_payoffs() -> None:
    risks, prior = [0.05, 0.1, 0.2], 0.1
    path = powell.beliefs(risks, 0.6, prior)
    belief = prior
    for r, got in zip(risks, path, strict=True):
        leaves = powell.indifferent_yield(r, 0.6)  # total chance to leave, by weak types alone
        belief = belief / (1 - leaves)
        assert got == pytest.approx(belief)
    assert powell.critical_risk(1, 0, powell.disaster_payoff(0.3)) == pytest.approx(0.3)
    with pytest.raises(PatronageError, match="win > quits"):
        powell.critical_risk(0, 1, -1)


# Quantal response -----------------------------------------------------------------------------

payoff = st.floats(-3, 3)


def logistic(z: float) -> float:
    return float(1 / (1 + np.exp(-z)))


@given(st.lists(payoff, min_size=6, max_size=6), st.floats(0, 5))
def test_deterrence_game_has_its_closed_form(u: list[float], precision: float) -> None:
    table = {"status quo": u[:2], "yield": u[2:4], "war": u[4:]}
    play = signorino.solve(signorino.DETERRENCE, table, precision)
    war = logistic(precision * (u[5] - u[3]))
    demand = logistic(precision * (war * u[4] + (1 - war) * u[2] - u[0]))
    assert play.outcomes["war"] == pytest.approx(demand * war, abs=1e-9)
    assert play.outcomes["status quo"] == pytest.approx(1 - demand, abs=1e-9)
    assert sum(play.outcomes.values()) == pytest.approx(1)


@given(st.lists(payoff, min_size=16, max_size=16, unique=True))
def test_no_error_is_subgame_perfect_and_all_error_a_coin(u: list[float]) -> None:
    tree = signorino.interaction_game()
    names = list(dict.fromkeys(signorino.ends(tree)))
    table = {name: u[2 * k : 2 * k + 2] for k, name in enumerate(names)}

    def best(node: signorino.Tree) -> str:
        if isinstance(node, str):
            return node
        return max(
            (best(b) for b in node["moves"].values()), key=lambda o: table[o][node["player"]]
        )

    play = signorino.solve(tree, table)
    assert play.outcomes[best(tree)] == pytest.approx(1)
    coin = signorino.solve(tree, table, 0.0)
    assert coin.outcomes["status quo"] == pytest.approx(0.25)
    np.testing.assert_allclose(
        coin.value, sum(p * np.array(table[name]) for name, p in coin.outcomes.items()), atol=1e-12
    )


def test_interaction_game_has_its_published_shape() -> None:
    found = signorino.ends(signorino.interaction_game())
    assert len(found) == 13
    assert len(set(found)) == 8
    with pytest.raises(PatronageError, match=r"(?s)no payoffs.*did you mean: war by A"):
        signorino.solve("war by B", {"war by A": (0, 0)})


def test_many_cases_at_once_are_the_cases_one_by_one() -> None:
    tree, rng = signorino.interaction_game(), np.random.default_rng(4)
    names = list(dict.fromkeys(signorino.ends(tree)))
    table = {name: rng.normal(size=(5, 2)) for name in names}
    many = signorino.chances(tree, table, 1.7)
    for k in range(5):
        one = signorino.solve(tree, {name: u[k] for name, u in table.items()}, 1.7)
        for name in names:
            assert many[name][k] == pytest.approx(one.outcomes[name])


@pytest.mark.statistical
def test_known_utilities_are_recovered() -> None:
    """4,000 cases of deterrence: each of 3 coefficients within 4 errors (fails 1 in 5,000)."""
    rng, truth = np.random.default_rng(5), np.array([0.8, -0.6, 1.1])
    design = {name: np.zeros((4000, 2, 3)) for name in ("status quo", "yield", "war")}
    design["status quo"][:, 0, 0] = rng.normal(size=4000)  # what the challenger has
    design["war"][:, 0, 1] = rng.normal(size=4000)  # its cost of war
    design["war"][:, 1, 2] = rng.normal(size=4000)  # the defender's
    p = signorino.chances(signorino.DETERRENCE, {k: d @ truth for k, d in design.items()})
    names = list(p)
    draw = rng.random(4000)
    bounds = np.cumsum([p[name] for name in names], axis=0)
    seen = [names[k] for k in (draw > bounds[:-1]).sum(axis=0)]
    found = signorino.fit(signorino.DETERRENCE, design, seen)
    assert (np.abs(found.coefficients - truth) < 4 * found.errors).all()
    assert (found.errors < 0.15).all()
    assert found.log_likelihood > -4000 * np.log(3)
    with pytest.raises(PatronageError, match="no outcome 'peace'"):
        signorino.fit(signorino.DETERRENCE, design, ["peace"])
