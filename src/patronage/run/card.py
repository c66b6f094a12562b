"""A card of a run, in Markdown: what was run, with what, on which sources, and what is assumed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from patronage.errors import PatronageError, ScenarioError
from patronage.run.arrays import format_bytes

if TYPE_CHECKING:
    from patronage.run.results import Results
    from patronage.scenario.script import Script

ASSUMED = "assumed"


def card(results: Results, scenario: str | None = None) -> str:
    """The card of a run.

    scenario: where it is; looked up by the run's name for it if not given. Where it is not at
    hand, or has changed since the run, the card says so.

    Errors: ScenarioError for a scenario of another name.
    """
    m = results.manifest
    lines = [f"# {m.get('title') or m.get('scenario') or 'A run'}", ""]
    lines += [*_facts(results), "", *_branches(m), *_quantities(results)]
    script = _find_scenario(scenario or str(m.get("scenario")))
    if script is not None and script.name != m.get("scenario"):
        raise ScenarioError(
            f"the run is not of the scenario '{script.name}'", where=scenario,
            allowed=[str(m.get("scenario"))],
        )  # fmt: skip
    if script is None:
        lines += ["", "The scenario is not at hand: its sources are not listed here."]
    else:
        if script.hash != m.get("scenario_hash"):
            lines += ["", "**The scenario has changed since this run**; below is what it says now."]
        lines += ["", *_parameters(script, m), "", *_data(script)]
    return "\n".join(lines) + "\n"


def _facts(results: Results) -> list[str]:
    m = results.manifest
    mode = m.get("mode", {})
    free = ", ".join(mode.get("free", [])) or "nobody"
    kinds = {
        "replay": f"history is imposed on all states but: {free}",
        "free": "every government chooses for itself",
    }
    how = kinds.get(str(mode.get("kind")), "not recorded")
    if mode.get("until"):
        how = f"history is imposed on all before {mode['until']}, on nobody from then on"
    off = [name for name, on in m.get("mechanisms", {}).items() if not on]
    facts = [
        ("scenario", f"{m.get('scenario')}, SHA-256 {m.get('scenario_hash')}"),
        ("months", " to ".join(m.get("period", []))),
        ("mode", how),
        ("mechanisms off", ", ".join(off) or "none"),
        ("members", f"{m.get('members')}, of which {len(results.failed)} failed"),
        ("seed", m.get("seed")),
        ("chunk", f"{m.get('chunk')} members"),
        ("made", m.get("created")),
        ("versions", ", ".join(f"{k} {v}" for k, v in m.get("versions", {}).items())),
    ]
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts)]


def _branches(manifest: dict[str, Any]) -> list[str]:
    """What the run changes of its scenario, branch by branch."""
    listed = manifest.get("branches", [])
    if not listed:
        return []
    from patronage.history.branch_changes import describe
    from patronage.history.branch_file import Call, parse

    lines = ["## Branches", "", "Not the scenario as it is, but with these changes:", ""]
    for entry in listed:
        title = f"- from {entry['at']}" + (f", {entry['name']}" if entry.get("name") else "")
        if not entry["changes"]:
            lines.append(f"{title}: no change")
            continue
        branch, _ = parse(entry, Call("manifest"))
        lines += [f"{title}:", *(f"    - {describe(change)}" for change in branch.changes)]
    return [*lines, ""]


def _quantities(results: Results) -> list[str]:
    data = results.data
    size = format_bytes(sum(v.size * v.dtype.itemsize for v in data.data_vars.values()))
    rows = [
        f"| {name} | {' '.join(str(d) for d in v.dims)} | {v.attrs.get('units', '')} | "
        f"{v.attrs.get('long_name', '')} |"
        for name, v in data.data_vars.items()
    ]
    head = ["| quantity | dimensions | unit | meaning |", "|---|---|---|---|"]
    return [f"## Recorded ({size})", "", *head, *rows]


def _find_scenario(name: str) -> Script | None:
    from patronage.scenario.load import read

    try:
        return read(name)
    except PatronageError:
        return None


def _parameters(script: Script, manifest: dict[str, Any]) -> list[str]:
    ran = manifest.get("parameters", {})
    known = script.parameters
    assumed = [key for key, p in known.items() if p.source == ASSUMED]
    changed = {
        key: p for key, p in known.items() if p.overridden or ran.get(key, p.value) != p.value
    }
    lines = [
        "## Parameters",
        "",
        f"{len(known)} parameters: {len(known) - len(assumed)} with a source, "
        f"{len(assumed)} assumed.",
    ]
    if changed:
        lines += ["", "Not at the model's own value:", ""]
        lines += [f"- {key} = {ran.get(key, p.value):g} {p.unit}" for key, p in changed.items()]
    lines += ["", "Assumed:", "", ", ".join(assumed) or "none"]
    return lines


def _data(script: Script) -> list[str]:
    from patronage.scenario.sources import sources

    found = sources(script)
    total = Counter(o.table for o in found)
    lone = Counter(o.table for o in found if o.assumed)
    rows = [f"| {t} | {n} | {lone[t]} |" for t, n in total.items()]
    return ["## Sources", "", "| table | entries | assumed |", "|---|---|---|", *rows]
