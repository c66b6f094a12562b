# %% [markdown]
# # Fitted on 1950–1965, judged on 1966–1975: Iraq between three patrons
#
# Needs a panel (docs/data.md): `python examples/iraq_fitted.py PANEL [OUT]`. Without one it says so
# and ends. Nothing later than 1965 goes into the world or the fit; a posterior that lies in OUT
# already is used again.

# %%
import sys
from pathlib import Path

import numpy as np

import patronage as pt
from patronage.data.world import new
from patronage.fit.judge import draw_prior, judge
from patronage.fit.posterior import read_posterior
from patronage.fit.task import make_task
from patronage.report.style import BLUE, INK, MUTED, VERMILLION, house_style, make_panels

words = [w for w in sys.argv[1:] if not w.startswith("-")]
panel = Path(words[0] if words else "panel")
out = Path(words[1] if len(words) > 1 else "iraq_fitted")
if not (panel / "manifest.json").is_file():
    print(f"no panel in '{panel}': make one with `patronage data import RAW --out {panel}`")
    sys.exit()

# %% [markdown]
# The world knows the panel up to 1965: lines of leaders, power, agenda and acts. From 1966 on all
# governments choose; what is observed then is there to compare with.

# %%
KNOWN, MEMBERS = 1965, 200
METHOD = "laplace"  # a minute; "nuts" takes more than twenty
PARAMETERS = [
    "affinity.likeness", "affinity.balance", "affinity.benefit", "affinity.inertia",
    "affinity.event_target", "bargain.affinity_pull", "bargain.independence",
    "bargain.generosity", "bargain.goodwill", "observation.compliance_pull",
    "observation.mood", "observation.idiosyncrasy", "observation.dispersion",
]  # fmt: skip
made = new(panel, "IRQ,RUS,USA,UKG", 1950, 1975, out / "world", known=KNOWN, force=True)
world = pt.load(str(made.folder))
file = out / "posterior.parquet"
if file.is_file():
    posterior = read_posterior(file)
else:
    posterior = pt.fit(
        world, parameters=PARAMETERS, until=f"{KNOWN}-12", method=METHOD, draws=300, out=file
    )
table = posterior.table()
columns = ["parameter", "prior", "prior_sd", "mean", "sd", "q05", "q95", "learnt", "source"]
print(table.loc[table["parameter"].str.contains(".", regex=False), columns].to_string(index=False))
print("log density that each climb reached:", posterior.manifest["heights"])
print(*posterior.troubles(), sep="\n")

# %%
scores = judge(world, posterior, members=MEMBERS)
print(scores.round(3).to_string(index=False))

# %% [markdown]
# Agreement in the autumns, without the noise of votes: before and after the fit.

# %%
prior = draw_prior(make_task(world.until(f"{KNOWN}-12"), PARAMETERS), posterior.size)
runs = {
    name: pt.run(world, members=MEMBERS, seed=1, posterior=who, record="un_agreement")
    for name, who in (("prior", prior), ("posterior", posterior))
}
with house_style():
    figure, axes = make_panels([1.0, 1.0], right=0.14, bottom=0.5)
    for ax, patron in zip(axes, ("RUS", "USA"), strict=True):
        for name, colour in (("prior", VERMILLION), ("posterior", BLUE)):
            votes = runs[name].data["un_agreement"].sel(client="IRQ", patron=patron)
            autumn = votes.transpose("month", "member").values.reshape(-1, 12, MEMBERS)[:, 8:]
            low, mid, high = np.quantile(autumn.mean(axis=1), [0.1, 0.5, 0.9], axis=1)
            years = np.arange(1950, 1976)
            ax.fill_between(years, low, high, color=colour, alpha=0.18, linewidth=0)
            ax.plot(years, mid, color=colour, label=name)
        seen = [
            (o.first // 12, o.value)
            for o in world.observed
            if o.quantity == "un_agreement" and {o.client, o.patron} == {"IRQ", patron}
        ]
        ax.plot(*zip(*seen, strict=True), "o", color=INK, markersize=2.2, label="observed")
        ax.axvline(KNOWN + 1, color=MUTED, linewidth=0.6)
        ax.set_title(f"UN agreement of Iraq with {world.states[world.index(patron)].name}")
        ax.set_ylim(0, 1.02)
    axes[1].legend(
        fontsize=5.5, ncol=3, frameon=False, loc="upper center", bbox_to_anchor=(0.46, -0.14)
    )
    figure.savefig(out / "iraq_fitted.png", dpi=200)
print(out / "iraq_fitted.png")
