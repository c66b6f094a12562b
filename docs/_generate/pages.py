"""Hook of the site: adds the pages made from the code and its tables, and mends the navigation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "src")]

from mkdocs.structure.files import File, Files  # noqa: E402


def build_pages() -> dict[str, str]:
    """Address of every generated page -> its Markdown."""
    import api
    import formats
    import tables

    pages = {
        "reference/scenario.md": formats.scenario_page(),
        "reference/tables.md": formats.columns_page(),
        "changes.md": (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
        "contributing.md": (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
    }
    model = ROOT / "src/patronage/model"
    for name in tables.PAGES:
        path = model / f"{name}.csv"
        if path.exists():
            pages[f"reference/{name}.md"] = tables.table_page(path)
    return pages | api.api_pages(ROOT / "src/patronage")


_PAGES = build_pages()


def on_config(config: Any) -> Any:
    """Leave out pages of the navigation that do not exist; put pages it does not name last."""
    docs = Path(config.docs_dir)
    written = {p.relative_to(docs).as_posix() for p in docs.rglob("*.md") if HERE not in p.parents}
    known = written | set(_PAGES)
    nav = _keep(config.nav, known)
    api = sorted(p for p in _PAGES if p.startswith("reference/api/"))
    named = set(_leaves(nav)) | set(api)
    more = sorted(known - named)
    if more:
        nav.append({"More": more})
    nav.append({"Python": api})
    config.nav = nav
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages."""
    for address, text in _PAGES.items():
        files.append(File.generated(config, address, content=text))
    return files


def _keep(items: list[Any], known: set[str]) -> list[Any]:
    kept: list[Any] = []
    for item in items:
        if isinstance(item, str):
            if item in known:
                kept.append(item)
            continue
        for title, below in item.items():
            inner = _keep(below, known) if isinstance(below, list) else [below]
            if inner and (isinstance(below, list) or below in known):
                kept.append({title: inner if isinstance(below, list) else below})
    return kept


def _leaves(items: list[Any]) -> list[str]:
    found: list[str] = []
    for item in items:
        if isinstance(item, str):
            found.append(item)
        else:
            for below in item.values():
                found += _leaves(below) if isinstance(below, list) else [below]
    return found
