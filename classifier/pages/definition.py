"""A schema as lines of a tree, every text in segments, so that evidence is marked in place.

The look is that of JSON, but texts stand as they are instead of escaped: a quote must equal the
text that it was taken from. A very large schema is cut after so many lines; a line that carries
evidence is shown all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from classifier.pages.marks import Marks, Segment
from classifier.pages.words import cut
from crawler.records import Tool

MOST_LINES = 160
MOST_MARKED = 60
DEEPEST = 12
LONGEST_TEXT = 600
LONGEST_KEY = 160
LONGEST_DESCRIPTION = 4000
LONGEST_NAME = 400


@dataclass(frozen=True, slots=True)
class Line:
    """One line: indent, key (with the numbers of evidence about it), text, end."""

    indent: int
    key: str | None
    key_numbers: tuple[int, ...]
    before: str
    segments: tuple[Segment, ...]
    after: str
    left_out: int = 0
    is_text: bool = False

    @property
    def is_plain(self) -> bool:
        """Say whether there is nothing on the line but text."""
        return not (self.key_numbers or self.left_out or any(map(_is_special, self.segments)))

    @property
    def text(self) -> str:
        """The line as text, without marks."""
        key = "" if self.key is None else f"{self.key}: "
        middle = "".join(segment.text for segment in self.segments)
        return f"{'  ' * self.indent}{key}{self.before}{middle}{self.after}"


def _is_special(segment: Segment) -> bool:
    return bool(segment.numbers or segment.left_out)


@dataclass(frozen=True, slots=True)
class Field:
    """One part of a definition: a text in segments, or a tree in lines.

    `blocks` are the lines with plain neighbours put together, which is most of them.
    """

    key: str
    segments: tuple[Segment, ...] = ()
    lines: tuple[Line, ...] = ()
    size: int = 0

    @property
    def blocks(self) -> Iterator[tuple[str, Line | None]]:
        """Yield (text, None) for plain lines, and ("", line) for any other."""
        for is_plain, group in groupby(self.lines, key=lambda line: line.is_plain):
            if is_plain:
                yield "".join(f"{line.text}\n" for line in group), None
            else:
                yield from (("", line) for line in group)


@dataclass(frozen=True, slots=True)
class View:
    """A definition as a page shows it, and the numbers of the evidence that it shows."""

    fields: tuple[Field, ...]
    shown: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Place:
    pointer: str
    indent: int
    key: str | None
    comma: str


def view_of(tool: Tool, marks: Marks) -> View:
    """Return the parts of a definition that are there, evidence marked."""
    fields = tuple(_field(key, value, marks) for key, value in tool.definition.items())
    shown: set[int] = set()
    for field in fields:
        shown.update(n for s in field.segments for n in s.ends)
        for line in field.lines:
            shown.update(line.key_numbers)
            shown.update(n for s in line.segments for n in s.ends)
    return View(fields, frozenset(shown))


def _field(key: str, value: Any, marks: Marks) -> Field:
    if isinstance(value, str):
        longest = LONGEST_DESCRIPTION if key == "description" else LONGEST_NAME
        return Field(key, marks.segments(f"/{key}", value, longest), size=len(value))
    lines = tree(f"/{key}", value, marks)
    return Field(key, lines=lines, size=len(lines))


def tree(pointer: str, value: Any, marks: Marks) -> tuple[Line, ...]:
    """Return the lines of a JSON value that stands at a pointer."""
    lines = list(_walk(_Place(pointer, 0, None, ""), value, marks))
    if len(lines) <= MOST_LINES:
        return tuple(lines)
    head, rest = lines[: MOST_LINES // 2], lines[MOST_LINES // 2 :]
    made = list(head)
    skipped = marked = 0
    for line in rest:
        if marked < MOST_MARKED and _is_marked(line):
            if skipped:
                made.append(_gap(skipped))
            made.append(line)
            skipped, marked = 0, marked + 1
        else:
            skipped += 1
    if skipped:
        made.append(_gap(skipped))
    return tuple(made)


def _gap(lines: int) -> Line:
    return Line(0, None, (), "", (), "", left_out=lines)


def _is_marked(line: Line) -> bool:
    return bool(line.key_numbers) or any(s.numbers for s in line.segments)


def _walk(place: _Place, value: Any, marks: Marks) -> Iterator[Line]:
    numbers = marks.names(place.pointer) if place.key is not None else ()
    key = place.key
    if isinstance(value, dict | list) and value and place.indent < DEEPEST:
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        if isinstance(value, list) and _is_plain(value):
            yield from _plain_list(place, numbers, value, marks)
            return
        yield Line(place.indent, key, numbers, opening, (), "")
        items = list(value.items() if isinstance(value, dict) else enumerate(value))
        for index, (name, item) in enumerate(items):
            comma = "," if index < len(items) - 1 else ""
            inner = cut(str(name), LONGEST_KEY) if isinstance(value, dict) else None
            yield from _walk(
                _Place(f"{place.pointer}/{escape(str(name))}", place.indent + 1, inner, comma),
                item,
                marks,
            )
        yield Line(place.indent, None, (), closing + place.comma, (), "")
        return
    if isinstance(value, str):
        shown = marks.segments(place.pointer, value, LONGEST_TEXT)
        yield Line(place.indent, key, numbers, '"', shown, '"' + place.comma, is_text=True)
        return
    yield Line(place.indent, key, numbers, _scalar(value) + place.comma, (), "")


def _is_plain(items: list[Any]) -> bool:
    return all(isinstance(i, str | int | float | bool) or i is None for i in items)


def _plain_list(
    place: _Place, numbers: tuple[int, ...], items: list[Any], marks: Marks
) -> Iterator[Line]:
    """Put a list of plain values on one line, marks kept."""
    segments: list[Segment] = [Segment("[")]
    for index, item in enumerate(items):
        if index:
            segments.append(Segment(", "))
        if isinstance(item, str):
            inner = marks.segments(f"{place.pointer}/{index}", item, LONGEST_TEXT)
            segments += [Segment('"'), *inner, Segment('"')]
        else:
            segments.append(Segment(_scalar(item)))
        if index >= MOST_LINES:
            segments.append(Segment(f", and {len(items) - index - 1} more"))
            break
    segments.append(Segment("]"))
    yield Line(place.indent, place.key, numbers, "", tuple(segments), place.comma, is_text=True)


def _scalar(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case dict():
            return "{\u2026}" if value else "{}"
        case list():
            return "[\u2026]" if value else "[]"
        case _:
            return str(value)[:LONGEST_TEXT]


def escape(key: str) -> str:
    """Escape a key for a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
