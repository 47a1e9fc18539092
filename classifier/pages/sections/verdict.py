"""The five-second answer: what one call can do, how bad that is, what to do, how sure we are."""

from collections.abc import Mapping
from typing import Any

from classifier.intent import effect
from classifier.pages import words
from classifier.pages.model import ToolPage
from classifier.pages.score import bar
from classifier.pages.sections import Section

SECTION = Section("verdict", "Verdict", 10)


def context(page: ToolPage) -> Mapping[str, Any]:
    """Return what the card shows."""
    verdict = page.classification
    heading = words.heading(page.tool.name)
    return {
        "heading": heading,
        "is_cut": heading != words.named(page.tool.name),
        "capability": words.capability(verdict),
        "category": verdict.category,
        "risk": verdict.risk,
        "risk_meaning": words.RISK_MEANING[verdict.risk],
        "score": verdict.risk_score,
        "bar": bar(verdict.addends, verdict.risk_score),
        "decision": words.decision(page.intent),
        "effect": effect(page.intent),
        "confidence": words.confidence(verdict),
        "basis": words.BASIS[verdict.decided_by],
        "origin": words.ORIGIN_SHORT[page.facts.origin],
        "seen": words.day(page.facts.last_seen),
        "insufficient": verdict.insufficient_definition,
        "withdrawn": page.server.is_withdrawn,
        "removed": words.day(page.facts.removed_at) if page.facts.removed_at else None,
    }
