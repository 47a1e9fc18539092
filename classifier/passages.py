"""How a definition is cut into the parts that are weighed: sentences, pairs of them, fields, all fields as one.

Cutting and weighing are dear, and few parts are worth it, so the gate is asked first: of a string as a
whole, then of each part.
"""

from __future__ import annotations

import re  # noqa: TID251 - one bounded expression, linear; a fraction of re2's cost per match
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from classifier.gate import hear, passes, sum_of, worth
from classifier.texts import Text
from classifier.unveil import unveil

MOST_SENTENCES = 200
"""Of one string."""
_LONGEST_SENTENCE = 260
_LONGEST_PAIR = 320
_LONGEST_WHOLE = 400
_LONGEST_FIELD = 300
_LONG_FIELD = 60
_LONGEST_JOINED = 1_500
SHORTEST = 4
"""Characters of a sentence; what is shorter is none."""
_SHORTEST_VALUE = 8
_SHORTEST_OTHER = 12


class Part(NamedTuple):
    """A part that is not looked into yet; `mark` says how it was cut."""

    text: Text
    start: int
    end: int
    told: str
    place: str
    mark: str = "one"


def parts(every: Iterable[Text]) -> Iterator[Part]:
    """Yield the parts of all strings, and all fields as one."""
    fields: list[_String] = []
    for one in _strings(every):
        if one.place == "field":
            fields.append(one)
        if one.text.is_key:
            yield _key(one)
        else:
            spans = list(sentences(one.plain))
            yield from (_part(one, spans, *cut) for cut in _cuts(one, spans))
    if together := _together(fields):
        yield together


def worthy_parts(every: Iterable[Text]) -> Iterator[Part]:
    """Yield the parts of all strings that are worth weighing, and cut no more than it takes."""
    fields: list[_String] = []
    most = 0.0
    for one in _strings(every):
        weight = hear(one.plain).weight
        if one.place == "field":
            fields.append(one)
            most += weight
        if one.text.is_key:
            if passes(hear((whole := _key(one)).told)):
                yield whole
        elif worth(weight):
            yield from _worthy(one)
    if worth(most) and (together := _together(fields)) and passes(hear(together.told)):
        yield together


def _worthy(one: _String) -> Iterator[Part]:
    spans = list(sentences(one.plain))
    if len(spans) == 1 and not passes(hear(one.plain)):
        return
    heard = [hear(one.plain[start:end]) for start, end in spans]
    if worth(sum_of(heard)):
        for cut in _cuts(one, spans):
            if passes(*heard[cut[0] : cut[1]]):
                yield _part(one, spans, *cut)


class _String(NamedTuple):
    """A string of a definition without its disguises, and where it stands."""

    text: Text
    plain: str
    place: str
    shifted: bool  # places in `plain` are not those in the text


def _strings(every: Iterable[Text]) -> Iterator[_String]:
    for text in every:
        place = _place(text)
        value = text.searched()
        if len(value) < _SHORTEST_TEXT.get(place, 1) or place == "name":
            continue
        veiled = not value.isascii() or "\x1b" in value or "\\" in value
        plain = unveil(value) if veiled else value
        yield _String(text, plain, place, plain != value)


def _key(one: _String) -> Part:
    told = one.plain.replace("_", " ").replace("-", " ")
    return Part(one.text, 0, len(one.text.value), told, one.place)


def _cuts(one: _String, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, str]]:
    """Yield (first, last + 1, mark): each sentence, each two neighbours, a short field as a whole."""
    for number, (_, end) in enumerate(spans):
        yield number, number + 1, "one"
        if number and end - spans[number - 1][0] <= _LONGEST_PAIR:
            yield number - 1, number + 1, "two"
    if one.place == "field" and len(spans) > 2 and len(one.plain) <= _LONGEST_WHOLE:  # noqa: PLR2004 - more than a pair
        yield 0, len(spans), "whole"


def _part(
    one: _String, spans: Sequence[tuple[int, int]], first: int, after: int, mark: str
) -> Part:
    start, end = (0, len(one.plain)) if mark == "whole" else (spans[first][0], spans[after - 1][1])
    told = one.plain[start:end]
    where = (0, len(one.text.value)) if one.shifted else (start, end)
    return Part(one.text, *where, told, one.place, mark)


def _together(fields: Sequence[_String]) -> Part | None:
    """Return the fields as one text: an order may be spread over them."""
    told = [one.plain[:_LONGEST_FIELD] for one in fields]
    if len(told) <= 1 or all(len(one) <= _LONG_FIELD for one in told):
        return None
    longest = max(zip(told, fields, strict=True), key=lambda both: len(both[0]))[1].text
    joined = " ".join(told)[:_LONGEST_JOINED]
    return Part(longest, 0, len(longest.value), joined, "joined")


_BREAK = re.compile("[.!?;][\"')*]{0,3}\\s|[。\uff01\uff1f\uff1b\n]|<br>")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each sentence; long ones are cut at a space."""
    start = found = 0
    for end in chain((one.end() for one in _BREAK.finditer(text)), (len(text),)):
        while end - start > _LONGEST_SENTENCE:
            middle = text.rfind(" ", start + 1, start + _LONGEST_SENTENCE) + 1
            middle = middle if middle > start else start + _LONGEST_SENTENCE
            yield start, middle
            found += 1
            start = middle
        if end - start >= SHORTEST and not text[start:end].isspace():
            yield start, end
            found += 1
            if found >= MOST_SENTENCES:
                break
        start = end


_SHORTEST_TEXT = {
    "value": _SHORTEST_VALUE, "title": _SHORTEST_VALUE, "key": _SHORTEST_VALUE,
    "schema": _SHORTEST_OTHER,
}  # fmt: skip


_PLACES = {"/description": "top", "/name": "name"}


def _place(text: Text) -> str:
    """Say what a string is to the definition."""
    pointer = text.pointer
    inside = pointer.startswith("/inputSchema")
    if text.is_key:
        return "key" if inside else "other key"
    if not inside:
        output = pointer.startswith("/outputSchema")
        return _PLACES.get(pointer, "output" if output else "other")
    if pointer.endswith("/description"):
        return "field"
    if "/enum/" in pointer or "/default" in pointer or "/const" in pointer or "/example" in pointer:
        return "value"
    return "title" if pointer.endswith("/title") else "schema"
