"""Whether a file is one that we wrote, so that writing it anew takes nothing from a person.

Formats with comments say so in their head. A file of JSON has no place for that: it is ours where
every rule in it is one that the target writes, in the very form that it is written in. A settings
file, which people write too, is ours only where every rule in it is remembered as ours or comes
again, and nothing else is in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import tomli_w

from classifier.enforcement.documents import read_toml
from classifier.enforcement.memory import Memory
from classifier.errors import PolicyError

MARK = "Made by toolrisk from definitions"
_HEAD = 4096
_ODD = (AttributeError, IndexError, KeyError, TypeError, ValueError)


_NOTHING = Memory()


def may_replace(module: ModuleType, old: str, new: str, memory: Memory = _NOTHING) -> bool:
    """Say whether nothing of a person's own is lost when `new` replaces the text `old`.

    A target whose files are JSON exports `written(document) -> bool`: whether it holds only what
    the target writes, of any tools; so does one of TOML that has rules to merge. Without it no
    such file is ours. `memory` is what is kept beside a file of rules.
    """
    if not old.strip() or old == new:
        return True
    if hasattr(module, "write_rules"):
        return _is_known(module, old, new, memory)
    if not _is_json(new):
        return _is_headed(old, new)
    return _is_json(old) and _is_written(module, old)  # JSON with comments is a person's


def after_replacing(module: ModuleType, old: str, new: str, memory: Memory | None) -> Memory:
    """Return what is ours once `new` has replaced `old`: all but a person's rules that come again.

    A file that is to the letter what we write is ours, although nothing is remembered of it.
    """
    rules, theirs = module.read_rules(new), set[str]()
    if old.strip() and (old != new or memory is not None):
        known = memory or _NOTHING
        theirs = {r for r, d in module.read_rules(old).items() if not known.is_ours(r, d)}
    return Memory({rule: decision for rule, decision in rules.items() if rule not in theirs})


def _is_headed(old: str, new: str) -> bool:
    """Say whether a file begins as ours do."""
    if MARK in new[:_HEAD]:
        return MARK in old[:_HEAD]
    return old.partition("\n")[0] == new.partition("\n")[0]


def _is_known(module: ModuleType, old: str, new: str, memory: Memory) -> bool:
    """Say whether all rules of a settings file are ours or come again, and nothing else is there."""
    try:
        rules, again = module.read_rules(old), module.read_rules(new)
        alone = (
            _only_rules(module, old)
            if _is_json(new)
            else _is_headed(old, new) and _in_our_form(module, old)
        )
    except (PolicyError, *_ODD):
        return False
    return alone and all(
        memory.is_ours(rule, decision) or again.get(rule) is decision
        for rule, decision in rules.items()
    )


def _in_our_form(module: ModuleType, old: str) -> bool:
    """Say whether TOML is such as the target writes, with comments in its head alone."""
    lines = old.splitlines(keepends=True)
    while lines and lines[0].startswith("#"):
        lines.pop(0)
    document = read_toml(old, "settings")
    return "".join(lines) == tomli_w.dumps(document) and bool(module.written(document))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _only_rules(module: ModuleType, old: str) -> bool:
    """Say whether nothing is left of a settings file when its rules are taken away."""
    rest = json.loads(module.write_rules(old, {}))
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
    except _ODD:  # also: the target writes no JSON
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
