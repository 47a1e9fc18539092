"""Where in a file of tools something stands: from a JSON Pointer to line and column.

JSON parsers forget positions. Here the file is walked once more, only as deep as needed: keys are
read and everything beside the way is skipped by the parser of the standard library, so that the
cost stays that of parsing. Lines and columns count from 1, columns in code points.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from json.decoder import WHITESPACE, scanstring  # type: ignore[attr-defined]
from typing import Any

from classifier.verdict import Evidence
from crawler.client_config import SERVER_KEYS, strip_comments
from crawler.records import Tool
from crawler.tool_marks import has_marks, is_named

_DECODER = json.JSONDecoder()
_DEEPEST = 12
_KEPT = 100
_ALIASES = {"inputSchema": "input_schema", "outputSchema": "output_schema", "name": "tool"}
_SAID_ITSELF = ("name", "description", "inputSchema", "input_schema")
_ENVELOPES = ("tools", "result", "tools_list_pages")
_SURROGATES = range(0xD800, 0xDC00)


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of a file."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class _Member:
    """A member of an object or list: where its key (if any) and its value stand."""

    key: str
    key_at: tuple[int, int] | None
    start: int
    end: int
    value: Any


class Places:
    """The positions of one file. A file that cannot be walked knows no positions, and says so."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
        self._tools: dict[tuple[Any, Any], deque[int]] = defaultdict(deque)
        self._envelopes: dict[tuple[Any, Any], deque[int]] = defaultdict(deque)
        self._by_name: dict[Any, list[deque[int]]] | None = None
        self._servers: dict[str, Region] = {}
        self._kept: dict[int, list[_Member]] = {}
        with suppress(ValueError, RecursionError):
            self._walk_all(text)
            return
        with suppress(ValueError, RecursionError):
            self._walk_all(strip_comments(text))

    def _walk_all(self, text: str) -> None:
        self._text = text
        self._tools.clear()
        self._envelopes.clear()
        index = _skip(text, 0)
        while index < len(text):
            value, end = _DECODER.raw_decode(text, index)
            self._walk(index, value, None, 0, "")
            index = _skip(text, end)

    def _walk(self, start: int, value: Any, key: str | None, depth: int, table: str) -> None:
        """Note the tools and servers below a place; `key` is set for members of a `tools` object."""
        if depth > _DEEPEST or not isinstance(value, dict | list):
            return
        is_tool = False
        if isinstance(value, dict) and _is_tool(value, key):
            is_tool = True
            self._note(start, value, key)
            if not _is_envelope(value) and (depth > 0 or has_marks(value)):
                return
        for member in _members(self._text, start):
            if is_tool and member.key in _SAID_ITSELF:
                continue  # an example in a schema may look like a tool
            if table in SERVER_KEYS and member.key_at and isinstance(value, dict):
                self._servers.setdefault(member.key, self._region(*member.key_at))
            named = member.key if table == "tools" and isinstance(value, dict) else None
            self._walk(member.start, member.value, named, depth + 1, member.key)

    def _note(self, start: int, value: dict[str, Any], key: str | None) -> None:
        name = next(
            (value[one] for one in ("name", "tool") if isinstance(value.get(one), str)), key
        )
        description = value.get("description")
        is_sure = has_marks(value) or not _is_envelope(value)
        found = self._tools if is_sure else self._envelopes
        found[name, description if isinstance(description, str) else None].append(start)

    def tool(self, tool: Tool) -> int | None:
        """Return where the next tool of this name and description starts; each is found once.

        What could be a server around tools is one only where nothing else is called so.
        """
        key = tool.name, tool.description
        found = self._tools.get(key) or self._envelopes.get(key)
        return found.popleft() if found else None

    def server(self, name: str) -> Region | None:
        """Return where a client config names a server."""
        return self._servers.get(name)

    def named(self, name: str) -> int | None:
        """Return where the first tool of this name starts that `tool` has not given away."""
        if self._by_name is None:
            self._by_name = defaultdict(list)
            for (own, _), starts in (*self._tools.items(), *self._envelopes.items()):
                self._by_name[own].append(starts)
        return next((starts[0] for starts in self._by_name.get(name, ()) if starts), None)

    def evidence(self, start: int, quote: Evidence) -> Region | None:
        """Return where a quote of the tool that starts at `start` stands."""
        member = self._resolve(start, quote.pointer)
        if member is None:
            return None
        if quote.start == quote.end:
            return self._region(*(member.key_at or (member.start, member.end)))
        if not isinstance(member.value, str):
            return self._region(member.start, member.end)
        raw = self._text[member.start + 1 : member.end - 1]
        inside = member.start + 1
        first, last = _raw_offsets(raw, quote.start, quote.end)
        return self._region(inside + first, inside + last)

    def head(self, start: int) -> Region:
        """Return where a tool's name stands, or where the tool starts."""
        member = self._resolve(start, "/name")
        return self._region(member.start, member.end) if member else self._region(start, start + 1)

    def _resolve(self, start: int, pointer: str) -> _Member | None:
        parts = [p.replace("~1", "/").replace("~0", "~") for p in pointer.split("/")[1:]]
        member: _Member | None = None
        for depth, part in enumerate(parts):
            found = None
            for one in self._members(member.start if member else start):
                if one.key == part or (depth == 0 and one.key == _ALIASES.get(part)):
                    found = one  # the last of a repeated key is the one that counts
            if found is None:
                return None
            member = found
        return member

    def _members(self, start: int) -> list[_Member]:
        """Return the members at a place; those of one tool at a time are kept for its next quote."""
        if start not in self._kept:
            if len(self._kept) > _KEPT:
                self._kept.clear()
            self._kept[start] = list(_members(self._text, start))
        return self._kept[start]

    def _region(self, start: int, end: int) -> Region:
        line, end_line = bisect_right(self._lines, start), bisect_right(self._lines, end)
        return Region(
            line,
            start - self._lines[line - 1] + 1,
            end_line,
            end - self._lines[end_line - 1] + 1,
        )


