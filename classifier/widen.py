"""A quote of one character, or of a part of a word, with what it belongs to: alone it tells a reader nothing.

Chinese, Japanese and Korean are read as pairs of characters, so one between words of another script is
left alone, often a particle; in Cyrillic a preposition is one letter. The words beside it say what of. And
of a word in katakana or hangul, which is no longer than its run of letters, a pair is only a part.
"""

import re  # noqa: TID251 - classes of characters with a bound, matched at one place each: linear

from classifier.reading import MAX_DESCRIPTION
from classifier.verdict import Evidence
from classifier.words import CJK
from crawler.records import Tool

_MOST = 24
_TOUCHING = re.compile(rf"[^\W_{CJK}]{{1,{_MOST}}}")
_BEFORE = re.compile(rf"[^\W_{CJK}]{{1,{_MOST}}}\Z")
_NEXT = re.compile(rf"[ _-]([^\W_]{{1,{_MOST}}})")
_LETTERS = ("\u30a1-\u30fa\u30fc", "\uac00-\ud7a3")  # katakana, hangul: their words are runs
_RUN_ON = tuple(re.compile(rf"(?<=[{one}])[{one}]{{1,{_MOST}}}") for one in _LETTERS)
_RUN_UP = tuple(re.compile(rf"[{one}]{{1,{_MOST}}}(?=[{one}]\Z)") for one in _LETTERS)
_LAST = re.compile(rf"([^\W_]{{1,{_MOST}}})[ _-]\Z")


def widened(tool: Tool, quote: Evidence) -> Evidence:
    """Return a quote of one character with the words that touch it, or that stand next to it.

    One of more that begins or ends inside a word is returned with the whole of it; of other places than
    name and description, as it is.
    """
    text = {"/name": tool.name, "/description": tool.description or ""}.get(quote.pointer)
    if text is None or quote.end == quote.start or quote.text.isascii():
        return quote
    if quote.end - quote.start > 1:
        return _whole(text, quote)
    before = text[max(0, quote.start - _MOST - 1) : quote.start]
    after = text[quote.end : min(quote.end + _MOST + 1, MAX_DESCRIPTION)]
    touches = _BEFORE.search(before), _TOUCHING.match(after)
    left, right = touches if any(touches) else (None, _NEXT.match(after))
    if left is None and right is None:
        left = _LAST.search(before)
    start = quote.start - (len(left.group()) if left else 0)
    end = quote.end + (len(right.group()) if right else 0)
    return Evidence(quote.pointer, start, end, text[start:end])


def _whole(text: str, quote: Evidence) -> Evidence:
    """Return a quote with the rest of the words in which it begins and ends, where their script has runs."""
    first, last = quote.start, quote.end
    before = text[max(0, first - _MOST) : first + 1]
    after = text[last - 1 : min(last + _MOST, MAX_DESCRIPTION)]
    up = next(filter(None, (one.search(before) for one in _RUN_UP)), None)
    on = next(filter(None, (one.match(after, 1) for one in _RUN_ON)), None)
    if up is None and on is None:
        return quote
    start = first - (len(up.group()) if up else 0)
    end = last + (len(on.group()) if on else 0)
    return Evidence(quote.pointer, start, end, text[start:end])
