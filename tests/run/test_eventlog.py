"""The event log against arrays filled by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from patronage import months
from patronage.run import eventlog
from patronage.run.eventlog import Cast
from patronage.scenario import calendar
from patronage.scenario.load import load

CAST = Cast(months.parse("1962-01"), ("CUB", "RUS", "USA"), (0, 2), ("credit", "demand", "purge"))
MONTHS, MEMBERS = 4, 3


def empty() -> dict[str, np.ndarray]:
    unit = np.zeros((MONTHS, 3, MEMBERS), np.int8)
    log = {n: unit.copy() for n in ("crisis_rung", "crisis_outcome", "consulted", "fall")}
    dyad = np.zeros((MONTHS, 3, 3, MEMBERS), np.int8)
    names = ("endorsed", "denounced", "movement_won", "movement_ended")
    log |= {n: dyad.copy() for n in names}
    return log | {
        "choice": np.full((MONTHS, 2, 3, MEMBERS), -1, np.int8),
        "exit": unit.astype(np.float16),
    }


def rows(log: dict[str, np.ndarray], demands: np.ndarray | None = None) -> list[tuple]:
    found = eventlog.decode(log, np.arange(10, 10 + MEMBERS), CAST, demands)
    plain = found.assign(month=found["month"].dt.strftime("%Y-%m")).astype(object)
    return [tuple(None if pd.isna(v) else v for v in row) for row in plain.itertuples(index=False)]


def test_nothing() -> None:
    found = eventlog.decode(empty(), np.arange(MEMBERS), CAST)
    assert len(found) == 0
    assert list(found.columns) == [
        "member", "month", "who", "whom", "what", "how_much", "mechanism",
    ]  # fmt: skip
    assert found["who"].cat.categories.tolist() == ["CUB", "RUS", "USA"]


def test_each_kind() -> None:
    log = empty()
    log["choice"][2, 1, 0, 0] = 1  # the second chooser is USA; it demands of CUB
    log["choice"][0, 0, 1, 2] = 0  # CUB credits RUS
    log["crisis_rung"][2, 2, 0], log["crisis_outcome"][2, 2, 0] = 3, 1
    log["consulted"][2, 2, 0] = 1
    log["endorsed"][1, 0, 1, 1] = 1  # CUB, as client, endorses RUS
    log["movement_won"][3, 0, 2, 1] = 1  # in CUB, the movement that USA sponsors
    log["exit"][3, 0, 1] = 0.25
    log["fall"][3, 1, 1] = 1
    assert rows(log) == [
        (10, "1962-03", "USA", "CUB", "demand", 1.0, "decide"),
        (10, "1962-03", "USA", "CUB", "crisis: ultimatum", 3.0, "crisis"),
        (10, "1962-03", "CUB", "USA", "outcome: complied", 1.0, "crisis"),
        (11, "1962-02", "CUB", "RUS", "endorse", 1.0, "bloc"),
        (11, "1962-04", "USA", "CUB", "movement won", 1.0, "revolution"),
        (11, "1962-04", "CUB", "CUB", "exit", 0.25, "domestic"),
        (11, "1962-04", "RUS", "RUS", "fall", 1.0, "domestic"),
        (12, "1962-01", "CUB", "RUS", "credit", 1.0, "decide"),
    ]


def test_defender_of_an_imposed_demand() -> None:
    log = empty()
    log["crisis_rung"][1, 1, 0], log["crisis_outcome"][1, 1, 0] = 5, 3
    demands = np.zeros((MONTHS, 3, 3), np.float32)
    demands[1, 1, 2] = 1
    expected = [
        (10, "1962-02", "RUS", "USA", "crisis: war", 5.0, "crisis"),
        (10, "1962-02", "RUS", "USA", "outcome: war", 1.0, "crisis"),
    ]
    assert rows(log, demands) == expected
    assert [r[3] for r in rows(log)] == [None, None]  # nobody demanded: the defender is unknown


@given(st.integers(0, 2**32 - 1))
def test_every_mark_is_one_row(seed: int) -> None:
    rng = np.random.default_rng(seed)
    log = empty()
    log["choice"][:] = rng.integers(-1, 3, log["choice"].shape)
    log["denounced"][:] = rng.integers(0, 2, log["denounced"].shape)
    log["fall"][:] = rng.integers(0, 2, log["fall"].shape)
    found = eventlog.decode(log, np.arange(MEMBERS), CAST)
    count = found["what"].value_counts()
    for number, name in enumerate(CAST.instruments):
        assert count[name] == (log["choice"] == number).sum()
    assert count["denounce"] == log["denounced"].sum()
    assert count["fall"] == log["fall"].sum()
    keys = list(zip(found["member"], found["month"], strict=True))
    assert keys == sorted(keys)


def test_imposed_acts_are_those_of_the_calendar() -> None:
    world = load("tiny")
    dates = calendar.build(world)
    found = eventlog.list_imposed(world, dates)
    assert set(found["member"]) == {-1}
    assert set(found["mechanism"].astype(str)) == {"calendar"}
    assert found["what"].astype(str).tolist() == [e.type for e in dates.applied]
    acts = found[found["what"] == "arms-transfer"]
    assert acts["who"].tolist() == ["BOR"]
    # 225 against a reference of 75 million dollars is four units: log2 of 4
    assert acts["how_much"].tolist() == [2.0]


def test_logs_of_chunks_are_joined() -> None:
    log = empty()
    log["fall"][0, 1, 0] = 1
    one = eventlog.decode(log, np.arange(3), CAST)
    whole = eventlog.join([eventlog.list_imposed(load("tiny"), calendar.build(load("tiny"))), one])
    assert whole["what"].astype(str).tolist()[-1] == "fall"
    assert whole["who"].dtype == "category"
    assert len(eventlog.join([])) == 0
