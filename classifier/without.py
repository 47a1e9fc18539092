"""A definition without some of what it says: what would be concluded then can be asked of the engine."""

from __future__ import annotations

import copy
import re  # noqa: TID251 - a word of the text itself, escaped
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from classifier.lexicon import lexicon
from classifier.verdict import Evidence
from crawler.records import DEFINITION_KEYS, Tool

_FIELDS = ("name", "title", "description", "input_schema", "output_schema", "annotations")


def without(tool: Tool, quotes: Iterable[Evidence]) -> Tool | None:
    """Return a tool whose definition lacks what is quoted, or None where nothing can be left out.

    Of name and description the quoted words go, wherever they stand and in any form (deletes), of a
    schema the property, the listed value or the key. Nothing can be left out where no name would be left: a
    name that stays would say what was left out.
    """
    definition = copy.deepcopy(tool.definition)
    said = list(dict.fromkeys(quotes))
    # from the last to the first, so that places still to come stay where they are
    for quote in sorted(said, key=_place, reverse=True):
        _leave_out(definition, quote)
    words = [quote.text for quote in said if quote.end and quote.pointer in _TEXTS]
    for word in [form for one in words for form in _forms(one)]:
        for key in ("name", "description"):
            if isinstance(definition.get(key), str):
                definition[key] = re.sub(_APART.format(re.escape(word)), "", definition[key])
    if definition == tool.definition or (tool.name and not definition.get("name")):
        return None
    given: dict[str, Any] = {
        field: definition.get(key) for field, key in zip(_FIELDS, DEFINITION_KEYS, strict=True)
    }
    return replace(tool, **given)


def _forms(text: str) -> list[str]:
    """Return a quoted text, and the other forms of a verb: who wrote "delete" wrote "deletes" beside it."""
    verbs = lexicon().verb
    lemma = verbs.get(text.lower())
    return [text, *(form for form, verb in verbs.items() if lemma and verb == lemma)]


_TEXTS = ("/name", "/description")
_APART = r"(?i)(?<![a-z]){}(?![a-z])[ _-]?"


def _place(quote: Evidence) -> tuple[list[tuple[bool, int, str]], int]:
    parts = [
        (part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in _parts(quote)
    ]
    return parts, quote.start


def _parts(quote: Evidence) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in quote.pointer.split("/")[1:]]


def _leave_out(definition: dict[str, Any], quote: Evidence) -> None:
    *above, last = _parts(quote)
    holder: Any = definition
    for part in above:
        holder = _inside(holder, part)
    found = _inside(holder, last)
    if isinstance(holder, list) and isinstance(found, str) and quote.end == len(found):
        del holder[int(last)]
    elif isinstance(found, str) and quote.end:
        left = (found[: quote.start].rstrip(" _-."), found[quote.end :].lstrip(" _-."))
        _set(holder, last, (" " if " " in found else "_").join(filter(None, left)))
    elif isinstance(holder, dict) and last in holder:
        del holder[last]


def _inside(holder: Any, part: str) -> Any:
    if isinstance(holder, dict):
        return holder.get(part)
    if isinstance(holder, list) and part.isdecimal() and int(part) < len(holder):
        return holder[int(part)]
    return None


def _set(holder: Any, part: str, value: str) -> None:
    holder[int(part) if isinstance(holder, list) else part] = value
