"""Every number has an origin, and what is assumed is listed as such."""

from __future__ import annotations

import csv
import io
import json

from patronage.errors import PatronageError
from patronage.scenario import references
from patronage.scenario.load import load
from patronage.scenario.sources import cite, list_cited, sources, to_csv, to_json


def test_nothing_is_left_out() -> None:
    w = load("tiny")
    found = sources("tiny")
    count = {t: sum(o.table == t for o in found) for t in {o.table for o in found}}
    assert count == {
        "parameter": len(w.parameters),
        "instrument": len(w.instruments),
        "initial": 19,
        "series": 16,
        "event": 10,
        "observed": 5,
    }
    assert all(o.source for o in found)


def test_parameters_carry_unit_range_and_prior() -> None:
    w = load("tiny")
    name, parameter = next((n, p) for n, p in w.parameters.items() if p.low is not None)
    (origin,) = [o for o in sources(w) if o.entry == name]
    assert origin.unit == parameter.unit
    assert origin.prior == parameter.prior
    assert origin.range.startswith(f"{parameter.low:g}")


def test_assumed_ones_are_those_without_a_reference() -> None:
    lone = sources("tiny", assumed=True)
    assert {o.source for o in lone} == {"assumed"}
    assert {o.entry for o in lone if o.table == "series"} == {
        "rivalry ARC BOR 1950-01",
        "rivalry ARC BOR 1952-01",
        "agenda 1950",
        "agenda 1952-03",
    }
    assert len(sources("tiny")) - len(lone) == sum(not o.assumed for o in sources("tiny"))


def test_csv_and_json_say_the_same() -> None:
    w = load("tiny")
    found = sources(w)
    rows = list(csv.DictReader(io.StringIO(to_csv(found))))
    content = json.loads(to_json(w, found))
    assert [r["entry"] for r in rows] == [e["entry"] for e in content["entries"]]
    assert content["hash"] == w.hash
    assert set(list_cited(found)) == set(content["references"])


def test_citations() -> None:
    w = load("tiny")
    assert cite(w, "almanac1950") == "Invented, Anna (1950). The Almanac of Invented States"
    assert cite(w, "chronicle") == "(1954). A Chronicle of Cyllene"
    assert "assumed" in cite(w, "assumed")


def test_bibtex() -> None:
    found: list[PatronageError] = []
    text = (
        "% a comment with @ in it\n"
        '@Article{one, title = {A {B} C}, year = 1999, note = "x, y"}\n'
        "@book( two , author={Ann \\} Odd},\n  title={Two\n lines})\n"
        "@comment{not one}\n@misc{three}\n"
    )
    entries = references.read(text, "r.bib", found)
    assert found == []
    assert entries == {
        "one": {"type": "article", "title": "A B C", "year": "1999", "note": "x, y"},
        "two": {"type": "book", "author": "Ann \\ Odd", "title": "Two lines"},
        "three": {"type": "misc"},
    }
