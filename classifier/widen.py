"""A quote of one character, with what it stands beside: alone it tells a reader nothing.

Chinese, Japanese and Korean are read as pairs of characters, so one between words of another script is
left alone, often a particle; in Cyrillic a preposition is one letter. The words beside it say what of.
"""

import re  # noqa: TID251 - classes of characters with a bound, matched at one place each: linear

from classifier.reading import MAX_DESCRIPTION
from classifier.verdict import Evidence
from crawler.records import Tool

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_MOST = 24
_TOUCHING = re.compile(rf"[^\W_{_CJK}]{{1,{_MOST}}}")
_BEFORE = re.compile(rf"[^\W_{_CJK}]{{1,{_MOST}}}\Z")
_NEXT = re.compile(rf"[ _-]([^\W_]{{1,{_MOST}}})")
_LAST = re.compile(rf"([^\W_]{{1,{_MOST}}})[ _-]\Z")


def widened(tool: Tool, quote: Evidence) -> Evidence:
    """Return a quote of one character with the words that touch it, or that stand next to it.

    Quotes of more, and of other places than name and description, are returned as they are.
    """
    text = {"/name": tool.name, "/description": tool.description or ""}.get(quote.pointer)
    if text is None or quote.end - quote.start != 1 or quote.text.isascii():
        return quote
    before = text[max(0, quote.start - _MOST - 1) : quote.start]
    after = text[quote.end : min(quote.end + _MOST + 1, MAX_DESCRIPTION)]
    touches = _BEFORE.search(before), _TOUCHING.match(after)
    left, right = touches if any(touches) else (None, _NEXT.match(after))
    if left is None and right is None:
        left = _LAST.search(before)
    start = quote.start - (len(left.group()) if left else 0)
    end = quote.end + (len(right.group()) if right else 0)
    return Evidence(quote.pointer, start, end, text[start:end])
