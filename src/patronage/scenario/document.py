"""A YAML file as plain values, with the line of every key.

PyYAML's `compose` with libyaml gives nodes that carry line marks. For a scenario of 190 states it
took 0.02 s, against 0.17 s for PyYAML's own parser and 0.27 s for ruamel.yaml's (2 cores, Python
3.11); `validate` has 0.3 s for everything, so libyaml is used where it is there. Comments need not
survive.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from patronage.errors import PatronageError, ScenarioError

Path = tuple[str | int, ...]

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MOST_NODES = 2_000_000
"""More values than any scenario has: repeated aliases could grow a small file without bound."""
_TAG = "tag:yaml.org,2002:"
_NUMBER = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")
_WHOLE = re.compile(r"^[-+]?(0|[1-9]\d*)$")
_WORDS: dict[str, float] = {".inf": float("inf"), "-.inf": -float("inf"), ".nan": float("nan")}


@dataclass
class Document:
    """Values of a YAML file, and the line on which each key path stands."""

    file: str
    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)

    def where(self, path: Path) -> str:
        """`file:line` of a key path, or of the nearest key above it."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.file}:{self.lines.get(path, 1)}"


def spell(path: Path) -> str:
    """A key path as a person would write it.

    >>> spell(("states", 0, "name"))
    'states[0].name'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text


def read(text: str, file: str, found: list[PatronageError]) -> Document:
    """Parse YAML text; faults of form go to `found`.

    Errors: ScenarioError where the text is not YAML at all.
    """
    document = Document(file)
    try:
        root = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise ScenarioError(f"not valid YAML: {error.problem}", where=f"{file}:{line}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ScenarioError(f"not valid YAML: {error.reason}", where=f"{file}:{line}") from None
    except (RecursionError, yaml.YAMLError, ValueError) as error:
        raise ScenarioError(f"not valid YAML: {error}", where=file) from None
    if root is None:
        raise ScenarioError("the file is empty", where=f"{file}:1", allowed=["a scenario"])
    try:
        document.value = _Builder(document, found).build(root, ())
    except RecursionError:
        raise ScenarioError("nested too deeply", where=file) from None
    return document


class _Builder:
    def __init__(self, document: Document, found: list[PatronageError]) -> None:
        self.document = document
        self.found = found
        self.open: set[int] = set()
        self.count = 0

    def fault(self, what: str, node: yaml.Node) -> None:
        where = f"{self.document.file}:{node.start_mark.line + 1}"
        self.found.append(ScenarioError(what, where=where))

    def build(self, node: yaml.Node, path: Path) -> Any:
        """The plain value of a node; lines of its parts are noted on the way."""
        self.count += 1
        if self.count > MOST_NODES:
            where = f"{self.document.file}:{node.start_mark.line + 1}"
            raise ScenarioError("aliases make this file too large", where=where)
        self.document.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        if id(node) in self.open:
            self.fault("an alias that contains itself", node)
            return None
        self.open.add(id(node))
        value: Any
        if isinstance(node, yaml.MappingNode):
            value = self.mapping(node, path)
        elif isinstance(node, yaml.SequenceNode):
            if node.tag != _TAG + "seq":
                self.fault(f"the tag {node.tag} is not allowed", node)
            value = [self.build(item, (*path, i)) for i, item in enumerate(node.value)]
        else:
            value = None
        self.open.discard(id(node))
        return value

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        if node.tag != _TAG + "map":
            self.fault(f"the tag {node.tag} is not allowed", node)
        value: dict[str, Any] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.fault("a key must be a single word", key)
                continue
            name = key.value
            if name in value:
                first = self.document.lines[(*path, name)]
                self.fault(f"duplicate key '{name}', first on line {first}", key)
                continue
            self.document.lines[(*path, name)] = key.start_mark.line + 1
            value[name] = self.build(item, (*path, name))
        return value

    def scalar(self, node: yaml.ScalarNode) -> Any:
        """Text, number, true/false or nothing; dates stay text, as the clock reads them itself."""
        kind, text = node.tag.removeprefix(_TAG), node.value
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in ("true", "yes", "on")
        plain = node.style in (None, "")
        if plain and _WHOLE.match(text) and len(text) < 19:
            return int(text)
        if plain and _NUMBER.match(text):
            return float(text)
        if kind == "float":
            return _WORDS.get(text.lower().lstrip("+"), text)
        if kind not in ("str", "int", "timestamp", "merge", "value"):
            self.fault(f"the tag {node.tag} is not allowed", node)
        return text
