"""How many witnesses a claim has: sources that go back to one text count once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patronage.history.claims_schema import Claim, Lineage

if TYPE_CHECKING:
    from patronage.history.claims_file import Ledger


@dataclass(frozen=True)
class Witnesses:
    """Groups of sources; each group is one witness, whatever the number of its sources.

    documents: those that make the claim. agree, qualify, dispute: literature on it.
    """

    documents: tuple[tuple[str, ...], ...]
    agree: tuple[tuple[str, ...], ...]
    qualify: tuple[tuple[str, ...], ...]
    dispute: tuple[tuple[str, ...], ...]
    claimants: int
    """witnesses for it: documents and agreeing literature together"""

    @property
    def against(self) -> int:
        """Witnesses against it."""
        return len(self.dispute)


def group(sources: Iterable[str], lineages: Sequence[Lineage]) -> tuple[tuple[str, ...], ...]:
    """Sources by witness: those that share a lineage, directly or through others, stand together.

    >>> line = Lineage(name="one page", sources=["en", "fr"], why="a translation")
    >>> group(["en", "fr", "cia"], [line])
    (('en', 'fr'), ('cia',))
    """
    names = list(dict.fromkeys(sources))
    root = {name: name for name in (*names, *(s for line in lineages for s in line.sources))}

    def find(name: str) -> str:
        while root[name] != name:
            name = root[name]
        return name

    for line in lineages:
        first = find(line.sources[0])
        for other in line.sources[1:]:
            root[find(other)] = first
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(find(name), []).append(name)
    return tuple(tuple(g) for g in groups.values())


def document_of(cited: str) -> str:
    """Key of the document in a citation.

    >>> document_of("page-en 4")
    'page-en'
    """
    return cited.partition(" ")[0]


def count(claim: Claim, ledger: Ledger) -> Witnesses:
    """The witnesses of a claim, by the lineages that hold for it."""
    lineages = [line for line in ledger.lineages if not line.claims or claim.id in line.claims]
    documents = [document_of(d) for d in claim.documents]
    return Witnesses(
        group(documents, lineages),
        group(claim.agrees, lineages),
        group(claim.qualifies, lineages),
        group(claim.disputes, lineages),
        len(group([*documents, *claim.agrees], lineages)),
    )
