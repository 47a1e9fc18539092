"""Which inputs Cedar policies compare as decimals, read from the engine's own tree of them.

A number of JSON has no type in Cedar until a schema says whether it is a Long or a decimal. Where
only the policies are at hand, their operators say it: decimals are compared by methods.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from classifier.enforcement.documents import engine

_METHODS = {"lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual"}
_EITHER = {"==", "!="}

Decimals = defaultdict[str | None, frozenset[str]]
"""Names of `context.input` by the action whose policies compare them; `None`: by every action."""


def decimals(text: str) -> Decimals:
    """Return the inputs that policies, which must parse, compare as decimals.

    Raises:
        PolicyError: the engine is not installed.

    """
    found: Decimals = defaultdict(frozenset)
    if "decimal" not in text:
        return found
    tree = json.loads(engine("cedarpy", "cedarpy").policies_to_json_str(text))
    for policy in tree["staticPolicies"].values():
        names = frozenset(_compared([condition["body"] for condition in policy["conditions"]]))
        for action in _actions(policy["action"]):
            found[action] |= names
    return found


def _actions(scope: Mapping[str, Any]) -> list[str | None]:
    if "entities" in scope:
        return [entity["id"] for entity in scope["entities"]]
    return [scope["entity"]["id"]] if "entity" in scope else [None]


def _compared(waiting: list[Any]) -> Iterator[str]:
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            for operator, given in value.items():
                waiting.append(given)
                if not isinstance(given, dict | list):
                    continue
                sides = list(given.values()) if isinstance(given, dict) else given
                is_decimal = operator in _EITHER and any("decimal" in side for side in sides)
                if is_decimal or operator in _METHODS:
                    yield from filter(None, map(_input, sides))


def _input(expression: object) -> str | None:
    """Return NAME of an expression `context.input.NAME`."""
    match expression:
        case {
            ".": {
                "left": {".": {"left": {"Var": "context"}, "attr": "input"}},
                "attr": str(name),
            }
        }:
            return name
        case _:
            return None
