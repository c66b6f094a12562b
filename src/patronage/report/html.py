"""One self-contained HTML page: table, figures as inline SVG, sources, and the run's manifest."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from itertools import product
from pathlib import Path
from string import Template
from typing import Any

from patronage.report.observed import observations
from patronage.report.style import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    PURPLE,
    SKY,
    VERMILLION,
    Drawing,
)
from patronage.report.summary import Summary
from patronage.report.tables import Table

# Colours of the figures that follow the page from light to dark.
_NAMED = {
    INK: "ink",
    MUTED: "muted",
    FAINT: "faint",
    PAPER: "paper",
    BLUE: "blue",
    VERMILLION: "vermillion",
    GREEN: "green",
    ORANGE: "orange",
    PURPLE: "purple",
    SKY: "sky",
}
_WORDS = {"True": "yes", "False": "no", "None": "none", "": "none"}
_INTERVALS = (
    "The run has {members}. Members differ in their random draws and, where the scenario asks "
    "for it, in their "
    "parameters. The 80 % interval runs from the 10th to the 90th percentile of the members: "
    "one member in ten lies below it and one in ten above.",
    "It is the model's own uncertainty, given its equations and the scenario. It does not cover "
    "errors in the "
    "equations, nor errors in the observed values; those carry a quality letter instead (A high, "
    "B medium, C low). "
    "Values marked unusable are left out.",
    "Lines join medians month by month; no single member need follow them. Intervals of a period "
    "are those of "
    "the members' means over that period, and so are narrower than intervals of a single month.",
)


def write_page(
    path: Path,
    summary: Summary,
    table: Table,
    figures: Mapping[str, tuple[Drawing, Mapping[str, Path]]],
) -> Path:
    """Write the page; it loads nothing from elsewhere."""
    title = str(getattr(summary.world, "title", "") or table.title)
    about = str(getattr(summary.world, "description", "") or "")
    sections = (
        ("table", "Table"),
        ("figures", "Figures"),
        ("intervals", "Intervals"),
        ("sources", "Sources"),
        ("run", "The run"),
    )
    parts = {
        "title": html.escape(title),
        "version": html.escape(summary.version),
        "css": _read("page.css"),
        "description": f'<p class="lead">{_code(html.escape(about))}</p>' if about else "",
        "facts": _facts(summary),
        "contents": "".join(f'<li><a href="#{i}">{n}</a></li>' for i, n in sections),
        "table": table.to_html(),
        "notes": "".join(f"<li>{html.escape(n)}</li>" for n in table.notes),
        "figures": _figures(figures),
        "intervals": "".join(f"<p>{p}</p>" for p in _INTERVALS).format(members=_members(summary)),
        "sources": _sources(summary),
        "manifest": "".join(_manifest(summary.results.manifest)),
        "footer": html.escape(summary.footer().replace("\n", " · ")),
    }
    path.write_text(Template(_read("page.html")).substitute(parts), encoding="utf-8")
    return path


def _code(text: str) -> str:
    """What stands between backticks, as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text)


def _read(name: str) -> str:
    return resources.files("patronage.report").joinpath(name).read_text(encoding="utf-8")


def _members(s: Summary) -> str:
    return "1 member" if s.count == 1 else f"{s.count} members"


def _facts(s: Summary) -> str:
    first, last = s.months[0] // 12, s.months[-1] // 12
    facts = [
        ("Seen from", s.name(s.focus)),
        ("Partners", ", ".join(s.name(p) for p in s.partners)),
        ("Years", f"{first}–{last}"),
        ("Members", str(s.count)),
        ("Seed", s.seed),
        ("Version", s.version),
    ]
    return "".join(f"<li>{k}: <b>{html.escape(str(v))}</b></li>" for k, v in facts if v)


def _figures(figures: Mapping[str, tuple[Drawing, Mapping[str, Path]]]) -> str:
    """Two columns as even as can be; a narrow screen shows the figures in order."""
    if not figures:
        return "<p>The run recorded none of the quantities that figures need.</p>"
    columns = ["", ""]
    # a caption is as 1.2 inches
    heights = [1.2 + float(d.figure.get_size_inches()[1]) for d, _ in figures.values()]
    sides = balance(heights)
    for number, (name, (drawing, paths)) in enumerate(figures.items(), start=1):
        columns[sides[number - 1]] += _figure(number, name, drawing, paths["svg"])
    inner = "".join(f'<div class="column">{c}</div>' for c in columns if c)
    return f'<div class="figures">{inner}</div>'


