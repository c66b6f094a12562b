"""Which verbs a page offers, what each takes, and where its results go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """A verb as a form.

    takes: what its argument is: scenario, run, runs (two), panel, folder, forecast, or nothing.
    out: what it writes, below the job's folder; None for a verb that only prints.
    """

    title: str
    takes: str
    options: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    out: str | None = "out"


GROUPS: dict[str, dict[str, Form]] = {
    "Run": {
        "run": Form("Run an ensemble", "scenario", ("members", "seed", "until", "record", "every")),
        "validate": Form("Check a scenario", "scenario", out=None),
        "sources": Form("Where its numbers come from", "scenario", out=None),
        "diff": Form("Compare two scenarios", "scenarios", out=None),
        "card": Form("Describe a run", "run", out=None),
        "export": Form(
            "A run as a table", "run", ("quantity", "client", "patron", "month"), out="out/run.csv"
        ),
    },
    "Ask": {
        "branch": Form(
            "What if", "scenario",
            ("file", "at", "drop", "set", "off", "members", "quantity", "client"),
        ),
        "compare": Form(
            "Compare two runs", "runs", ("quantity", "client", "patron", "state", "by")
        ),
        "explain": Form(
            "What moved a quantity", "scenario",
            ("what", "when", "client", "patron", "state", "members"), ("what",),
        ),
        "claims": Form("Test the claims of its documents", "scenario", ("members", "seed", "only")),
        "sensitivity": Form(
            "Which parameters matter", "scenario",
            ("what", "when", "client", "patron", "state", "method", "rows"), ("what", "when"),
        ),
    },
    "Data and forecasts": {
        "data import": Form("Import the field's data sets", "folder", out="panel"),
        "new": Form(
            "A scenario from a panel", "nothing", ("panel", "states", "from", "to", "free"),
            ("panel", "states", "from", "to"), "scenario",
        ),
        "fit": Form(
            "Fit parameters", "scenario", ("method", "parameters", "until", "draws"),
            out="out/posterior.parquet",
        ),
        "forecast": Form(
            "Forecast votes and arms", "panel", ("origin", "years", "members", "seed"),
            ("origin",), "out/forecast.parquet",
        ),
        "score": Form("Score a forecast", "forecast", ("panel",), ("panel",)),
    },
}  # fmt: skip
VERBS: dict[str, Form] = {verb: form for group in GROUPS.values() for verb, form in group.items()}
REPEATED = ("only", "drop", "set", "off", "quantity", "by")
"""Options that take several values, with blanks between."""
HINTS = {
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
    "month": "1962",
    "method": "morris",
    "parameters": "affinity,bargain.pace",
    "draws": "400",
    "rows": "16",
    "states": "IRQ,RUS,USA",
    "from": "1950",
    "to": "1975",
    "free": "IRQ",
    "origin": "1985",
    "years": "10",
}
