"""A page for each counterfactual, and their index, from what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from counterfactual_cases import Case

COMMAND = ".venv/bin/python docs/_generate/counterfactuals.py --members"
DPI = 170
MARK = "<!-- index: "
"""Before the row of a page for the index, so that one page can be made anew alone."""


@dataclass(frozen=True)
class Row:
    """A measure in the baseline and in the branch, (member,) each."""

    label: str
    window: str
    unit: str
    base: np.ndarray
    branch: np.ndarray

    @property
    def effect(self) -> tuple[float, float, float]:
        """Mean difference and its 95 % interval, paired bootstrap over members."""
        from patronage.history.compare_table import bootstrap_mean

        difference = self.branch - self.base
        low, high = bootstrap_mean(difference[:, None])[:, 0]
        return float(difference.mean()), float(low), float(high)

    @property
    def clear(self) -> bool:
        """Whether the interval leaves nought out."""
        _, low, high = self.effect
        return low > 0 or high < 0


def write_page(
    out: Path,
    case: Case,
    branch: Any,
    rows: list[Row],
    parts: Any,
    courses: list[np.ndarray],
    manifest: dict[str, Any],
    less: list[Row],
) -> None:
    """Write a page and its figure."""
    out.mkdir(parents=True, exist_ok=True)
    title = branch.branches[-1].name
    draw(out / f"{case.name}.png", case, courses, rows[0].unit, manifest)
    file = Path(branch.folder) / "branches" / f"{case.name}.yaml"
    lines = [
        f"# {title}",
        "",
        f"Made by `{COMMAND} {manifest['members']}`; do not edit by hand.",
        "",
        f"**{case.question}**",
        "",
        "## The change",
        "",
        case.change,
        "",
        "```yaml",
        file.read_text(encoding="utf-8").rstrip(),
        "```",
        "",
        f"Run it: `patronage branch cuba --file {case.name} --until 1993-12`. What lies before "
        f"{branch.branches[-1].date} is the baseline to the bit.",
        "",
        "## The result",
        "",
        say_result(rows),
        "",
        f"![{plain(rows[0])}: baseline and branch]({case.name}.png)",
        "",
        *tabulate(rows),
        "",
        *([case.without[1], "", *tabulate(less), ""] if case.without else []),
        *describe_drivers(case, parts),
        "",
        "## How far to trust it",
        "",
        *(f"- {word}" for word in case.trust),
        "- Intervals are about luck within the model, with its parameters as they are. They say "
        "nothing of wrong parameters or of a wrong model.",
        "",
        provenance(manifest),
        "",
        MARK + say_row(case.name, title, rows[0], name_driver(parts)) + " -->",
        "",
    ]
    (out / f"{case.name}.md").write_text("\n".join(lines), encoding="utf-8")


def provenance(manifest: dict[str, Any]) -> str:
    """What was run, in a line."""
    return (
        f"{manifest['members']} paired members, seed {manifest['seed']}, version "
        f"{manifest['versions']['patronage']}, scenario `{manifest['scenario']}` "
        f"({manifest['scenario_hash'][:12]})."
    )


def say_result(rows: list[Row]) -> str:
    """The headline in words, and what does not move."""
    first = rows[0]
    mean, low, high = first.effect
    before, after = first.base.mean(), first.branch.mean()
    if not np.any(first.base != first.branch):
        said = f"The {plain(first)} of {spell(first.window)} does not move in any member."
    elif not first.clear:
        said = (
            f"No effect on the {plain(first)} of {spell(first.window)} can be told from nought: "
            f"{number(before)} without the change, {number(after)} with it "
            f"({signed(mean)}, 95 % interval {signed(low)} to {signed(high)})."
        )
    else:
        said = (
            f"The {plain(first)} of {spell(first.window)} is {number(after)} {unit_of(first)}"
            f"instead of {number(before)}: {signed(mean)} "
            f"(95 % interval {signed(low)} to {signed(high)})."
        )
    still = [plain(r) for r in rows[1:] if not r.clear]
    if still:
        said += f" Not told from nought: {', '.join(dict.fromkeys(still))}."
    return said


def unit_of(row: Row) -> str:
    """The unit, with a blank, where it says something."""
    return "" if row.unit in ("index", "share", "probability", "") else f"{row.unit} "


def plain(row: Row) -> str:
    """The label without its unit."""
    return row.label.split(" [")[0]


def spell(window: str) -> str:
    """A window in words."""
    return window.replace(":", " to ")


def number(value: float) -> str:
    """Three figures."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def signed(value: float) -> str:
    """Three figures with a sign."""
    return "0" if value == 0 else f"{value:+.0f}" if abs(value) >= 1000 else f"{value:+.3g}"


