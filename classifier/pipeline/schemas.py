"""JSON Schemas (draft 2020-12) of what toolrisk writes for other programs.

Words come from the enumerations of the code, so that a schema cannot name a level that does not
exist. Objects are open: a later release may add keys, and readers should ignore what they do not
know; it will not remove or rename one without a new major version.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from classifier.pipeline import baseline, lock
from classifier.verdict import Basis, Category, Kind, Risk, Severity

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: dict[str, Any] = {"type": "string"}
_MAYBE: dict[str, Any] = {"type": ["string", "null"]}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_SURE: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 1}
_DIGEST: dict[str, Any] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_SCORE: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 100}
_DAY: dict[str, Any] = {"type": "string", "format": "date"}
_RISK: dict[str, Any] = {"enum": [risk.value for risk in Risk]}
_SEVERITY: dict[str, Any] = {"enum": [severity.value for severity in Severity]}
_CATEGORY: dict[str, Any] = {"enum": [category.value for category in Category]}


def _object(optional: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties}


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _schema(title: str, description: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": _DRAFT, "title": title, "description": description, **body}


_QUOTE = {
    **_object(pointer=_TEXT, start=_COUNT, end=_COUNT, text=_TEXT),
    "description": "A quote: the definition's value at this JSON Pointer, from start to end in "
    "Unicode code points. start = end = 0: the parameter itself, its name as text.",
}


def classification() -> dict[str, Any]:
    """Return the schema of one line of `classify --format jsonl`, one item of `--format json`."""
    signal = _object(
        id=_TEXT, title=_TEXT, kind={"enum": [kind.value for kind in Kind]}, confidence=_SURE,
        evidence={**_list(_QUOTE), "minItems": 1},
    )  # fmt: skip
    addend = _object(points={"type": "integer"}, reason=_TEXT, signal=_MAYBE)
    body = _object(
        server=_TEXT, tool=_TEXT, category=_CATEGORY, risk=_RISK,
        risk_score={**_SCORE, "description": "The sum of the points of `score`."},
        confidence={**_SURE, "description": "Calibrated probability that the category is right."},
        decided_by={"enum": [basis.value for basis in Basis]},
        needs_review={"type": "boolean"}, insufficient_definition={"type": "boolean"},
        signals=_list(signal), evidence=_list(_QUOTE), rationale=_TEXT, score=_list(addend),
        notes=_list(_TEXT), truncated={"type": "boolean"}, ruleset=_TEXT, model=_TEXT,
        definition_sha256=_DIGEST,
    )  # fmt: skip
    return _schema("Toolrisk classification", "What was concluded about one tool.", body)


def lock_file() -> dict[str, Any]:
    """Return the schema of `toolrisk.lock`."""
    tool = _object(
        ("title", "description", "inputSchema", "outputSchema", "annotations"),
        server=_TEXT, tool=_TEXT,
        sha256={**_DIGEST, "description": "Of the canonical JSON of the definition."},
        title=_TEXT, description=_TEXT, inputSchema={}, outputSchema={}, annotations={},
    )  # fmt: skip
    files = {
        "type": "object",
        "additionalProperties": _TEXT,
        "description": "The files that gave their names to servers, by these.",
    }
    body = _object(("files",), toolrisk_lock={"const": lock.FORMAT}, files=files, tools=_list(tool))
    return _schema("Toolrisk lock file", "Definitions that a team has agreed to.", body)


def baseline_file() -> dict[str, Any]:
    """Return the schema of a baseline."""
    known = _object(
        ("ordinal", "level", "target", "about", "reason", "expires"),
        server=_TEXT, tool=_TEXT, rule=_TEXT, ordinal=_COUNT, level=_SEVERITY, target=_TEXT,
        about=_TEXT, reason=_TEXT, expires=_DAY,
    )  # fmt: skip
    suppression = _object(
        ("server", "tool", "level", "expires"),
        rule=_TEXT, reason={**_TEXT, "minLength": 1}, server=_TEXT, tool=_TEXT, level=_SEVERITY,
        expires=_DAY,
    )  # fmt: skip
    closed = {"additionalProperties": False}  # a misspelt key would silently do nothing
    body = _object(
        ("suppressions",),
        toolrisk_baseline={"const": baseline.FORMAT},
        suppressions=_list({**suppression, **closed}), findings=_list({**known, **closed}),
    )  # fmt: skip
    return _schema("Toolrisk baseline", "Findings that are known, and why.", body)


def differences() -> dict[str, Any]:
    """Return the schema of `verify --format json` and `diff --format json`."""
    verdict = {
        "anyOf": [
            {"type": "null"},
            _object(category=_CATEGORY, risk=_RISK, risk_score=_SCORE, signals=_list(_TEXT)),
        ]
    }
    word = _object(kind={"enum": ["same", "out", "in"]}, text=_TEXT)
    digest = {"anyOf": [{"type": "null"}, _DIGEST]}
    one = _object(
        kind={"enum": ["added", "removed", "changed"]}, server=_TEXT, tool=_TEXT, at=_MAYBE,
        looks_like_rug_pull={"type": "boolean"}, reasons=_list(_TEXT), before=verdict,
        after=verdict, signals_added=_list(_TEXT), signals_removed=_list(_TEXT),
        changes=_list(_object(pointer=_TEXT, words=_list(word))), more_places=_COUNT,
        previous_sha256=digest, definition_sha256=digest,
    )  # fmt: skip
    body = _object(
        ("since", "checked", "pinned", "not_found"), schema_version={"const": 1}, since=_TEXT,
        unchanged={"type": "boolean"}, checked=_COUNT, pinned=_COUNT, not_found=_COUNT,
        not_verified=_list(_TEXT), differences=_list(one),
    )  # fmt: skip
    return _schema("Toolrisk differences", "What changed, and what it means.", body)


def hints() -> dict[str, Any]:
    """Return the schema of one line of `annotate --format json`."""
    stated = {"type": "object", "additionalProperties": {"type": "boolean"}}
    reason = _object(
        hint=_TEXT, value={"type": "boolean"}, sure={"type": "boolean"}, reason=_TEXT,
        evidence=_list(_QUOTE),
    )  # fmt: skip
    operation = _object(
        ("value",), op={"enum": ["add", "replace", "test"]}, path=_TEXT, value={}
    )  # fmt: skip
    body = _object(
        server=_TEXT, tool=_TEXT, declared=stated, suggested=stated, missing=_list(_TEXT),
        conflicts=_list(_TEXT), needs_review={"type": "boolean"}, reasons=_list(reason),
        patch=_list(operation), definition_sha256=_DIGEST,
    )  # fmt: skip
    return _schema("Toolrisk annotations", "The hints that a tool should carry.", body)


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "classification": classification,
    "lock": lock_file,
    "baseline": baseline_file,
    "differences": differences,
    "annotations": hints,
}
"""Every published schema, by the name that `toolrisk schema` takes."""
