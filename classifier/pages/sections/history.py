"""How the definition changed since it was first seen, with the words that came and went."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from classifier.pages import words
from classifier.pages.differences import differences
from classifier.pages.model import ToolPage
from classifier.pages.sections import Section

SECTION = Section("history", "History of the definition", 100)

MOST = 8


def context(page: ToolPage) -> Mapping[str, Any]:
    """Return the changes between neighbouring versions, newest first."""
    versions = page.facts.history
    latest = versions[-(MOST + 1) :]  # comparing two takes time, and only these are shown
    steps = [
        {
            "day": words.day(new.first_seen),
            "digest": new.definition_sha256[:12],
            "changes": differences(old.definition, new.definition),
        }
        for old, new in pairwise(latest)
    ]
    return {
        "first": words.day(page.facts.first_seen),
        "last": words.day(page.facts.last_seen),
        "steps": steps[::-1],
        "left_out": max(0, len(versions) - len(latest)),
        "digest": page.tool.definition_sha256,
    }
