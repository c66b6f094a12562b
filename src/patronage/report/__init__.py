"""What a reader sees after a run: tables, figures and one HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from patronage.report.summary import Run


def write(
    results: Run,
    world: Any,
    out_dir: Path | str,
    progress: Callable[[str, int, int], None] | None = None,
    **cast: Any,
) -> dict[str, Path]:
    """Write tables, figures and the HTML report of a run; see `patronage.report.page.write`."""
    from patronage.report import page

    return page.write(results, world, out_dir, progress, **cast)
