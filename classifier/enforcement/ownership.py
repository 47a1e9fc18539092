"""Whether a file is one that we wrote, so that writing it anew takes nothing from a person.

Formats with comments say so in their head. A file of JSON has no place for that: it is ours where
it holds nothing but what such a policy holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from classifier.errors import PolicyError

MARK = "Made by toolrisk from definitions"
_HEAD = 4096


def may_replace(module: ModuleType, old: str, new: str) -> bool:
    """Say whether nothing of a person's own is lost when `new` replaces the text `old`."""
    if not old.strip() or old == new:
        return True
    if MARK in new[:_HEAD]:
        return MARK in old[:_HEAD]
    try:
        before, after = json.loads(old), json.loads(new)
    except ValueError:
        return old.partition("\n")[0] == new.partition("\n")[0]
    if hasattr(module, "write_rules"):
        try:
            rest = json.loads(module.write_rules(old, {}))
        except (PolicyError, ValueError):
            return False
        return next(_values(rest), None) is None
    return isinstance(before, dict) and isinstance(after, dict) and set(before) <= set(after)


def _values(document: Any) -> Iterator[Any]:
    """Yield everything in a document that is neither an object nor a list."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        else:
            yield value
