"""The vendor's hints beside what we found. Absent and false are different facts.

A hint contradicts the definition where the signal `annotation-conflict` points at it, and only
there: the section and the score must not say two things. Elsewhere it can still be another than
our label, which is a remark and no accusation.
"""

from collections.abc import Mapping
from typing import Any

from classifier.pages.model import ToolPage
from classifier.pages.sections import Section
from classifier.verdict import Category, Classification

SECTION = Section("hints", "The vendor's hints", 60, repeats=True)
_SIGNAL = "annotation-conflict"


def context(page: ToolPage) -> Mapping[str, Any]:
    """Return a row for each of the four hints of the specification."""
    hints, verdict = page.tool.hints, page.classification
    against = _contradicted(verdict)
    rows = [
        _row("readOnlyHint", hints.read_only_hint, _found_read_only(verdict), against),
        _row("destructiveHint", hints.destructive_hint, _found(verdict, "destructive"), against),
        _row("idempotentHint", hints.idempotent_hint, None, against),
        _row("openWorldHint", hints.open_world_hint, _found_open_world(verdict), against),
    ]
    return {
        "rows": rows,
        "given": sum(row["said"] is not None for row in rows),
        "conflicts": sum(row["together"] == "contradict" for row in rows),
        "differing": sum(row["together"] == "differ" for row in rows),
    }


def _contradicted(verdict: Classification) -> frozenset[str]:
    """Return the JSON Pointers of the hints that the signal points at."""
    return frozenset(
        evidence.pointer
        for finding in verdict.findings
        if finding.signal.id == _SIGNAL
        for evidence in finding.evidence
    )


def _row(
    hint: str, said: bool | None, found: bool | None, against: frozenset[str]
) -> dict[str, Any]:
    if said is not None and f"/annotations/{hint}" in against:
        return {"hint": hint, "said": said, "found": not said, "together": "contradict"}
    if said is None or found is None:
        together = "cannot be compared"
    else:
        together = "agree" if said == found else "differ"
    return {"hint": hint, "said": said, "found": found, "together": together}


def _found_read_only(verdict: Classification) -> bool | None:
    if verdict.insufficient_definition:
        return None
    return verdict.category is Category.READ or (
        None if verdict.category is Category.OTHER else False
    )


def _found(verdict: Classification, signal: str) -> bool | None:
    # Not finding a sign of something is no proof of its absence.
    return True if verdict.has(signal) else None


def _found_open_world(verdict: Classification) -> bool | None:
    outward = ("external-side-effect", "untrusted-content", "url-parameter")
    return True if any(verdict.has(signal) for signal in outward) else None
