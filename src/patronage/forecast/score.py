"""Scores of a forecast against what happened, and of naive forecasts on the same cases.

Agreement is scored as it is [0–1], arms as log(1 + TIV).
"""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportReturnType=false, reportIndexIssue=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame)

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from patronage.data.panel import Panel
from patronage.errors import DataError
from patronage.forecast import rules
from patronage.forecast.baselines import METHODS
from patronage.forecast.cases import Forecast
from patronage.forecast.history import MINIMUM_VOTES, open_panel, region
from patronage.forecast.rolling import forecast_cases, read_truth

if TYPE_CHECKING:
    import pandas as pd

GROUPS = ("quantity", "method", "horizon", "decade", "patron", "group")
OWN = "forecast"
"""Name of the forecast that is scored, beside the naive ones."""


@dataclass(frozen=True)
class Scores:
    """Scores by case.

    cases: one row a method and case: quantity, patron, client, origin, year, method, horizon,
    decade (of the year), group (of the client), truth, crps, log_score [nats], in50, in80, in95,
    pit, width80; truth and those in its unit are log(1 + TIV) for arms.
    unscored: cases without a truth. members: draws of the forecast that was scored.
    """

    cases: pd.DataFrame
    unscored: int
    members: int

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of what was scored, in order."""
        return tuple(dict.fromkeys(self.cases["method"]))

    def add(self, other: Scores) -> Scores:
        """With another method's scores."""
        import pandas as pd

        cases = pd.concat([self.cases, other.cases], ignore_index=True)
        return Scores(cases, self.unscored, self.members)

    def table(self, by: Sequence[str] = ("quantity", "horizon", "method")) -> pd.DataFrame:
        """Means by group: n, crps, its error, log_score, in50, in80, in95, width80, pit.

        by: any of quantity, method, horizon, decade, patron, group. Cases of one year are not
        independent: `crps_error` is the standard error with years as clusters; it is too small
        where there are few years, and missing below three.

        Errors: DataError for another grouping.
        """
        for name in by:
            if name not in GROUPS:
                raise DataError(f"no grouping by '{name}'", where="by", allowed=GROUPS, got=name)
        by = list(by)
        columns = ["crps", "log_score", "in50", "in80", "in95", "width80", "pit"]
        grouped = self.cases.groupby(by, sort=True)
        out = grouped[columns].mean()
        out.insert(0, "n", grouped.size())
        rest = self.cases["crps"] - grouped["crps"].transform("mean")
        sums = rest.groupby([*(self.cases[b] for b in by), self.cases["year"]]).sum()
        by_year = (sums**2).groupby(level=list(range(len(by))))
        error = np.sqrt(by_year.sum().to_numpy()) / out["n"].to_numpy()
        out.insert(2, "crps_error", np.where(by_year.size().to_numpy() < 3, np.nan, error))
        return out.reset_index()

    def skill(
        self, against: str = "autoregression", by: Sequence[str] = ("quantity", "horizon")
    ) -> pd.DataFrame:
        """Share of the CRPS of another method that each method saves (1 perfect, 0 none)."""
        table = self.table([*by, "method"]).set_index([*by, "method"])["crps"].unstack("method")
        if against not in table:
            raise DataError(
                f"no scores of '{against}'", where="against", allowed=self.methods, got=against
            )
        return 1 - table.div(table[against], axis=0)

    def pit(self, quantity: str, method: str = OWN, bins: int = 10) -> NDArray[np.float64]:
        """Share of cases by bin of the probability integral transform; even if calibrated."""
        mine = (self.cases["quantity"] == quantity) & (self.cases["method"] == method)
        values = self.cases.loc[mine, "pit"].to_numpy(np.float64)
        counts = np.histogram(values, bins=bins, range=(0.0, 1.0))[0]
        return counts / max(len(values), 1)


def score(
    forecast: Forecast | pd.DataFrame | str | Path,
    panel: Panel | str | Path,
    *,
    baselines: Sequence[str] = (),
    fair: bool = True,
    minimum_votes: int = MINIMUM_VOTES,
    group: Callable[[int], str] = region,
    seed: int = 1,
    method: str = OWN,
) -> Scores:
    """Score a forecast against the panel.

    forecast: a forecast, its file, or its rows. baselines: names of naive forecasts to make and
    score on the same cases, with as many members. fair: the CRPS of infinitely many members.
    minimum_votes: fewest common roll calls of a year that is scored. group: names the group of a
    client (COW code). seed: of random ranks among ties, and of the naive forecasts.

    Errors: DataError for a faulty forecast, or if no case has a truth.
    """
    panel = open_panel(panel)
    forecast = _open(forecast)
    truth = read_truth(panel, forecast.keys, minimum_votes=minimum_votes)
    have = np.isfinite(truth)
    if not have.any():
        raise DataError(
            f"none of {len(truth)} cases has a truth in the panel",
            where="forecast",
            allowed=["clients and years with votes or arms in the panel"],
        )
    known = Forecast(forecast.keys[have].reset_index(drop=True), forecast.draws[have])
    members = forecast.draws.shape[1]
    out = Scores(
        _score_cases(known, truth[have], fair, group, seed, method), int((~have).sum()), members
    )
    for name in baselines:
        naive = forecast_cases(panel, known.keys, name, members=members, seed=seed,
                               minimum_votes=minimum_votes)  # fmt: skip
        real = read_truth(panel, naive.keys, minimum_votes=minimum_votes)
        out = out.add(Scores(_score_cases(naive, real, fair, group, seed, name), 0, members))
    return out


def score_with_baselines(
    forecast: Forecast | pd.DataFrame | str | Path, panel: Panel | str | Path, *, seed: int = 1
) -> Scores:
    """Score a forecast beside all naive forecasts on the same cases."""
    return score(forecast, panel, baselines=tuple(METHODS), seed=seed)


def _open(forecast: Forecast | pd.DataFrame | str | Path) -> Forecast:
    if isinstance(forecast, Forecast):
        return forecast
    if isinstance(forecast, str | Path):
        return Forecast.read(forecast)
    return Forecast.from_frame(forecast)


def _score_cases(
    forecast: Forecast, truth: NDArray[np.float64], fair: bool, group: Callable[[int], str],
    seed: int, method: str,
) -> pd.DataFrame:  # fmt: skip
    """One row a case."""
    cases = forecast.keys.copy()
    arms = (cases["quantity"] == "arms").to_numpy()
    x, y = forecast.draws.copy(), truth.copy()
    x[arms], y[arms] = np.log1p(x[arms]), np.log1p(y[arms])
    cases["method"] = method
    cases["horizon"] = cases["year"] - cases["origin"]
    cases["decade"] = cases["year"] // 10 * 10
    names = {int(c): group(int(c)) for c in cases["client"].unique()}
    cases["group"] = cases["client"].map(names)
    cases["truth"] = y
    cases["crps"] = rules.crps(x, y, fair=fair)
    log_score = np.empty(len(y))
    log_score[arms] = rules.score_hurdle(x[arms], y[arms])
    log_score[~arms] = rules.score_agreement(x[~arms], y[~arms])
    cases["log_score"] = log_score
    for coverage in rules.COVERAGES:
        cases[f"in{coverage:.0%}".rstrip("%")] = rules.cover(x, y, coverage)
    cases["pit"] = rules.transform(x, y, seed=seed)
    low, high = rules.interval(x, 0.8)
    cases["width80"] = high - low
    return cases
