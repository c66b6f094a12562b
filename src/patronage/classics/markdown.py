"""Tables of the pages on published models, in Markdown."""

from __future__ import annotations


def lay_table(header: list[str], rows: list[list[str]], left: int = 2) -> list[str]:
    """Lines of a table whose first `left` columns are words; numbers stand to the right."""
    rule = ["---"] * left + ["---:"] * (len(header) - left)
    return ["| " + " | ".join(cells) + " |" for cells in (header, rule, *rows)] + [""]
