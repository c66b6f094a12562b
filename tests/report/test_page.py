"""The page stands alone, says where it comes from, and survives thin runs."""

from __future__ import annotations

import re
import warnings
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
import synthetic

from patronage import report
from patronage.errors import RunError
from patronage.report.html import inline_svg


class Outline(HTMLParser):
    """Collects ids, references and open tags."""

    VOID = frozenset(["meta", "br", "img", "link", "input", "hr"])

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.open: list[str] = []
        self.figures = self.labelled = 0
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.attributes += [(k, v or "") for k, v in attrs]
        if "id" in found:
            self.ids.append(found["id"] or "")
        self.figures += tag == "figure"
        self.labelled += (
            tag == "svg" and found.get("role") == "img" and len(found.get("aria-label") or "") > 40
        )
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(k, v or "") for k, v in attrs]
        self.ids += [v or "" for k, v in attrs if k == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(written) -> str:
    return written["report.html"].read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def outline(page) -> Outline:
    found = Outline()
    found.feed(page)
    assert not found.open  # every tag is closed
    return found


def test_loads_nothing(page, outline):
    for name, value in outline.attributes:
        if name in ("src", "href", "xlink:href", "srcset", "action"):
            assert value.startswith("#"), value
    assert "http" not in re.sub(r"<li>.*?</li>", "", page)
    assert "@import" not in page
    assert "url(http" not in page
    assert "<script" not in page
    assert len(page) < 6_000_000


def test_ids_are_unique_and_links_lead_somewhere(page, outline):
    assert len(outline.ids) == len(set(outline.ids))
    wanted = {v[1:] for k, v in outline.attributes if k in ("href", "xlink:href")} | set(
        re.findall(r"url\(#([^)]+)\)", page)
    )
    assert wanted <= set(outline.ids)


def test_says_where_it_comes_from(page):
    for part in (
        "24 members",
        "seed 3",
        "patronage 0.1.0",
        "3f1c9a7e55d2",
        "80 % interval",
        "10th",
        'lang="en"',
    ):
        assert part in page
    assert "Cuba and the Soviet Union, 1943–1991" in page
    assert "Voeten, E. (2013). Data and analyses of voting." in page
    assert "unusable" in page


def test_every_figure_is_described(outline):
    assert outline.figures == outline.labelled == 9


def test_colours_follow_the_theme(page):
    body = page[page.index("</style>") :]
    assert "var(--ink)" in body
    assert "#1b1b1b" not in body
    assert "#d55e00" not in body


def test_text_is_escaped(run, tmp_path):
    world = synthetic.make_world()
    world.title = "<script>alert(1)</script> & more"
    paths = report.write(run, world, tmp_path, figures=["crises"])
    page = paths["report.html"].read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_foreign_svg_ids_are_prefixed():
    out = inline_svg(
        '<svg viewBox="0 0 1 1"><defs><path id="a"/></defs><use xlink:href="#a"/></svg>',
        "x",
        "words",
    )
    assert 'id="x-a"' in out
    assert 'href="#x-a"' in out
    assert 'aria-label="words"' in out


def test_paths_and_progress(run, world, tmp_path):
    told: list[tuple[str, int, int]] = []
    paths = report.write(
        run, world, tmp_path, lambda *step: told.append(step), figures=["factions", "crises"]
    )
    assert [t[0] for t in told] == ["table", "factions", "crises", "report"]
    assert [t[1] for t in told] == [1, 2, 3, 4]
    assert {t[2] for t in told} == {4}
    assert all(p.exists() and p.stat().st_size for p in paths.values())
    assert {"table.csv", "table.html", "factions.png", "crises.svg", "report.html"} <= set(paths)


def test_one_member(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paths = report.write(synthetic.make_results(1), synthetic.make_world(), tmp_path)
    assert "1 member ·" in paths["report.html"].read_text(encoding="utf-8")
    assert len(paths) == 3 + 2 * 9


@pytest.mark.parametrize(
    "kept", [["un_agreement", "transfer"], ["support"], ["affinity", "transfer", "crisis_rung"]]
)
def test_missing_quantities(run, world, tmp_path, kept):
    thin = synthetic.Results(run.data[kept], None, {"seed": 9})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paths = report.write(thin, world, tmp_path)
    page = paths["report.html"].read_text(encoding="utf-8")
    assert "seed 9" in page
    assert ("alignment.png" in paths) == ("un_agreement" in kept)
    assert "shortages.png" not in paths
    assert "events.png" not in paths
    assert "goods.png" not in paths


def test_gaps_in_the_data(world, tmp_path):
    data = synthetic.make_data(5)
    data["un_agreement"][:, :40] = np.nan  # before the first session
    data["transfer"][2] = np.nan  # a member that failed
    data["crisis_rung"][:] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paths = report.write(synthetic.Results(data, synthetic.make_log(5), {}), world, tmp_path)
    assert "crises.png" in paths


def test_no_world_and_no_observations(run, tmp_path):
    for k, world in enumerate((None, SimpleNamespace(title="Bare", observed=[]))):
        paths = report.write(run, world, tmp_path / str(k), figures=["alignment", "transfers"])
        page = paths["report.html"].read_text(encoding="utf-8")
        assert "no observed values" in page
        assert "= observed" not in page


def test_unknown_state_names_the_nearest(run, world, tmp_path):
    for role in ("focus", "patron", "rival", "third"):
        with pytest.raises(RunError) as caught:
            report.write(run, world, tmp_path, **{role: "CHM"})
        assert caught.value.nearest == "CHN"
        assert role in str(caught.value)
