"""Reference of the Python code: one page per subpackage, filled by mkdocstrings."""

from __future__ import annotations

import ast
from pathlib import Path

_TITLES = {
    "": "Basics",
    "classics": "Classic models",
    "data": "Data sets",
    "fit": "Fitting",
    "forecast": "Forecasts",
    "game": "Games",
    "history": "Branches and claims",
    "model": "Model",
    "report": "Reports",
    "run": "Runs and results",
    "scenario": "Scenarios",
    "serve": "In a browser",
}


def api_pages(package: Path) -> dict[str, str]:
    """Address -> Markdown, for every subpackage with something public in it."""
    groups: dict[str, list[str]] = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        private = any(p.startswith("_") for p in parts[:-1]) or parts[-1] in ("__main__",)
        if private or parts[0] == "scenarios" or not _has_public(path):
            continue
        group = parts[0] if len(parts) > 1 else ""
        name = ".".join(("patronage", *(p for p in parts if p != "__init__")))
        groups.setdefault(group, []).append(name)
    pages = {}
    for group, modules in groups.items():
        body = "\n\n".join(f"::: {module}" for module in modules)
        title = _TITLES.get(group, group.capitalize())
        pages[f"reference/api/{group or 'basics'}.md"] = f"# {title}\n\n{body}\n"
    return pages


def _has_public(path: Path) -> bool:
    """Whether a module defines a public class or function."""
    if path.name.startswith("_") and path.name != "__init__.py":
        return False
    body = ast.parse(path.read_text(encoding="utf-8")).body
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(isinstance(node, kinds) and not node.name.startswith("_") for node in body)
