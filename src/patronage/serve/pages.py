"""The pages: forms for the verbs, the list of runs, a job with its output. Nothing is fetched."""

from __future__ import annotations

import html
from importlib import resources
from pathlib import Path
from urllib.parse import quote

from patronage import __version__
from patronage.serve.forms import GROUPS, HINTS, Form
from patronage.serve.jobs import WANTED, Job, Jobs

_STYLE = (
    "form,pre,table{margin:.6rem 0}form{display:flex;flex-wrap:wrap;gap:.5rem;align-items:end}"
    "label{display:grid;font-size:.85rem}input,select,button{font:inherit;padding:.25rem .4rem}"
    "pre{overflow-x:auto;padding:.8rem;border:1px solid var(--faint)}main{padding-bottom:3rem}"
    "summary{font-size:1.3rem;margin:1.2rem 0 .4rem;cursor:pointer}h3{margin:1rem 0 .2rem}"
    "td,th{white-space:normal}.scroll table{margin:0}"
)
_SHOWN = (".html", ".png", ".csv", ".txt", ".json", ".parquet")


def write_page(title: str, body: str, refresh: bool = False) -> str:
    """A whole page."""
    css = resources.files("patronage.report").joinpath("page.css").read_text(encoding="utf-8")
    again = '<meta http-equiv="refresh" content="2">' if refresh else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{again}<title>{html.escape(title)}</title><style>{css}{_STYLE}</style></head><body>"
        f"<header><h1>{html.escape(title)}</h1></header><main>{body}</main>"
        f"<footer>patronage {__version__} · this machine only</footer></body></html>"
    )


def home(jobs: Jobs, play: str, token: str) -> str:
    """Forms for all verbs, jobs so far, runs below the root.

    play: the form that begins a game, and the games that go on.
    """
    lists = "".join(
        f'<datalist id="{takes}">'
        + "".join(f'<option value="{html.escape(p)}">' for p in jobs.list_places(takes))
        + "</datalist>"
        for takes in ("scenario", "panel", "forecast")
    )
    parts = [lists]
    for k, (group, forms) in enumerate(GROUPS.items()):
        made = "".join(_form(verb, form, token, jobs) for verb, form in forms.items())
        opened = " open" if k == 0 else ""
        parts.append(f"<details{opened}><summary>{html.escape(group)}</summary>{made}</details>")
        if k == 0:
            parts.append(f"<details open><summary>Play</summary>{play}</details>")
    if jobs.all:
        rows = "".join(
            f'<li><a href="/job/{j.number}">{html.escape(" ".join(j.words))}</a>: {j.state}</li>'
            for j in reversed(jobs.all)
        )
        parts.append(f"<h2>Jobs</h2><ul>{rows}</ul>")
    rows = (
        "".join(
            f"<li>{html.escape(r)}{_report(jobs.root, r)}</li>" for r in jobs.list_places("run")
        )
        or "<li>none yet</li>"
    )
    parts.append(f"<h2>Runs</h2><ul>{rows}</ul>")
    return write_page("patronage", "".join(parts))


def _report(root: Path, run: str) -> str:
    page = f"{run}/report/report.html"
    return f' · <a href="/files/{quote(page)}">report</a>' if (root / page).is_file() else ""


def _form(verb: str, form: Form, token: str, jobs: Jobs) -> str:
    inputs = "".join(
        f'<label>{o}<input name="{o}" size="{8 if o in ("members", "seed") else 14}" '
        f'placeholder="{HINTS.get(o, "")}"{" list=panel" if o == "panel" else ""}'
        f"{' required' if o in form.needs else ''}></label>"
        for o in form.options
    )
    places = _places(form, jobs)
    if places is None:  # nothing is there that it could take
        return ""
    return (
        f'<h3>{form.title}</h3><form method="post" action="/start/{quote(verb)}">{places}{inputs}'
        f'<input type="hidden" name="token" value="{token}"><button>{verb}</button></form>'
    )


def _places(form: Form, jobs: Jobs) -> str | None:
    """Inputs for the argument of a verb; None where nothing is there to choose from."""
    if form.takes == "nothing":
        return ""
    if form.takes in ("run", "runs"):
        runs = jobs.list_places("run")
        words = ("run",) if form.takes == "run" else ("baseline", "other run")
        listed = "".join(f"<option>{html.escape(r)}</option>" for r in runs)
        made = [f'<label>{w}<select name="place">{listed}</select></label>' for w in words]
        return "".join(made) if len(runs) >= len(words) else None
    words = ("first", "second") if form.takes == "scenarios" else (form.takes,)
    source = form.takes.removesuffix("s")
    value = ' value="cuba"' if form.takes == "scenario" else ""
    return "".join(
        f'<label>{w}<input name="place" list="{source}"{value} title="{WANTED[form.takes]}" '
        f"required></label>"
        for w in words
    )


def show_job(job: Job, root: Path, token: str) -> str:
    """A job: its state, what it printed, the files it wrote; reloads itself while it runs."""
    parts = [f"<p><b>{job.state}</b> · <a href='/'>back</a></p>"]
    if job.state == "running":
        parts.append(
            f'<form method="post" action="/stop/{job.number}"><input type="hidden" name="token" '
            f'value="{token}"><button>stop</button></form>'
        )
    elif job.out is not None:
        top = job.out.parent if job.out.suffix else job.out
        files = [p for p in sorted(top.rglob("*")) if p.suffix in _SHOWN and p.is_file()]
        files = [p for p in files if ".zarr" not in str(p)]
        links = " · ".join(
            f'<a href="/files/{quote(str(p.relative_to(root)))}">'
            f"{html.escape(str(p.relative_to(top)))}</a>"
            for p in sorted(files, key=lambda p: p.suffix != ".html")
        )
        parts.append(f"<p>{links}</p>" if links else "")
    parts.append(f"<pre>{html.escape(job.output)}</pre>")
    return write_page(" ".join(["patronage", *job.words]), "".join(parts), job.state == "running")


def show_fault(words: str) -> str:
    """What is wrong, in the words of the error."""
    return write_page("Not possible", f"<pre>{html.escape(words)}</pre><p><a href='/'>back</a></p>")
