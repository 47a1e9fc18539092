"""Questions people ask, answered from the same facts as the rest of the page."""

from collections.abc import Mapping
from typing import Any

from classifier.pages.model import ToolPage
from classifier.pages.questions import linked
from classifier.pages.sections import Section

SECTION = Section("questions", "Questions", 120)


def context(page: ToolPage) -> Mapping[str, Any]:
    """Return the questions with their answers."""
    asked = page.asked
    return {"name": page.tool.name, "questions": asked, "linked": linked(asked)}
