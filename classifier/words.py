"""Words of names and texts in any script, and where they stand.

Positions are code points of the text as received.
"""

import re  # noqa: TID251 - character classes only: linear on any text
from collections.abc import Iterator
from functools import cache

MAX_NAME = 256
FIRST_CJK = "\u3040"
CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_ASCII_NAME = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_ASCII_TOKEN = re.compile(r"[a-z]+|\d+")
STOP = frozenset([
    "the", "a", "an", "of", "to", "in", "for", "and", "or", "on", "with", "from", "by", "is", "are",
    "this", "that", "it", "its", "be", "as", "at", "into", "using", "use", "used", "will", "can",
    "you", "your", "all", "any", "if", "when", "tool", "which",
])  # fmt: skip


class Spans:
    """(word, start, end) of every word, found as far as somebody looks: mostly the first few."""

    __slots__ = ("_found", "_lead", "_pattern", "_rest", "_text", "_told")

    def __init__(self, pattern: re.Pattern[str], text: str, lead: int) -> None:
        self._found: list[tuple[str, int, int]] = []
        self._pattern, self._text, self._lead = pattern, text, lead
        self._rest = _spans(pattern, text, lead)
        self._told = ""

    def told(self) -> str:
        """Return all the words in order, a space before and after each."""
        if not self._told:
            words = [word.lower() for word in self._pattern.findall(self._text, self._lead)]
            self._told = f" {' '.join(_expand(words))} "
        return self._told

    def __iter__(self) -> Iterator[tuple[str, int, int]]:
        yield from self._found
        for span in self._rest:
            self._found.append(span)
            yield span


def _spans(pattern: re.Pattern[str], text: str, lead: int) -> Iterator[tuple[str, int, int]]:
    """Yield (word, start, end) of every word; CJK runs as overlapping pairs of characters."""
    for found in pattern.finditer(text, lead):
        token, start = found.group().lower(), found.start()
        if token[0] < FIRST_CJK or len(token) == 1:
            yield token, start, found.end()
        else:
            yield from ((token[i : i + 2], start + i, start + i + 2) for i in range(len(token) - 1))


def lower(text: str) -> str:
    """Return the lower-case text with every code point where it was (`İ` would become two)."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _expand(tokens: list[str]) -> list[str]:
    if not tokens or max(tokens) < FIRST_CJK:
        return tokens
    out: list[str] = []
    for token in tokens:
        if token[0] >= FIRST_CJK:
            out += [token[i : i + 2] for i in range(max(1, len(token) - 1))]
        else:
            out.append(token)
    return out


@cache
def _wide() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the words of names and of texts in any script: dear to compile, and seldom asked for."""
    letters = r"[a-z\u00df-\u024f\u0400-\u04ff]+"
    return (
        re.compile(rf"[A-Z]+(?=[A-Z][a-z])|[A-Z]?{letters}|[A-Z]+|\d+|[{CJK}]+"),
        re.compile(rf"{letters}|\d+|[{CJK}]+"),
    )


def in_name(name: str) -> re.Pattern[str]:
    """Return what finds the words of a name, also where only a capital parts them."""
    return _ASCII_NAME if name.isascii() else _wide()[0]


def in_text(text: str) -> re.Pattern[str]:
    """Return what finds the words of a text that is in small letters."""
    return _ASCII_TOKEN if text.isascii() else _wide()[1]


def name_tokens(name: str) -> list[str]:
    """Return the lower-case words of a tool's or server's name; CJK as pairs of characters."""
    cut = name[:MAX_NAME]
    return _expand(list(map(str.lower, in_name(cut).findall(cut))))


def text_tokens(text: str) -> list[str]:
    """Return the lower-case words of a text; CJK as overlapping pairs of characters."""
    low = lower(text)
    return _expand(in_text(low).findall(low))


def unread(text: str) -> str:
    """Return what is left of a text, in small letters, without the words that are read."""
    low = lower(text)
    return in_text(low).sub("", low)
