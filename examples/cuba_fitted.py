# %% [markdown]
# # Fitted on 1943–1974, judged on 1976–1991: the Cuba world and its votes
#
# `python examples/cuba_fitted.py OUT`: some minutes of one core; without a folder it says so and
# ends. The scenario is the shipped one, so its events, series and the values set by hand know the
# whole period; the fit knows votes and acts up to 1974. A posterior that lies in OUT is used again.

# %%
import sys
from pathlib import Path

import numpy as np

import patronage as pt
from patronage.fit.judge import judge
from patronage.fit.posterior import read_posterior
from patronage.forecast.rules import crps
from patronage.report.style import BLUE, INK, MUTED, VERMILLION, house_style, make_panels
from patronage.run.cache import use_cache

words = [w for w in sys.argv[1:] if not w.startswith("-")]
if not words:
    print("name a folder for the posterior and the figure")
    sys.exit()
out = Path(words[0])
use_cache()
MEMBERS, UNTIL = 200, 1974
cuba = pt.load("cuba")
file = out / "posterior.parquet"
if file.is_file():
    posterior = read_posterior(file)
else:
    posterior = pt.fit(cuba, until=f"{UNTIL}-12", method="laplace", draws=300, out=file)
table = posterior.table()
columns = [
    "parameter",
    "value",
    "prior",
    "prior_sd",
    "mean",
    "sd",
    "q05",
    "q95",
    "learnt",
    "source",
]
print(table.loc[table["parameter"].str.contains(".", regex=False), columns].to_string(index=False))
print("log density that each climb reached:", posterior.manifest["heights"])

# %% [markdown]
# Later votes with the likelihood's noise on top: prior, posterior, and the last three years' mean.

# %%
print(judge(cuba, posterior, members=MEMBERS).round(3).to_string(index=False))

# %% [markdown]
# Agreement itself, without the noise of votes: the values set by hand and the posterior.

# %%
runs = {
    name: pt.run(cuba, members=MEMBERS, seed=1, posterior=who, record="un_agreement", every=1)
    for name, who in (("set by hand", None), ("posterior", posterior))
}
PATRONS = ("RUS", "USA")


def autumns(name: str, patron: str) -> np.ndarray:
    """Agreement of Cuba with a patron (year, member), mean of September to December."""
    votes = runs[name].data["un_agreement"].sel(client="CUB", patron=patron)
    votes = votes.transpose("month", "member").values
    return votes.reshape(-1, 12, votes.shape[1])[:, 8:].mean(axis=1)


first = cuba.start // 12
for patron in PATRONS:
    seen = {
        o.first // 12: o.value
        for o in cuba.observed
        if o.quantity == "un_agreement" and {o.client, o.patron} == {"CUB", patron}
    }
    for name in runs:
        model = autumns(name, patron)
        for said, years in (("1959-74", range(1959, 1975)), ("1976-90", range(1976, 1991))):
            there = [y for y in years if y in seen]
            own = model[[y - first for y in there]]
            truth = np.array([seen[y] for y in there])
            low, high = np.quantile(own, [0.1, 0.9], axis=1)
            inside = float(((low <= truth) & (truth <= high)).mean())
            print(
                f"{patron} {said} {name}: CRPS {crps(own, truth).mean():.3f}, inside {inside:.0%}"
            )

# %%
with house_style():
    figure, axes = make_panels([1.0, 1.0], right=0.14, bottom=0.5)
    years = np.arange(first, first + len(autumns("posterior", "RUS")))
    for ax, patron in zip(axes, PATRONS, strict=True):
        for name, colour in (("set by hand", VERMILLION), ("posterior", BLUE)):
            low, mid, high = np.quantile(autumns(name, patron), [0.1, 0.5, 0.9], axis=1)
            ax.fill_between(years, low, high, color=colour, alpha=0.18, linewidth=0)
            ax.plot(years, mid, color=colour, label=name)
        seen = [
            (o.first // 12, o.value)
            for o in cuba.observed
            if o.quantity == "un_agreement" and {o.client, o.patron} == {"CUB", patron}
        ]
        ax.plot(*zip(*seen, strict=True), "o", color=INK, markersize=2.2, label="observed")
        ax.axvline(UNTIL + 1, color=MUTED, linewidth=0.6)
        ax.set_title(f"UN agreement of Cuba with {cuba.states[cuba.index(patron)].name}")
        ax.set_ylim(0, 1.02)
    axes[1].legend(
        fontsize=5.5, ncol=3, frameon=False, loc="upper center", bbox_to_anchor=(0.46, -0.14)
    )
    figure.savefig(out / "cuba_fitted.png", dpi=200)
print(out / "cuba_fitted.png")
