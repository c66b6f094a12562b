"""What a ledger may not say of its scenario: unknown names, impossible cells, unanswerable checks.

Everything here does without arrays, so that `validate` stays quick.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from patronage.errors import PatronageError, ScenarioError
from patronage.history.claims_schema import (
    DATED,
    MARKS,
    Claim,
    Effect,
    Event,
    Initial,
    Model,
    Observed,
    Order,
    Place,
    Step,
)
from patronage.history.claims_time import days_of, window_of
from patronage.scenario.catalogue import BACKGROUND_TYPES
from patronage.scenario.document import Document, Path
from patronage.scenario.schema import RECORDABLE
from patronage.scenario.script import Script

if TYPE_CHECKING:
    from patronage.history.claims_file import Ledger

_CELL = ("state", "client", "patron", "commodity", "faction")
_ACT = ("act", "actor", "target")
_INNER: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("ideology", "militancy", "insecurity"), ("state",)),
    **dict.fromkeys(("crisis_rung", "crisis_outcome", "consulted"), ("state",)),
    "shortage": ("state", "commodity"),
    "faction_share": ("state", "faction"),
}
"""Dims of results that no data file gives; all others are of a client and a patron."""


def dims_of(script: Script, quantity: str) -> tuple[str, ...]:
    """Dimensions of a quantity or result."""
    if quantity in script.quantities:
        return tuple(d for d in script.quantities[quantity].dims if d != "world")
    return _INNER.get(quantity, ("client", "patron"))


class Checker:
    """Collects the faults of one ledger."""

    def __init__(self, script: Script, yaml: Document, found: list[PatronageError]) -> None:
        self.script, self.yaml, self.found = script, yaml, found

    def fault(self, what: str, path: Path, allowed: Iterable[str] | None = None, got: str = ""):
        """Note a fault at a key path."""
        where = self.yaml.where(path)
        self.found.append(ScenarioError(what, where=where, allowed=allowed, got=got or None))

    def one_of(self, word: str | None, allowed: Iterable[str], what: str, path: Path) -> bool:
        """Whether a word is none, or one of those allowed."""
        names = tuple(allowed)
        if word is None or word in names:
            return True
        self.fault(f"unknown {what} '{word}'", path, names, word)
        return False

    def unique(self, words: list[str], table: str, key: str) -> None:
        """No word twice."""
        for i, word in enumerate(words):
            if word in words[:i]:
                self.fault(f"duplicate {key} '{word}' in {table}", (table, i, key))

    def place(self, of: Place, path: Path, results: bool) -> None:
        """A series: `results` of a run, or of the scenario's own tables."""
        if (of.quantity is None) == (of.act is None):
            self.fault("a series is a quantity or an act", path, ["quantity: …", "act: …"])
        elif of.act is not None:
            self._act(of, path, results)
        else:
            self._cell(of, path, results)

    def _act(self, of: Place, path: Path, results: bool) -> None:
        names = [i.name for i in self.script.instruments]
        self.one_of(of.act, (*names, *MARKS), "act", (*path, "act"))
        if not results:
            self.fault("acts are counted in runs, not in the record", path, ["quantity: …"])
        if of.actor is None:
            self.fault("an act of nobody", path, ["actor: a state"])
        for key in ("actor", "target"):
            self.one_of(getattr(of, key), self.script.codes, "state", (*path, key))
        for key in _CELL:
            if getattr(of, key) is not None:
                self.fault(f"an act has no {key}", (*path, key), _ACT)

    def _cell(self, of: Place, path: Path, results: bool) -> None:
        name = str(of.quantity)
        known = self.script.quantities
        given = [n for n, q in known.items() if set(q.roles) & {"observed", "series", "initial"}]
        # shares of factions are given by the scenario itself, not by a table
        allowed = RECORDABLE if results else (*given, "faction_share")
        if not self.one_of(name, allowed, "quantity", (*path, "quantity")):
            return
        dims = dims_of(self.script, name)
        for key in (*_CELL, "actor", "target"):
            word = getattr(of, key)
            if (word is not None) == (key in dims):
                continue
            said = f"{name} has no {key}" if word is not None else f"{name} of which {key}?"
            self.fault(said, (*path, key) if word is not None else path, dims)
        for key in ("state", "client", "patron"):
            self.one_of(getattr(of, key), self.script.codes, "state", (*path, key))
        self.one_of(of.commodity, self.script.commodities, "commodity", (*path, "commodity"))
        if of.faction is not None and of.state in self.script.codes:
            names = self.script.faction_names[self.script.place[of.state]]
            self.one_of(of.faction, names, "faction", (*path, "faction"))

    def window(self, text: str | None, path: Path, results: bool) -> None:
        """A window that is none, or that no run reaches."""
        if text is None:
            return
        try:
            first, _ = window_of(text, self.yaml.where(path))
        except PatronageError as error:
            self.found.append(error)
            return
        if results and first < self.script.start:
            self.fault(f"the window {text} starts before the scenario", path)

    def measured(self, of: Any, path: Path, results: bool) -> None:
        """A measure: what it needs, and bounds of its kind."""
        self.place(of.of, (*path, "of"), results)
        if of.versus is not None:
            self.place(of.versus, (*path, "versus"), results)
        for key in ("window", "base"):
            self.window(getattr(of, key), (*path, key), results)
        paired = of.measure in ("change", "ratio")
        if paired and (of.base is None) == (of.versus is None):
            self.fault(f"{of.measure} from what?", path, ["base: a window", "versus: a series"])
        if not paired and (of.base is not None or of.versus is not None):
            self.fault(f"{of.measure} compares nothing", (*path, "measure"), ["change", "ratio"])
        if (of.measure == "reaches") != (of.level is not None):
            self.fault("a level is for `reaches`, and `reaches` needs one", path, ["level: …"])
        self._bounds(of, path)

    def _bounds(self, of: Any, path: Path) -> None:
        dated = of.measure in DATED and not isinstance(of, Effect)
        numbers = [k for k in ("above", "below") if getattr(of, k) is not None]
        dates = [k for k in ("since", "until") if getattr(of, k) is not None]
        like = getattr(of, "like_observed", False)
        if dated and numbers:
            self.fault(f"{of.measure} is a month", (*path, numbers[0]), ["since", "until"])
        elif not dated and dates:
            self.fault(f"{of.measure} is a number", (*path, dates[0]), ["above", "below"])
        elif like and (numbers or dates):
            self.fault("bounds are given twice", path, ["like_observed", "above, below"])
        elif not (numbers or dates or like):
            words = ["since", "until"] if dated else ["above", "below"]
            self.fault("a check without bounds can only be true", path, words)
        low, high = of.above, of.below
        if low is not None and high is not None and low >= high:
            self.fault(f"nothing is above {low:g} and below {high:g}", (*path, "below"))
        for key in dates:
            try:
                window_of(getattr(of, key), "")
            except PatronageError as error:
                self.fault(error.what, (*path, key), error.allowed)

    def step(self, step: Step, events: Mapping[str, Any], path: Path, results: bool) -> None:
        """A step of an order."""
        if (step.event is None) == (step.of is None):
            self.fault("a step is an event or a series", path, ["event: …", "of: …"])
            return
        if step.event is not None:
            self.one_of(step.event, events, "event", (*path, "event"))
            if results:
                self.fault("the steps of a run are series", path, ["of: …", "by: record"])
            return
        assert step.of is not None
        self.place(step.of, (*path, "of"), results)
        if step.window is None or step.level is None:
            self.fault("a series reaches which level, and since when?", path, ["level", "window"])
        self.window(step.window, (*path, "window"), results)


