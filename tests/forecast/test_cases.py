"""The forecast file: round trip, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from patronage.errors import DataError
from patronage.forecast.cases import Forecast


def rows() -> pd.DataFrame:
    """Two cases of two draws, out of order."""
    return pd.DataFrame(
        [
            ("arms", 365, 40, 1961, 1962, 1, 300.0),
            ("un_agreement", 365, 40, 1961, 1962, 0, 0.8),
            ("arms", 365, 40, 1961, 1962, 0, 0.0),
            ("un_agreement", 365, 40, 1961, 1962, 1, 0.9),
        ],
        columns=["quantity", "patron", "client", "origin", "year", "member", "value"],
    )


def test_round_trip(tmp_path: Path) -> None:
    forecast = Forecast.from_frame(rows())
    np.testing.assert_array_equal(forecast.draws, [[0.0, 300.0], [0.8, 0.9]])
    again = Forecast.read(forecast.write(tmp_path / "f.parquet"))
    pd.testing.assert_frame_equal(again.keys, forecast.keys)
    np.testing.assert_array_equal(again.draws, forecast.draws)


@pytest.mark.parametrize(
    ("column", "value", "word"),
    [
        ("value", -1.0, "impossible value"),
        ("value", np.nan, "impossible value"),
        ("year", 1961, "not after the origin"),
        ("member", 0, "twice"),
        ("quantity", "arm", "did you mean: arms"),
    ],
)
def test_faults_are_named(column: str, value: object, word: str) -> None:
    frame = rows()
    frame.loc[0, column] = value
    with pytest.raises(DataError, match=word):
        Forecast.from_frame(frame)


def test_agreement_above_one_is_refused() -> None:
    frame = rows()
    frame.loc[1, "value"] = 1.2
    with pytest.raises(DataError, match="impossible value"):
        Forecast.from_frame(frame)


def test_unequal_numbers_of_draws_are_refused() -> None:
    with pytest.raises(DataError, match="from 1 to 2 draws"):
        Forecast.from_frame(rows().iloc[:3])


def test_missing_column_and_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column 'patron'"):
        Forecast.from_frame(rows().drop(columns="patron"))
    with pytest.raises(DataError, match="no forecast can be read"):
        Forecast.read(tmp_path / "none.parquet")
