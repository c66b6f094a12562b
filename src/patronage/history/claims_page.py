"""The ledger as one self-contained HTML page: every claim, its sources, evidence and verdict."""

from __future__ import annotations

import html
from importlib import resources
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from patronage.history.branch_changes import describe
from patronage.history.claims_schema import DATED, Effect, Event
from patronage.history.claims_table import about, spell_entry, write_text
from patronage.history.claims_verdict import CONTRADICTED, SUPPORTED, UNDECIDED, Finding
from patronage.history.claims_witness import document_of
from patronage.scenario.references import ASSUMED
from patronage.scenario.sources import cite

if TYPE_CHECKING:
    from patronage.history.claims import Claims, Judged
    from patronage.history.claims_answer import Answer

SIGNS = {SUPPORTED: "✓", UNDECIDED: "?", CONTRADICTED: "✕"}
BEARINGS = {"supports": "✓", "contradicts": "✕", "nothing": "·"}
_QUALITY = {"high": "A", "medium": "B", "low": "C"}
_WIDTH, _HEIGHT = 220.0, 22.0


def write_page(found: Claims, path: Path) -> Path:
    """Write the page; it loads nothing from elsewhere."""
    run = about(found)
    facts = [
        ("Claims", len(found.judged)),
        ("Checks", sum(len(j.answers) for j in found.judged)),
        ("Runs", f"1 baseline, {len(run['branches'])} branches"),
        ("Members", run["members"]),
        ("Seed", run["seed"]),
        ("Version", run["versions"].get("patronage", "")),
    ]
    parts = {
        "title": _text(found.ledger.title),
        "version": _text(run["versions"].get("patronage", "")),
        "css": _read("patronage.report", "page.css") + _read("patronage.history", "claims.css"),
        "facts": "".join(f"<li>{k}: <b>{_text(v)}</b></li>" for k, v in facts),
        "counts": _counts(found),
        "index": "".join(_chip(j) for j in found.judged),
        "claims": "".join(_card(found, j) for j in found.judged),
        "documents": _documents(found),
        "lineages": _lineages(found),
        "literature": _literature(found),
        "branches": _branches(found),
        "run": _run(run),
        "footer": _text(
            f"patronage {run['versions'].get('patronage', '')} · scenario {run['scenario']} "
            f"({run['hash'][:12]}) · {run['members']} members, seed {run['seed']}"
        ),
    }
    page = Template(_read("patronage.history", "claims.html")).substitute(parts)
    return write_text(path, page)


def _read(package: str, name: str) -> str:
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def _text(value: Any) -> str:
    return html.escape(str(value))


def _counts(found: Claims) -> str:
    """The counts as a bar with its numbers in words."""
    total = max(1, len(found.judged))
    bars = "".join(
        f'<span class="{v}" style="flex:{n}">{SIGNS[v]} {n}</span>'
        for v, n in found.counts.items()
        if n
    )
    words = ", ".join(f"{n} {v}" for v, n in found.counts.items())
    return f'<p class="bar" role="img" aria-label="Of {total} claims {words}">{bars}</p>'


def _chip(j: Judged) -> str:
    verdict = j.verdict.verdict
    return (
        f'<a class="chip {verdict}" data-verdict="{verdict}" href="#{j.claim.id}" '
        f'title="{_text(j.claim.says)}">{SIGNS[verdict]} {j.claim.id}</a>'
    )


