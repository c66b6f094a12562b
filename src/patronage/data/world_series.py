"""Month by month: what a panel gives a world from outside, and what it observes of it."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportReturnType=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
# (pandas types a column as Series or DataFrame: the rules above cannot hold for frames)

from __future__ import annotations

from collections.abc import Iterator

from patronage import months as clock
from patronage.data.world_cast import CHINA, RUSSIA, SMALL_WORLD, USA, Player
from patronage.data.world_start import Line, Stage, line

HIGH, MEDIUM = 40, 20
"""Common roll calls from which a year's agreement is of high or medium quality."""


def list_series(stage: Stage) -> Iterator[Line]:
    """Rows of `series.csv`."""
    yield from _list_power(stage)
    yield from _list_rivalries(stage)
    yield from _list_agenda(stage)
    yield from _list_south(stage)


def _list_power(stage: Stage) -> Iterator[Line]:
    """Capabilities, and output from energy and heads; nought while a state does not exist."""
    cast, a = stage.cast, stage.assumed
    first, last = cast.years
    table = cast.panel.table("capability", ["ccode", "year", "cinc", "pec", "tpop"])
    table = table[table["year"].between(first - 1, last + 1)].sort_values("year")
    for player in cast.players:
        own = table[table["ccode"] == player.ccode]
        rows = {int(r.year): r for r in own.itertuples() if player.exists_in(int(r.year))}
        for name, unit in (("capability", "share"), ("gdp", "million US$ / year")):
            points: dict[int, float] = {}
            for year, row in rows.items():
                if name == "capability":
                    value = float(row.cinc)
                else:  # thousand tons × US$ and thousand persons × US$: thousand US$
                    energy = 0.0 if row.pec != row.pec else float(row.pec)
                    heads = float(row.tpop) * a["output_head"]
                    value = (heads + energy * a["output_energy"]) / 1000
                if value == value:
                    points[year] = value
            if not points:
                cast.notes.append(f"{player.code}: no {name} in the panel; taken as nought")
                continue
            note = {} if name == "capability" else {"note": "from energy and heads: assumed"}
            source = "singer1972" if name == "capability" else "singer1972;assumed"
            quality = "medium" if name == "capability" else "low"
            for date, value in _dated(points, player, cast.start, cast.end):
                yield line(name, player.code, value=value, unit=unit, source=source, date=date,
                           quality=quality, **note)  # fmt: skip


