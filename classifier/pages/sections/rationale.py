"""Why the tool needs a policy: the rationale, and the quotes that it rests on, word for word."""

from collections.abc import Mapping
from typing import Any

from classifier.pages.model import ToolPage
from classifier.pages.places import place
from classifier.pages.sections import Section

SECTION = Section("rationale", "Why it needs a policy", 40)

LONGEST_QUOTE = 700


def context(page: ToolPage) -> Mapping[str, Any]:
    """Return the rationale, the notes and the numbered quotes."""
    verdict = page.classification
    return {
        "name": page.tool.name,
        "rationale": verdict.rationale,
        "remarks": verdict.notes,
        "quotes": [
            {
                "number": quote.number,
                "text": quote.evidence.text[:LONGEST_QUOTE],
                "rest": max(0, len(quote.evidence.text) - LONGEST_QUOTE),
                "is_name": quote.is_name,
                "place": place(quote.evidence.pointer),
                "signals": quote.signals,
                "is_shown": quote.number in page.view.shown,
            }
            for quote in page.marks.quotes
        ],
        "left_out": page.marks.left_out,
    }
