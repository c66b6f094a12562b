"""Figure of events by month and type: those imposed from history, and the model's own choices."""

from __future__ import annotations

from typing import Any

import numpy as np

from patronage import months as clock
from patronage.report.panels import draw_bars, dress_time, measure
from patronage.report.style import FAINT, INK, PAPER, SKY, Drawing, add_footer, make_panels
from patronage.report.summary import Summary

_COLUMNS = ("member", "month", "who", "whom", "what", "imposed")
CHOSEN = "decide"
IMPOSED = frozenset({"calendar", "history", "imposed", "replay"})
# Warm above, cold below; types that are not named here come last.
ORDER = [
    "recognise",
    "open-embassy",
    "state-visit",
    "honour",
    "endorse",
    "pledge",
    "trade-agreement",
    "credit",
    "arms-transfer",
    "deploy-strategic",
    "lift",
    "back-down",
    "court-rival",
    "declare-neutrality",
    "withdraw-strategic",
    "demand",
    "denounce",
    "expel",
    "sever-relations",
    "nationalise",
    "embargo",
    "blockade",
    "sponsor-insurgency",
    "intervene",
    "purge",
    "leader-change",
    "regime-change",
    "other",
]


def draw_events(s: Summary, most: int = 26) -> Drawing | None:
    """Imposed events and own choices that involve the focus state."""
    log = read_log(s)
    if log is None or log.empty:
        return None
    found = set(log["what"].unique())
    kinds = [k for k in ORDER if k in found]
    kinds += sorted(found - set(kinds))
    if len(kinds) > most:
        common = log.groupby("what")["member"].nunique().sort_values(ascending=False).index[:most]
        kinds = [k for k in kinds if k in set(common)]
    figure, (ax,) = make_panels([0.15 * len(kinds) + 0.1], left=0.92, right=0.12, top=0.3)
    imposed = log[log["imposed"]].drop_duplicates(["month", "what", "who", "whom"])
    own = log[~log["imposed"]]
    # one pass over the log, not one for each kind
    choices, acts = (dict(list(rows.groupby("what"))) for rows in (own, imposed))
    for k, kind in enumerate(reversed(kinds)):
        ax.axhline(k, color=FAINT, linewidth=0.4, zorder=0)
        _draw_choices(ax, s, choices.get(kind, own[:0]), k)
        _draw_imposed(ax, s, acts.get(kind, imposed[:0]), k)
    ax.set_ylim(-0.25, len(kinds) - 0.05)
    ax.set_yticks(np.arange(len(kinds)) + 0.25, list(reversed(kinds)))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    dress_time(ax, s)
    _draw_key(figure, ax, s)
    add_footer(
        figure,
        s.footer(
            "bars: share of members with such a choice in the year, full row = all; no interval"
        ),
    )
    return Drawing(
        figure,
        "Events, imposed and chosen",
        f"Events that {s.name(s.focus)} took part in, by type: taken from history, or chosen by "
        "governments in the run.",
        "Diamonds: imposed (full: its own act; open: done to it). Bars: share of members in "
        "which such a choice was made "
        "in that year by or towards it; a bar as high as the row means all members.",
        f"Timeline of {len(kinds)} types of events: {len(imposed)} imposed, and yearly shares of "
        "the model's own choices.",
    )


def read_log(s: Summary) -> Any:
    """Events that involve the focus state, with `month` as a month number and `imposed`; or None.

    Imposed events are taken from the log where it has them, else from the scenario.
    """
    import pandas as pd

    log = s.results.log
    if log is None or not {"member", "month", "who", "whom", "what"} <= set(log.columns):
        return None
    log = log[(log["who"] == s.focus) | (log["whom"] == s.focus)]
    log = log.assign(month=_month_numbers(log["month"]))
    mechanism = log["mechanism"].astype(str) if "mechanism" in log else None
    imposed = mechanism.isin(IMPOSED) if mechanism is not None else np.zeros(len(log), bool)
    log = log.assign(imposed=imposed, what=log["what"].astype(str))
    if mechanism is not None and (chosen := mechanism == CHOSEN).any():
        # crises, exits and the ends of movements happen to a government; it does not choose them
        log = log[imposed | chosen]
    if not log["imposed"].any() and (rows := list_imposed(s)):
        log = pd.concat([log[list(_COLUMNS)], pd.DataFrame(rows, columns=list(_COLUMNS))])
    return log


def list_imposed(s: Summary) -> list[tuple[int, int, str, str, str, bool]]:
    """Events of the scenario that the run imposed on its members, as rows of the log."""
    mode = getattr(s.world, "mode", None)
    until = getattr(mode, "until", None)
    last = clock.parse(str(until)[:7]) - 1 if until else int(s.months[-1])
    free = set(getattr(mode, "free", None) or ()) if until is None else set()
    all_free = until is None and getattr(mode, "kind", "replay") == "free"
    rows = []
    for e in getattr(s.world, "events", None) or ():
        chosen = e.role == "decision" and not all_free and e.actor not in free and e.month <= last
        touches = s.focus in (e.actor, e.target) and s.months[0] <= e.month <= s.months[-1]
        if touches and (chosen or e.role == "exogenous"):
            rows.append((0, int(e.month), e.actor, e.target, e.type, True))
    return rows


def _month_numbers(column: Any) -> Any:
    """Month numbers from dates, texts or numbers."""
    import pandas as pd

    if pd.api.types.is_integer_dtype(column):
        return column.astype("int64")
    when = pd.to_datetime(column)
    return when.dt.year * 12 + when.dt.month - 1


def _draw_choices(ax: Any, s: Summary, rows: Any, level: int) -> None:
    """Bars: share of members with at least one choice of this type in the year."""
    if rows.empty:
        return
    years = rows["month"] // 12
    share = rows.groupby(years)["member"].nunique() / s.count
    draw_bars(ax, share.index.to_numpy() + 0.5, 0.8 * share.to_numpy(), SKY, level, 0.9)


def _draw_imposed(ax: Any, s: Summary, rows: Any, level: int) -> None:
    for own, face in ((True, INK), (False, PAPER)):
        chosen = rows[(rows["who"] == s.focus) == own]
        if len(chosen):
            ax.plot(
                (chosen["month"].to_numpy() + 0.5) / 12,
                np.full(len(chosen), level + 0.22),
                linestyle="none",
                marker="D",
                markersize=2.5,
                markerfacecolor=face,
                markeredgecolor=INK,
                markeredgewidth=0.5,
                zorder=4,
            )


def _draw_key(figure: Any, ax: Any, s: Summary) -> None:
    from matplotlib.lines import Line2D

    width, height = figure.get_size_inches()
    y = height - 0.13
    x = 0.08
    name = s.name(s.focus)
    items = (
        ("D", INK, f"imposed, by {name}"),
        ("D", PAPER, f"imposed, on {name}"),
        ("s", SKY, f"chosen, by or on {name}"),
    )
    for marker, face, word in items:
        size, edge = (2.8, INK) if marker == "D" else (4.5, SKY)
        figure.add_artist(
            Line2D(
                [x / width],
                [y / height],
                marker=marker,
                markersize=size,
                markerfacecolor=face,
                markeredgecolor=edge,
                markeredgewidth=0.5,
                transform=figure.transFigure,
                linestyle="none",
            )
        )
        figure.text((x + 0.07) / width, y / height, word, fontsize=6, va="center_baseline")
        x += 0.25 + measure(word, 6)