def check(
    ledger: Ledger,
    yaml: Document,
    script: Script,
    references: Mapping[str, Any],
    found: list[PatronageError],
) -> None:
    """Check every name of a ledger; faults go to `found`."""
    c = Checker(script, yaml, found)
    _check_sources(c, ledger, references)
    facts = {r.id: r for r in ledger.records}
    events: dict[str, Any] = {e.id: e for e in script.events}
    for i, record in enumerate(ledger.records):
        if record.id in events:
            c.fault(f"there is an event '{record.id}' already", ("records", i, "id"))
        _check_day(c, record.date, ("records", i, "date"))
    types = {i.name for i in script.instruments} | {r.type for r in ledger.records}
    words = {
        "type": sorted(types | set(BACKGROUND_TYPES)),
        "actor": sorted({*script.codes, *(r.actor for r in ledger.records)}),
        "target": sorted({*script.codes, *(r.target for r in ledger.records if r.target)}),
        "goods": script.commodities,
        "id": sorted({*events, *facts}),
    }
    ids = [claim.id for claim in ledger.claims]
    c.unique(ids, "claims", "id")
    for i, claim in enumerate(ledger.claims):
        _check_claim(c, claim, ("claims", i), ledger, events | facts)
        for path, entry in _checks(claim, i):
            _check_check(c, entry, path, ledger, events | facts, words)