def tabulate(rows: list[Row]) -> list[str]:
    """All measures as a table."""
    lines = [
        "| measure | when | baseline | branch | difference | 95 % interval | 10–90 % of members |",
        "|---|---|---|---|---|---|---|",
    ]
    for r in rows:
        mean, low, high = r.effect
        q10, q90 = np.percentile(r.branch - r.base, [10, 90])
        spread = "" if r.unit == "share of members" else f"{signed(q10)} … {signed(q90)}"
        unit = f" [{r.unit}]" if unit_of(r) and "[" not in r.label else ""
        unit = "" if r.unit == "share of members" else unit
        lines.append(
            f"| {r.label}{unit} | {r.window.replace(':', '–')} | {number(r.base.mean())} "
            f"| {number(r.branch.mean())} | {signed(mean)} | {signed(low)} … {signed(high)} "
            f"| {spread} |"
        )
    lines += [
        "",
        "Means over members; the interval is that of the mean difference (paired bootstrap, 1000 "
        "resamples). A line on members is the share of them in which the thing happens.",
    ]
    return lines


def describe_drivers(case: Case, parts: Any) -> list[str]:
    """Shares of mechanisms in the effect on the headline measure."""
    from patronage.history.explain_table import say_method

    (found,) = parts.parts
    table = parts.table
    lines = ["## What drives it", ""]
    whole = float(np.nanmean(found.total))
    if whole == 0:
        return [*lines, "There is no effect to explain."]
    scale = 12 if case.main.yearly else 1
    unit = parts.unit.replace("/ month", "a year") if scale == 12 else parts.unit
    unit = unit.replace("unit a year", "kt a year")
    labels = " ".join(f"--{k} {v}" for k, v in case.main.cell.items())
    command = (
        f"patronage explain cuba --branch {case.name} --what {case.main.quantity} "
        f"--when {case.main.window} {labels}"
    )
    lines += [
        f"The effect on the {case.main.label.split(' [')[0]} of {spell(case.main.window)}, by the "
        f"mechanism through which it works ([how](../explain.md)): `{command}`.",
        "",
        f"| mechanism | share [{unit}] | 95 % interval | lost if it alone is off |",
        "|---|---|---|---|",
    ]
    most = max(abs(float(v)) for v in table[table["role"] == "player"]["share"])
    small = []
    for r in table.to_dict("records"):
        values = [r[k] * scale for k in ("share", "low", "high", "left_out")]
        if r["role"] == "player" and abs(r["share"]) < 0.03 * most:
            small.append(str(r["part"]))
            continue
        name = {"residual": "*with all of these off*", "sum": "**sum**"}.get(r["role"], r["part"])
        out = "" if np.isnan(values[3]) else signed(values[3])
        lines.append(
            f"| {name} | {signed(values[0])} | {signed(values[1])} … {signed(values[2])} | {out} |"
        )
    lines += ["", f"{say_method(found)}; {parts.about['members']} members."]
    if small:
        lines[-1] += f" Smaller than 3 % of the largest: {', '.join(small)}."
    return lines


def name_driver(parts: Any) -> str:
    """The largest mechanisms of an effect, for the index."""
    table = parts.table
    players = table[table["role"] == "player"]
    order = players["share"].abs().sort_values(ascending=False).index
    best = players.loc[order].head(2)
    if not len(best) or float(best["share"].abs().max()) == 0:
        return "none"
    shares = best["share"].abs()
    (found,) = parts.parts
    if abs(float(np.nanmean(found.residual))) > shares.max():
        return ", ".join(found.stays) + " alone" if found.stays else "directly"
    return ", ".join(best["part"][shares > shares.max() / 3])


