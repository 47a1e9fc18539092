"""What changed between two definitions, word by word, and where.

What both texts share at either end is taken off first, so a long text with one new sentence at its
end shows that sentence: padding hides nothing. Only the middle is aligned, and it is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from classifier.pages.differences import aligned
from classifier.pages.places import place
from classifier.parameters import escape
from crawler.records import JsonObject, canonical_json

MOST_PLACES = 40
_MOST_WORDS = 400
_CONTEXT = 6
_DEEPEST = 30
_SPACE = "(white space)"

Parts = tuple[tuple[str, str], ...]
"""Pieces of a text: (`same`, `out` or `in`, words)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One place that changed."""

    pointer: str
    parts: Parts

    @property
    def where(self) -> str:
        """The place in words."""
        return place(self.pointer)


def changes(old: JsonObject, new: JsonObject) -> tuple[tuple[Change, ...], int]:
    """Return the first places that changed, in the order of the definition, and how many more."""
    places = _walk("", old, new, 0)
    found = tuple(
        Change(pointer, _parts(*sides)) for pointer, *sides in islice(places, MOST_PLACES)
    )
    return found, sum(1 for _ in places)


_NOTHING = object()


def _walk(pointer: str, old: Any, new: Any, depth: int) -> Iterator[tuple[str, Any, Any]]:
    """Yield (pointer, before, after) of every place that changed."""
    if canonical_json(old) == canonical_json(new):
        return
    if isinstance(old, dict) and isinstance(new, dict) and depth < _DEEPEST:
        for key in dict.fromkeys([*old, *new]):
            inner = f"{pointer}/{escape(str(key))}"
            if key not in new:
                yield inner, old[key], _NOTHING
            elif key not in old:
                yield inner, _NOTHING, new[key]
            else:
                yield from _walk(inner, old[key], new[key], depth + 1)
    else:
        yield pointer, old, new


def _parts(old: Any, new: Any) -> Parts:
    if isinstance(old, str) and isinstance(new, str):
        return words(old, new)
    both = (("out", old), ("in", new))
    return tuple((kind, _brief(value)) for kind, value in both if value is not _NOTHING)


def _brief(value: Any) -> str:
    return _cut((value if isinstance(value, str) else canonical_json(value)).split())


def _cut(found: list[str]) -> str:
    more = len(found) - _MOST_WORDS
    told = " ".join(found[:_MOST_WORDS])
    return f"{told} \N{HORIZONTAL ELLIPSIS} {more} more words" if more > 0 else told


def words(old: str, new: str) -> Parts:
    """Return the words that stayed, went and came; of long unchanged stretches only the ends."""
    before, after = old.split(), new.split()
    if before == after:
        return (("out", _SPACE), ("in", _SPACE))
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    room = min(len(before), len(after)) - head
    while tail < room and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    middle = _aligned(before[head : len(before) - tail], after[head : len(after) - tail])
    parts = [*_kept(before[:head], last=False), *middle]
    parts += _kept(before[len(before) - tail :], last=True)
    return tuple(parts)


def _kept(found: list[str], *, last: bool) -> Iterator[tuple[str, str]]:
    if len(found) > _CONTEXT:
        some = found[:_CONTEXT] if last else found[-_CONTEXT:]
        dots = "\N{HORIZONTAL ELLIPSIS}"
        found = [*some, dots] if last else [dots, *some]
    if found:
        yield "same", " ".join(found)


def _aligned(before: list[str], after: list[str]) -> Iterator[tuple[str, str]]:
    if max(len(before), len(after)) > _MOST_WORDS:  # aligning is quadratic: show both as they are
        matches = [("replace", 0, len(before), 0, len(after))]
    else:
        matches = aligned(before, after)
    for tag, i1, i2, j1, j2 in matches:
        if tag == "equal":
            same = before[i1:i2]
            if len(same) > 2 * _CONTEXT:
                same = [*same[:_CONTEXT], "\N{HORIZONTAL ELLIPSIS}", *same[-_CONTEXT:]]
            yield "same", " ".join(same)
            continue
        if i1 < i2:
            yield "out", _cut(before[i1:i2])
        if j1 < j2:
            yield "in", _cut(after[j1:j2])