def _checks(claim: Claim, i: int) -> Iterator[tuple[Path, Any]]:
    for j, entry in enumerate(claim.checks):
        yield ("claims", i, "checks", j), entry


def _check_day(c: Checker, day: str | None, path: Path) -> None:
    if day is not None:
        try:
            days_of(day)
        except PatronageError as error:
            c.fault(error.what, path, error.allowed)


def _check_sources(c: Checker, ledger: Ledger, references: Mapping[str, Any]) -> None:
    keys = (*ledger.documents, *sorted(references))
    ids = [claim.id for claim in ledger.claims]
    for i, line in enumerate(ledger.lineages):
        for j, source in enumerate(line.sources):
            c.one_of(source, keys, "source", ("lineages", i, "sources", j))
        for j, name in enumerate(line.claims):
            c.one_of(name, ids, "claim", ("lineages", i, "claims", j))
    for i, record in enumerate(ledger.records):
        for key in record.source.split(";"):
            word = key.strip()
            c.one_of(word, ("assumed", *sorted(references)), "source", ("records", i, "source"))
    for i, claim in enumerate(ledger.claims):
        for group in ("agrees", "qualifies", "disputes"):
            for j, key in enumerate(getattr(claim, group)):
                c.one_of(key, sorted(references), "source", ("claims", i, group, j))


def _check_claim(
    c: Checker, claim: Claim, path: Path, ledger: Ledger, events: Mapping[str, Any]
) -> None:
    for j, cited in enumerate(claim.documents):
        name, _, number = cited.partition(" ")
        if not c.one_of(name, ledger.documents, "document", (*path, "documents", j)):
            continue
        last = ledger.documents[name].paragraphs
        if not number.isdigit() or not 0 <= int(number) <= last:
            c.fault(
                f"'{cited}' names no paragraph", (*path, "documents", j), [f"{name} 0 … {last}"]
            )
    for j, name in enumerate(claim.enters.events):
        c.one_of(name, events, "event", (*path, "enters", "events", j))
    for j, name in enumerate(claim.enters.quantities):
        allowed = (*RECORDABLE, *c.script.quantities)
        c.one_of(name, allowed, "quantity", (*path, "enters", "quantities", j))
    parts = [p.name for p in claim.parts]
    for j, entry in enumerate(claim.checks):
        here = (*path, "checks", j)
        if parts and entry.part is None:
            c.fault("a check of which part?", here, parts)
        elif entry.part is not None:
            c.one_of(entry.part, parts, "part", (*here, "part"))
        if entry.yes == entry.no:
            c.fault("yes and no mean the same: this check tells nothing", (*here, "no"))


def _check_check(
    c: Checker,
    entry: Any,
    path: Path,
    ledger: Ledger,
    events: Mapping[str, Any],
    words: Mapping[str, Iterable[str]],
) -> None:
    """One check, by its kind."""
    match entry:
        case Observed():
            c.measured(entry, path, results=False)
        case Model() | Effect():
            c.measured(entry, path, results=True)
        case Initial():
            c.place(entry.of, (*path, "of"), results=False)
            if entry.above is None and entry.below is None:
                c.fault("a check without bounds can only be true", path, ["above", "below"])
        case Order():
            for j, step in enumerate(entry.steps):
                c.step(step, events, (*path, "steps", j), results=entry.by == "model")
        case Event():
            _check_event(c, entry, path, words)
    if isinstance(entry, Effect):
        c.one_of(entry.branch, ledger.branches, "branch", (*path, "branch"))
        if entry.measure in DATED and entry.relative:
            c.fault(f"{entry.measure} is a month", (*path, "relative"), ["relative: no"])
    for j, condition in enumerate(getattr(entry, "among", ())):
        c.measured(condition, (*path, "among", j), results=True)


def _check_event(c: Checker, entry: Event, path: Path, words: Mapping[str, Iterable[str]]) -> None:
    given = entry.find.model_dump(exclude_none=True)
    if not given:
        c.fault("any event at all", (*path, "find"), list(words))
    for key, word in given.items():
        c.one_of(word, words[key], f"event {key}" if key != "goods" else key, (*path, "find", key))
    for key in ("when", "after", "before"):
        _check_day(c, getattr(entry, key), (*path, key))
    if entry.none and entry.after is None and entry.before is None:
        c.fault("none in which span?", path, ["after", "before"])
    bounded = entry.above is not None or entry.below is not None
    if not entry.none and entry.when is None and not bounded and not given:
        c.fault("an event when?", path, ["when", "above", "below"])
