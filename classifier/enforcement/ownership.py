"""Whether a file is one that we wrote, so that writing it anew takes nothing from a person.

Formats with comments say so in their head. A file of JSON has no place for that: it is ours where
every rule in it is one that the target writes, in the very form that it is written in.
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
    """Say whether nothing of a person's own is lost when `new` replaces the text `old`.

    A target whose files are JSON exports `written(document) -> bool`: whether it holds only what
    the target writes, of any tools. Without it no such file is ours.
    """
    if not old.strip() or old == new:
        return True
    if MARK in new[:_HEAD]:
        return MARK in old[:_HEAD]
    if not _is_json(new):
        return old.partition("\n")[0] == new.partition("\n")[0]
    if not _is_json(old):  # also JSON with comments, which are a person's
        return False
    return _only_rules(module, old) if hasattr(module, "write_rules") else _is_written(module, old)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _only_rules(module: ModuleType, old: str) -> bool:
    """Say whether nothing is left of a settings file when its rules are taken away."""
    try:
        rest = json.loads(module.write_rules(old, {}))
    except (PolicyError, ValueError):
        return False
    return next(_values(rest), None) is None


def _is_written(module: ModuleType, old: str) -> bool:
    """Say whether the target could have written a document; an odd value is none of its own."""
    before = json.loads(old)
    if before == {}:
        return True
    if old.rstrip("\n") not in (json.dumps(before, indent=2), json.dumps(before)):
        return False
    try:
        return bool(module.written(before))
    except (AttributeError, IndexError, KeyError, TypeError):  # also: the target writes no JSON
        return False


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
