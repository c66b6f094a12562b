"""United Nations General Assembly: roll calls, votes, issues, and agreement of pairs of states.

Two forms: the Parquet or CSV tables of the R package `unvotes` (words for votes, absences left
out), and Voeten's own CSV files (numbers for votes, 8 absent, 9 not a member).
"""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

import numpy as np
import pandas as pd

from patronage.data.agreement import ABSENT, ABSTAIN, NO, NOT_MEMBER, YES, agree
from patronage.data.cleaning import Context, Sheet, join
from patronage.data.codes import split_germany
from patronage.data.files import RawTable
from patronage.data.importer import Family, Importer, Parts, columns
from patronage.data.problems import KEPT, LEFT_OUT, PUT_ASIDE

WORDS = {"yes": YES, "abstain": ABSTAIN, "no": NO, "absent": ABSENT}
ISSUES = {
    "me": "Palestinian conflict",
    "nu": "Nuclear weapons and nuclear material",
    "di": "Arms control and disarmament",
    "hr": "Human rights",
    "co": "Colonialism",
    "ec": "Economic development",
}
FEW = 10  # roll calls; below this a share is too coarse to read


def _read_votes(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    names = {"rcid": "rcid", "ccode": "ccode", "country": "country", "vote": "vote"}
    sheet = Sheet(raw, "un_votes", context, names)
    sheet.number("rcid")
    sheet.put_aside(sheet.frame.rcid.isna().to_numpy(), "no roll call", "rcid")
    words = sheet.frame["vote"].astype("string").str.strip().str.lower().map(WORDS)
    if words.notna().any():
        sheet.frame["vote"] = words.to_numpy(dtype=float, na_value=np.nan)
    else:
        sheet.number("vote")
    allowed = sheet.frame["vote"].isin([YES, ABSTAIN, NO, ABSENT, NOT_MEMBER]).to_numpy()
    sheet.put_aside(~allowed, "unknown vote", "vote")
    if "ccode" not in sheet:
        # One code whatever the year; Germany is set right once dates are known.
        year = pd.Series(2000, index=sheet.frame.index)
        sheet.frame["ccode"] = context.codes.from_names(sheet.frame["country"], year)
    sheet.state("ccode")
    sheet.frame = sheet.frame.drop(columns="country", errors="ignore")
    types = {"rcid": np.int32, "vote": np.int8}
    sheet.frame = sheet.frame.astype(types)
    sheet.unique(["rcid", "ccode"])
    votes = sheet.frame
    votes["file"] = raw.file
    return {"votes": votes}


def _read_roll_calls(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    names = {"rcid": "rcid", "session": "session", "date": "date", "important": "importantvote"}
    names |= {"resolution": "unres", "title": "short", "description": "descr"}
    names |= {issue: issue for issue in ISSUES}
    sheet = Sheet(raw, "un_roll_calls", context, names)
    # A file that also holds the votes repeats each roll call in every row.
    sheet.frame = sheet.frame.drop_duplicates("rcid") if "vote" in raw.columns else sheet.frame
    sheet.number("rcid")
    sheet.put_aside(sheet.frame.rcid.isna().to_numpy(), "no roll call", "rcid")
    for column in ("session", "important", *ISSUES):
        sheet.number(column)
    sheet.day("date")
    dates = sheet.frame["date"]
    sheet.frame["year"] = dates.dt.year
    sheet.put_aside(dates.isna().to_numpy(), "no date", "date")
    sheet.unique(["rcid"])
    frame = sheet.frame
    frame["year"] = frame["year"].astype(np.int16)
    lag = (frame["year"] - frame["session"] - 1945).to_numpy(dtype=float)
    note = "regular session s opens in the year 1945 + s; the date is used"
    sheet.report((lag < 0) | (lag > 1), "date outside session", KEPT, "session", note)
    frame = sheet.rows().astype({"rcid": np.int32})
    tables = {"roll_calls": frame.drop(columns=list(ISSUES), errors="ignore")}
    marked = [c for c in ISSUES if c in frame]
    if marked:
        long = frame.melt("rcid", marked, "issue", "yes").query("yes == 1")
        tables["issues"] = long[["rcid", "issue"]]
    return tables


def _read_both(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    return _read_votes(raw, context) | _read_roll_calls(raw, context)


def _read_issues(raw: RawTable, context: Context) -> dict[str, pd.DataFrame]:
    names = {"rcid": "rcid", "issue": "short_name", "label": "issue"}
    sheet = Sheet(raw, "un_issues", context, names)
    sheet.number("rcid")
    sheet.put_aside(sheet.frame.rcid.isna().to_numpy(), "no roll call", "rcid")
    if "issue" not in sheet:
        short = {label: issue for issue, label in ISSUES.items()}
        sheet.frame["issue"] = sheet.frame["label"].astype("string").map(short)
    known = sheet.frame["issue"].isin(ISSUES).to_numpy()
    sheet.put_aside(~known, "unknown issue", "issue")
    sheet.frame = sheet.frame.drop(columns="label", errors="ignore")
    sheet.unique(["rcid", "issue"])
    return {"issues": sheet.rows().astype({"rcid": np.int32, "issue": "str"})}


def _dated(votes: pd.DataFrame, calls: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Votes with year and session of their roll call; votes without one are put aside."""
    votes = votes.merge(calls[["rcid", "year", "session"]], on="rcid", how="left")
    lost = votes["year"].isna()
    for file, rows in votes[lost].groupby("file"):
        where = {"file": str(file), "table": "un_votes", "problem": "no such roll call"}
        lines = rows["_line"].to_numpy()
        context.problems.add(action=PUT_ASIDE, column="rcid", lines=lines, **where)
        years = np.full(len(rows), np.nan)
        raw = rows[["rcid", "ccode", "vote"]]
        context.problems.put_aside(raw, lines=lines, years=years, **where)
    votes = votes[~lost].astype({"year": np.int16})
    codes, years = context.codes, votes["year"].to_numpy()
    state = split_germany(votes.ccode.to_numpy(), years).astype(np.int16)
    changed = state != votes.ccode.to_numpy()
    outside = (
        ~codes.member(state, years) if codes.spells is not None else np.zeros(len(votes), bool)
    )
    votes["ccode"] = state
    for mask, problem, action, note in (
        (changed, "code of Germany", "corrected", "260 up to 1989, 255 from 1991"),
        (
            outside,
            "outside membership",
            KEPT,
            "voted before or after membership of the state system",
        ),
    ):
        for (file, code), rows in votes[mask].groupby(["file", "ccode"]):
            context.problems.add(
                problem, action, file=str(file), table="un_votes", column="ccode", value=code,
                lines=rows["_line"], years=rows["year"], note=note,
            )  # fmt: skip
    return votes


def _report_thin(calls: pd.DataFrame, pairs: pd.DataFrame, context: Context) -> None:
    """Name years without roll calls, years with few, and pairs with few common votes."""
    per_year = calls.groupby("year").size()
    where = {"file": "", "table": "un_agreement", "column": "year"}
    for year in range(int(per_year.index.min()), int(per_year.index.max()) + 1):
        number = int(per_year.get(year, 0))
        if number < FEW:
            problem = "year with few roll calls" if number else "year without roll calls"
            context.problems.add(
                problem,
                KEPT,
                value=year,
                rows=number,
                years=[year],
                note=f"{number} roll calls",
                **where,
            )
    thin = pairs[pairs.n < FEW]
    if len(thin):
        full = int((thin.agreement == 1).sum())
        note = f"fewer than {FEW} common votes (column n); {full} of these pairs agree in all"
        context.problems.add(
            "pair with few common votes",
            KEPT,
            rows=len(thin),
            years=thin["year"],
            note=note,
            **where,
        )


def _pairs(votes: pd.DataFrame, group: str) -> pd.DataFrame:
    cells = (votes[c].to_numpy() for c in ("rcid", group, "ccode", "vote"))
    frame = pd.DataFrame(agree(*cells)._asdict()).rename(columns={"group": group})
    small = dict.fromkeys(("client", "patron", group, "n", "roll_calls"), np.int16)
    return frame.astype(small | {"agreement": np.float32})


def _build(parts: Parts, context: Context) -> dict[str, pd.DataFrame]:
    tables: dict[str, pd.DataFrame] = {}
    if "roll_calls" not in parts:
        if "votes" in parts:
            note = "votes need the roll calls with their dates"
            context.problems.add("no roll calls", KEPT, file="", table="un_votes", note=note)
        return {}
    calls = join(parts["roll_calls"], ["rcid"], "un_roll_calls", context)
    tables["un_roll_calls"] = calls.sort_values("rcid", ignore_index=True)
    if "issues" in parts:
        issues = pd.concat(parts["issues"], ignore_index=True).drop_duplicates()
        joined = issues.merge(calls[["rcid", "year"]], on="rcid", how="left")
        lost = joined["year"].isna()
        if lost.any():
            note = f"{int(lost.sum())} labels"
            context.problems.add(
                "no such roll call", LEFT_OUT, file="", table="un_issues", note=note
            )
        tables["un_issues"] = joined[~lost].astype({"year": np.int16}).reset_index(drop=True)
    if "votes" in parts:
        votes = join(parts["votes"], ["rcid", "ccode"], "un_votes", context)
        votes = _dated(votes, calls, context)
        tables["un_agreement"] = _pairs(votes, "year")
        _report_thin(calls, tables["un_agreement"], context)
        regular = votes[votes.session.notna()].astype({"session": np.int16})
        by_session = _pairs(regular, "session")
        # A session is known whole only in the year of its last roll call.
        years = regular.groupby("session")["year"].agg(first_year="min", year="max").reset_index()
        tables["un_agreement_session"] = by_session.merge(years, on="session")
        tables["un_votes"] = votes[["rcid", "year", "ccode", "vote"]].reset_index(drop=True)
    return tables


_CITATION = "voeten2009"
_CALL = columns("rcid date session")

FAMILY = Family(
    "un",
    (
        Importer("un-votes", columns("rcid ccode vote"), _read_votes, _CITATION, columns("date")),
        Importer(
            "un-votes-by-name",
            columns("rcid country vote"),
            _read_votes,
            _CITATION,
            columns("date ccode"),
        ),
        Importer("un-roll-calls", _CALL, _read_roll_calls, _CITATION, columns("vote")),
        Importer("un-votes-and-roll-calls", _CALL | {"ccode", "vote"}, _read_both, _CITATION),
        Importer(
            "un-issues", columns("rcid issue"), _read_issues, _CITATION, columns("vote date ccode")
        ),
    ),
    _build,
)
