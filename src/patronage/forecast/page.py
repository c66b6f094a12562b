"""The page of a forecast's scores: a table beside the naive forecasts, and two figures."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# (pandas types a column as Series or DataFrame)

from __future__ import annotations

import html
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from patronage import __version__
from patronage.forecast.score import OWN, Scores
from patronage.report.html import inline_svg
from patronage.report.panels import draw_bars, label_right
from patronage.report.style import (
    BLUE,
    FAINT,
    INK,
    MUTED,
    ORANGE,
    VERMILLION,
    Drawing,
    add_footer,
    house_style,
    make_panels,
    save,
)

NAMES = {
    OWN: "forecast",
    "autoregression": "autoregression",
    "random_walk": "random walk",
    "year_mean": "yearly mean",
}
QUANTITY = {"un_agreement": "Agreement in the UN", "arms": "Arms transfers"}
UNIT = {"un_agreement": "share of votes", "arms": "log(1 + TIV)"}
_COLOURS = {OWN: INK, "autoregression": BLUE, "random_walk": VERMILLION, "year_mean": ORANGE}


def tabulate(scores: Scores) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows: CRPS of every method by quantity and horizon, and the first one's coverage.

    The last row of a quantity is over all horizons.
    """
    methods, own = scores.methods, scores.methods[0]
    header = ("quantity", "years ahead", "cases", *(f"CRPS {NAMES.get(m, m)}" for m in methods),
              "log score", "in 50 %", "in 80 %", "in 95 %")  # fmt: skip
    rows = []
    for by in (("quantity", "horizon", "method"), ("quantity", "method")):
        table = scores.table(by)
        for key, some in table.groupby(list(by[:-1]), sort=False):
            crps = dict(zip(some["method"], some["crps"], strict=True))
            first = some[some["method"] == own].iloc[0]
            rows.append((
                str(key[0]), str(key[1]) if len(key) > 1 else "all", str(int(first["n"])),
                *(f"{crps[m]:.4f}" for m in methods), f"{first['log_score']:.3f}",
                *(f"{first[c]:.1%}" for c in ("in50", "in80", "in95")),
            ))  # fmt: skip
    rows.sort(key=lambda r: (r[0] != "un_agreement", r[1] == "all", r[1].zfill(3)))
    return header, rows


def _footer(scores: Scores) -> str:
    return (
        f"{scores.members} members; {len(scores.cases) // len(scores.methods)} cases; "
        f"patronage {__version__}\nshades: two standard errors, years as clusters"
    )


def draw_horizons(scores: Scores) -> Drawing:
    """CRPS by years ahead, beside the naive forecasts."""
    table = scores.table()
    quantities = [q for q in QUANTITY if (table["quantity"] == q).any()]
    figure, panels = make_panels([1.3] * len(quantities), left=0.5, right=0.85)
    for axes, quantity in zip(panels, quantities, strict=True):
        labels = []
        for method in scores.methods:
            some = table[(table["quantity"] == quantity) & (table["method"] == method)]
            x = some["horizon"].to_numpy(float)
            y, error = some["crps"].to_numpy(float), 2 * some["crps_error"].to_numpy(float)
            colour = _COLOURS.get(method, MUTED)
            axes.plot(x, y, color=colour, marker="o", markersize=2)
            if method == scores.methods[0]:
                axes.fill_between(x, y - error, y + error, color=colour, alpha=0.15, linewidth=0)
            labels.append((float(y[-1]), NAMES.get(method, method), colour))
        axes.set_ylim(bottom=0.0)
        axes.set_title(QUANTITY[quantity])
        axes.set_ylabel(f"CRPS [{UNIT[quantity]}]")
        label_right(axes, labels)
    panels[-1].set_xlabel("years after the origin")
    add_footer(figure, _footer(scores))
    return Drawing(
        figure,
        "Error by years ahead",
        "Mean CRPS of the forecast and of naive forecasts of the same cases.",
        "Lower is better. A forecast that does not lie below the naive ones adds nothing to them.",
        "Lines of the CRPS by years after the origin, one for each method",
    )


