"""Reference pages of the scenario format, from its JSON Schema and its table of columns."""

from __future__ import annotations

import json
from typing import Any


def scenario_page() -> str:
    """Keys of scenario.yaml: one section per part of the schema."""
    from patronage.scenario import schema

    whole = schema.scenario_schema()
    out = [
        "# Scenario file",
        "",
        "A scenario is a folder with `scenario.yaml` and the [tables](tables.md) that it names. "
        "Unknown keys are errors. `patronage validate FOLDER` checks a folder and reports file and "
        "line.",
        "",
        "## scenario.yaml",
        "",
        str(whole.get("description", "")),
        "",
        *_keys(whole),
    ]
    for name, part in whole.get("$defs", {}).items():
        if part.get("properties"):
            out += ["", f"## {name}", "", str(part.get("description", "")), "", *_keys(part)]
    out += ["", '??? note "JSON Schema"', "", "    ```json"]
    out += [f"    {line}" for line in json.dumps(whole, indent=2, ensure_ascii=False).splitlines()]
    out += ["    ```", ""]
    return "\n".join(out)


def columns_page() -> str:
    """Columns of the CSV tables."""
    from patronage.scenario import schema

    whole = schema.column_schema()
    out = ["# Scenario tables", "", f"Every table is {whole['format']}.", ""]
    for table, columns in whole["tables"].items():
        out += [
            f"## {table}.csv",
            "",
            "| column | may be empty | meaning | allowed |",
            "|---|---|---|---|",
        ]
        for column in columns:
            words = ", ".join(f"`{w}`" for w in column.get("allowed", []))
            empty = "yes" if column["empty"] else ""
            out.append(f"| `{column['name']}` | {empty} | {_cell(column['meaning'])} | {words} |")
        out.append("")
    return "\n".join(out)


def _keys(part: dict[str, Any]) -> list[str]:
    required = set(part.get("required", []))
    lines = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for name, key in part.get("properties", {}).items():
        default = "required" if name in required else _default(key.get("default"))
        meaning = _cell(str(key.get("description", "")))
        lines.append(f"| `{name}` | {_kind(key)} | {default} | {meaning} |")
    return lines


def _default(value: Any) -> str:
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text}`" if len(text) <= 40 else "see the part"


def _kind(key: dict[str, Any]) -> str:
    if "$ref" in key:
        name = key["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "const" in key:
        return f"`{key['const']}`"
    if "enum" in key:
        return " or ".join(f"`{v}`" for v in key["enum"])
    for union in ("anyOf", "allOf", "oneOf"):
        if union in key:
            return " or ".join(_kind(k) for k in key[union])
    if key.get("type") == "array":
        low, high = key.get("minItems"), key.get("maxItems")
        count = f"{low} " if low is not None and low == high else ""
        return f"list of {count}{_kind(key.get('items', {}))}"
    if key.get("type") == "object":
        inner = key.get("additionalProperties")
        return f"name: {_kind(inner)}" if isinstance(inner, dict) else "mapping"
    return _range(key)


def _range(key: dict[str, Any]) -> str:
    kind = {"string": "text", "null": "nothing", "boolean": "true or false"}.get(
        str(key.get("type")), str(key.get("type", "anything"))
    )
    if "pattern" in key:
        kind += f" matching `{key['pattern']}`".replace("|", "\\|")
    low = key.get("minimum", key.get("exclusiveMinimum"))
    high = key.get("maximum", key.get("exclusiveMaximum"))
    if low is not None and high is not None:
        return f"{kind}, {low} … {high}"
    if low is not None:
        return f"{kind}, {'above' if 'exclusiveMinimum' in key else 'from'} {low}"
    return kind if high is None else f"{kind}, up to {high}"


def _cell(text: str) -> str:
    for mark in "\\|*_<>[]":
        text = text.replace(mark, f"\\{mark}")
    return text
