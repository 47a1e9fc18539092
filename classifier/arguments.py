"""Which parameters of a tool a bound is about: those that a signal points to, and those by name.

A parameter that a bound is meant for and that no policy language reaches (inside the items of a
list) is kept with `*` in its path: no target can say it, so the tool gets the stricter rule
instead of a policy that looks bounded and is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from classifier.policy_table import ArgumentFamily
from classifier.verdict import Classification, Kind

Argument = tuple[tuple[str, ...], bool]
"""The path of keys to an argument, and whether it is a list of such values."""

UNREACHABLE = "*"


def arguments_of(
    schema: object, family: ArgumentFamily, classification: Classification
) -> tuple[Argument, ...]:
    """Return the arguments that a family of bounds is about, each once, in a fixed order."""
    found = dict.fromkeys(_pointed(schema, family, classification))
    found.update(dict.fromkeys(_named(schema, family)))
    return tuple(found)


def _pointed(
    schema: object, family: ArgumentFamily, classification: Classification
) -> Iterator[Argument]:
    """Yield what the findings of the family's own schema signal point to."""
    for finding in classification.findings:
        if finding.signal.id != family.signal or finding.signal.kind is not Kind.SCHEMA:
            continue
        for evidence in finding.evidence:
            parts = [p.replace("~1", "/").replace("~0", "~") for p in evidence.pointer.split("/")]
            if parts[:3] == ["", "inputSchema", "properties"]:
                yield _argument(schema, parts[2:])


def _argument(schema: object, parts: list[str]) -> Argument:
    """Follow `properties/NAME` and `items` of a pointer through the schema."""
    keys: list[str] = []
    declared: Any = schema
    in_list = False
    words = iter(parts)
    for word in words:
        declared = declared.get(word) if isinstance(declared, dict) else None
        if word == "properties":
            if in_list:
                keys.append(UNREACHABLE)
                in_list = False
            name = next(words, UNREACHABLE)
            keys.append(name)
            declared = declared.get(name) if isinstance(declared, dict) else None
        elif word == "items":
            in_list = True
        else:  # through a combinator or reference: which value it is depends on the call
            keys.append(UNREACHABLE)
    is_array = isinstance(declared, dict) and declared.get("type") == "array"
    return tuple(keys), in_list or is_array


def _named(schema: object, family: ArgumentFamily) -> Iterator[Argument]:
    """Yield the top-level parameters whose names belong to the family."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        return
    for name, declared in properties.items():
        if str(name).lower().replace("_", "").replace("-", "") in family.names:
            is_array = isinstance(declared, dict) and declared.get("type") == "array"
            yield (str(name),), is_array
