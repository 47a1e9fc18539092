"""What the tool says of itself, in short, and what a call does on this server."""

from collections.abc import Mapping
from typing import Any

from classifier.pages import words
from classifier.pages.model import ToolPage
from classifier.pages.sections import Section

SECTION = Section("effect", "What a call does", 20)

SHORT = 320


def context(page: ToolPage) -> Mapping[str, Any]:
    """Return the description, cut at a word, and the sentences of category and decision."""
    verdict = page.classification
    description = " ".join((page.tool.description or "").split())
    return {
        "name": page.tool.name,
        "server": page.server.title,
        "description": words.cut(description, SHORT),
        "is_cut": len(description) > SHORT,
        "meaning": words.sentence_on(verdict.category),
        "handling": words.handling(verdict.category, page.intent),
        "capability": words.capability(verdict),
        "insufficient": verdict.insufficient_definition,
    }
