"""Every string of a definition with its JSON Pointer, and what is left to look at of them.

A threat may hide in any string: a default, an enum, a key, an example of the output.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
import re2

from classifier.parameters import escape
from classifier.verdict import Evidence
from crawler.records import Tool

MAX_TEXT = 20_000
"""Characters of one string that are read."""
MAX_STRINGS = 2_000
_SCAN_MEMORY = 64 << 20
"""Bytes that an automaton may use; with the default, large ones are made anew again and again."""
MAX_DEPTH = 200
"""Objects and lists, one in the other, that are looked into; JSON deeper than 254 is not even written."""


class Text(NamedTuple):
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
        if text.isascii():
            return text
        try:
            text.encode()
        except UnicodeEncodeError:
            text = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
        return text


def texts(tool: Tool, most: int = MAX_STRINGS) -> Iterator[Text]:
    """Yield every string of a definition, name and description first, at most so many."""
    left = most
    queue: list[tuple[str, Any, int, str]] = [
        (f"/{key}", value, 0, "") for key, value in reversed(tool.definition.items())
    ]
    while queue and left:
        pointer, value, depth, _ = queue.pop()
        if isinstance(value, str):
            left -= 1
            yield Text(pointer, value, is_key=False)
        elif depth >= MAX_DEPTH:
            continue
        elif isinstance(value, dict):
            depth += 1
            inside = [
                (f"{pointer}/{escape(key) if '/' in key or '~' in key else key}", one, depth, key)
                for key, one in value.items()
                if isinstance(key, str)
            ]
            queue += inside[::-1]
            for place, _, _, key in inside:
                if key not in _WORDS and left:
                    left -= 1
                    yield Text(place, key, is_key=True)
        elif isinstance(value, list):
            indexed = [(f"{pointer}/{i}", item, depth + 1, "") for i, item in enumerate(value)]
            queue += indexed[::-1]


_WORDS = frozenset(
    [
        "type", "properties", "required", "description", "items", "enum", "default", "title",
        "additionalProperties", "anyOf", "oneOf", "allOf", "$schema", "$ref", "$defs", "definitions",
        "format", "minimum", "maximum", "const", "examples", "pattern", "minLength", "maxLength",
    ]
)  # fmt: skip
"""Keys of JSON Schema itself, which say nothing."""


Seeker = Callable[[bytes], object]
"""Says whether an expression occurs in UTF-8 text."""


def seeker(expression: str) -> Seeker:
    """Return a function that says whether an expression occurs in UTF-8 text, and nothing more.

    A set of one expression answers in a third of the time of `search`, which looks for the place.
    """
    options = re2.Options()
    options.max_mem = _SCAN_MEMORY
    options.log_errors = False
    one = re2.Set.SearchSet(options)  # type: ignore[no-untyped-call]
    one.Add(expression)
    one.Compile()
    return one.Match  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Suspects:
    """What a look at a whole definition left over: which strings, and which expressions occur."""

    texts: dict[str, list[Text]]  # by signal id
    heard: frozenset[str] | None  # None where nothing could be ruled out
    shared: dict[Any, Any] = field(default_factory=dict)  # what one detector works out for all
    passages: tuple[tuple[float, Evidence], ...] = ()  # (score, quote) by what reads sentences

    def __bool__(self) -> bool:
        """Say whether there is anything to look at."""
        return bool(self.texts or self.passages)


NOBODY = Suspects({}, frozenset())


def serialised(value: object) -> bytes | None:
    """Return JSON, or None where there is none: lone surrogates, integers beyond 64 bits."""
    try:
        return orjson.dumps(value)
    except (TypeError, ValueError):
        return None
