# %% [markdown]
# # Cuba and its patrons: a first look
#
# Open in any editor that knows `# %%` cells, or run it: `python examples/cuba_first_look.py`.
# Twenty members are enough to look around; a result wants some hundreds.

# %%
import patronage as pt

cuba = pt.load("cuba")
print(f"{cuba.title}: {', '.join(cuba.names)}")
print(f"{len(cuba.events)} dated events, {len(cuba.observed)} observed values")

# %% [markdown]
# History is imposed on every government but Cuba's; Cuba chooses for itself.
# Each member of the ensemble has its own draws, which depend on the seed and its number alone.

# %%
base = pt.run(cuba, members=20, seed=1, until="1970-12")
print(base)

# %% [markdown]
# Results are xarray datasets with named dimensions. Flows are per month.

# %%
aid = base.data["transfer"].sel(client="CUB", patron="RUS")
print(f"\nTransfer from the Soviet Union [{aid.attrs['units']} × 12], quartiles of members")
yearly = aid.groupby("month.year").sum("month")
print(yearly.quantile([0.25, 0.5, 0.75], "member").sel(year=slice(1958, 1968)).round(0).values.T)

# %% [markdown]
# How Cuba votes, beside what was observed.

# %%
votes = base.data["un_agreement"].sel(client="CUB").groupby("month.year").mean("month")
seen = {
    o.first // 12: o.value
    for o in cuba.observed
    if o.quantity == "un_agreement" and (o.client, o.patron) == ("CUB", "RUS")
}
print("\nShare of equal votes with the Soviet Union: model's median, observed")
for year in (1950, 1958, 1961, 1965, 1970):
    median = float(votes.sel(patron="RUS", year=year).median())
    print(f"{year}  {median:.2f}  {seen.get(year, float('nan')):.2f}")

# %% [markdown]
# The event log says who did what to whom. Member −1 stands for all members: history.

# %%
chosen = base.log[base.log["mechanism"] == "decide"]
often = chosen.groupby(["what", "whom"], observed=True).size() / base.data.sizes["member"]
print("\nWhat Cuba chose, times per member")
print(often.sort_values(ascending=False).head(10).round(1).to_string())

october = base.data["crisis_rung"].sel(month="1962-10").squeeze("month")
print(f"\nMembers with a crisis in October 1962: {int((october > 0).sum())} of {october.size}")

# %% [markdown]
# What was run, exactly.

# %%
for key in ("scenario_hash", "seed", "members", "chunk", "versions"):
    print(f"{key}: {base.manifest[key]}")