def _card(found: Claims, j: Judged) -> str:
    claim, verdict = j.claim, j.verdict
    sides = "".join(
        _side(title, [a for a in j.answers if a.of_model == model], bool(claim.parts))
        for title, model in (("The record", False), ("The model", True))
    )
    parts = "".join(_part(f) for f in verdict.findings) if claim.parts else ""
    note = f'<p class="note-of">{_text(claim.note)}</p>' if claim.note else ""
    checks = sides or '<p class="none">Nothing in the scenario tests it.</p>'
    return (
        f'<article id="{claim.id}" class="claim" data-verdict="{verdict.verdict}">'
        f'<h3><span class="badge {verdict.verdict}">{SIGNS[verdict.verdict]} {verdict.verdict}'
        f'</span> <span class="id">{claim.id}</span> {_text(claim.says)}</h3>'
        f'<p class="why">{_text(verdict.why)}.</p>'
        f"{_sources(found, j)}{note}"
        f"{f'<ul class=parts>{parts}</ul>' if parts else ''}"
        f'<div class="sides">{checks}</div></article>'
    )


def _part(finding: Finding) -> str:
    kind = " (a cause)" if finding.part.causal else ""
    return (
        f'<li><span class="sign {finding.verdict}">{SIGNS[finding.verdict]}</span> '
        f"<b>{_text(finding.part.name)}</b>{kind}: {_text(finding.part.says)} "
        f"<small>{finding.verdict}: {_text(finding.why)}</small></li>"
    )


def _sources(found: Claims, j: Judged) -> str:
    """Documents, literature, witnesses and how it enters, as a list of terms."""
    claim, witnesses = j.claim, j.witnesses
    places = [
        f'<a href="#source-{document_of(d)}">{_text(document_of(d))}</a>, '
        f"paragraph {_text(d.partition(' ')[2])}"
        for d in claim.documents
    ]
    rows = [("Said in", "; ".join(places))]
    groups = (("Agree", witnesses.agree), ("Qualify", witnesses.qualify))
    for word, sources in (*groups, ("Dispute", witnesses.dispute)):
        if sources:
            rows.append((word, "; ".join(" + ".join(map(_link, g)) for g in sources)))
    one = "one witness" if witnesses.claimants == 1 else f"{witnesses.claimants} witnesses"
    against = f", {witnesses.against} against" if witnesses.against else ""
    rows += [("Independent", f"{one} for it{against}"), ("Enters as", _text(spell_entry(j)))]
    if claim.date:
        rows.append(("Date", _text(claim.date.replace("/", " to "))))
    items = "".join(f"<div><dt>{k}</dt><dd>{v}</dd></div>" for k, v in rows)
    return f'<dl class="about">{items}</dl>'


def _link(key: str) -> str:
    if key == ASSUMED:
        return ASSUMED
    return f'<a href="#source-{key}">{_text(key)}</a>'


def _side(title: str, answers: list[Answer], parted: bool) -> str:
    if not answers:
        return ""
    items = "".join(_answer(a, parted) for a in answers)
    return f"<section><h4>{title}</h4><ul class=checks>{items}</ul></section>"


def _answer(a: Answer, parted: bool) -> str:
    part = f"<small class=part>{_text(a.check.part)}</small> " if parted and a.check.part else ""
    grade = ""
    if a.quality in _QUALITY:
        grade = f' <abbr title="{a.quality} quality">{_QUALITY[a.quality]}</abbr>'
    cited = f" <small>[{', '.join(map(_link, a.sources))}]</small>" if a.sources else ""
    branch = ""
    if isinstance(a.check, Effect):
        branch = f' <small>branch: <a href="#branch-{_slug(a.check.branch)}">'
        branch += f"{_text(a.check.branch)}</a></small>"
    return (
        f'<li><span class="sign {a.bearing}" title="{a.bearing}">{BEARINGS[a.bearing]}</span>'
        f"<div>{part}<q>{_text(a.check.says)}</q>{branch}<br><b>{a.said}</b>{grade}: "
        f"{_text(a.shown)}{cited}{_strip(a)}</div></li>"
    )


