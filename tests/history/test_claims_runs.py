"""Claims with runs: the tiny world, the page and its tables, the command, and Cuba (slow)."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import patronage
from patronage.cli import app
from patronage.errors import PatronageError
from patronage.history import claims_file
from patronage.history.claims import Claims, claims, judge_all
from patronage.history.claims_answer import _share
from patronage.history.claims_runs import BASELINE, needs_of
from patronage.history.claims_runs import run as run_all
from patronage.history.claims_schema import Place
from patronage.scenario.load import load

HERE = Path(__file__).parent
SMALL, FALSE = HERE / "small_claims.yaml", HERE / "false_claims.yaml"
SHARED = HERE.parents[1] / "../shared/history/claims.csv"
MEMBERS = 12


@pytest.fixture(scope="module")
def no_cache():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATRONAGE_CACHE", "")
        yield


@pytest.fixture(scope="module")
def tiny(no_cache: None) -> Claims:
    return claims("tiny", MEMBERS, seed=2, file=SMALL)


def test_each_run_is_made_once_and_only_what_is_asked_is_kept(tiny: Claims):
    needs = needs_of(tiny.ledger.claims, tiny.world.start)
    assert set(tiny.runs.series) == {BASELINE, "no embargo"} == set(needs.series)
    fuel = Place(quantity="deliveries", client="CYL", patron="ARC", commodity="fuel")
    assert list(tiny.runs.series["no embargo"]) == [fuel]
    assert tiny.runs.series[BASELINE][fuel].value.shape == (36, MEMBERS)  # to the last window


def test_the_tiny_claim_is_judged(tiny: Claims):
    found = tiny["A1"]
    kinds = {a.check.kind: a for a in found.answers}
    assert kinds["event"].said == "yes"
    assert kinds["observed"].said == "yes"  # 0.42 to 0.60, both of high quality
    assert kinds["model"].said == "yes"
    effect = kinds["effect"]
    assert effect.said in ("yes", "no", "unclear", "silent")
    assert found.verdict.verdict == "supported"
    assert found.witnesses.claimants == 1  # the page is copied from the chronicle


def test_series_are_those_of_a_plain_run(tiny: Claims):
    """Against another way to the same numbers: `run` with its own chunks and units."""
    from patronage.run.ensemble import run

    world = tiny.world.until("1952-12")
    plain = run(world, members=MEMBERS, seed=2, chunk=MEMBERS, record=["deliveries", "support"])
    fuel = Place(quantity="deliveries", client="CYL", patron="ARC", commodity="fuel")
    same = plain.data["deliveries"].sel(client="CYL", patron="ARC", commodity="fuel")
    kept = tiny.runs.series[BASELINE][fuel]
    assert kept.unit == "kt / year"
    np.testing.assert_allclose(kept.value.T, 12 * same.transpose("member", ...).values, rtol=1e-6)
    level = Place(quantity="support", state="CYL")
    np.testing.assert_allclose(
        tiny.runs.series[BASELINE][level].value.T,
        plain.data["support"].sel(state="CYL").transpose("member", ...).values,
        rtol=1e-6,
    )


def test_an_effect_is_the_paired_difference(tiny: Claims):
    """Mean and share of an effect, computed anew from the two series."""
    effect = next(a for a in tiny["A1"].answers if a.check.kind == "effect")
    one, two = (
        tiny.runs.series[name][effect.check.of].value[19:36].mean(axis=0)  # type: ignore[union-attr]
        for name in (BASELINE, "no embargo")
    )
    difference = two - one
    if not difference.any():
        assert effect.said == "silent"
        return
    assert effect.value == pytest.approx(difference.mean(), rel=1e-9)
    assert effect.share == pytest.approx((difference > 0).mean())
    spread = difference.std() / np.sqrt(MEMBERS)
    assert effect.low is not None
    assert difference.mean() - 4 * spread <= effect.low <= difference.mean()


def test_a_branch_without_effect_is_silent(no_cache: None):
    """A change of what no run imposes makes no difference, and so says nothing."""
    text = SMALL.read_text(encoding="utf-8").replace("drop: T05", "drop: T08")
    text = text.replace("at: 1951-06", "at: 1952-01")
    world = load("tiny")
    file = HERE / "none.yaml"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "is_file", lambda self: True)
        patch.setattr(Path, "read_bytes", lambda self: text.encode())
        ledger = claims_file.read(world, file)
    found = judge_all(world, ledger, run_all(world, ledger, MEMBERS, 2))
    effect = next(a for a in found["A1"].answers if a.check.kind == "effect")
    assert effect.said == "silent"
    assert effect.bearing == "nothing"
    assert any("not imposed" in note for note in found.runs.notes)


def test_the_interval_of_a_share():
    """Wilson's interval: known values, and it never leaves 0 … 1."""
    p, low, high = _share(np.array([True] * 8 + [False] * 2))
    assert (p, round(low, 3), round(high, 3)) == (0.8, 0.490, 0.943)
    for hit in (np.ones(20, bool), np.zeros(20, bool)):
        p, low, high = _share(hit)
        assert 0 <= low <= p <= high <= 1