def _dated(
    points: dict[int, float], player: Player, start: int, end: int
) -> Iterator[tuple[str, float]]:
    """Dates and values: a year's at its middle; flat to the ends of each spell, nought outside."""
    for first, last in player.spells:
        years = [y for y in sorted(points) if first // 12 <= y <= last // 12]
        if not years:
            near = min(points, key=lambda y: abs(y - first // 12))
            years, inside = [], points[near]
        else:
            inside = points[years[0]]
        if first > start:
            yield clock.format(first - 1), 0.0
            yield clock.format(first), inside
        elif not years:
            yield clock.format(first), inside
        # a year's value stands at mid-year, which may lie outside a short spell
        years = [y for y in years if first < 12 * y + 5 and 12 * y + 6 < last]
        for year in years:
            yield str(year), points[year]
        if last < end:
            yield clock.format(last), points[years[-1]] if years else inside
            yield clock.format(last + 1), 0.0


def _list_rivalries(stage: Stage) -> Iterator[Line]:
    """A rivalry from the January of its first year to the December of its last that is known."""
    cast = stage.cast
    first, last = cast.years[0], cast.seen
    for (i, j), own in stage.rivalries.groupby(["ccode1", "ccode2"]):
        if not cast.relevant(i, j):
            continue
        value = {int(r.year): (float(r.value), str(r.cite)) for r in own.itertuples()}
        before = None
        client, patron = cast.code_of[i], cast.code_of[j]
        cite = str(own["cite"].iloc[-1])
        for year in range(first, last + 1):
            now, cite = value.get(year, (0.0, cite))
            if now == before:
                continue
            if before is not None:
                yield line("rivalry", client, patron, value=before, unit="index", source=cite,
                           date=f"{year - 1}-12", quality="low")  # fmt: skip
            if before is not None or now > 0:
                yield line("rivalry", client, patron, value=now, unit="index", source=cite,
                           date=f"{year}-01", quality="low")  # fmt: skip
            before = now if before is not None or now > 0 else None
            if before is None and year == first:
                before = 0.0


def _list_agenda(stage: Stage) -> Iterator[Line]:
    first, last = stage.cast.years
    for year, value in stage.votes.agenda.items():
        if first - 1 <= year <= last:
            note = "agreement of the United States and Russia"
            yield line("agenda", value=value, unit="index", source="voeten2009", date=str(year),
                       quality="medium", note=note)  # fmt: skip


def _list_south(stage: Stage) -> Iterator[Line]:
    """The share of the agenda on which a state votes with the South, where there is one."""
    cast, votes = stage.cast, stage.votes
    first, last = cast.years
    line_of = {year: v for year, v in votes.south.items() if first - 1 <= year <= last}
    span = int(stage.assumed["south_window"])
    for player in cast.players:
        # how far it went in the years before, so that no year's votes tell of themselves
        went = {year: votes.southern(player.ccode, year - span, year - 1) for year in line_of}
        if not any(went[year] * value > 0 for year, value in line_of.items()):
            continue
        for year, value in line_of.items():
            own, note = went[year] * value, f"{went[year]:.2f} of the median state's"
            yield line("south", player.code, value=own, unit="share", source="voeten2009",
                       date=str(year), quality="medium", note=note)  # fmt: skip


def list_observed(stage: Stage) -> Iterator[Line]:
    """Rows of `observed.csv`: agreement with stronger states, and arms from them."""
    patrons = _find_patrons(stage)
    yield from _list_agreement(stage, patrons)
    yield from _list_arms(stage, patrons)
    yield from _list_trade(stage)


def _find_patrons(stage: Stage) -> list[int]:
    """Whose agreement and arms are observed: all states, or in a large world three."""
    numbers = list(stage.cast.code_of)
    if len(numbers) <= SMALL_WORLD:
        return numbers
    return [n for n in (USA, RUSSIA, CHINA) if n in stage.cast.code_of]


def _list_agreement(stage: Stage, patrons: list[int]) -> Iterator[Line]:
    cast = stage.cast
    first, last = cast.years
    power = _mean_power(stage)
    for j in patrons:
        found = stage.votes.table
        found = found[(found["patron"] == j) & found["year"].between(first, last)]
        found = found[found["client"].isin(cast.code_of)]
        for row in found.sort_values(["client", "year"]).itertuples():
            i = int(row.client)
            # agreement is the same both ways: one row a pair, the weaker as client
            if i in patrons and (power[i], i) >= (power[j], j):
                continue
            quality = "high" if row.n >= HIGH else "medium" if row.n >= MEDIUM else "low"
            yield line("un_agreement", cast.code_of[i], cast.code_of[j], value=row.agreement,
                       unit="share", source="voeten2009", date=f"{row.year}-09",
                       end=f"{row.year}-12", quality=quality, note=f"n={row.n}")  # fmt: skip


def _mean_power(stage: Stage) -> dict[int, float]:
    table = stage.cast.panel.table("capability", ["ccode", "year", "cinc"])
    table = table[table["year"].between(*stage.cast.years)]
    mean = table.groupby("ccode")["cinc"].mean().to_dict()
    return {n: float(mean.get(n, 0.0)) for n in stage.cast.code_of}


def _list_arms(stage: Stage, patrons: list[int]) -> Iterator[Line]:
    """Deliveries, and in a small world nought for the years without, between pairs with any."""
    cast = stage.cast
    first, last = cast.years
    table = cast.pairs_table("arms", ["tiv"], ("client", "patron"))
    table = table[table["patron"].isin(patrons)]
    small = len(cast.players) <= SMALL_WORLD
    for (i, j), own in table.groupby(["client", "patron"]):
        given = {int(r.year): float(r.tiv) for r in own.itertuples()}
        for year in range(first, last + 1):
            both = cast.by_number[i].exists_in(year) and cast.by_number[j].exists_in(year)
            if year not in given and not (small and both):
                continue
            yield line("arms", cast.code_of[i], cast.code_of[j],
                       value=given.get(year, 0.0) * stage.assumed["tiv_dollar"],
                       unit="million US$ / year", source="sipri", date=str(year),
                       quality="medium" if year in given else "low",
                       note="SIPRI TIV, taken as million US$")  # fmt: skip


def _list_trade(stage: Stage) -> Iterator[Line]:
    """Shares in trade, where the panel has trade by pairs and totals."""
    cast = stage.cast
    if not (cast.has("trade_dyads") and cast.has("trade_totals")):
        return
    flows = cast.pairs_table("trade_dyads", ["imports", "exports", "usable"])
    totals = cast.panel.table("trade_totals", ["ccode", "year", "imports", "exports", "usable"])
    totals = totals[totals["usable"]].set_index(["ccode", "year"])
    whole = totals["imports"] + totals["exports"]
    for row in flows[flows["usable"]].itertuples():
        total = whole.get((row.ccode1, row.year), float("nan"))
        share = (row.imports + row.exports) / total if total > 0 else float("nan")
        if 0 <= share <= 1 and cast.relevant(row.ccode1, row.ccode2):
            yield line("trade_share", cast.code_of[row.ccode1], cast.code_of[row.ccode2],
                       value=share, unit="share", source="barbieri2009", date=str(row.year),
                       quality="medium")  # fmt: skip