def _is_envelope(value: dict[str, Any]) -> bool:
    return any(isinstance(value.get(name), dict | list) for name in _ENVELOPES)


def _is_tool(value: dict[str, Any], key: str | None) -> bool:
    if isinstance(value.get("definition"), dict) and value.keys().isdisjoint(_SAID_ITSELF):
        return False  # a line of `toolrisk export`: the reader looks inside too
    return key is not None or is_named(value)


def _skip(text: str, index: int) -> int:
    if text[index : index + 1] > " ":
        return index
    return int(WHITESPACE.match(text, index).end())


def _members(text: str, start: int) -> Iterator[_Member]:
    """Yield the members of the object or list at a place; nothing for other values."""
    opening = text[start : start + 1]
    if opening not in {"{", "["}:
        return
    index, number = _skip(text, start + 1), 0
    while text[index] not in "}]":
        key, key_at = str(number), None
        if opening == "{":
            key, after = scanstring(text, index + 1)
            key_at = (index, after)
            index = _skip(text, _skip(text, after) + 1)
        value, end = _DECODER.raw_decode(text, index)
        yield _Member(key, key_at, index, end, value)
        index, number = _skip(text, end), number + 1
        if text[index] == ",":
            index = _skip(text, index + 1)


def _raw_offsets(raw: str, start: int, end: int) -> tuple[int, int]:
    """Return where two offsets of a string stand in its JSON spelling."""
    if "\\" not in raw[: end * 12]:
        return start, end
    at, index, found = 0, 0, [0, len(raw)]
    while index < len(raw) and at <= end:
        if at == start:
            found[0] = index
        if at == end:
            found[1] = index
        index += _spelt(raw, index)
        at += 1
    return found[0], found[1]


def _spelt(raw: str, index: int) -> int:
    """Return how many characters of JSON spell one code point."""
    if raw[index] != "\\":
        return 1
    if raw[index + 1] != "u":
        return 2
    pair = raw[index + 6 : index + 8] == "\\u"
    if pair and int(raw[index + 2 : index + 6], 16) in _SURROGATES:
        low = int(raw[index + 8 : index + 12], 16)
        return 12 if low >= _SURROGATES.stop and low < 0xE000 else 6  # noqa: PLR2004 - end of surrogates
    return 6
