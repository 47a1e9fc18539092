"""Whether a description can be read at all: scripts that no reader knows, languages of unknown words.

What is not understood may say anything, so a definition that is mostly that is unknown, and never low.
"""

import unicodedata
from collections.abc import Container
from functools import partial

from classifier.lexicon import lexicon
from classifier.reading import FIRST_CJK, MAX_DESCRIPTION, Reading, unread

_KNOWN = 0.4
"""Share of known words below which a text is not understood: of 9,000 public definitions one in a thousand
has less, most of them in Turkish, and no English one of a sentence."""
_FEWEST = 3
_LETTERS = 5  # of a word in a script that is not read


def is_unfamiliar(reading: Reading, known: Container[str | None]) -> bool:
    """Say whether most of a description is not understood; `known` are the words of the model."""
    told = [word for word in (*reading.first, *reading.rest, *reading.tail) if not word.isdigit()]
    missed = _unread(reading) // _LETTERS
    wanted = _KNOWN * (len(told) + missed)
    if len(told) + missed < _FEWEST or sum(map(known.__contains__, told)) >= wanted:
        return False
    return sum(map(partial(_is_known, known), told)) < wanted


def _is_known(known: Container[str | None], word: str) -> bool:
    """Say whether a word is in the model or the lexicons; pairs of Chinese, Japanese or Korean letters are.

    There are too many pairs to have met each, and the model has learned to read them.
    """
    if word in known or word[0] >= FIRST_CJK:
        return True
    listed = lexicon()
    return word in listed.verb or word in listed.noun


def _unread(reading: Reading) -> int:
    """Count the letters and marks of a description that are in no word that was read."""
    text = (reading.tool.description or "")[:MAX_DESCRIPTION]
    if text.isascii():
        return 0
    return sum(unicodedata.category(c)[0] in "LM" for c in unread(text))
