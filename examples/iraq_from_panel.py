# %% [markdown]
# # A case from data alone: Iraq between its patrons, 1950–1975
#
# Needs a panel (docs/data.md): `python examples/iraq_from_panel.py PANEL [OUT]`. Without one it
# says so and ends. No line of the scenario is written by hand: `new` makes it, and the model is set
# beside what happened.

# %%
import sys
from pathlib import Path

import numpy as np

import patronage as pt
from patronage.data.world import new
from patronage.forecast.rules import crps
from patronage.report.style import BLUE, INK, MUTED, VERMILLION, house_style, make_panels

words = [w for w in sys.argv[1:] if not w.startswith("-")]
panel = Path(words[0] if words else "panel")
out = Path(words[1] if len(words) > 1 else "iraq")
if not (panel / "manifest.json").is_file():
    print(f"no panel in '{panel}': make one with `patronage data import RAW --out {panel}`")
    sys.exit()

# %% [markdown]
# History is imposed on all but Iraq. `observed`: a new leader's line is that of the votes that
# follow, which is hindsight; `start`: nobody's line moves by decree.

# %%
STATES, YEARS, MEMBERS = "IRQ,RUS,USA,UKG,ISR,IRN", (1950, 1975), 64
runs = {}
for lines in ("observed", "start"):
    made = new(panel, STATES, *YEARS, out / lines, free="IRQ", lines=lines, force=True)
    print(made.folder, made.rows)
    world = pt.load(str(made.folder))
    runs[lines] = world, pt.run(world, members=MEMBERS, seed=1, record=["un_agreement", "transfer"])

# %% [markdown]
# Agreement in the autumn of each year, and how far off the model is: beside it, how far off one is
# who says in the first year that nothing will change.


# %%
def compare(lines: str, patron: str) -> dict[str, np.ndarray]:
    """Year, observed, quantiles and CRPS of the members."""
    world, run = runs[lines]
    votes = run.data["un_agreement"].sel(client="IRQ", patron=patron)
    rows: dict[str, list] = {"year": [], "seen": [], "draws": []}
    for o in world.observed:
        if o.quantity == "un_agreement" and {o.client, o.patron} == {"IRQ", patron}:
            span = slice(o.first - world.start, o.last - world.start + 1)
            rows["year"].append(o.first // 12)
            rows["seen"].append(o.value)
            rows["draws"].append(votes.isel(month=span).mean("month").values)
    draws, seen = np.array(rows["draws"]), np.array(rows["seen"])
    low, mid, high = np.quantile(draws, [0.1, 0.5, 0.9], axis=1)
    found = {"year": np.array(rows["year"]), "seen": seen, "low": low, "mid": mid, "high": high}
    return {**found, "crps": crps(draws, seen)}


print(f"\n{'lines':12}{'patron':10}{'CRPS':>8}{'in 80 %':>9}{'error':>8}{'no change':>11}")
for lines in runs:
    for patron in ("RUS", "USA", "UKG"):
        c = compare(lines, patron)
        inside = np.mean((c["low"] <= c["seen"]) & (c["seen"] <= c["high"]))
        error = np.abs(c["mid"] - c["seen"]).mean()
        still = np.abs(c["seen"][0] - c["seen"][1:]).mean()
        print(f"{lines:12}{patron:10}{c['crps'].mean():8.3f}{inside:9.0%}{error:8.3f}{still:11.3f}")

# %% [markdown]
# What the world is told of Iraq: leaders, treaties, disputes, wars; yearly arms are left out here.

# %%
world = runs["observed"][0]
for e in world.events:
    if "IRQ" in (e.actor, e.target) and e.type != "arms-transfer":
        print(f"{e.date:12}{e.actor} -> {e.target}  {e.type:14} {e.description}")

# %%
PATRONS = {"RUS": BLUE, "UKG": VERMILLION}
changes = [e for e in world.events if e.actor == e.target == "IRQ" and e.type == "regime-change"]
with house_style():
    figure, axes = make_panels([1.0, 1.0, 0.9], right=0.14, bottom=0.6)
    for ax, patron in zip(axes, ("RUS", "USA"), strict=False):
        for lines, colour in (("observed", BLUE), ("start", VERMILLION)):
            c = compare(lines, patron)
            ax.fill_between(c["year"], c["low"], c["high"], color=colour, alpha=0.15, linewidth=0)
            ax.plot(c["year"], c["mid"], color=colour, label=f"model, lines: {lines}")
        ax.plot(c["year"], c["seen"], "o", color=INK, markersize=2.2, label="observed")
        ax.set_title(f"UN agreement of Iraq with {world.states[world.index(patron)].name}")
        ax.set_ylim(0, 1.02)
    for patron, colour in PATRONS.items():
        name = world.states[world.index(patron)].name
        flow = runs["observed"][1].data["transfer"].sel(client="IRQ", patron=patron)
        year = 12 * flow.transpose("month", "member").values.reshape(-1, 12, MEMBERS).mean(axis=1)
        years = np.arange(YEARS[0], YEARS[1] + 1)
        axes[2].plot(years, np.median(year, axis=1), color=colour, label=f"{name}: transfer, model")
        seen = [
            (o.first // 12, o.value)
            for o in world.observed
            if o.quantity == "arms" and (o.client, o.patron) == ("IRQ", patron) and o.value > 0
        ]
        axes[2].plot(
            *zip(*seen, strict=True), "o", color=colour, markersize=2.2, label=f"{name}: arms, seen"
        )
    axes[2].set_yscale("log")
    axes[2].set_ylim(1, 20_000)
    axes[2].set_title("What Iraq got, million US$ a year (arms: SIPRI TIV)")
    for ax in axes:
        for e in changes:
            ax.axvline(e.month / 12, color=MUTED, linewidth=0.5)
    for e in changes:
        leader = e.description.split(" takes ")[0]
        axes[0].annotate(leader, (e.month / 12, 0.02), fontsize=4.5, color=MUTED, rotation=90,
                         ha="right", va="bottom")  # fmt: skip
    below = {"fontsize": 5.5, "frameon": False, "loc": "upper center"}
    axes[1].legend(fontsize=5.5, frameon=False, loc=(0.6, 0.57))
    axes[2].legend(**below, ncol=2, bbox_to_anchor=(0.5, -0.14))
    figure.savefig(out / "iraq.png", dpi=200)
print(out / "iraq.png")
