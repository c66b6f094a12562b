"""Figures exist, are not blank, say where they come from, and survive thin runs."""

from __future__ import annotations

import re

import numpy as np
import pytest
import synthetic
from PIL import Image

from patronage.errors import RunError
from patronage.report import figures
from patronage.report.panels import choose_ticks, spread
from patronage.report.summary import Summary
from patronage.report.timeline import read_log

NAMES = list(figures.FIGURES)


def words(drawing) -> str:
    from matplotlib.text import Text

    return " ".join(t.get_text() for t in drawing.figure.findobj(Text))


@pytest.fixture(scope="module")
def drawings(run, world):
    s = Summary(run, world)
    return {n: figures.draw(n, s) for n in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_picture_is_not_blank(written, name):
    picture = np.asarray(Image.open(written[f"{name}.png"]).convert("L"), dtype=float)
    assert picture.shape[1] == 700  # one column at 200 dpi
    assert picture.std() > 8
    assert 0.01 < (picture < 200).mean() < 0.6
    assert written[f"{name}.svg"].stat().st_size > 5_000


@pytest.mark.parametrize("name", NAMES)
def test_provenance_is_on_the_figure(drawings, name):
    text = words(drawings[name])
    for part in ("24 members", "seed 3", "patronage 0.1.0"):
        assert part in text
    assert re.search("interval|mean over members|medians over members", text)
    assert len(drawings[name].alt) > 40
    assert drawings[name].caption
    assert drawings[name].reading


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_cut_at_the_edge(written, name):
    """A rim of two pixels stays white: no text or line runs off the page."""
    picture = np.asarray(Image.open(written[f"{name}.png"]).convert("L"))
    rim = np.concatenate(
        [picture[:2].ravel(), picture[-2:].ravel(), picture[:, :2].ravel(), picture[:, -2:].ravel()]
    )
    assert rim.min() > 250


def test_svg_is_the_same_each_time(run, world, tmp_path):
    texts = []
    for k in range(2):
        made = figures.write_figures(Summary(run, world), tmp_path / str(k), ["crises"])
        texts.append(made["crises"][1]["svg"].read_bytes())
    assert texts[0] == texts[1]
    assert b"<dc:date>" not in texts[0]


def test_alignment_draws_every_usable_point(drawings):
    count = sum(o.quantity == "un_agreement" for o in synthetic.make_observations())
    assert f"{count} observed points" in drawings["alignment"].alt


def test_crisis_bars_match_the_data(drawings, run):
    left = drawings["crises"].figure.axes[0]
    share = 100 * float((run.data["crisis_rung"].sel(month="1962-10") > 0).mean())
    ends = {round(b.get_y() + b.get_height() / 2): b.get_x() + b.get_width() for b in left.patches}
    labels = [t.get_text() for t in left.get_yticklabels()]
    row = round(left.get_yticks()[labels.index("1962-10")])
    assert ends[row] == pytest.approx(share)


def test_layout_is_fixed_across_dates(drawings):
    from matplotlib.text import Text

    maps = drawings["network"].figure.axes[:4]
    places = [
        {
            t.get_text(): t.get_position()
            for t in ax.findobj(Text)
            if t.get_text() in synthetic.STATES
        }
        for ax in maps
    ]
    assert all(p == places[0] for p in places)
    assert "ROW" not in places[0]
    assert len(places[0]) == 6


def test_log_months_in_any_form(run, world):
    import pandas as pd

    base = read_log(Summary(run, world))
    for form in (
        run.log["month"].dt.strftime("%Y-%m"),
        run.log["month"].dt.year * 12 + run.log["month"].dt.month - 1,
    ):
        other = synthetic.Results(run.data, run.log.assign(month=form), run.manifest)
        pd.testing.assert_series_equal(
            read_log(Summary(other, world))["month"].astype("int64"), base["month"].astype("int64")
        )
    assert base["imposed"].sum() == 14 * 24


def test_unknown_figure_names_the_nearest(run, world):
    with pytest.raises(RunError) as caught:
        figures.draw("alignmnt", Summary(run, world))
    assert caught.value.nearest == "alignment"


def test_spread_keeps_order_and_distance():
    rng = np.random.default_rng(2)
    for _ in range(200):
        wanted = list(rng.random(int(rng.integers(1, 6))))
        got = spread(wanted, 0.15, 0.0, 1.0)
        assert list(np.argsort(wanted)) == list(np.argsort(got))
        assert np.all(np.diff(sorted(got)) > 0.15 - 1e-9)
        assert min(got) > -1e-9
        assert max(got) < 1 + 1e-9


def test_ticks_are_round_and_few():
    for first, last in ((1943.0, 1992.0), (1962.0, 1964.0), (1800.0, 2010.0)):
        ticks = choose_ticks(first, last)
        assert 2 <= len(ticks) <= 8
        assert ticks[0] >= first
        assert ticks[-1] <= last


def test_imposed_events_come_from_the_scenario_where_the_log_has_none(run, world):
    own = run.log[run.log["mechanism"] != "calendar"]
    found = read_log(Summary(synthetic.Results(run.data, own, run.manifest), world))
    imposed = found[found["imposed"]]
    assert sorted(imposed["what"]) == ["embargo", "regime-change"]
    assert len(found) == len(own) + 2
