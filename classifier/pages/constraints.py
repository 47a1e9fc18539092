"""What a parameter's schema admits, in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classifier.pages.words import cut
from crawler.records import canonical_json

_LONGEST = 60
_MOST_VALUES = 8
_BOUNDS = (
    ("minimum", "at least {}"),
    ("exclusiveMinimum", "more than {}"),
    ("maximum", "at most {}"),
    ("exclusiveMaximum", "less than {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
)


def type_name(schema: Mapping[str, Any]) -> str:
    """Return the type as the schema names it, with the type of a list's items."""
    given = schema.get("type")
    if isinstance(given, list):
        return cut(" or ".join(str(one) for one in given[:4]), _LONGEST)
    if given == "array":
        items = schema.get("items")
        inner = type_name(items) if isinstance(items, Mapping) else "any"
        return cut(f"array of {inner}", _LONGEST)
    if isinstance(given, str):
        return cut(given, _LONGEST)
    if "enum" in schema or "const" in schema:
        return "one of a list"
    if any(key in schema for key in ("anyOf", "oneOf", "allOf")):
        return "one of several"
    return "not said"


def constraints(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the schema admits, one short phrase each; empty when it says nothing."""
    made: list[str] = []
    values = schema.get("enum")
    if isinstance(values, list) and values:
        shown = ", ".join(_said(value) for value in values[:_MOST_VALUES])
        more = f" and {len(values) - _MOST_VALUES} more" if len(values) > _MOST_VALUES else ""
        made.append(f"one of {shown}{more}")
    if "const" in schema:
        made.append(f"always {_said(schema['const'])}")
    for key, phrase in _BOUNDS:
        value = schema.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            made.append(phrase.format(value))
    for key in ("pattern", "format"):
        value = schema.get(key)
        if isinstance(value, str) and value:
            made.append(f"{key} {cut(value, _LONGEST)}")
    if "default" in schema:
        default = schema["default"]
        made.append(f"default {'empty text' if default == '' else _said(default)}")
    return tuple(made)


def _said(value: Any) -> str:
    """Return a value as JSON has it, a text without its quotes."""
    return cut(value if isinstance(value, str) else canonical_json(value), _LONGEST)
