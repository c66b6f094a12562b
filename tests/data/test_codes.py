"""The code table: one state a code and year, and the well-known differences."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from patronage.data.codes import Codes, identities, split_germany
from patronage.errors import DataError


def spells(*rows: tuple[int, str, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["ccode", "name", "start", "end"])
    for column in ("start", "end"):
        frame[column] = pd.to_datetime(frame[column])
    return frame.assign(abb="ABC")


def test_periods_of_one_code_do_not_overlap() -> None:
    for code, rows in identities().groupby("ccode"):
        rows = rows.sort_values("first")
        assert (rows["first"].to_numpy() <= rows["last"].to_numpy()).all(), code
        assert (rows["first"].to_numpy()[1:] > rows["last"].to_numpy()[:-1]).all(), code


@pytest.mark.parametrize("column", ["gwcode", "iso3"])
def test_a_code_means_one_state_except_in_years_of_change(column: str) -> None:
    table = identities()
    table = table[table[column].astype(str) != ""]
    for value, rows in table.groupby(column):
        for a, b in itertools.combinations(rows.itertuples(), 2):
            shared = set(range(max(a.first, b.first), min(a.last, b.last) + 1))
            # Germany and Yemen in 1990: two states and one code within the year.
            assert a.ccode == b.ccode or shared <= {1990}, (value, a, b)


@pytest.mark.parametrize(
    ("gw", "year", "cow"),
    [
        *[(2, 1962, 2), (365, 1962, 365), (260, 1989, 260), (260, 1990, 255), (260, 2010, 255)],
        *[(255, 1930, 255), (678, 1989, 678), (678, 1990, 679), (680, 1989, 680), (816, 1950, 816)],
        *[(817, 1970, 817), (340, 1900, 345), (345, 1950, 345), (340, 2010, 345), (970, 2005, 946)],
        *[(971, 2005, 970), (972, 2005, 955), (973, 2005, 947), (711, 1930, -1), (563, 1890, -1)],
    ],
)
def test_gleditsch_ward_codes(gw: int, year: int, cow: int) -> None:
    assert Codes().from_gw(np.array([gw]), np.array([year])).tolist() == [cow]


@pytest.mark.parametrize(
    ("iso3", "year", "cow"),
    [
        *[("SUN", 1970, 365), ("RUS", 2000, 365), ("DEU", 1970, 260), ("DEU", 2000, 255)],
        *[("DDR", 1970, 265), ("YUG", 1970, 345), ("SCG", 2004, 345), ("SRB", 2010, 345)],
        *[("YEM", 1970, 678), ("YEM", 2000, 679), ("YMD", 1980, 680), ("VNM", 1970, 817)],
        *[("VNM", 1980, 816), ("CSK", 1950, 315), ("CZE", 1995, 316), ("cub", 1962, 40)],
    ],
)
def test_iso_codes(iso3: str, year: int, cow: int) -> None:
    assert Codes().from_iso3(iso3, year) == cow


def test_an_unknown_iso_code_names_the_nearest() -> None:
    with pytest.raises(DataError, match="did you mean: CUB"):
        Codes().from_iso3("CUBA", 1962)


def test_names_go_by_year() -> None:
    names = pd.Series(
        ["Germany", "Germany", "Viet Nam", "Viet Nam", "Yemen Arab Republic", "Atlantis"]
    )
    years = pd.Series([1960, 2000, 1972, 2000, 1965, 1962])
    assert Codes().from_names(names, years).tolist() == [260, 255, 816, 816, 678, -1]


def test_germany_is_split_by_year() -> None:
    found = split_germany(
        np.array([255, 255, 255, 260, 40]), np.array([1938, 1946, 1990, 1995, 1950])
    )
    assert found.tolist() == [255, 260, 255, 255, 40]


def test_membership_follows_the_spells() -> None:
    codes = Codes(
        spells((40, "Cuba", "1902-05-20", "1906-09-25"), (40, "Cuba", "1909-01-23", None))
    )
    years = np.array([1901, 1902, 1906, 1907, 1909, 2050])
    assert codes.member(np.full(6, 40), years).tolist() == [False, True, True, False, True, True]
    assert not codes.member(np.array([999]), np.array([1950]))[0]


def test_the_table_cuts_spells_where_the_identity_changes() -> None:
    table = Codes(
        spells((365, "Russia", "1816-01-01", None), (260, "GFR", "1955-05-05", "1990-10-02"))
    ).table()
    russia = table[table.ccode == 365]
    assert russia["iso3"].tolist() == ["RUS", "SUN", "RUS"]
    assert russia["year"].tolist() == [1816, 1922, 1992]
    assert russia["last_year"].tolist()[:2] == [1921, 1991]
    assert pd.isna(russia["end"].iloc[2])
    west = table[table.ccode == 260].iloc[0]
    assert (str(west.start.date()), str(west.end.date())) == ("1955-05-05", "1990-10-02")


def test_a_code_of_the_states_file_that_the_list_lacks_is_known() -> None:
    codes = Codes(spells((999, "New", "2020-01-01", None)))
    assert codes.known(np.array([999, 40, 998, -1, 5000])).tolist() == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert codes.table().query("ccode == 999").name.tolist() == ["New"]
