"""The definition as the model gets it, with the evidence marked where it stands."""

from collections.abc import Mapping
from typing import Any

from classifier.pages.model import ToolPage
from classifier.pages.sections import Section

SECTION = Section("definition", "The definition, in place", 30)

OPEN_LINES = 40


def context(page: ToolPage) -> Mapping[str, Any]:
    """Return the fields of the definition."""
    return {
        "fields": page.view.fields,
        "open_lines": OPEN_LINES,
        "digest": page.tool.definition_sha256,
        "json": page.row.path,
        "quotes": len(page.marks.quotes),
    }
