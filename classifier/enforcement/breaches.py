"""Arguments of a call that meet its conditions, and such that break a single one of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from classifier.condition import Condition, ConditionKind

_STRANGER = "toolrisk.invalid"
"""A host that nobody has (RFC 2606), for what is out of bounds."""


def within(conditions: Sequence[Condition]) -> dict[str, Any] | None:
    """Return arguments that meet all conditions; `None` where our samples do not (two that clash)."""
    return _meeting(conditions, {c: _listed(c, _good(c)) for c in conditions})


def breaches(conditions: Sequence[Condition]) -> Iterator[tuple[Condition, dict[str, Any]]]:
    """Yield each condition with arguments that break it, and where possible no other.

    The last for each is one without the argument, where it may not be left out.
    """
    good = {c: _listed(c, _good(c)) for c in conditions}
    for condition in conditions:
        for value in _bad(condition):
            # Last, so that it is the value also where another condition is on the same argument.
            values = {k: v for k, v in good.items() if k != condition}
            yield condition, _arguments({**values, condition: _listed(condition, value)})
        if not condition.optional:
            others = {k: v for k, v in good.items() if k.argument != condition.argument}
            yield condition, _arguments(others)


def _meeting(
    conditions: Sequence[Condition], values: Mapping[Condition, Any]
) -> dict[str, Any] | None:
    arguments = _arguments(values)
    return arguments if all(c.holds(arguments) for c in conditions) else None


def _arguments(values: Mapping[Condition, Any]) -> dict[str, Any]:
    """Return the arguments of a call in which each condition's argument has its value."""
    arguments: dict[str, Any] = {}
    for condition, value in values.items():
        place = arguments
        for key in condition.argument[:-1]:
            inner = place.get(key)
            if not isinstance(inner, dict):
                inner = place[key] = {}
            place = inner
        place[condition.argument[-1]] = value
    return arguments


def _listed(condition: Condition, value: object) -> object:
    return [value] if condition.each else value


def _good(condition: Condition) -> object:
    if not isinstance(condition.bound, tuple):
        return 0
    first = condition.bound[0] if condition.bound else ""
    return {
        ConditionKind.INSIDE: first,
        ConditionKind.HOST_IN: f"https://{first}/",
        ConditionKind.DOMAIN_IN: f"a@{first}",
    }.get(condition.kind, first)


def _bad(condition: Condition) -> Iterator[object]:
    """Yield values out of bounds: one far off, and one that looks as if it were within."""
    if not isinstance(condition.bound, tuple):
        yield math.floor(condition.number) + 1
        return
    first = condition.bound[0] if condition.bound else ""
    match condition.kind:
        case ConditionKind.INSIDE:
            folder = first.rstrip("/")
            yield f"/{_STRANGER}"
            yield f"{folder}/../../{_STRANGER}"
            yield f"{folder}.{_STRANGER}"
        case ConditionKind.HOST_IN:
            yield f"https://{_STRANGER}/"
            yield f"https://{first}.{_STRANGER}/"
            yield f"https://{first}@{_STRANGER}/"
        case ConditionKind.DOMAIN_IN:
            yield f"a@{_STRANGER}"
            yield f"a@{first}.{_STRANGER}"
            yield f"a@{_STRANGER},b@{first}"
        case _:
            return
