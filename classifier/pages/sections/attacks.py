"""Documented attack patterns that use the kind of access that this tool gives."""

from collections.abc import Mapping
from typing import Any

from classifier.pages.attacks import attacks_on
from classifier.pages.model import ToolPage
from classifier.pages.sections import Section

SECTION = Section("attacks", "Documented attack patterns", 90, repeats=True)


def context(page: ToolPage) -> Mapping[str, Any] | None:
    """Return the patterns, the specific ones first."""
    found = attacks_on(page.classification)
    return {"attacks": found} if found else None