class _Page(HTMLParser):
    """Ids, links to places within the page, and whatever would be fetched from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.fetched: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [v for k, v in attrs if k == "id" and v]
        href = given.get("href") or ""
        if href.startswith("#"):
            self.links.add(href[1:])
        elif href or given.get("src"):
            self.fetched.append(href or str(given.get("src")))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("meta", "br"):
            return
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_its_tables_agree(tiny: Claims, tmp_path: Path):
    paths = {p.name: p for p in tiny.write(tmp_path / "out")}
    text = paths["claims.html"].read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert page.fetched == []
    assert not re.search(r"@import|url\(", text)
    assert len(page.ids) == len(set(page.ids))
    assert page.links <= set(page.ids)
    assert "A1" in page.ids
    table = pd.read_parquet(paths["claims.parquet"])
    rows = list(csv.DictReader(paths["claims.csv"].read_text(encoding="utf-8").splitlines()))
    held = json.loads(paths["claims.json"].read_text(encoding="utf-8"))
    verdict = tiny["A1"].verdict.verdict
    assert list(table["verdict"]) == [r["verdict"] for r in rows] == [verdict]
    assert held["claims"][0]["verdict"] == verdict
    assert held["counts"] == tiny.counts
    assert len(held["claims"][0]["checks"]) == 4 == len(pd.read_parquet(paths["checks.parquet"]))
    assert not list(tmp_path.rglob("*.new"))


def test_words_from_a_ledger_cannot_break_the_page(tiny: Claims, tmp_path: Path):
    (claim,) = tiny.ledger.claims
    odd = claim.model_copy(update={"says": '<script>alert("x")</script> & "quoted"'})
    ledger = replace(tiny.ledger, claims=(odd,))
    found = judge_all(tiny.world, ledger, tiny.runs)
    text = found.write(tmp_path)[0].read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert text.count("<script>") == 1


def test_the_public_name():
    assert patronage.claims is claims


def test_the_command(tmp_path: Path, no_cache: None):
    options = ["claims", "tiny", "--file", str(SMALL), "--members", "12", "--out", str(tmp_path)]
    done = CliRunner().invoke(app, options)
    assert done.exit_code == 0, done.output
    assert "1 claims: " in done.output
    assert (tmp_path / "claims.html").is_file()
    done = CliRunner().invoke(app, ["claims", "tiny", "--file", str(SMALL), "--check"])
    assert "claims.yaml is valid: 1 claims, 4 checks" in done.output


def test_unknown_claims_and_members_are_refused():
    with pytest.raises(PatronageError, match="no claim 'A2'"):
        claims("tiny", 2, file=SMALL, only=["A2"])
    with pytest.raises(PatronageError, match="0 members"):
        claims("tiny", 0, file=SMALL)


# ------------------------------------------------------------------ Cuba, with runs


@pytest.fixture(scope="module")
def cuba(no_cache: None) -> Claims:
    return claims("cuba", 40, seed=1)


@pytest.mark.slow
def test_what_the_literature_calls_wrong_is_not_supported(cuba: Claims):
    """Orders, causes and dates that the literature disputes, each for its reason."""
    for key in ("C02", "C11", "C21", "C35", "C50", "C53", "C55"):
        assert cuba[key].verdict.verdict == "contradicted", key
    assert cuba["C02"].verdict.model == "contradicts"  # votes, trade, creed in the runs too
    # the embargo leaves machines and parts wanting, the quarantine no food or fuel
    causes = {a.check.says: a for a in cuba["C50"].answers if a.of_model}
    assert {a.bearing for s, a in causes.items() if "quarantine" in s} == {"contradicts"}
    assert {a.bearing for s, a in causes.items() if "embargo" in s} == {"contradicts"}


@pytest.mark.slow
def test_what_the_oil_of_1968_owes_to_whom(cuba: Claims):
    """Logistics and the sanction each count, the endorsement next to nothing (C57).

    The verdict stays open, since the record has no good figures of the rise itself.
    """
    assert cuba["C57"].verdict.verdict == "undecided"
    rules = [a for a in cuba["C57"].answers if a.check.kind == "effect"]
    found = {a.check.says.split(":")[0]: a for a in rules}
    assert set(found) == {"Loyalty repaid", "Punishment", "Logistics", "Crops"}
    assert found["Loyalty repaid"].bearing == "contradicts"
    assert found["Logistics"].bearing == "contradicts"
    assert found["Punishment"].bearing in ("supports", "nothing")
    assert found["Crops"].bearing == "nothing"
    size = {name: abs(a.value or 0.0) for name, a in found.items()}
    assert min(size["Logistics"], size["Punishment"]) > 10 * size["Loyalty repaid"]
    # with good crops Cuba buys elsewhere, so that less comes from Moscow
    assert (found["Crops"].high or 0.0) < 0


@pytest.mark.slow
def test_no_false_claim_is_supported(no_cache: None):
    found = claims("cuba", 40, seed=1, file=FALSE)
    assert len(found.judged) >= 10
    assert [j.claim.id for j in found.judged if j.verdict.verdict == "supported"] == []
    silent = next(a for a in found["F07"].answers if a.check.kind == "effect")
    assert silent.said == "silent"  # dropping what no run imposes does nothing
    for key in ("F05", "F06", "F08", "F14"):
        effect = next(a for a in found[key].answers if a.check.kind == "effect")
        assert effect.bearing != "supports", (key, effect.shown)


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_file(), reason="the table of the documents' claims is not here")
def test_verdicts_against_the_literature(cuba: Claims):
    """What the literature calls inaccurate is never supported; what it supports never contradicted.

    The flags take no part in any verdict.
    """
    with SHARED.open(encoding="utf-8") as file:
        flags = {row["id"]: row["accuracy_flag"] for row in csv.DictReader(file)}
    found = {j.claim.id: j.verdict.verdict for j in cuba.judged}
    wrong = ("inaccurate", "misattributed", "sequence error", "off by", "contested")
    for key, flag in flags.items():
        if flag.startswith(wrong):
            assert found[key] != "supported", (key, flag)
        if flag.startswith("supported"):
            assert found[key] != "contradicted", (key, flag)
    agreed = [key for key, flag in flags.items() if flag.startswith("supported")]
    assert sum(found[key] == "supported" for key in agreed) >= 0.7 * len(agreed)
    assert min(cuba.counts.values()) >= 5
