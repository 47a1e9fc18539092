"""Every string of a definition with its JSON Pointer, and a cheap look for what threats need.

A threat may hide in any string: a default, an enum, a key, an example of the output. Reading all of
them with every pattern would cost more than the rest of a classification, so one scan of the
serialised definition for each detector says which have anything to look for.
"""

from collections.abc import Callable, Iterator, Sequence
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
MAX_BYTES = 400_000
"""Bytes of a serialised definition that are scanned; a longer one is read with every detector."""
_SCAN_MEMORY = 64 << 20
"""Bytes that an automaton may use; with the default, large ones are made anew again and again."""
_MAX_DEPTH = 40


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


def texts(tool: Tool) -> Iterator[Text]:
    """Yield every string of a definition, name and description first, at most `MAX_STRINGS`."""
    left = MAX_STRINGS
    queue: list[tuple[str, Any, int, str]] = [
        (f"/{key}", value, 0, "") for key, value in reversed(tool.definition.items())
    ]
    while queue and left:
        pointer, value, depth, _ = queue.pop()
        if isinstance(value, str):
            left -= 1
            yield Text(pointer, value, is_key=False)
        elif depth >= _MAX_DEPTH:
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


Listen = Callable[[Tool, bytes | None], Sequence[tuple[float, Evidence]]]
"""Reads a definition by itself; gets the serialised one, or None if that is too long to scan."""


class Alarms:
    """Triggers of all threat detectors, over a serialised definition, then over each string.

    One scan for the literals without which none of the expressions can match (RE2's own filter)
    leaves few of them to try. Joined into one expression, their automaton would outgrow any memory;
    only the few that have no such literals are, where that keeps it small.
    """

    def __init__(
        self, triggers: Sequence[tuple[str, Sequence[str]]], listen: Sequence[Listen] = ()
    ) -> None:
        self._listen = listen
        self._signals: dict[str, list[str]] = {}  # of each expression
        for signal_id, several in triggers:
            for expression in several:
                self._signals.setdefault(expression, []).append(signal_id)
        self._expressions = list(self._signals)
        self._seekers: dict[str, Seeker] = {}
        self._filter = re2.Filter()  # type: ignore[no-untyped-call]
        for expression in self._expressions:
            self._filter.Add(expression)  # type: ignore[no-untyped-call]
        self._filter.Compile()  # type: ignore[no-untyped-call]
        always = self._filter.Match(b"", potential=True) or ()  # type: ignore[no-untyped-call]
        self._joined = {i for i in always if not _has_long_count(self._expressions[i])}
        self._any = seeker("|".join(f"(?:{self._expressions[i]})" for i in sorted(self._joined)))

    def suspects(self, tool: Tool) -> Suspects:
        """Return the strings that each detector has to look at, by its id; mostly nothing."""
        blob = _serialised(tool.definition)
        if blob is None or len(blob) > MAX_BYTES:
            awake, heard, blob = self._expressions, None, None
        else:
            awake = [self._expressions[i] for i in self._possible(blob)]
            awake = [expression for expression in awake if self._occurs(expression)(blob)]
            heard = frozenset(awake)
        found = tuple(one for listen in self._listen for one in listen(tool, blob))
        if not awake and not found:
            return NOBODY
        return Suspects(self._texts(tool, awake) if awake else {}, heard, passages=found)

    def _possible(self, blob: bytes) -> Iterator[int]:
        """Yield the numbers of the expressions that cannot be ruled out."""
        # The filter knows small letters only; folding also undoes the long s and the Kelvin sign.
        folded = blob.lower() if blob.isascii() else blob.decode().casefold().encode()
        found = self._filter.Match(folded, potential=True) or ()  # type: ignore[no-untyped-call]
        if self._joined and not self._any(blob):
            found = [i for i in found if i not in self._joined]
        yield from found

    def _occurs(self, expression: str) -> Seeker:
        found = self._seekers.get(expression)
        if found is None:
            found = self._seekers[expression] = seeker(expression)
        return found

    def _texts(self, tool: Tool, awake: Sequence[str]) -> dict[str, list[Text]]:
        every = list(texts(tool))
        lines = [_serialised(text.value[:MAX_TEXT]) for text in every]
        hits: list[set[str]] = [set() for _ in every]  # signals
        for expression in awake:
            for at in _where(self._occurs(expression), lines, 0, len(lines)):
                hits[at].update(self._signals[expression])
        found: dict[str, list[Text]] = {}
        for text, signals in zip(every, hits, strict=True):
            for signal_id in signals:
                found.setdefault(signal_id, []).append(text)
        return found


def _has_long_count(expression: str) -> bool:
    """Say whether a part is repeated so often that its automaton multiplies that of others."""
    return any(
        part[:2].isdigit() for part in expression.replace("x{", "").replace("u{", "").split("{")[1:]
    )


def _where(occurs: Seeker, lines: list[bytes | None], start: int, end: int) -> Iterator[int]:
    """Yield which lines an expression occurs in, by halving: most strings of a definition are short.

    A line is a JSON string with its quotes, so what occurs in one occurs in the row of all. None
    stands for a string that cannot be searched, and counts.
    """
    if end - start == 1:
        line = lines[start]
        if line is None or occurs(line):
            yield start
    elif start < end:
        part = lines[start:end]
        if None in part or occurs(b",".join(part)):  # type: ignore[arg-type]
            middle = (start + end) // 2
            yield from _where(occurs, lines, start, middle)
            yield from _where(occurs, lines, middle, end)


def _serialised(value: object) -> bytes | None:
    try:
        return orjson.dumps(value)
    except (TypeError, ValueError):  # lone surrogates, integers beyond 64 bits
        return None
