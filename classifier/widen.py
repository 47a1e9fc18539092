"""A quote of one character, or of a part of a word, with what it belongs to: alone it tells a reader nothing.

Chinese, Japanese and Korean are read as pairs of characters, so one between words of another script is
left alone, often a particle; in Cyrillic a preposition is one letter. The words beside it say what of. And
of a word in katakana or hangul, which is no longer than its run of letters, a pair is only a part.
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
_LETTERS = ("\u30a1-\u30fa\u30fc", "\uac00-\ud7a3")  # katakana, hangul: their words are runs
_PAIR = tuple(re.compile(rf"[{one}]{{2}}") for one in _LETTERS)
_RUN_ON = tuple(re.compile(rf"[{one}]{{0,{_MOST}}}") for one in _LETTERS)
_RUN_UP = tuple(re.compile(rf"[{one}]{{0,{_MOST}}}\Z") for one in _LETTERS)
_LAST = re.compile(rf"([^\W_]{{1,{_MOST}}})[ _-]\Z")


def widened(tool: Tool, quote: Evidence) -> Evidence:
    """Return a quote of one character with the words that touch it, or that stand next to it.

    One of two letters that are a part of a word is returned with the whole of it; quotes of more, and of
    other places than name and description, as they are.
    """
    text = {"/name": tool.name, "/description": tool.description or ""}.get(quote.pointer)
    length = quote.end - quote.start
    if text is None or length not in {1, 2} or quote.text.isascii():
        return quote
    if length == 2:  # noqa: PLR2004 - a pair, as these scripts are read
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
    """Return a pair with the rest of its word, where it is of a script whose words are runs."""
    for pair, run_up, run_on in zip(_PAIR, _RUN_UP, _RUN_ON, strict=True):
        if pair.fullmatch(quote.text):
            before = run_up.search(text[max(0, quote.start - _MOST) : quote.start])
            after = run_on.match(text[quote.end : min(quote.end + _MOST, MAX_DESCRIPTION)])
            start = quote.start - (len(before.group()) if before else 0)
            end = quote.end + (len(after.group()) if after else 0)
            return Evidence(quote.pointer, start, end, text[start:end])
    return quote
