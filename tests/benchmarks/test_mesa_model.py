"""The Mesa model's months against the oracle's: same random numbers, double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from patronage.model.state import CARRIED

from . import cases

pytest.importorskip("mesa")
mesa_model = pytest.importorskip("mesa_model")

TIGHT = 1e-9
YEARS = 1e-7
UNITS = (
    *("reserves", "support", "share", "stock", "vigour", "tended", "shortage", "shipped"),
    "custom",
)


def build(given: cases.Given, chance: Any) -> Any:
    inputs = mesa_model.read_inputs(
        given.setting, given.months, given.state, given.params, given.table, given.shape
    )
    return mesa_model.Alliances(inputs, chance)


def differences(model: Any, end: Any) -> dict[str, float]:
    """Carried fields against the oracle's; a state has no tie to itself."""
    found = {}
    apart = 1 - np.eye(len(model.states))
    for name in CARRIED:
        want = np.asarray(getattr(end, name))
        if name == "norm_price":
            got = np.array(model.norm_price)
        elif name in UNITS:
            got = np.array([getattr(state, name) for state in model.states])
        else:
            got = np.zeros_like(want)
            for tie in model.ties:
                got[tie.client.number, tie.patron.number] = getattr(tie, name)
            want = want * (apart if want.ndim == 2 else apart[..., None])
        found[name] = cases.off_by(got, want)
    return found


def test_random_months_agree() -> None:
    """Every carried field, in sixty wild worlds."""
    for case, (end, _) in zip(cases.random_cases(), cases.random_ends(), strict=True):
        model = build(cases.given_of(case), mesa_model.Given([case.draws]))
        model.step()
        assert not cases.beyond(differences(model, end), TIGHT)


def test_comparison_can_fail() -> None:
    """A fault of a hundredth in one coefficient is seen."""
    case = cases.random_cases()[0]
    given = cases.given_of(case)
    given.params["economy"]["margin"] *= 1.01
    model = build(given, mesa_model.Given([case.draws]))
    model.step()
    assert "contract" in cases.beyond(differences(model, cases.random_ends()[0][0]), TIGHT)


def test_two_years_of_cuba_agree() -> None:
    """The agents carry the world on as the oracle does, and the collector sees it."""
    for draws, ends in list(zip(cases.cuba_draws(), cases.cuba_ends(), strict=True))[:2]:
        model = build(cases.cuba(), mesa_model.Given(draws))
        for end in ends:
            model.step()
            assert not cases.beyond(differences(model, end), YEARS)
        seen = model.datacollector.get_agent_vars_dataframe()
        assert len(seen) == cases.MONTHS // 12 * len(model.states)
        last = seen.xs(cases.MONTHS)
        assert np.allclose(last["reserves"], ends[-1].reserves)
        votes = np.array(last["un_agreement"].tolist())[:, 0]
        want = [ends[-1].affinity[i, 0 if i else 1] for i in range(len(votes))]
        liking = np.array(last["affinity"].tolist())[:, 0]
        assert np.allclose(liking, want)
        assert ((votes >= 0) & (votes <= 1)).all()


def test_own_draws_run() -> None:
    """Without numbers handed over, the model draws its own, and they are the seed's."""
    given = cases.cuba()
    inputs = mesa_model.read_inputs(
        given.setting, given.months, given.state, given.params, given.table, given.shape
    )
    ends = []
    for seed in (1, 1, 2):
        model = mesa_model.Alliances(inputs, seed=seed)
        for _ in range(3):
            model.step()
        ends.append([tie.disposition for tie in model.ties])
    assert ends[0] == ends[1]
    assert ends[0] != ends[2]
