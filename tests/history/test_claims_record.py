"""Claims against the record alone, without a run: measures, verdicts, witnesses, controls."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patronage.history import claims_file
from patronage.history.claims import Claims, judge_all
from patronage.history.claims_answer import Answer
from patronage.history.claims_runs import Runs
from patronage.history.claims_schema import (
    Claim,
    Effect,
    Enters,
    Lineage,
    Model,
    Observed,
    Order,
    Part,
    Place,
)
from patronage.history.claims_series import DRAWS, Series, crossing, holds, measure, recorded
from patronage.history.claims_verdict import judge
from patronage.history.claims_witness import group
from patronage.scenario.load import load
from patronage.scenario.world import World

FALSE = Path(__file__).parent / "false_claims.yaml"
NO_RUNS = Runs({}, 0, 1, "1991-12", ())
VOTES = Place(quantity="un_agreement", client="CUB", patron="RUS")


@pytest.fixture(scope="module")
def cuba() -> World:
    return load("cuba")


def of_record(check: Any) -> bool:
    runs = isinstance(check, Model | Effect) or (isinstance(check, Order) and check.by == "model")
    return not runs


def judge_record(world: World, file: Path | None = None) -> Claims:
    """All claims of a ledger by what the record says alone."""
    ledger = claims_file.read(world, file)
    kept = [
        c.model_copy(update={"checks": [k for k in c.checks if of_record(k)]})
        for c in ledger.claims
    ]
    return judge_all(world, replace(ledger, claims=tuple(kept)), NO_RUNS)


def verdict_of(found: Claims, key: str) -> str:
    return found[key].verdict.verdict


def series(values: Any, first: int = 1960, quality: str = "high") -> Series:
    """A series of years, the same in every draw."""
    years = np.arange(first, first + len(values)) * 12
    drawn = np.repeat(np.asarray(values, float)[:, None], 3, axis=1)
    return Series(years, years + 11, drawn, (quality,) * len(values))


def observed(measure: str, window: str = "1960:1964", **more: Any) -> Observed:
    given = {"of": VOTES, "says": "x", "kind": "observed", "yes": "supports", "no": "contradicts"}
    return Observed.model_validate({**given, "measure": measure, "window": window, **more})


def test_every_claim_of_the_documents_is_there(cuba: World):
    ledger = claims_file.read(cuba)
    assert [c.id for c in ledger.claims] == [f"C{n:02d}" for n in range(1, 59)]
    places = {d for c in ledger.claims for d in c.documents}
    for key, document in ledger.documents.items():
        assert {f"{key} {n}" for n in range(1, document.paragraphs + 1)} <= places


@pytest.mark.parametrize(
    ("name", "window", "more", "value"),
    [
        ("level", "1960:1961", {"above": 0}, 1.5),
        ("change", "1963", {"above": 0, "base": "1960"}, 3),
        ("ratio", "1963", {"above": 0, "base": "1961"}, 2),
        ("trend", "1960:1964", {"above": 0}, 0.6),
        ("total", "1960:1961", {"above": 0}, 3),
        ("highest", "1960:1964", {"above": 0}, 4),
        ("lowest", "1961:1964", {"above": 0}, 2),
        ("peak", "1960:1964", {"since": "1960-01"}, 1963 * 12 + 5),
        ("trough", "1961:1964", {"since": "1960-01"}, 1961 * 12 + 5),
        ("reaches", "1960:1964", {"since": "1960-01", "level": 2.5}, 1962 * 12 + 11),
        ("reaches", "1960:1964", {"since": "1960-01", "level": 9.0}, np.inf),
        ("reaches", "1963:1964", {"since": "1960-01", "level": 3.5, "falling": True}, 23579),
    ],
)
def test_measures(name: str, window: str, more: dict[str, Any], value: float):
    reading = measure(series([1, 2, 3, 4, 3]), observed(name, window, **more))
    assert reading is not None
    np.testing.assert_allclose(reading.value, np.full(3, value))
    assert reading.quality == "high"


def test_a_measure_needs_values_in_its_window():
    assert measure(series([1, 2]), observed("level", "1970", above=0)) is None
    assert measure(series([1, 2]), observed("trend", "1960:1961", above=0)) is None
    assert measure(series([1, 2]), observed("change", "1960", base="1950", above=0)) is None
    # a value over twenty years says nothing of one of them
    long = Series(np.array([1960 * 12]), np.array([1979 * 12 + 11]), np.ones((1, 3)), ("low",))
    assert measure(long, observed("level", "1965", above=0)) is None


def test_the_weakest_value_gives_the_quality():
    mixed = replace(series([1, 2, 3]), quality=("high", "low", "medium"))
    found = measure(mixed, observed("level", "1960:1962", above=0))
    assert found is not None
    assert found.quality == "low"
    found = measure(mixed, observed("change", "1962", base="1960", above=0))
    assert found is not None
    assert found.quality == "medium"


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=9), st.floats(-4, 4))
def test_a_crossing_lies_between_the_last_year_below_and_the_first_above(values, level):
    early, late, _ = crossing(series(values), "1960:1970", level, falling=False)
    above = [y for y, v in enumerate(values, 1960) if v >= level]
    if not above:
        assert np.isinf(early).all()
        assert np.isinf(late).all()
        return
    first = above[0]
    assert (late == first * 12 + 11).all()
    assert (early == first * 12).all()


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_bounds_are_open(value: float, bound: float):
    inside = holds(np.array([value]), observed("level", above=bound))
    assert bool(inside[0]) == (value > bound)
    inside = holds(np.array([value]), observed("level", below=bound))
    assert bool(inside[0]) == (value < bound)


def test_a_record_is_drawn_within_the_tolerance_of_its_quality(cuba: World):
    votes = recorded(cuba, VOTES)
    assert votes is not None
    at = list(votes.first).index(1968 * 12 + 8)
    assert votes.quality[at] == "medium"
    assert votes.value.shape == (len(votes.first), DRAWS)
    # error of a mean of 400 draws with deviation 0.06, and of that deviation: 4 standard errors
    assert abs(votes.value[at].mean() - 0.809) < 4 * 0.06 / np.sqrt(DRAWS)
    assert abs(votes.value[at].std() - 0.06) < 4 * 0.06 / np.sqrt(2 * DRAWS)
    again = recorded(cuba, VOTES)
    assert again is not None
    np.testing.assert_array_equal(again.value, votes.value)


def test_unusable_values_are_left_out(cuba: World):
    place = Place(quantity="imports_value", state="CUB")
    kept = recorded(cuba, place)
    assert kept is not None
    assert 1981 * 12 not in kept.first
    oil = Place(quantity="deliveries", client="CUB", patron="RUS", commodity="oil")
    few, all_ = recorded(cuba, oil, "high"), recorded(cuba, oil)
    assert few is not None
    assert all_ is not None
    assert 0 < len(few.first) < len(all_.first)


def test_what_the_literature_calls_wrong_is_contradicted_by_the_record(cuba: World):
    found = judge_record(cuba)
    for key in ("C02", "C11", "C21", "C35", "C50", "C53", "C55"):
        assert verdict_of(found, key) == "contradicted", (key, found[key].verdict.why)
    # and for the right reason
    asked = {a.check.says: a for a in found["C50"].answers}
    assert asked["Rationing comes after the quarantine begins"].bearing == "contradicts"
    assert asked["Imports of wheat are lower in 1962-63 than in 1961"].bearing == "contradicts"
    assert all(a.bearing == "contradicts" for a in found["C02"].answers)
    timing = [a for a in found["C21"].answers if a.check.part == "timing"]
    assert [a.bearing for a in timing] == ["contradicts"] * 4
    assert verdict_of(found, "C57") == "undecided"


def test_a_cause_is_never_supported_without_a_run(cuba: World):
    found = judge_record(cuba)
    for j in found.judged:
        if any(p.causal for p in j.claim.parts):
            assert j.verdict.verdict != "supported"


def test_no_false_claim_is_supported_by_the_record(cuba: World):
    found = judge_record(cuba, FALSE)
    assert len(found.judged) >= 10
    assert {j.claim.id for j in found.judged if j.verdict.verdict == "supported"} == set()
    sure = ("F01", "F02", "F03", "F10", "F11", "F15", "F16", "F17")
    for key in sure:
        assert verdict_of(found, key) == "contradicted", (key, found[key].answers)
    for key in ("F04", "F12"):  # never happened, known only poorly
        assert verdict_of(found, key) == "undecided"


def turned(world: World, quantity: str) -> World:
    """The world with its observed values of a quantity upside down."""
    top = max(o.value for o in world.observed if o.quantity == quantity)
    found = [
        replace(o, value=top - o.value) if o.quantity == quantity else o for o in world.observed
    ]
    return replace(world, observed=tuple(found))


def judge_observed(world: World, key: str) -> str:
    """A claim by its checks of observed values alone, as one part."""
    ledger = claims_file.read(world)
    (claim,) = (c for c in ledger.claims if c.id == key)
    plain = [k.model_copy(update={"part": None}) for k in claim.checks if isinstance(k, Observed)]
    whole = claim.model_copy(update={"checks": plain, "parts": []})
    return judge_all(world, replace(ledger, claims=(whole,)), NO_RUNS)[key].verdict.verdict


@pytest.mark.parametrize(
    ("key", "quantity"),
    [
        ("C04", "trade_share"),
        ("C15", "delivery_price"),
        ("C17", "exports"),
        ("C19", "un_agreement"),
        ("C31", "trade_share"),
    ],
)
def test_the_record_turned_round_no_longer_supports(key: str, quantity: str, cuba: World):
    """The ledger is not decorative: it reads the observed values."""
    assert judge_observed(cuba, key) == "supported"
    assert judge_observed(turned(cuba, quantity), key) != "supported"


def test_the_opposite_record_gives_the_opposite_verdict(cuba: World):
    assert judge_observed(turned(cuba, "un_agreement"), "C19") == "contradicted"
    # had the votes turned after the creed was declared, the first check of C02 would support it
    late = [
        replace(o, value=0.3) if o.quantity == "un_agreement" and o.first < 1962 * 12 else o
        for o in cuba.observed
    ]
    found = judge_record(replace(cuba, observed=tuple(late)))
    assert found["C02"].answers[0].bearing == "supports"
    assert found["C02"].verdict.verdict == "undecided"


def answer(said: str, quality: str = "", kind: str = "observed", part: str | None = None) -> Answer:
    """An answer that supports a claim where it is yes, and contradicts it where it is no."""
    given = {"of": VOTES, "says": "x", "window": "1960", "above": 0.0, "part": part}
    given |= {"kind": kind, "yes": "supports", "no": "contradicts"}
    check = (
        Effect.model_validate({**given, "branch": "b"})
        if kind == "effect"
        else {"observed": Observed, "model": Model}[kind].model_validate(given)
    )
    return Answer(check, said, "", quality)


def claim_of(*parts: Part) -> Claim:
    return Claim(id="A", says="x", documents=["x 1"], enters=Enters(role="none"), parts=list(parts))


S, N = ("yes", "no")
CASES: list[tuple[bool, list[tuple[str, str, str]], str]] = [
    # causal, (said, quality, kind) of each answer, verdict
    (False, [(S, "high", "observed")], "supported"),
    (False, [(S, "medium", "observed")], "supported"),
    (False, [(S, "low", "observed")], "undecided"),
    (False, [(N, "low", "observed")], "undecided"),
    (False, [(N, "high", "observed")], "contradicted"),
    (False, [(S, "high", "observed"), (N, "medium", "observed")], "undecided"),
    (False, [(S, "high", "observed"), (N, "low", "observed")], "supported"),
    (False, [(S, "high", "observed"), (N, "", "model")], "supported"),
    (False, [(N, "high", "observed"), (S, "", "model")], "contradicted"),
    (False, [(S, "", "model")], "undecided"),
    (False, [(N, "", "model")], "undecided"),
    (False, [(N, "low", "observed"), (N, "", "model")], "contradicted"),
    # a record of low quality and the model together make a part, but no claim by themselves
    (False, [(S, "low", "observed"), (S, "", "model")], "undecided"),
    (False, [(S, "low", "observed"), (N, "", "model")], "undecided"),
    (False, [], "undecided"),
    (False, [("unclear", "high", "observed")], "undecided"),
    (True, [(S, "high", "observed")], "undecided"),
    (True, [(S, "high", "observed"), (S, "", "effect")], "supported"),
    (True, [(S, "", "effect")], "undecided"),
    (True, [(N, "", "effect")], "undecided"),
    (True, [(S, "high", "observed"), (N, "", "effect")], "undecided"),
    (True, [(N, "high", "observed"), (S, "", "effect")], "contradicted"),
    (True, [(N, "low", "observed"), (S, "", "effect")], "undecided"),
    (True, [(N, "low", "observed"), (N, "", "effect")], "contradicted"),
    (True, [(S, "high", "observed"), (S, "", "effect"), (N, "", "effect")], "undecided"),
]


@pytest.mark.parametrize(("causal", "given_", "verdict"), CASES)
def test_the_rule(causal: bool, given_: list[tuple[str, str, str]], verdict: str):
    claim = claim_of(Part(name="p", says="x", causal=causal))
    found = judge(claim, [answer(said, q, kind, "p") for said, q, kind in given_])
    assert found.verdict == verdict, found.why


def test_a_claim_holds_only_if_all_its_parts_do():
    claim = claim_of(Part(name="a", says="x"), Part(name="b", says="x"))
    good, bad = answer("yes", "high", part="a"), answer("no", "high", part="b")
    assert judge(claim, [good]).verdict == "undecided"
    assert judge(claim, [good, answer("yes", "high", part="b")]).verdict == "supported"
    assert judge(claim, [good, bad]).verdict == "contradicted"
    # a cause that only a run shows stands on a fact of the record
    causal = claim_of(Part(name="a", says="x"), Part(name="b", says="x", causal=True))
    run = answer("yes", kind="effect", part="b")
    assert judge(causal, [good, run]).verdict == "supported"
    assert judge(causal, [answer("yes", "low", part="a"), run]).verdict == "undecided"


ANSWERS = st.tuples(
    st.sampled_from(["yes", "no", "unclear", "silent"]),
    st.sampled_from(["high", "medium", "low"]),
    st.sampled_from(["observed", "model", "effect"]),
)


@given(st.booleans(), st.lists(ANSWERS, max_size=6))
def test_turning_every_answer_round_turns_the_verdict_round_or_leaves_it_open(causal, listed):
    """Nothing is supported both ways; and more doubt never decides."""
    claim = claim_of(Part(name="p", says="x", causal=causal))
    other = {"yes": "no", "no": "yes"}

    def verdict(items: Any) -> str:
        given_ = [answer(s, "" if k != "observed" else q, k, "p") for s, q, k in items]
        return judge(claim, given_).verdict

    one = verdict(listed)
    two = verdict([(other.get(s, s), q, k) for s, q, k in listed])
    assert not one == two == "supported"
    assert not one == two == "contradicted"
    assert verdict([("silent", q, k) for _, q, k in listed]) == "undecided"


def test_witnesses_of_one_text_count_once(cuba: World):
    found = judge_record(cuba)
    # two languages of one page, and nobody else
    assert found["C29"].witnesses.claimants == 1
    assert found["C29"].witnesses.documents == (("page-en", "page-fr"),)
    # the essay shares its wording of 1943 with the encyclopedia: one witness there
    assert found["C35"].witnesses.claimants == 1
    assert found["C36"].witnesses.claimants == 1
    # the page and the encyclopedia quote the same praise
    assert found["C14"].witnesses.claimants == 1
    # elsewhere the encyclopedia is a witness of its own
    assert found["C28"].witnesses.claimants == 4
    # reports of one agency are one witness
    assert found["C04"].witnesses.agree == (("cia_s3371", "cia_showcase_1984"), ("perez_lopez",))


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=8))
def test_grouping_is_an_equivalence(pairs):
    """As many witnesses as connected groups, whatever the order of the lineages."""
    import networkx as nx

    names = [f"s{i}" for i in range(8)]
    lines = [Lineage(name="x", sources=[names[a], names[b]], why="x") for a, b in pairs]
    found = group(names, lines)
    graph = nx.Graph()
    graph.add_nodes_from(names)
    graph.add_edges_from((names[a], names[b]) for a, b in pairs)
    parts = {frozenset(c) for c in nx.connected_components(graph)}
    assert {frozenset(g) for g in found} == parts
    assert {frozenset(g) for g in group(names[::-1], lines[::-1])} == parts


def test_every_link_of_the_page_leads_somewhere(cuba: World, tmp_path: Path):
    text = judge_record(cuba).write(tmp_path)[0].read_text(encoding="utf-8")
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)
    assert "http" not in text.replace("http-equiv", "")
