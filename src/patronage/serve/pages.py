"""The pages: forms for the verbs, the list of runs, a job with its output. Nothing is fetched."""

from __future__ import annotations

import html
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from urllib.parse import quote

from patronage import __version__
from patronage.serve.jobs import VERBS, Job, Jobs

_STYLE = (
    "form,pre,table{margin:.6rem 0}form{display:flex;flex-wrap:wrap;gap:.5rem;align-items:end}"
    "label{display:grid;font-size:.85rem}input,select,button{font:inherit;padding:.25rem .4rem}"
    "pre{overflow-x:auto;padding:.8rem;border:1px solid var(--faint)}main{padding-bottom:3rem}"
)
_SHOWN = (".html", ".png", ".csv", ".txt", ".json", ".parquet")
_HINTS = {
    "members": "100",
    "seed": "1",
    "until": "1970-12",
    "record": "transfer,support",
    "every": "year",
    "only": "C50",
    "file": "no-split",
    "at": "1960-01",
    "drop": "E022",
    "set": "bargain.pace=0.1",
    "off": "bloc",
    "quantity": "transfer",
    "what": "transfer",
    "when": "1960:1970",
    "client": "CUB",
    "patron": "RUS",
    "state": "CUB",
    "by": "year",
}


def _page(title: str, body: str, refresh: bool = False) -> str:
    css = resources.files("patronage.report").joinpath("page.css").read_text(encoding="utf-8")
    again = '<meta http-equiv="refresh" content="2">' if refresh else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{again}<title>{html.escape(title)}</title><style>{css}{_STYLE}</style></head><body>"
        f"<header><h1>{html.escape(title)}</h1></header><main>{body}</main>"
        f"<footer>patronage {__version__} · this machine only</footer></body></html>"
    )


def home(jobs: Jobs, scenarios: Iterable[str], token: str) -> str:
    """Forms for all verbs, jobs so far, runs below the root."""
    names = "".join(f'<option value="{html.escape(s)}">' for s in scenarios)
    runs = [str(r.relative_to(jobs.root)) for r in jobs.list_runs()]
    parts = [f'<datalist id="scenarios">{names}</datalist>']
    parts += [_form(verb, token, runs) for verb in VERBS if verb != "compare" or len(runs) > 1]
    if jobs.all:
        rows = "".join(
            f'<li><a href="/job/{j.number}">{html.escape(" ".join(j.words))}</a>: {j.state}</li>'
            for j in reversed(jobs.all)
        )
        parts.append(f"<h2>Jobs</h2><ul>{rows}</ul>")
    rows = (
        "".join(f"<li>{html.escape(r)}{_report(jobs.root, r)}</li>" for r in runs)
        or "<li>none yet</li>"
    )
    parts.append(f"<h2>Runs</h2><ul>{rows}</ul>")
    return _page("patronage", "".join(parts))


def _report(root: Path, run: str) -> str:
    page = f"{run}/report/report.html"
    return f' · <a href="/files/{quote(page)}">report</a>' if (root / page).is_file() else ""


def _form(verb: str, token: str, runs: list[str]) -> str:
    title, options = VERBS[verb]
    if verb == "compare":
        listed = "".join(f"<option>{html.escape(r)}</option>" for r in runs)
        places = "".join(
            f'<label>{word}<select name="place">{listed}</select></label>'
            for word in ("baseline", "other run")
        )
    else:
        places = (
            '<label>scenario<input name="place" list="scenarios" value="cuba" required></label>'
        )
    inputs = "".join(
        f'<label>{o}<input name="{o}" size="{8 if o in ("members", "seed") else 14}" '
        f'placeholder="{_HINTS[o]}"></label>'
        for o in options
    )
    return (
        f'<h2>{title}</h2><form method="post" action="/start/{verb}">{places}{inputs}'
        f'<input type="hidden" name="token" value="{token}"><button>{verb}</button></form>'
    )


def show_job(job: Job, root: Path) -> str:
    """A job: its state, what it printed, the files it wrote; reloads itself while it runs."""
    parts = [f"<p><b>{job.state}</b> · <a href='/'>back</a></p>"]
    if job.out is not None and job.state != "running":
        files = [p for p in sorted(job.out.rglob("*")) if p.suffix in _SHOWN and p.is_file()]
        files = [p for p in files if ".zarr" not in str(p)]
        links = " · ".join(
            f'<a href="/files/{quote(str(p.relative_to(root)))}">'
            f"{html.escape(str(p.relative_to(job.out)))}</a>"
            for p in sorted(files, key=lambda p: p.suffix != ".html")
        )
        parts.append(f"<p>{links}</p>" if links else "")
    parts.append(f"<pre>{html.escape(job.output)}</pre>")
    return _page(" ".join(["patronage", *job.words]), "".join(parts), job.state == "running")


def show_fault(words: str) -> str:
    """What is wrong, in the words of the error."""
    return _page("Not possible", f"<pre>{html.escape(words)}</pre><p><a href='/'>back</a></p>")
