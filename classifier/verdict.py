"""What the classifier concludes about one tool, and the quotes that it rests on.

Frozen, standard library only. `Signal` is declared, `Finding` is observed, `Classification`
is concluded. Most are named tuples: a data class takes a millisecond to make, at every start.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple


class Category(StrEnum):
    """What a call does; the most consequential of its effects."""

    READ = "Read"
    WRITE = "Write"
    EXECUTE = "Execute"
    OTHER = "Other"


class Risk(StrEnum):
    """How much harm one call can do, and how hard it is to undo."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low to 3 for critical; a StrEnum compares as text, so compare ranks."""
        return _RANK[self]


_RANK = {Risk.LOW: 0, Risk.MEDIUM: 1, Risk.HIGH: 2, Risk.CRITICAL: 3}


class Kind(StrEnum):
    """What a signal is about."""

    CAPABILITY = "capability"  # the tool can do this
    SCHEMA = "schema"  # a parameter that carries risk
    THREAT = "threat"  # the definition itself looks hostile
    CLAIM = "claim"  # what the vendor says does not fit


SURE = 0.8
"""Confidence from which a threat counts: below it, it is shown and decides nothing."""


class Severity(StrEnum):
    """Impact of a signal, apart from how certain it is."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Basis(StrEnum):
    """What decided the category."""

    REVIEWED = "reviewed"
    RULES = "rules"
    MODEL = "model"
    RULES_AND_MODEL = "rules+model"
    NOT_AVAILABLE = "not_available"


class Evidence(NamedTuple):
    """A quote: `text == resolve(definition, pointer)[start:end]`, in Unicode code points.

    A finding about a parameter itself points to it with start = end = 0 and its name as text.
    """

    pointer: str
    start: int
    end: int
    text: str


class Signal(NamedTuple):
    """A kind of observation, declared once by the module that detects it."""

    id: str
    kind: Kind
    severity: Severity
    title: str
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A signal observed in one definition. Never without evidence."""

    signal: Signal
    evidence: tuple[Evidence, ...]
    confidence: float = 1.0

    @property
    def is_threat(self) -> bool:
        """Whether the definition looks hostile, surely enough to act on it."""
        return self.signal.kind is Kind.THREAT and self.confidence >= SURE

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"finding {self.signal.id} has no evidence")


class Addend(NamedTuple):
    """One named part of the risk score, in points of 0 to 100."""

    points: int
    reason: str
    signal: str | None = None


class Classification(NamedTuple):
    """The conclusion about one tool. `risk_score` is the sum of `addends`, kept in 0..100."""

    category: Category
    risk: Risk
    risk_score: int
    confidence: float  # calibrated probability that the category is right, 0..1
    decided_by: Basis
    needs_review: bool
    insufficient_definition: bool
    findings: tuple[Finding, ...]
    evidence: tuple[Evidence, ...]  # what decided the category
    rationale: str
    addends: tuple[Addend, ...]
    notes: tuple[str, ...]  # conflicts, truncation, missing hints, in words
    ruleset: str
    model: str
    truncated: bool = False

    def has(self, signal_id: str) -> bool:
        """Say whether a signal was found."""
        return any(finding.signal.id == signal_id for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return the fields of the published output contract, without server, tool and digest."""
        return {
            "category": self.category.value,
            "risk": self.risk.value,
            "risk_score": self.risk_score,
            "confidence": round(self.confidence, 4),
            "decided_by": self.decided_by.value,
            "needs_review": self.needs_review,
            "insufficient_definition": self.insufficient_definition,
            "signals": [
                {
                    "id": finding.signal.id,
                    "title": finding.signal.title,
                    "kind": finding.signal.kind.value,
                    "confidence": round(finding.confidence, 4),
                    "evidence": [evidence_json(e) for e in finding.evidence],
                }
                for finding in self.findings
            ],
            "evidence": [evidence_json(e) for e in self.evidence],
            "rationale": self.rationale,
            "score": [
                {"points": a.points, "reason": a.reason, "signal": a.signal} for a in self.addends
            ],
            "notes": list(self.notes),
            "truncated": self.truncated,
            "ruleset": self.ruleset,
            "model": self.model,
        }


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """Return one quote as the output contract spells it."""
    return {
        "pointer": evidence.pointer,
        "start": evidence.start,
        "end": evidence.end,
        "text": evidence.text,
    }
