"""The signals: what was found, by which quotes, for how many points, and what would change it."""

from collections.abc import Mapping
from typing import Any

from classifier.pages import words
from classifier.pages.model import ToolPage
from classifier.pages.sections import Section
from classifier.pages.signal_words import change, meaning
from classifier.verdict import Finding

SECTION = Section("signals", "Risk signals", 50)


def context(page: ToolPage) -> Mapping[str, Any]:
    """Return a row for each finding; a tool without findings says so."""
    return {
        "rows": [_row(page, finding) for finding in page.classification.findings],
        "origin": words.ORIGIN[page.facts.origin],
        "quoted": bool(page.marks.quotes),
    }


def _row(page: ToolPage, finding: Finding) -> dict[str, Any]:
    signal = finding.signal
    points = sum(a.points for a in page.classification.addends if a.signal == signal.id)
    return {
        "id": signal.id,
        "title": signal.title,
        "kind": signal.kind.value,
        "meaning": meaning(signal),
        "change": change(signal),
        "points": points,
        "numbers": page.marks.numbers(finding.evidence),
    }
