"""Small invented files in every form that the importers know."""

# ruff: noqa: E501  (the columns of the forms are many)

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest


def table(text: str) -> pd.DataFrame:
    """A frame from lines of words; `NA` is missing."""
    return pd.read_csv(io.StringIO(text.strip()), sep=r"\s+")


STATES = """
stateabb ccode statenme styear stmonth stday endyear endmonth endday version
USA 2 United_States 1816 1 1 2016 12 31 2016
CUB 40 Cuba 1902 5 20 2016 12 31 2016
GMY 255 Germany 1816 1 1 1945 5 8 2016
GMY 255 Germany 1990 10 3 2016 12 31 2016
GFR 260 German_Federal_Republic 1955 5 5 1990 10 2 2016
RUS 365 Russia 1816 1 1 2016 12 31 2016
YAR 678 Yemen_Arab_Republic 1926 9 2 1990 5 21 2016
YEM 679 Yemen 1990 5 22 2016 12 31 2016
CHN 710 China 1860 10 13 2016 12 31 2016
KIR 946 Kiribati 1999 9 14 2016 12 31 2016
"""

VOTES = """
rcid ccode vote
1 2 1
1 40 1
1 365 3
2 2 1
2 40 2
2 365 3
3 2 3
3 40 1
3 365 1
4 2 3
4 40 8
4 365 1
4 255 2
"""

CALLS = """
rcid session importantvote date unres short
1 17 0 1962-10-20 R/17/1 A
2 17 1 1962-11-20 R/17/2 B
3 17 0 1963-01-10 R/17/3 C
4 18 0 1963-10-10 R/18/1 D
"""

