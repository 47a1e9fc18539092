"""From findings and model to an answer: the table a reviewer can argue with.

1. Category: the most probable one. 2. Score: named addends. 3. Level: the band of the score.
The model may raise a risk; it never lowers one that a trusted rule set. Vendor hints change nothing.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from classifier.rules import Rule
from classifier.verdict import Addend, Category, Finding, Kind, Risk
from crawler.records import ToolAnnotations

BANDS = {Risk.LOW: (0, 24), Risk.MEDIUM: (25, 49), Risk.HIGH: (50, 74), Risk.CRITICAL: (75, 100)}
"""Scores of each level, both ends included."""

_MOST, _FULL = 100, "no more than 100"
_BASE = {Category.OTHER: 5, Category.READ: 10, Category.WRITE: 30, Category.EXECUTE: 35}
_POINTS = {
    "financial": 40,
    "code-execution": 40,
    "destructive": 22,
    "admin": 18,
    "external-side-effect": 12,
    "credentials": 14,
    "sensitive-data": 16,
    "untrusted-content": 6,
    "bulk-operation": 8,
    "url-parameter": 4,
    "path-parameter": 3,
    "code-parameter": 4,
    "markup-parameter": 1,
    "credential-parameter": 2,
    "many-parameters": 1,
    "annotation-conflict": 5,
}


_THREAT, _SUSPICION = 25, 3
"""Points of a threat: one that is sure, and one that is only shown."""
CHANGING = ("destructive", "code-execution", "financial", "admin", "external-side-effect")
"""Signals of a call that changes something; by the labelling guide no Read and no Other has one."""
SETTLED = 0.75
"""Probability of the category from which it speaks for or against what a vendor says."""


def disagrees(category: Category, found: Iterable[str]) -> bool:
    """Say whether signals, by id, are found that do not go with the category."""
    return category in {Category.READ, Category.OTHER} and not set(CHANGING).isdisjoint(found)


def changes(category: Category, confidence: float, found: Iterable[str]) -> bool | None:
    """Say whether a call changes something; None where that is not settled."""
    changing = not set(CHANGING).isdisjoint(found)
    if category in {Category.WRITE, Category.EXECUTE}:
        return True if changing or confidence >= SETTLED else None
    return None if changing or confidence < SETTLED else False


def stated_beyond(category: Category, hints: ToolAnnotations) -> str:
    """Return what a vendor states of a call that goes beyond the category; nothing where it does not.

    Who serves a tool may know of an effect that its words do not tell: a claim that does not raise the
    risk, as some mark all their tools so, but that a person has to look at.
    """
    if category not in {Category.READ, Category.OTHER} or hints.read_only_hint is True:
        return ""
    if hints.destructive_hint is True:
        return "destructiveHint: true"
    if hints.read_only_hint is False and category is Category.READ:
        return "readOnlyHint: false"
    return ""


def points(finding: Finding) -> int:
    """Return what a finding adds to the score."""
    if finding.signal.kind is Kind.THREAT:
        return _THREAT if finding.is_threat else _SUSPICION
    return _POINTS.get(finding.signal.id, 0)


@lru_cache(maxsize=4096)
def _addend(points: int, reason: str, signal: str | None = None) -> Addend:
    """Make an addend, or take the one that was made before: they say the same of many tools."""
    return Addend(points, reason, signal)


class Answer(NamedTuple):
    """The level and how it came about."""

    risk: Risk
    score: int
    addends: tuple[Addend, ...]


def band(score: int) -> Risk:
    """Return the level of a score."""
    return next(risk for risk, (_, top) in BANDS.items() if score <= top)


def floor(matched: tuple[Rule, ...], trusted: frozenset[str]) -> Rule | None:
    """Return the trusted rule with the highest risk, if one holds."""
    rules = [rule for rule in matched if rule.id in trusted and rule.risk]
    return max(rules, key=lambda rule: rule.risk.rank if rule.risk else 0, default=None)


def level(
    findings: tuple[Finding, ...], estimate: Risk, least: Rule | None, reviewed: Risk | None = None
) -> Risk:
    """Return the level that `score` brings the sum into; which findings are no threat does not matter."""
    return _level(findings, estimate, least, reviewed)[0]


WORDING = "weight of the wording"


def _level(
    findings: tuple[Finding, ...], estimate: Risk, least: Rule | None, reviewed: Risk | None,
    *, by_people: bool = True,
) -> tuple[Risk, str]:  # fmt: skip
    level, why = reviewed or estimate, "reviewed by people" if reviewed and by_people else WORDING
    if reviewed is None and least and least.risk and least.risk.rank > level.rank:
        level, why = least.risk, f"rule {least.id} sets at least {least.risk.value}"
    if level.rank < Risk.HIGH.rank and any(finding.is_threat for finding in findings):
        level, why = Risk.HIGH, "a definition that looks hostile is never below high"
    return level, why


def score(  # noqa: PLR0913 - what is summed, and who said it
    category: Category,
    findings: tuple[Finding, ...],
    estimate: Risk,
    least: Rule | None,
    *,
    reviewed: Risk | None = None,
    by_people: bool = True,
) -> Answer:
    """Add up the score and bring it into the band of the level.

    `estimate` is the level that all weighed evidence gives (rules, words, schema); `least` a rule
    that bounds it from below; `reviewed` what careful people said, which stands above the estimate.
    Not `by_people`: they read a text with another schema, and the estimate stands because it is higher.
    """
    addends = [_addend(_BASE[category], f"{category.value} call")]
    total = _BASE[category]
    for finding in findings:
        worth = points(finding)
        if worth:
            total += worth
            addends.append(_addend(worth, finding.signal.title, finding.signal.id))
    if total > _MOST:
        addends.append(_addend(_MOST - total, _FULL))
        total = _MOST
    level, why = _level(findings, estimate, least, reviewed, by_people=by_people)
    low, top = BANDS[level]
    if not low <= total <= top:
        target = low if total < low else top
        addends.append(_addend(target - total, why))
        total = target
    return Answer(level, total, tuple(addends))


def by_wording(addends: tuple[Addend, ...]) -> int:
    """Return what the weight of the wording adds to a score, or takes from it."""
    return sum(addend.points for addend in addends if addend.reason == WORDING)