def draw(
    path: Path, case: Case, courses: list[np.ndarray], unit: str, manifest: dict[str, Any]
) -> None:
    """Levels of baseline and branch, and their difference, by year."""
    from patronage.history.compare_table import bootstrap_mean
    from patronage.report.style import (
        BLUE,
        GREEN,
        MUTED,
        VERMILLION,
        add_footer,
        house_style,
        make_panels,
    )

    years = np.arange(case.span[0], case.span[1] + 1) + 0.5
    base, branch = courses
    with house_style():
        figure, (top, low) = make_panels([1.05, 0.85], left=0.5, right=0.5, bottom=0.48, gap=0.3)
        higher = np.median(branch[-1]) > np.median(base[-1])
        for values, colour, name in ((base, MUTED, "baseline"), (branch, VERMILLION, "branch")):
            up = higher == (name == "branch")
            q10, q50, q90 = np.percentile(values, [10, 50, 90], axis=1)
            top.fill_between(years, q10, q90, color=colour, alpha=0.15, linewidth=0)
            top.plot(years, q50, color=colour)
            top.annotate(
                name, (years[-1], q50[-1]), (3, 3 if up else -6),
                textcoords="offset points", color=colour, fontsize=6, annotation_clip=False,
            )  # fmt: skip
        top.set_title(case.main.label.split(" [")[0])
        difference = (branch - base).T
        bounds = bootstrap_mean(difference)
        q10, q90 = np.percentile(difference, [10, 90], axis=0)
        low.axhline(0, color=MUTED, linewidth=0.5)
        low.fill_between(years, q10, q90, color=BLUE, alpha=0.18, linewidth=0)
        low.fill_between(years, *bounds, color=BLUE, alpha=0.4, linewidth=0)
        low.plot(years, difference.mean(axis=0), color=BLUE)
        low.set_title("branch − baseline")
        from matplotlib.ticker import MaxNLocator

        first, _, last = case.main.window.partition(":")
        left, right = float(first[:4]), float((last or first)[:4]) + 1
        for ax in (top, low):
            ax.axvspan(left, right, color=GREEN, alpha=0.07, linewidth=0)
            ax.set_xlim(case.span[0], case.span[1] + 1)
            ax.set_ylabel(unit if unit else "")
            ax.xaxis.set_major_locator(MaxNLocator(7, integer=True))
        top.set_xticklabels([])
        run = f"patronage {manifest['versions']['patronage']}, {manifest['scenario']}, "
        run += f"{manifest['members']} paired members, seed {manifest['seed']}; by year; "
        run += "shaded: the window of the table\nupper: median and 80 % of members; lower: mean, "
        add_footer(figure, run + "its 95 % interval (dark), 80 % of members (light)")
        figure.savefig(path, dpi=DPI, metadata={"Software": None})


def say_row(name: str, title: str, row: Row, driver: str) -> str:
    """A page in a row of the index."""
    mean, low, high = row.effect
    unit = f" [{row.unit}]" if unit_of(row) and "[" not in row.label else ""
    return (
        f"| [{title}]({name}.md) | {row.label}{unit}, {row.window.replace(':', '–')} "
        f"| {number(row.base.mean())} | {number(row.branch.mean())} "
        f"| {signed(mean)} ({signed(low)} … {signed(high)}) | {driver} |"
    )


def write_index(out: Path, cases: list[Case], manifest: dict[str, Any]) -> None:
    """The index, from the rows that the pages carry."""
    lines = [
        "# Ten counterfactuals",
        "",
        f"Made by `{COMMAND} {manifest['members']}`; do not edit by hand.",
        "",
        "Each is a [branch file](../branches.md) that comes with the scenario: `patronage branch "
        "cuba --list` names them, `patronage branch cuba --file no-split` runs one. No outcome is "
        "set: a branch changes events, parameters or series, and the mechanisms make the rest. "
        "Each page says what is changed, what follows, through which mechanisms, and how far to "
        "trust it.",
        "",
        "| what if | measure | baseline | branch | difference (95 % interval) | works through |",
        "|---|---|---|---|---|---|",
    ]
    for case in cases:
        page = out / f"{case.name}.md"
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        found = [line for line in text.splitlines() if line.startswith(MARK)]
        lines += [line.removeprefix(MARK).removesuffix(" -->") for line in found]
    lines += [
        "",
        "History is imposed on all states but Cuba, so the others do not answer what Cuba does "
        "differently except through the mechanisms: money, trade, liking, threat and credibility "
        "move; dated decisions stay. That is the first caution on every page.",
        "",
        provenance(manifest),
        "",
    ]
    (out / "index.md").write_text("\n".join(lines), encoding="utf-8")
