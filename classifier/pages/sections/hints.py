"""The vendor's hints beside what we found. Absent and false are different facts."""

from collections.abc import Mapping
from typing import Any

from classifier.pages.model import ToolPage
from classifier.pages.sections import Section
from classifier.verdict import Category, Classification

SECTION = Section("hints", "The vendor's hints", 60, repeats=True)


def context(page: ToolPage) -> Mapping[str, Any]:
    """Return a row for each of the four hints of the specification."""
    hints, verdict = page.tool.hints, page.classification
    rows = [
        _row("readOnlyHint", hints.read_only_hint, _found_read_only(verdict)),
        _row("destructiveHint", hints.destructive_hint, _found(verdict, "destructive")),
        _row("idempotentHint", hints.idempotent_hint, None),
        _row("openWorldHint", hints.open_world_hint, _found_open_world(verdict)),
    ]
    return {
        "rows": rows,
        "given": sum(row["said"] is not None for row in rows),
        "conflicts": sum(row["is_conflict"] for row in rows),
    }


def _row(hint: str, said: bool | None, found: bool | None) -> dict[str, Any]:
    is_conflict = said is not None and found is not None and said != found
    return {"hint": hint, "said": said, "found": found, "is_conflict": is_conflict}


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
