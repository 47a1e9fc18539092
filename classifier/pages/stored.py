"""A stored classification, read back: the JSON of the output contract as a `Classification`.

The JSON does not repeat a signal's severity and references; those of the declared signal are
taken where there is one.
"""

from __future__ import annotations

import re  # noqa: TID251  # one anchored class over an id, linear
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from classifier.errors import DataError
from classifier.verdict import (
    Addend,
    Basis,
    Category,
    Classification,
    Evidence,
    Finding,
    Kind,
    Risk,
    Severity,
    Signal,
)

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


def classification(given: Mapping[str, Any]) -> Classification:
    """Read a classification.

    Raises:
        DataError: the JSON is not one.

    """
    try:
        return Classification(
            category=Category(given["category"]),
            risk=Risk(given["risk"]),
            risk_score=given["risk_score"],
            confidence=given["confidence"],
            decided_by=Basis(given["decided_by"]),
            needs_review=given["needs_review"],
            insufficient_definition=given["insufficient_definition"],
            findings=tuple(_finding(one) for one in given["signals"]),
            evidence=tuple(_evidence(one) for one in given["evidence"]),
            rationale=given["rationale"],
            addends=tuple(
                Addend(one["points"], one["reason"], one.get("signal"))
                for one in given.get("score", ())
            ),
            notes=tuple(given.get("notes", ())),
            ruleset=given["ruleset"],
            model=given["model"],
            truncated=given.get("truncated", False),
        )
    except (KeyError, ValueError, TypeError) as cause:
        raise DataError(
            f"a stored classification cannot be read ({cause!r}); run `toolrisk classify` again"
        ) from cause


def _finding(given: Mapping[str, Any]) -> Finding:
    return Finding(
        signal=_signal(given["id"], given["kind"], given["title"]),
        evidence=tuple(_evidence(one) for one in given["evidence"]),
        confidence=given.get("confidence", 1.0),
    )


def _evidence(given: Mapping[str, Any]) -> Evidence:
    return Evidence(given["pointer"], given["start"], given["end"], given["text"])


@lru_cache(maxsize=512)
def _signal(id_: str, kind: str, title: str) -> Signal:
    if not _ID.fullmatch(id_):
        raise ValueError(f"{id_!r} is no signal's id")  # pages are named after it
    declared = _declared().get(id_)
    if declared is not None and declared.title == title and declared.kind == kind:
        return declared
    return Signal(id=id_, kind=Kind(kind), severity=Severity.INFO, title=title)


@lru_cache(maxsize=1)
def _declared() -> dict[str, Signal]:
    from classifier.signals import detectors

    return {one.signal.id: one.signal for one in detectors()}
