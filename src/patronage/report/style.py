"""The house style of figures: one size, one palette (Okabe and Ito 2008), direct labels, a footer.

Figures are made without pyplot: no global state, no window, the Agg and SVG writers only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COLUMN = 3.5  # inches; one journal column (89 mm)
DPI = 200
INK, MUTED, FAINT, PAPER = "#1b1b1b", "#5f5f5f", "#d9d9d9", "#ffffff"

# Okabe–Ito, without its yellow: too light for lines on white.
BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#e69f00",
    "#cc79a7",
    "#56b4e9",
)
# Rungs of the crisis ladder: ordered, so one hue from light to dark.
RUNGS = ("#f3dcae", "#e8b15b", "#d98021", "#a9480f", "#5e1f06")
# Hostile, indifferent, friendly: readable on white and on black, and dashed where hostile.
TIES = ("#c8452b", "#b9b9b9", "#2f7fc1")

RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 6.5,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 7,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 3,
    "axes.titley": 1.0,  # no ticks above: looking for them takes a tenth of the drawing
    "axes.labelsize": 6.5,
    "axes.labelpad": 2,
    "axes.unicode_minus": True,
    "xtick.labelsize": 6,
    "ytick.labelsize": 6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.major.pad": 2,
    "ytick.major.pad": 2,
    "lines.linewidth": 1.1,
    "lines.solid_capstyle": "round",
    "hatch.linewidth": 0.4,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "savefig.facecolor": PAPER,
    "svg.hashsalt": "patronage",
    "svg.fonttype": "path",
    "path.simplify": True,
    "path.simplify_threshold": 0.3,
}


@dataclass(frozen=True)
class Drawing:
    """A figure with the words that belong to it.

    caption: what is shown. reading: how to read it. alt: the same for those who cannot see it.
    """

    figure: Any
    title: str
    caption: str
    reading: str
    alt: str


@contextmanager
def house_style() -> Iterator[None]:
    """The rc settings of the house, for as long as the block lasts."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(RC)  # pyright: ignore[reportCallIssue, reportArgumentType]
        yield


def make_panels(
    heights: Sequence[float],
    *,
    left: float = 0.42,
    right: float = 0.72,
    top: float = 0.2,
    bottom: float = 0.52,
    gap: float = 0.3,
    width: float = COLUMN,
) -> tuple[Any, list[Any]]:
    """A figure with panels stacked one above another, all sizes in inches."""
    from matplotlib.figure import Figure

    total = top + sum(heights) + gap * (len(heights) - 1) + bottom
    figure = Figure(figsize=(width, total))
    axes, y = [], total - top
    for height in heights:
        y -= height
        box = (left / width, y / total, (width - left - right) / width, height / total)
        axes.append(figure.add_axes(box))
        y -= gap
    return figure, axes


def add_footer(figure: Any, text: str) -> None:
    """Provenance in two small lines at the lower left."""
    width, height = figure.get_size_inches()
    figure.text(
        0.06 / width, 0.05 / height, text, fontsize=4.8, color=MUTED, va="bottom", linespacing=1.35
    )


def save(drawing: Drawing, folder: Path, name: str) -> dict[str, Path]:
    """Write a drawing as PNG (200 dpi) and SVG; the bytes depend on the content only."""
    paths = {"png": folder / f"{name}.png", "svg": folder / f"{name}.svg"}
    drawing.figure.savefig(paths["png"], dpi=DPI, metadata={"Software": None})
    plain = {"Date": None, "Creator": None, "Title": drawing.title, "Description": drawing.alt}
    drawing.figure.savefig(paths["svg"], metadata=plain)
    return paths