def draw_pit(scores: Scores, bins: int = 10) -> Drawing:
    """Histogram of the probability integral transform of the forecast."""
    own = scores.methods[0]
    quantities = [q for q in QUANTITY if (scores.cases["quantity"] == q).any()]
    figure, panels = make_panels([1.1] * len(quantities), left=0.5, right=0.2)
    at = (np.arange(bins) + 0.5) / bins
    for axes, quantity in zip(panels, quantities, strict=True):
        share = scores.pit(quantity, own, bins) * bins
        draw_bars(axes, at, share, BLUE, width=0.92 / bins)
        axes.axhline(1.0, color=MUTED, linewidth=0.6)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, max(2.0, 1.1 * float(share.max())))
        axes.set_title(QUANTITY[quantity])
        axes.set_ylabel("density of cases")
    panels[-1].set_xlabel("rank of what happened among the draws (0 lowest, 1 highest)")
    add_footer(figure, _footer(scores).split("\n")[0])
    return Drawing(
        figure,
        "Calibration",
        f"Where the truth lay in the draws of the {NAMES.get(own, own)}.",
        "Even bars along the line: calibrated. High ends: intervals too narrow. A slope: draws "
        "too high (left) or too low (right).",
        "Two histograms of ranks between 0 and 1 with a line at one",
    )


def write_scores(scores: Scores, out: str | Path, *, title: str = "Scores") -> dict[str, Path]:
    """Write `scores.html`, its figures, the means (`scores.csv`) and all cases (`cases.parquet`).

    Returns paths by name.
    """
    folder = Path(out)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    paths: dict[str, Path] = {}
    parts = []
    with house_style():
        for number, (name, draw) in enumerate((("crps", draw_horizons), ("pit", draw_pit)), 1):
            drawing = draw(scores)
            found = save(drawing, folder / "figures", name)
            paths |= {f"{name}.{kind}": path for kind, path in found.items()}
            parts.append(_figure(number, name, drawing, found["svg"]))
    header, rows = tabulate(scores)
    paths["scores.csv"] = folder / "scores.csv"
    scores.table().to_csv(paths["scores.csv"], index=False)
    paths["cases.parquet"] = folder / "cases.parquet"
    scores.cases.to_parquet(paths["cases.parquet"], index=False)
    paths["scores.html"] = folder / "scores.html"
    text = _page(scores, title, header, rows, parts)
    paths["scores.html"].write_text(text, encoding="utf-8")
    return paths


def _figure(number: int, name: str, drawing: Drawing, svg: Path) -> str:
    picture = inline_svg(svg.read_text(encoding="utf-8"), name, drawing.alt)
    return (
        f'<figure id="figure-{name}">{picture}<figcaption><p><b>Figure {number}. '
        f"{html.escape(drawing.title)}.</b> {html.escape(drawing.caption)}</p>"
        f'<p class="how"><b>How to read it.</b> {html.escape(drawing.reading)}</p>'
        "</figcaption></figure>"
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    head = "".join(f"<th>{html.escape(h)}</th>" for h in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(c))}</td>" for c in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _page(
    scores: Scores, title: str, header: Sequence[str], rows: Sequence[Sequence[str]],
    figures: Sequence[str],
) -> str:  # fmt: skip
    css = resources.files("patronage.report").joinpath("page.css").read_text(encoding="utf-8")
    columns = "".join(f'<div class="column">{f}</div>' for f in figures)
    notes = (
        "CRPS: continuous ranked probability score, lower is better; agreement in shares of votes, "
        "arms in log(1 + TIV). It is the fair one, so few members are no disadvantage.",
        "Log score: minus the log density of what happened [nats], from densities fitted to the "
        "draws; lower is better.",
        "In 50, 80, 95 %: share of cases inside the central interval of the draws. Where the draws "
        "have a mass at zero, as arms do, the ends count and more cases lie inside.",
        f"{scores.unscored} cases have no truth in the panel and are left out.",
    )
    items = "".join(f"<li>{html.escape(n)}</li>" for n in notes)
    foot = html.escape(_footer(scores).replace("\n", "; "))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{css}\ntd, th {{ text-align: right; "
        f"padding: 0.15rem 0.6rem; border-bottom: 1px solid var(--faint, {FAINT}); }}\n"
        "td:first-child { text-align: left; }</style>\n"
        f"</head>\n<body>\n<header><h1>{html.escape(title)}</h1></header>\n<main>\n"
        f'<section id="table"><h2>Scores</h2><div class="scroll" tabindex="0" role="region" '
        f'aria-label="Table of scores; it scrolls sideways">{_table(header, rows)}</div>'
        f'<ul class="note">{items}</ul></section>\n'
        f'<section id="figures"><h2>Figures</h2><div class="figures">{columns}</div></section>\n'
        f"</main>\n<footer>{foot}</footer>\n</body>\n</html>\n"
    )
