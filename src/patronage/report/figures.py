"""All figures of a report, by name; each is drawn from one summary and saved as PNG and SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from patronage.errors import RunError
from patronage.report.flows import draw_goods, draw_shortages, draw_transfers
from patronage.report.politics import draw_crises, draw_factions
from patronage.report.style import Drawing, house_style, save
from patronage.report.summary import Summary
from patronage.report.ties import draw_alignment, draw_credibility, draw_network
from patronage.report.timeline import draw_events

FIGURES: dict[str, Callable[[Summary], Drawing | None]] = {
    "alignment": draw_alignment,
    "transfers": draw_transfers,
    "goods": draw_goods,
    "shortages": draw_shortages,
    "factions": draw_factions,
    "credibility": draw_credibility,
    "network": draw_network,
    "crises": draw_crises,
    "events": draw_events,
}


def draw(name: str, summary: Summary) -> Drawing | None:
    """Draw one figure; None where the run did not record what it needs.

    Errors: RunError for a figure that does not exist.
    """
    with house_style():
        return _find(name)(summary)


def _find(name: str) -> Callable[[Summary], Drawing | None]:
    if name not in FIGURES:
        raise RunError(f"no figure '{name}'", where="figures", allowed=FIGURES, got=name)
    return FIGURES[name]


def write_figures(
    summary: Summary,
    folder: Path,
    names: Iterable[str] = tuple(FIGURES),
    progress: Callable[[str], None] | None = None,
) -> dict[str, tuple[Drawing, dict[str, Path]]]:
    """Draw and save the figures that the run allows; drawings and paths by name."""
    folder.mkdir(parents=True, exist_ok=True)
    out: dict[str, tuple[Drawing, dict[str, Path]]] = {}
    with house_style():
        for name in names:
            drawing = _find(name)(summary)
            if drawing is not None:
                out[name] = (drawing, save(drawing, folder, name))
            if progress is not None:
                progress(name)
    return out