def _strip(a: Answer) -> str:
    """An interval against the range in which the answer is yes, where there are numbers."""
    check: Any = a.check
    plain = isinstance(check, Event) or getattr(check, "measure", "") in DATED
    if plain or a.value is None or a.low is None or a.high is None:
        return ""
    above, below = getattr(check, "above", None), getattr(check, "below", None)
    marks = [x for x in (a.low, a.high, a.value, above, below) if x is not None]
    marks += [0.0] if isinstance(check, Effect) else []
    least, most = min(marks), max(marks)
    if not most - least > 0 or abs(most) == float("inf") or abs(least) == float("inf"):
        return ""
    pad = 0.12 * (most - least)
    least, most = least - pad, most + pad

    def x(value: float) -> float:
        return round((value - least) / (most - least) * _WIDTH, 1)

    left = x(above) if above is not None else 0.0
    right = x(below) if below is not None else _WIDTH
    if above is None and below is None:
        right = left
    nought = ""
    if least < 0 < most:
        nought = f'<line class="nought" x1="{x(0)}" x2="{x(0)}" y1="2" y2="{_HEIGHT - 2:g}"/>'
    label = f"{a.value:.3g}, from {a.low:.3g} to {a.high:.3g}; the shaded range counts as yes"
    return (
        f'<svg class="strip" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" '
        f'aria-label="{label}"><rect class="yes" x="{left}" y="3" '
        f'width="{max(0.0, right - left):.1f}" height="{_HEIGHT - 6:g}"/>{nought}'
        f'<line class="range" x1="{x(a.low)}" x2="{x(a.high)}" y1="11" y2="11"/>'
        f'<circle cx="{x(a.value)}" cy="11" r="4"/></svg>'
    )


def _documents(found: Claims) -> str:
    items = []
    for d in found.ledger.documents.values():
        by = " ".join(w for w in (d.author or "Anonymous", f"({d.year or 'undated'})") if w)
        about_it = f"{d.kind}, {d.language}"
        items.append(
            f'<li id="source-{d.key}"><b>{d.key}</b>: {_text(by)}. <i>{_text(d.title)}</i>. '
            f"{_text(about_it)}. {_text(d.note)}</li>"
        )
    return f'<ul class="sources">{"".join(items)}</ul>'


def _lineages(found: Claims) -> str:
    items = []
    for line in found.ledger.lineages:
        only = f" ({_text(', '.join(line.claims))})" if line.claims else ""
        sources = _text(" + ".join(line.sources))
        items.append(f"<li>{sources}: {_text(line.name)}{only}. {_text(line.why)}</li>")
    return f'<ul class="sources">{"".join(items)}</ul>' if items else "<p>None is known.</p>"


def _literature(found: Claims) -> str:
    keys = set()
    for j in found.judged:
        keys |= {*j.claim.agrees, *j.claim.qualifies, *j.claim.disputes}
        keys |= {s for a in j.answers for s in a.sources if s in found.world.references}
    items = [
        f'<li id="source-{k}">{_text(cite(found.world, k))} <small>[{_text(k)}]</small></li>'
        for k in sorted(keys, key=str.casefold)
    ]
    return f'<ul class="sources">{"".join(items)}</ul>'


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name)


def _branches(found: Claims) -> str:
    items = []
    for name in found.runs.series:
        if name:
            branch = found.ledger.branches[name].branch
            changes = "; ".join(map(describe, branch.changes))
            items.append(
                f'<dt id="branch-{_slug(name)}">{_text(name)}</dt><dd>{_text(branch.name)}. '
                f"<small>From {branch.date}: {_text(changes)}</small></dd>"
            )
    return f"<dl>{''.join(items)}</dl>" if items else "<p>No check needs one.</p>"


def _run(run: dict[str, Any]) -> str:
    rows = {k: v for k, v in run.items() if k not in ("versions", "branches")}
    rows |= {f"version of {k}": v for k, v in run["versions"].items()}
    words = {k: ", ".join(map(str, v)) if isinstance(v, list) else v for k, v in rows.items()}
    items = "".join(
        f"<dt>{_text(k.replace('_', ' '))}</dt><dd>{_text(v) or 'none'}</dd>"
        for k, v in words.items()
    )
    return f"<dl>{items}</dl>"
