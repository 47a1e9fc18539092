"""A definition as a sequence of words, as the convolutions of the model read it.

What `features` counts is a bag: whether a word is there. Here its order and its neighbours count ("does
not delete", "list of sent mails"). One extraction for training and run time, bounded part by part.
"""

import re  # noqa: TID251 - one alternation of character classes: linear on any text
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from classifier.parameters import Parameter
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.words import FIRST_CJK, name_tokens
from crawler.placed_names import FILE_ENDINGS, name_without_place

NAME, TEXT, PARAMETER, VALUE, ABOUT, SERVER, RULE = range(7)
"""Where a word stands; a sequence is in this order."""
PLACES = 7
PARTS = 4
PART_OF = (0, 1, 2, 2, 3, 3, 3)
"""Places that are weighed as one: name, description, parameters with their values, all around."""

_MOST_NAME, _MOST_TEXT, _MOST_ABOUT, _MOST_SERVER, _MOST_RULES = 12, 160, 24, 6, 40
_MOST_PARAMETERS, _MOST_OF_PARAMETER, _MOST_VALUES, _MOST_OF_VALUE = 12, 4, 8, 2
_MOST_LISTED = 24
_LETTERS = 4000
"""Characters of a text that are cut into words."""
_BEGINS = "<p>"
"""Stands before the words of each parameter."""
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_CJK}]+|[^\W\d_{_CJK}]+|\d+|[.!?:;,()\"'`/*-]")


class Tokens(NamedTuple):
    """Words of one definition and, a byte each, where they stand."""

    places: bytes
    words: tuple[str, ...]


def tokens(reading: Reading, matched: Iterable[Rule]) -> Tokens:
    """Return the words of one reading; the rules that hold come last, by their ids."""
    tool = reading.tool
    parameters, values = _schema(reading.parameters)
    parts = (
        name_tokens(tool.name)[:_MOST_NAME],
        list(_words(tool.description if isinstance(tool.description, str) else "", _MOST_TEXT)),
        parameters,
        values,
        *_server(tool.server, tool.server_text[:_LETTERS]),
        [rule.id for rule in matched if not rule.apart][:_MOST_RULES],
    )
    places = b"".join([bytes((place,)) * len(part) for place, part in enumerate(parts)])
    return Tokens(places, tuple([word for part in parts for word in part]))


@lru_cache(maxsize=4096)
def _server(name: str, text: str) -> tuple[list[str], list[str]]:
    """Return the words of a server's text and of its name; where a file lies may not decide."""
    own = name_without_place(name)
    named = [] if own.endswith(FILE_ENDINGS) else name_tokens(own)
    return list(_words(text, _MOST_ABOUT)), named[:_MOST_SERVER]


def _words(text: str, most: int) -> Iterator[str]:
    """Yield words and marks of a text, lower case; runs without spaces as overlapping pairs."""
    return islice(_cut(text[:_LETTERS].lower()), most)


def _cut(text: str) -> Iterator[str]:
    for found in _WORD.finditer(text):
        word = found.group()
        if word[0] < FIRST_CJK or len(word) == 1:
            yield word
        else:
            yield from (word[i : i + 2] for i in range(len(word) - 1))


def _schema(parameters: Iterable[Parameter]) -> tuple[list[str], list[str]]:
    """Return the words of parameters, and those of the values that they list.

    Required ones first, then by name: the order of keys in a JSON object says nothing.
    """
    names: list[str] = []
    values: list[str] = []
    for one in sorted(parameters, key=_rank)[:_MOST_PARAMETERS]:
        names += (_BEGINS, *one.words[:_MOST_OF_PARAMETER])
        for value in one.enum[:_MOST_VALUES]:
            values += _words(value, _MOST_OF_VALUE)
    return names, values[:_MOST_LISTED]


def _rank(one: Parameter) -> tuple[bool, int, str]:
    return not one.required, one.depth, one.pointer