FORMS: dict[str, str] = {
    "states.csv": STATES,
    "majors.csv": """
        stateabb ccode styear stmonth stday endyear endmonth endday version
        USA 2 1898 8 13 2016 12 31 2016
        RUS 365 1816 1 1 1917 12 5 2016
        RUS 365 1922 1 1 2016 12 31 2016""",
    "votes.csv": VOTES,
    "calls.csv": CALLS,
    "issues.csv": "rcid short_name issue\n1 co Colonialism\n2 nu Nuclear",
    "arms.csv": """
        supplier recipient year value supplier_cown recipient_cown
        Russia Cuba 1962 500 365 40
        Russia Cuba 1963 300 365 40
        China Cuba 1962 5 710 40""",
    "nmc.csv": """
        stateabb ccode year milex milper irst pec tpop upop cinc version
        CUB 40 1962 200 30 10 300 7000 1500 0.002 2021
        CUB 40 1963 -9 30 -9 300 7100 1600 0.002 2021
        USA 2 1962 52000000 2800 89000 900000 186000 50000 0.2 2021""",
    "atop.csv": """
        ccode1 ccode2 year atop_defense atop_offense atop_neutral atop_nonagg atop_consul
        365 710 1962 1 0 1 0 1
        710 365 1962 1 0 1 0 1""",
    "atop_original.csv": """
        statea stateb year defense offense neutral nonagg consul
        2 260 1962 1 0 0 0 1
        260 2 1962 1 0 0 0 1""",
    "cow_alliances.csv": """
        version4id ccode1 state_name1 ccode2 state_name2 defense neutrality nonaggression entente year
        7 365 Russia 710 China 1 0 0 1 1962
        8 365 Russia 710 China 0 1 0 0 1962""",
    "mid.csv": """
        disno dyindex statea stateb strtyr endyear year sideaa sideab outcome settlmnt hihost hihosta hihostb fatlev fatleva fatlevb ongo2014
        61 61.001 2 365 1962 1963 1962 1 2 6 1 3 3 3 1 1 -9 0
        61 61.001 2 365 1962 1963 1963 1 2 6 1 3 3 3 1 1 0 0
        61 61.001 365 2 1962 1963 1962 0 1 6 1 3 3 3 1 0 1 0""",
    "gml.csv": """
        dispnum ccode1 ccode2 year gmlmidongoing gmlmidonset sidea1 sidea2 fatality1 fatality2 hostlev1 hostlev2 fatality hostlev
        61 2 365 1962 1 1 1 0 0 0 3 3 0 3
        61 365 2 1962 1 1 0 1 0 0 3 3 0 3""",
    "contiguity.csv": """
        ccode1 ccode2 conttype stdate enddate
        2 40 4 1902-05-20 2016-12-31
        40 2 4 1902-05-20 2016-12-31
        365 710 1 1860-10-13 1870-01-01""",
    "contiguity_original.csv": """
        dyad state1no state1ab state2no state2ab begin end conttype
        255365 255 GMY 365 RUS 187101 191811 1""",
    "contiguity_yearly.csv": """
        dyad state1no state2no year conttype
        2365 2 365 1962 2""",
    "distance.csv": "ccode1 ccode2 year mindist\n2 40 1962 145.5\n40 365 1962 8000",
    "capitals.csv": """
        ccode statenme capital stdate enddate lat lng
        40 Cuba Havana 1902-05-20 2016-12-31 23.1 -82.4
        365 Russia Petersburg 1816-01-01 1918-03-11 59.9 30.3
        365 Russia Moscow 1918-03-12 2016-12-31 55.8 37.6""",
    "archigos.csv": """
        obsid gwcode leadid leader yrborn gender startdate enddate entry exit exitcode
        CUB-1952 40 a Batista 1901 M 1952-03-10 1959-01-01 Irregular Irregular Rebels
        CUB-1959 40 b Castro 1926 M 1959-01-02 2008-02-24 Irregular Regular Regular
        CUB-2008 40 c Raul 1931 M 2008-02-24 2015-12-31 Regular Still Still
        GFR-1982 260 d Kohl 1930 M 1982-10-01 1998-10-27 Regular Regular Regular""",
    "archigos_years.csv": """
        gwcode year leadertransition irregular n_leaders jan1obsid dec31obsid
        40 1959 1 1 2 CUB-1952 CUB-1959
        260 1989 0 0 1 GFR-1982 GFR-1982
        260 1991 0 0 1 GFR-1982 GFR-1982""",
    "leader_codes.csv": """
        obsid leadid leadid29 leaderid
        CUB-1959 b A2-1 LEAD-1""",
    "td.csv": """
        rivalryno rivalryname ccode1 ccode2 styear endyear region type1 type2 type3
        1 A 2 40 1959 1961 X ideological spatial NA""",
    "tss.csv": """
        tssr_id rivalry ccode1 ccode2 start end positional spatial ideological interventionary principal aprin
        1 A 2 365 1945 1989 1 NA 1 NA 1 NA""",
    "igo.csv": "ccode1 ccode2 year dyadigos\n2 40 1962 30",
    "trade_totals.csv": """
        ccode statename year imports exports
        40 Cuba 1962 759 521
        40 Cuba 1963 4.9 8.6
        255 Germany 1962 12240 13235
        260 GFR 1962 -9 -9""",
    "trade_dyads.csv": """
        ccode1 ccode2 year importer1 importer2 flow1 flow2 smoothflow1 smoothflow2
        40 365 1962 Cuba Russia 411 222 400 230
        2 40 1962 USA Cuba 7 -9 7 14""",
    "wars.csv": """
        warnum ccode1 ccode2 year cowinterongoing cowinteronset sidea1 sidea2 initiator1 initiator2 outcome1 outcome2 batdeath1 batdeath2 resume
        151 2 710 1950 1 1 2 1 0 1 6 6 36000 -9 0
        151 710 2 1950 1 1 1 2 1 0 6 6 -9 36000 0
        151 2 710 1953 1 0 2 1 0 1 6 6 36000 -9 0""",
    "onsets.csv": """
        gwcode year sumnewconf sumonset1 sumonset2 sumonset3 sumonset5 sumonset10
        40 1961 1 1 1 1 1 1
        970 2001 0 0 0 0 0 0""",
}  # fmt: skip


def tidy(name: str) -> pd.DataFrame:
    """The invented table of one form."""
    lines = "\n".join(line.strip() for line in FORMS[name].strip().splitlines())
    frame = table(lines)
    for column in ("statenme", "issue", "exit", "exitcode"):
        if column in frame:
            frame[column] = frame[column].replace({"Nuclear": "Nuclear weapons", "Still": STILL})
            frame[column] = frame[column].str.replace("_", " ")
    return frame


STILL = "Still in Office"


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A folder with all forms; the names of the files say nothing of what is in them."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for number, name in enumerate(FORMS):
        tidy(name).to_csv(folder / f"file{number:02d}.csv", index=False, na_rep="NA")
    return folder


@pytest.fixture(scope="session")
def forms() -> dict[str, pd.DataFrame]:
    """Every invented table by name of its form."""
    return {name: tidy(name) for name in FORMS}
