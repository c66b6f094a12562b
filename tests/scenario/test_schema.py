"""The published schemas are those of the code, and the model's own tables keep their promises."""

from __future__ import annotations

import filecmp
import json
import re
from pathlib import Path

import pytest
import yaml

from patronage.scenario import schema
from patronage.scenario.catalogue import SYMMETRIC, read
from patronage.scenario.references import ASSUMED, keys

SHIPPED = Path(schema.__file__).parent
TINY = Path(__file__).parent / "tiny"


def test_published_schemas_are_current(tmp_path: Path) -> None:
    """If this fails: python -m patronage.scenario.schema"""
    for path in schema.write(tmp_path):
        assert filecmp.cmp(path, SHIPPED / path.name, shallow=False), path.name


def test_json_schema_tells_sound_from_broken() -> None:
    """Checked by an independent reader of JSON Schema, where there is one."""
    jsonschema = pytest.importorskip("jsonschema")
    published = json.loads((SHIPPED / "scenario.schema.json").read_text())
    sound = yaml.safe_load((TINY / "scenario.yaml").read_text())
    checker = jsonschema.Draft202012Validator(published)
    assert not list(checker.iter_errors(sound))
    for key, wrong in (("members", -1), ("states", []), ("colour", "red"), ("patronage", 2)):
        assert list(checker.iter_errors({**sound, key: wrong})), key


def test_every_column_has_a_meaning() -> None:
    tables = schema.column_schema()["tables"]
    for name, columns in schema.COLUMNS.items():
        assert [c["name"] for c in tables[name]] == list(columns)
        assert all(c["meaning"] for c in tables[name])
        header = (TINY / f"{name}.csv").read_text().splitlines()[0]
        assert header.split(",") == list(columns)


def test_the_models_sources_resolve() -> None:
    own = read()
    named = [(n, p.source) for n, p in own.parameters.items()]
    named += [(i.name, i.source) for i in own.instruments]
    missing = [
        (name, key)
        for name, source in named
        for key in keys(source) or ("",)
        if key != ASSUMED and key not in own.references
    ]
    assert missing == []


def test_the_models_parameters_lie_in_their_ranges_and_have_priors() -> None:
    form = re.compile(r"^(fixed|[a-z]+\([-\d.e+]+(, *[-\d.e+]+)*\))$")
    for name, p in read().parameters.items():
        assert p.unit, name
        assert form.match(p.prior), (name, p.prior)
        assert p.low is None or p.low <= p.value, name
        assert p.high is None or p.value <= p.high, name
        assert name.partition(".")[0], name


def test_symmetric_quantities_exist() -> None:
    assert set(SYMMETRIC) <= set(read().quantities)
