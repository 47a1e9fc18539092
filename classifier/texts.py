"""Every string of a definition with its JSON Pointer, and a cheap look for what threats need.

A threat may hide in any string: a default, an enum, a key, an example of the output. Reading all of
them with every pattern would cost more than the rest of a classification, so one scan of the
serialised definition says which detectors have anything to look for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import re2

from classifier.parameters import escape
from classifier.verdict import Evidence
from crawler.records import Tool

MAX_TEXT = 20_000
"""Characters of one string that are read."""
MAX_STRINGS = 2_000
MAX_BYTES = 400_000
"""Bytes of a serialised definition that are scanned; a longer one is read with every detector."""
_MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Text:
    """One string: where it stands, what it says, and whether it is a key rather than a value."""

    pointer: str
    value: str
    is_key: bool

    def quote(self, start: int, end: int) -> Evidence:
        """Quote a part; a key is quoted as a whole, by its pointer."""
        if self.is_key:
            return Evidence(self.pointer, 0, 0, self.value)
        return Evidence(self.pointer, start, end, self.value[start:end])

    def searched(self) -> str:
        """Return the text for patterns: the same length, lone surrogates replaced."""
        text = self.value[:MAX_TEXT]
        try:
            text.encode()
        except UnicodeEncodeError:
            text = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
        return text


def texts(tool: Tool) -> Iterator[Text]:
    """Yield every string of a definition, name and description first, at most `MAX_STRINGS`."""
    left = MAX_STRINGS
    queue: list[tuple[str, Any, int]] = [
        (f"/{key}", value, 0) for key, value in reversed(tool.definition.items())
    ]
    while queue and left:
        pointer, value, depth = queue.pop()
        if isinstance(value, str):
            left -= 1
            yield Text(pointer, value, is_key=False)
        elif depth >= _MAX_DEPTH:
            continue
        elif isinstance(value, dict):
            keys = [key for key in reversed(value) if isinstance(key, str)]
            queue.extend((f"{pointer}/{escape(key)}", value[key], depth + 1) for key in keys)
            for key in value:
                if isinstance(key, str) and key not in _WORDS and left:
                    left -= 1
                    yield Text(f"{pointer}/{escape(key)}", key, is_key=True)
        elif isinstance(value, list):
            indexed = reversed(list(enumerate(value)))
            queue.extend((f"{pointer}/{i}", item, depth + 1) for i, item in indexed)


_WORDS = frozenset(
    [
        "type", "properties", "required", "description", "items", "enum", "default", "title",
        "additionalProperties", "anyOf", "oneOf", "allOf", "$schema", "$ref", "$defs", "definitions",
        "format", "minimum", "maximum", "const", "examples", "pattern", "minLength", "maxLength",
    ]
)  # fmt: skip
"""Keys of JSON Schema itself, which say nothing."""


class Alarms:
    """Triggers of all threat detectors: one scan of a serialised definition, then of each string.

    Triggers of words share one expression. Those that count characters stand alone, because in one
    expression with the others their automaton would outgrow re2's memory and become slow.
    """

    def __init__(self, triggers: Sequence[tuple[str, str]]) -> None:
        self._each = [(signal_id, _compiled(trigger)) for signal_id, trigger in triggers]
        counted = [trigger for _, trigger in triggers if "]{" in trigger]
        words = "|".join(f"(?:{trigger})" for _, trigger in triggers if trigger not in counted)
        self._any = [_compiled(one) for one in (words, *counted) if one]

    def suspects(self, tool: Tool) -> dict[str, list[Text]]:
        """Return the strings that each detector has to look at, by its id; mostly nothing."""
        blob = _serialised(tool.definition)
        if blob is not None and len(blob) <= MAX_BYTES and not self._hit(blob):
            return {}
        found: dict[str, list[Text]] = {}
        for text in texts(tool):
            line = _serialised(text.value[:MAX_TEXT])
            if line is None or self._hit(line):
                for signal_id, trigger in self._each:
                    if line is None or trigger.search(line):
                        found.setdefault(signal_id, []).append(text)
        return found

    def _hit(self, line: bytes) -> bool:
        return any(one.search(line) for one in self._any)


def _compiled(trigger: str) -> Any:
    options = re2.Options()
    options.max_mem = _AUTOMATON
    return re2.compile(trigger.encode(), options)  # type: ignore[no-untyped-call]


_AUTOMATON = 32 << 20
"""Bytes that re2 may spend on an automaton before it falls back to a slower one."""


def _serialised(value: object) -> bytes | None:
    try:
        return orjson.dumps(value)
    except (TypeError, ValueError):  # lone surrogates, integers beyond 64 bits
        return None
