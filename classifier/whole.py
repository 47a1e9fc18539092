"""Whether all that a definition says is looked at for threats, or a part of it stands behind a cap.

Every text is bounded somewhere, and who hides an order knows where. A field of another type than the
specification's is not read either. What nobody looked at is unknown, and what is unknown is never low:
the definition is marked truncated.
"""

from __future__ import annotations

from typing import Any

from classifier.passages import MOST_SENTENCES, SHORTEST, sentences
from classifier.texts import MAX_DEPTH, MAX_STRINGS, MAX_TEXT, serialised, texts
from crawler.misfits import misfits
from crawler.records import Tool

_NEVER_DEEP = 2 * MAX_DEPTH
_NEVER_LONG = MOST_SENTENCES * (SHORTEST + 1)
"""Bytes of a serialised definition that can reach no cap: brackets, and sentences with a stop each."""


def is_whole(tool: Tool) -> bool:
    """Say whether every string of a definition is looked at to its end, and every field of it read."""
    if next(misfits(tool), None):
        return False
    blob = serialised(tool.definition)
    size = _NEVER_LONG if blob is None else len(blob)
    if size < _NEVER_DEEP:
        return True
    nested = blob is None or blob.count(b"{") + blob.count(b"[") >= MAX_DEPTH
    if nested and _is_deep(tool.definition):
        return False
    if size < _NEVER_LONG:
        return True
    strings = [text.value for text in texts(tool, MAX_STRINGS + 1)]
    return len(strings) <= MAX_STRINGS and all(map(_is_heard, strings))


def why_not_whole(tool: Tool) -> str:
    """Say in a few words why a definition is not looked at whole; nothing where it is."""
    if is_whole(tool):
        return ""
    odd = "; ".join(map(str, misfits(tool)))
    return odd or "too long to be looked at whole; read the rest of it"


def _is_deep(definition: dict[str, Any]) -> bool:
    level: list[Any] = list(definition.values())
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for one in level
            if isinstance(one, (dict, list))
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return any(isinstance(one, (dict, list)) for one in level)


def _is_heard(text: str) -> bool:
    """Say whether a string is cut nowhere: neither its end nor its last sentences."""
    if len(text) > MAX_TEXT:
        return False
    if len(text) < _NEVER_LONG:
        return True
    found = list(sentences(text))
    return len(found) < MOST_SENTENCES or not text[found[-1][1] :].strip()