def balance(heights: Sequence[float]) -> tuple[int, ...]:
    """Column (0 or 1) of each figure: the first to the left, the two as tall as each other.

    >>> balance([3.0, 2.0, 1.0])
    (0, 1, 1)
    """
    half = sum(heights) / 2
    ways = product((0, 1), repeat=max(0, len(heights) - 1))
    return min(
        ((0, *way) for way in ways),
        key=lambda way: abs(half - sum(h for h, k in zip(heights, way, strict=True) if k)),
    )


def _figure(number: int, name: str, drawing: Drawing, svg: Path) -> str:
    picture = inline_svg(svg.read_text(encoding="utf-8"), name, drawing.alt)
    reading = html.escape(drawing.reading)
    return (
        f'<figure id="figure-{name}" style="order:{number}">{picture}'
        f"<figcaption><p><b>Figure {number}. {html.escape(drawing.title)}.</b> "
        f"{html.escape(drawing.caption)}</p>"
        f'<p class="how"><b>How to read it.</b> {reading}</p></figcaption></figure>'
    )


def inline_svg(text: str, name: str, alt: str) -> str:
    """An SVG made fit for the page: own ids, colours of the theme, a spoken description."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(
        r'\sid="((?:figure|axes|patch|line2d|text|matplotlib|xtick|ytick|FillBetween|Line|Path|LineC)[^"]*)"',
        "",
        text,
    )
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'(xlink:href="|url\()#', rf"\1#{name}-", text)
    text = text.replace("xlink:href=", "href=")
    text = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", text)
    for colour, word in _NAMED.items():
        text = text.replace(f": {colour}", f": var(--{word})")
    label = html.escape(alt, quote=True)
    head = re.match(r"<svg[^>]*>", text)
    box = re.search(r'viewBox="[^"]*"', head[0]) if head else None
    if head is None or box is None:  # not written by us: show it as it is
        return text
    return f'<svg {box[0]} role="img" aria-label="{label}">{text[head.end() :]}'


def _sources(s: Summary) -> str:
    """References of the observed values, with how many values each gave."""
    counts: dict[str, int] = {}
    for o in observations(s.world):
        for key in o.source:
            counts[key] = counts.get(key, 0) + 1
    if not counts:
        return "<p>The scenario has no observed values.</p>"
    references = getattr(s.world, "references", None) or {}
    items = [
        f"<li>{html.escape(_reference(references, key))} <small>[{html.escape(key)}; {n} "
        f"value{'s' if n > 1 else ''}]</small></li>"
        for key, n in sorted(counts.items(), key=lambda kn: kn[0].casefold())
    ]
    return f'<ul class="sources">{"".join(items)}</ul>'


def _reference(references: Any, key: str) -> str:
    """Text of a reference: a string, or author, year and title of a BibTeX-like entry."""
    found = references.get(key) if isinstance(references, Mapping) else None
    if found is None:
        return "Assumed by the scenario" if key == "assumed" else key
    if isinstance(found, str):
        return found

    def part(name: str) -> str:
        value = found.get(name) if isinstance(found, Mapping) else getattr(found, name, None)
        return re.sub(r"[{}]|\\(?=[_&%$#])", "", str(value)).strip() if value else ""

    where = part("journal") or part("publisher") or part("howpublished") or part("institution")
    told = part("author") or part("title")
    year = f" ({part('year')})" if part("year") and part("year") not in told else ""
    lead, rest = (part("author") + year, part("title")) if part("author") else (part("title"), "")
    lead += year if not part("author") and lead else ""
    text = ". ".join(p.rstrip(".") for p in (lead, rest, where) if p)
    return f"{text}." if text else key


def _manifest(manifest: Mapping[str, Any], prefix: str = "") -> Iterable[str]:
    for key, value in manifest.items():
        name = f"{prefix}{str(key).replace('_', ' ')}"
        if isinstance(value, Mapping) and len(value) > 24:  # parameters: too many to read here
            value = f"{len(value)} values, in the run's manifest"
        if isinstance(value, Mapping) and value and set(map(type, value.values())) == {bool}:
            off = [str(k) for k, on in value.items() if not on]
            value = f"all {len(value)} on" if not off else f"off: {', '.join(off)}"
        if isinstance(value, Mapping):
            yield from _manifest(value, f"{name}: ")
            continue
        if isinstance(value, (list, tuple)):
            shown = [str(v) for v in value[:12]]
            value = ", ".join(shown) + (f", … ({len(value)} in all)" if len(value) > 12 else "")
        text = _WORDS.get(str(value), str(value))
        text = text if len(text) < 300 else text[:300] + " …"
        yield f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>"
