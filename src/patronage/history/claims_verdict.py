"""From answers to a verdict, by one rule that knows neither the claim nor what others think of it.

Of each part of a claim:

1. A *fact* follows the record of high or medium quality: if all of it supports the part, the part
   is supported; if all of it contradicts, contradicted; if it is divided, undecided.
2. Where such a record says nothing, one of low quality counts only together with the model: both
   must say the same. The record of low quality alone, and the model alone, leave it undecided.
3. A *cause* needs a run: the part is supported if all the model's answers support it and no record
   contradicts it; contradicted if a record of high or medium quality contradicts it and none
   supports it, or if one of low quality and the model both contradict it.
4. A part that nothing tests is undecided.

A claim is contradicted if one of its parts is; supported if all are, and at least one of them by a
record of high or medium quality; undecided otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from patronage.history.claims_answer import Answer
from patronage.history.claims_schema import Claim, Part

SUPPORTED, CONTRADICTED, UNDECIDED = "supported", "contradicted", "undecided"
VERDICTS = (SUPPORTED, UNDECIDED, CONTRADICTED)
WHOLE = "whole"
"""The one part of a claim that names none."""
_OF = {"supports": SUPPORTED, "contradicts": CONTRADICTED}


@dataclass(frozen=True)
class Finding:
    """The verdict on one part, why, and what record and model say of it."""

    part: Part
    verdict: str
    why: str
    record: str
    model: str
    firm: bool
    """whether it rests on a record of high or medium quality"""


@dataclass(frozen=True)
class Verdict:
    """The verdict on a claim: that of its parts together."""

    verdict: str
    why: str
    findings: tuple[Finding, ...]
    record: str
    model: str


def tendency(answers: Sequence[Answer]) -> str:
    """What answers say together: supports, contradicts, divided or silent."""
    said = {a.bearing for a in answers} - {"nothing"}
    return "silent" if not said else said.pop() if len(said) == 1 else "divided"


def judge(claim: Claim, answers: Sequence[Answer]) -> Verdict:
    """The verdict on a claim from the answers to its checks, in the order of the checks."""
    parts = claim.parts or [Part(name=WHOLE, says=claim.says)]
    own = {p.name: [a for a in answers if (a.check.part or WHOLE) == p.name] for p in parts}
    findings = tuple(_judge_part(p, own[p.name]) for p in parts)
    verdicts = [f.verdict for f in findings]
    record = tendency([a for a in answers if not a.of_model])
    model = tendency([a for a in answers if a.of_model])
    if CONTRADICTED in verdicts:
        verdict = CONTRADICTED
    elif all(v == SUPPORTED for v in verdicts) and any(f.firm for f in findings):
        verdict = SUPPORTED
    else:
        verdict = UNDECIDED
    telling = [f for f in findings if f.verdict == verdict] or list(findings)
    why = "; ".join(f"{f.part.name}: {f.why}" if claim.parts else f.why for f in telling)
    return Verdict(verdict, why, findings, record, model)


def _judge_part(part: Part, answers: Sequence[Answer]) -> Finding:
    record = [a for a in answers if not a.of_model]
    strong = tendency([a for a in record if a.strong])
    weak = tendency([a for a in record if not a.strong])
    model = tendency([a for a in answers if a.of_model])
    judged = _judge_cause(strong, weak, model) if part.causal else _judge_fact(strong, weak, model)
    verdict, why = judged
    firm = verdict != UNDECIDED and strong in _OF
    return Finding(part, verdict, why, tendency(record), model, firm)


def _judge_fact(strong: str, weak: str, model: str) -> tuple[str, str]:
    if strong in _OF:
        return _OF[strong], f"the record {strong} it"
    if strong == "divided":
        return UNDECIDED, "the record is divided"
    if weak in _OF and weak == model:
        return _OF[weak], f"a record of low quality and the model {weak[:-1]} it"
    if weak in _OF:
        return UNDECIDED, f"only a record of low quality {weak} it"
    if weak == "divided":
        return UNDECIDED, "the record, of low quality, is divided"
    if model in _OF:
        return UNDECIDED, f"only the model {model} it"
    return UNDECIDED, "nothing decides it"


def _judge_cause(strong: str, weak: str, model: str) -> tuple[str, str]:
    if strong == "contradicts":
        return CONTRADICTED, "the record contradicts it"
    if strong == "divided":
        return UNDECIDED, "the record is divided"
    if model == "supports":
        if weak in ("contradicts", "divided"):
            return UNDECIDED, "the model supports it, a record of low quality does not"
        return SUPPORTED, "the model supports it and no record contradicts it"
    if model == "contradicts":
        if strong == "supports":
            return UNDECIDED, "the record supports it and the model contradicts it"
        if weak == "contradicts":
            return CONTRADICTED, "a record of low quality and the model contradict it"
        return UNDECIDED, "only the model contradicts it"
    if model == "divided":
        return UNDECIDED, "the model is divided, as other causes answer for it too"
    return UNDECIDED, "no run decides on the cause"
