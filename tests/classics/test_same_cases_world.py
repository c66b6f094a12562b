"""What a forecast may know: an invented panel, noise in its future, the engine's mechanisms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from patronage.classics import camps, pacts, same_cases, training
from patronage.classics.contention import COVARIATES, TERMS, Pairs, fit_hazard
from patronage.classics.standing import Standing, read_standing
from patronage.classics.verification import measure
from patronage.cli import app
from patronage.data.panel import Panel, import_raw
from patronage.errors import DataError
from patronage.scenario import catalogue

STATES = (2, 200, 365, 640, 645, 652)
YEARS = range(1938, 1961)
ORIGIN, LAST = 1948, 1960


def invent(noise_after: int | None = None) -> dict[str, pd.DataFrame]:
    """Tables of a panel; rows later than `noise_after` are drawn from other numbers."""
    kinds = {
        "capability": ("cinc", lambda r: r.random()), "majors": (None, None),
        "capitals": ("latitude", lambda r: 60 * r.random()),
    }  # fmt: skip
    pairs = {
        "alliances": ("defense", 0.3), "contiguity": ("type", 0.5), "distance": ("km", 0.8),
        "rivalries": (None, 0.3), "igo": ("igos", 1.0), "disputes": ("dispute", 0.35),
        "un_agreement": ("agreement", 1.0),
    }  # fmt: skip
    rows: dict[str, list[dict]] = {name: [] for name in (*kinds, *pairs, "states")}
    for year in YEARS:
        late = noise_after is not None and year > noise_after
        living = [c for c in STATES if not (late and c == STATES[-1])]  # one ends
        rng = np.random.default_rng([year, 99 if late else 1])
        for c in living:
            rows["states"].append({"ccode": c, "year": year})
            rows["capability"].append({"ccode": c, "year": year, "cinc": rng.random() / 6})
            spot = {"latitude": 60 * rng.random(), "longitude": 50 * rng.random()}
            rows["capitals"].append({"ccode": c, "year": year, **spot})
            if rng.random() < 0.4:
                rows["majors"].append({"ccode": c, "year": year})
        for k, a in enumerate(STATES):
            for b in STATES[k + 1 :]:
                for name, (_, chance) in pairs.items():
                    if rng.random() > chance:
                        continue
                    row = {
                        "ccode1": a, "ccode2": b, "client": a, "patron": b, "year": year,
                        "source": "gml", "dispute": 1000 * year + 10 * a + b, "start_year": year,
                        "defense": int(rng.random() < 0.4), "consultation": 1,
                        "km": int(rng.integers(5000)),
                        "type": int(rng.integers(1, 6)), "igos": int(rng.integers(30)),
                        "agreement": rng.random(), "n": 40,
                    }  # fmt: skip
                    rows[name].append(row)
                    turned = row | {"ccode1": b, "ccode2": a, "client": b, "patron": a}
                    rows[name].append(turned)
    return {name: pd.DataFrame(listed) for name, listed in rows.items()}


def write_panel(folder: Path, tables: dict[str, pd.DataFrame]) -> Panel:
    folder.mkdir()
    listed = {}
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet")
        columns = {c: {} for c in table.columns}
        listed[name] = {"file": f"{name}.parquet", "columns": columns}
    text = json.dumps({"format": 1, "tables": listed, "files": []})
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return Panel(folder)


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    return write_panel(tmp_path_factory.mktemp("panel") / "true", invent())


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    return write_panel(tmp_path_factory.mktemp("panel") / "noise", invent(ORIGIN))


def test_noise_in_the_future_changes_no_forecast_from_the_past(panel: Panel, noisy: Panel) -> None:
    found = []
    for one in (panel, noisy):
        past = training.read_past(one, (1940,))
        hazard = fit_hazard(past, TERMS)
        pairs = training.read_pairs(one.until(ORIGIN), ORIGIN, LAST, truth=one)
        found.append((hazard.chance(pairs), pairs))
    assert (found[0][0] == found[1][0]).all()
    for name, term in found[0][1].terms.items():
        assert (term == found[1][1].terms[name]).all(), name
    # the noise is there: what came after differs, and a state ended
    assert (found[0][1].disputes != found[1][1].disputes).any()
    assert (found[0][1].years != found[1][1].years).any()


def test_what_states_do_ends_before_the_origin(tmp_path: Path, panel: Panel) -> None:
    tables = invent()
    for name in ("disputes", "rivalries", "un_agreement"):
        tables[name] = tables[name][tables[name]["year"] != ORIGIN]
    without = read_standing(write_panel(tmp_path / "without", tables), ORIGIN)
    with_it = read_standing(panel, ORIGIN)
    for years, record in with_it.record.items():
        assert (record == without.record[years]).all()
    assert (with_it.rivalry == without.rivalry).all()
    assert (with_it.liking == without.liking).all()
    assert with_it.rivalry.any()
    assert with_it.liking.any()


def test_standing_is_what_the_tables_say(panel: Panel) -> None:
    standing = read_standing(panel, ORIGIN)
    table = panel.table("disputes")
    row = table[(table.ccode1 == 2) & (table.ccode2 == 645) & (table.year < ORIGIN)]
    want = np.exp(-(ORIGIN - 1 - row.year.to_numpy(float)) / 15).sum()
    i, j = STATES.index(2), STATES.index(645)
    assert standing.record[15.0][i, j] == pytest.approx(want)
    assert standing.record[15.0][j, i] == pytest.approx(want)
    assert (standing.km[standing.closeness == 5] == 0).all()
    assert (np.diag(standing.shared) == 0).all()
    with pytest.raises(DataError, match="no member"):
        read_standing(panel, ORIGIN, [2, 999])
    with pytest.raises(DataError, match="distances begin"):
        read_standing(panel, 1850)


def test_years_of_general_war_are_no_memory_and_no_time(panel: Panel) -> None:
    """1939–45 in an invented panel that begins in 1938: neither disputes nor years count."""
    standing = read_standing(panel, ORIGIN)
    table = panel.table("disputes")
    calm = ~table.year.between(1939, 1945) & (table.year < ORIGIN)
    row = table[(table.ccode1 == 2) & (table.ccode2 == 645) & calm]
    want = np.exp(-(ORIGIN - 1 - row.year.to_numpy(float)) / 50).sum()
    i, j = STATES.index(2), STATES.index(645)
    assert standing.memory[i, j] == pytest.approx(want)
    assert standing.record[50.0].sum() > standing.memory.sum()
    pairs = training.read_past(panel, (1940,))
    assert (pairs.years == 2).all()  # 1946 and 1947
    begun = table[(table.year >= 1946) & (table.year < ORIGIN) & (table.ccode1 < table.ccode2)]
    assert pairs.disputes.sum() == len(begun)
    assert training.weigh(pairs) == pytest.approx(1 / len(training.ORIGINS))


def test_disputes_are_counted_by_the_year_in_which_they_began(panel: Panel) -> None:
    pairs = training.read_pairs(panel.until(ORIGIN), ORIGIN, LAST, truth=panel)
    table = panel.table("disputes")
    for k in (0, 7):
        a, b = pairs.first[k], pairs.second[k]
        rows = table[(table.ccode1 == a) & (table.ccode2 == b) & table.year.between(ORIGIN, LAST)]
        assert pairs.disputes[k] == len(rows)
    assert (pairs.years == LAST - ORIGIN + 1).all()


def months_by_hand(standing: Standing, months: int) -> tuple[np.ndarray, np.ndarray]:
    """Threat and affinity as their equations in docs/model.md say, without noise or acts."""
    p = {k: v.value for k, v in catalogue.read().parameters.items()}
    n, m = standing.n, standing.capability / standing.capability.sum()
    a = np.arctanh(camps.first_affinity(standing))
    tension = np.minimum(1, standing.record[1.4])
    rival = 0.6 * standing.rivalry
    threats, affinities = np.zeros((n, n)), np.zeros((n, n))
    for _ in range(months):
        liking = np.tanh(a)
        threat, new = np.zeros((n, n)), np.zeros((n, n))
        for i in range(n):
            for j in range(n):
                if i == j:
                    continue
                reach = p["threat.reach"] * (1 + p["threat.power_reach"] * m[j])
                ill = (1 - liking[j, i]) / 2
                power = m[j] / (m[i] + m[j])
                near = np.exp(-standing.km[i, j] / reach)
                threat[i, j] = p["threat.hostility"] * power * near * ill
                threat[i, j] += p["threat.tension_threat"] * tension[i, j]
        for i in range(n):
            for j in range(n):
                if i == j:
                    continue
                gap = (standing.place[i] - standing.place[j]) ** 2
                alike = np.exp(-gap / (2 * p["affinity.likeness_range"] ** 2))
                thirds = [k for k in range(n) if k not in (i, j)]
                friends = sum(m[k] * liking[i, k] * liking[j, k] for k in thirds)
                friends /= sum(m[k] for k in thirds)
                rest = p["affinity.base"] + p["affinity.likeness"] * (2 * alike - 1)
                rest += p["affinity.balance"] * friends - p["affinity.threat"] * threat[i, j]
                rest -= p["affinity.rivalry"] * rival[i, j]
                new[i, j] = a[i, j] + p["affinity.inertia"] * (rest - a[i, j])
                new[i, j] += p["affinity.reciprocity"] * (a[j, i] - a[i, j])
        threats += threat / months
        affinities += liking / months
        a = np.clip(new, -p["affinity.limit"], p["affinity.limit"])
        tension = tension * (1 - p["crisis.tension_decay"])
    return threats, affinities


def test_camps_follow_the_equations_of_the_model(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing = read_standing(panel, ORIGIN)
    params = camps._parameters()
    params["affinity"]["noise"] = jnp.float32(0)
    monkeypatch.setattr(camps, "_parameters", lambda: params)
    found = camps.drift(standing, 1, members=4, wander=0)
    threat, affinity = months_by_hand(standing, 12)
    assert found.threat == pytest.approx(threat, abs=2e-5)
    assert found.affinity == pytest.approx(affinity, abs=2e-5)


def test_36_countries_have_numbers() -> None:
    numbers = same_cases.read_countries()
    assert len(numbers) == len(set(numbers.values())) == 36
    assert numbers["USSR"] == 365
    assert set(COVARIATES) & {"product", "distance", "majors", "memory"}


def test_the_verb_writes_the_whole_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def few(pairs: Pairs, seed: int) -> Iterator[training.Split]:
        return training.split_pairs(pairs, seed, 3)

    monkeypatch.setattr(same_cases, "read_past", lambda p: training.read_past(p, (1938,)))
    monkeypatch.setattr(same_cases, "split_countries", few)
    monkeypatch.setattr(pacts, "split_countries", few)
    out = tmp_path / "page" / "same.md"
    monkeypatch.setattr(same_cases, "LAST", LAST)
    tables = invent()
    some = tables["disputes"]["dispute"] // 3 % 8 == 0  # else every pair has one
    write_panel(tmp_path / "panel", tables | {"disputes": tables["disputes"][some]})
    words = ["classics", "compare", str(tmp_path / "panel"), "--out", str(out), "--no-checks"]
    found = CliRunner().invoke(app, [*words, "--repeats", "1", "--draws", "20"])
    assert found.exit_code == 0, found.output
    assert "patronage" in found.output
    assert str(out) in found.output
    text = out.read_text(encoding="utf-8")
    for heading in ("## Marks", "## The fitted hazard", "## Numbers of disputes", "## Limits"):
        assert heading in text
    for term in TERMS:
        assert f"| {term} |" in text
    assert "nan" not in text
    assert {p.suffix for p in out.parent.iterdir()} == {".md", ".png"}
    assert len(list(out.parent.glob("*.png"))) == 2


RAW = Path(__file__).parents[2] / "../shared/data/raw"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    if not RAW.is_dir():
        pytest.skip("the real files are not here")
    pytest.importorskip("rdata")
    out = tmp_path_factory.mktemp("real") / "panel"
    import_raw(RAW, out)
    return Panel(out)


@pytest.mark.slow
def test_published_counts_of_pairs(real: Panel, peer: Path) -> None:
    cases = same_cases.read_cases(real, peer, runs=100, members=2)
    found = [(len(c.pairs), int(c.some.sum())) for c in cases]
    assert found == [(630, 146), (630, 136), (2556, 238)]
    share = 146 / 630
    null = 630 * (share * np.log(share) + (1 - share) * np.log(1 - share))
    assert null == pytest.approx(-341.07, abs=0.005)
    allied = pacts.choose_pairs(cases[0])
    published = same_cases.read_published(peer / "dyads.csv", allied.pairs, "atop_def98")
    assert len(allied.pairs) == 496
    assert (published == allied.pairs.pacts).all()
    trivial = cases[0].pairs.terms["product"] - cases[0].pairs.terms["distance"]
    assert measure(trivial, cases[0].some, probability=False)["AUC"] == pytest.approx(
        0.75, abs=0.01
    )
    for case in cases:
        assert case.dominant.sum() == 1


@pytest.mark.slow
def test_ours_is_ahead_of_the_expected_utility_model_from_the_past_alone(
    real: Panel, peer: Path
) -> None:
    past = training.read_past(real)
    assert past.years.max() <= 58
    case = same_cases.read_cases(real, peer, runs=500, members=4)[0]
    hazard = fit_hazard(past, TERMS, weight=training.weigh(past))
    ours = measure(hazard.chance(case.pairs), case.some)
    theirs = measure(case.indices["EUM updated"], case.some, probability=False)
    assert ours["AUC"] > theirs["AUC"] + 0.15
    assert ours["AUC"] == pytest.approx(0.818, abs=0.01)
    assert ours["skill"] == pytest.approx(0.243, abs=0.02)
