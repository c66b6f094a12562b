"""What each table of the panel holds: keys, columns with units, what is known only later."""

from __future__ import annotations

from patronage.data.importer import Table

_PAIR = {"ccode1": "COW code of the first state", "ccode2": "COW code of the second state"}
_PATRONAGE = {"client": "COW code of the client", "patron": "COW code of the patron"}
_STATE = {"ccode": "COW code of the state"}
_YEAR = {"year": "calendar year"}
_SYSTEM = {"in_system": "all states of the row were in the state system in that year"}
_FLAG = "0 or 1"
_FLOW = "million current US$ / year"
_AGREEMENT = {
    "agreement": "share [0–1]: equal votes 1, exactly one abstention one half, opposed votes 0",
    "n": "roll calls in which both voted",
    "roll_calls": "all roll calls of the period",
}
_RIVAL = dict.fromkeys(("spatial", "positional", "ideological", "interventionary"), _FLAG)
_HOSTILITY = ("hostility", "hostility1", "hostility2")
_FATALITY = ("fatality", "fatality1", "fatality2")
_DAYS = {"days": "days of the year in membership"}

TABLES: dict[str, Table] = {
    "codes": Table(
        "codes and names of states with dates of validity",
        ("ccode", "start"),
        _STATE
        | {"gwcode": "Gleditsch–Ward code", "iso3": "ISO 3166-1 alpha-3", "abb": "COW abbreviation"}
        | {"name": "English name", "start": "first day", "end": "last day, if it has ended"}
        | {"year": "year of the first day", "last_year": "year of the last day"},
        final=("end", "last_year"),
        known="last_year",
    ),
    "states": Table(
        "members of the state system",
        ("ccode", "year"),
        _STATE | _YEAR | {"abb": "COW abbreviation", "name": "COW name"} | _DAYS,
    ),
    "majors": Table("major powers", ("ccode", "year"), _STATE | _YEAR | _DAYS),
    "un_roll_calls": Table(
        "roll calls of the General Assembly",
        ("rcid",),
        {"rcid": "roll call", "session": "session", "date": "day", "important": _FLAG}
        | {"resolution": "number", "title": "text", "description": "text"}
        | _YEAR,
    ),
    "un_issues": Table(
        "issue labels of roll calls",
        ("rcid", "issue"),
        {"rcid": "roll call", "issue": "me, nu, di, hr, co or ec (docs/data.md)"} | _YEAR,
    ),
    "un_votes": Table(
        "votes of states in roll calls",
        ("rcid", "ccode"),
        {"rcid": "roll call"} | _YEAR | _STATE
        | {"vote": "1 yes, 2 abstain, 3 no, 8 absent, 9 not a member"},
    ),
    "un_agreement": Table(
        "agreement in roll calls by year; both orders of each pair",
        ("client", "patron", "year"),
        _PATRONAGE | _YEAR | _AGREEMENT,
    ),
    "un_agreement_session": Table(
        "agreement in roll calls by session; both orders of each pair",
        ("client", "patron", "session"),
        _PATRONAGE
        | {"session": "regular session", "first_year": "year of its first roll call"}
        | {"year": "year of its last roll call"}
        | _AGREEMENT,
    ),
    "arms": Table(
        "arms transferred by the patron to the client",
        ("client", "patron", "year"),
        _PATRONAGE | _YEAR | {"tiv": "SIPRI trend-indicator value, million"} | _SYSTEM,
    ),
    "capability": Table(
        "national material capabilities",
        ("ccode", "year"),
        _STATE | _YEAR
        | {"milex": "thousand current US$ (before 1914: pounds)", "milper": "thousand persons"}
        | {"irst": "thousand tons of iron and steel", "pec": "thousand coal-ton equivalents"}
        | {"tpop": "thousand persons", "upop": "thousand persons in cities"}
        | {"cinc": "share of the world [0–1]", "source": "file of the row"}
        | _SYSTEM,
    ),
    "alliances": Table(
        "obligations of the first state to the second",
        ("source", "ccode1", "ccode2", "year"),
        _PAIR | _YEAR
        | dict.fromkeys(("defense", "offense", "neutrality", "nonaggression"), _FLAG)
        | {"consultation": f"{_FLAG} (ATOP)", "entente": f"{_FLAG} (COW)", "source": "atop or cow"}
        | _SYSTEM,
    ),
    "disputes": Table(
        "militarised interstate disputes; both orders of each pair",
        ("source", "dispute", "episode", "ccode1", "ccode2", "year"),
        {"source": "mid or gml", "dispute": "number", "episode": "MID's dyindex"} | _PAIR | _YEAR
        | {"onset": _FLAG, "side1": "1 if the first state is on side A", "start_year": "year"}
        | {"end_year": "year", "outcome": "MID code", "settlement": "MID code"}
        | dict.fromkeys(_HOSTILITY, "level 1–5 of the whole dispute")
        | dict.fromkeys(_FATALITY, "level 0–6 of the whole dispute")
        | {"known": "last year of the whole dispute"}
        | _SYSTEM,
        final=("end_year", "outcome", "settlement", *_HOSTILITY, *_FATALITY),
        known="known",
    ),
    "contiguity": Table(
        "direct contiguity; both orders of each pair",
        ("ccode1", "ccode2", "year"),
        _PAIR | _YEAR | {"type": "0 none, 1 land, 2–5 water up to 12, 24, 150, 400 miles"},
    ),
    "distance": Table(
        "shortest distance between borders; both orders of each pair",
        ("ccode1", "ccode2", "year"),
        _PAIR | _YEAR | {"km": "kilometres"} | _SYSTEM,
    ),
    "capitals": Table(
        "capitals",
        ("ccode", "year"),
        _STATE | _YEAR
        | {"capital": "name", "latitude": "degrees north", "longitude": "degrees east"}
        | _SYSTEM,
    ),
    "leaders": Table(
        "leaders in office on some day of the year",
        ("ccode", "year", "obsid"),
        _STATE | _YEAR
        | {"obsid": "Archigos spell", "leadid": "Archigos leader", "leader": "name"}
        | {"born": "year", "gender": "M or F", "entry": "manner", "start": "first day"}
        | {"end": "last day, in its year only", "exit": "manner, in its year only"}
        | {"exit_code": "detail, in its year only", "year_end": "in office on 31 December"}
        | {"leadid29": "Archigos 2.9 leader", "leaderid": "LEAD leader"}
        | _SYSTEM,
    ),
    "leader_years": Table(
        "changes of leader",
        ("ccode", "year"),
        _STATE | _YEAR
        | {"change": _FLAG, "irregular": _FLAG, "n_leaders": "leaders in the year"}
        | {"first_obsid": "spell on 1 January", "last_obsid": "spell on 31 December"}
        | _SYSTEM,
    ),
    "rivalries": Table(
        "strategic rivalries; both orders of each pair",
        ("source", "ccode1", "ccode2", "year"),
        {"source": "td or tss"} | _PAIR | _YEAR | _RIVAL | {"principal": f"{_FLAG} (tss)"}
        | _SYSTEM,
    ),
    "igo": Table(
        "joint memberships in intergovernmental organisations; both orders of each pair",
        ("ccode1", "ccode2", "year"),
        _PAIR | _YEAR | {"igos": "organisations"} | _SYSTEM,
    ),
    "trade_totals": Table(
        "total trade",
        ("ccode", "year"),
        _STATE | _YEAR | {"imports": _FLOW, "exports": _FLOW}
        | {"usable": "false where the published value is known to be wrong"}
        | _SYSTEM,
    ),
    "trade_dyads": Table(
        "trade between two states; both orders of each pair",
        ("ccode1", "ccode2", "year"),
        _PAIR | _YEAR
        | {"imports": f"{_FLOW}, first state from second", "exports": f"{_FLOW}, first to second"}
        | {"smooth_imports": f"{_FLOW}, smoothed", "smooth_exports": f"{_FLOW}, smoothed"}
        | {"usable": "false where the published value is known to be wrong"}
        | _SYSTEM,
        hindsight=("smooth_imports", "smooth_exports"),
    ),
    "wars": Table(
        "inter-state wars; both orders of each pair of enemies",
        ("war", "ccode1", "ccode2", "year", "resumed"),
        {"war": "number", "resumed": "1 after an interruption"} | _PAIR | _YEAR
        | {"onset": _FLAG, "side1": "1 or 2", "side2": "1 or 2"}
        | {"initiator1": _FLAG, "initiator2": _FLAG, "outcome1": "COW code", "outcome2": "COW code"}
        | {"deaths1": "battle deaths in the whole war", "deaths2": "battle deaths in the whole war"}
        | {"known": "last year of the war"}
        | _SYSTEM,
        final=("outcome1", "outcome2", "deaths1", "deaths2"),
        known="known",
    ),
    "onsets": Table(
        "onsets of armed conflict",
        ("ccode", "year"),
        _STATE | _YEAR | {"new_conflicts": "conflicts never active before"}
        | {f"onsets{n}": f"conflicts after {n} years or more without" for n in (1, 2, 3, 5, 10)}
        | _SYSTEM,
    ),
    "quarantine": Table(
        "raw rows put aside, with the reason",
        ("file", "table", "line"),
        {"file": "raw file", "table": "panel table it was meant for", "line": "line or row"}
        | {"problem": "reason", "year": "year of the row, where it has one", "row": "JSON"},
        hindsight=("row",),
    ),
}  # fmt: skip
