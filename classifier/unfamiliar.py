"""Whether a description can be read at all: scripts that no reader knows, languages of unknown words.

What is not understood may say anything, so a definition that is mostly that is unknown, and never low.
"""

import unicodedata
from collections.abc import Container, Iterable
from functools import partial

from classifier.lexicon import lexicon
from classifier.reading import MAX_DESCRIPTION, Reading
from classifier.words import FIRST_CJK, lower, unread

_KNOWN = 0.4
"""Share of known words below which a text is not understood: of 9,000 public definitions one in a thousand
has less, most of them in Turkish, and no English one of a sentence."""
_PLAIN = 0.85
"""Share of known words from which a text is understood without a closer look: no public definition in
a language that is not known has more than 0.75."""
_FEWEST = 3
_LETTERS = 5  # of a word in a script that is not read, where no spaces part them
_LONG = 4  # letters; `a`, `de` and `en` are words of any language
_TELLING = 2  # long words that are not known; one may be a name
_HALF, _NEARLY_ALL = 0.5, 0.75
"""Share of long words that are not known from which a text is not understood; the latter where the name
tells what a call does, so that little hangs on the text."""
_ENOUGH = 20  # long words that are known: they say what a text is about, whatever else it says
_ENGLISH = frozenset(
    ["the", "and", "with", "from", "this", "that", "which", "your", "when", "to", "of"]
)
_SAID_IN_ENGLISH = 0.06
"""Share of these from which a text is English, however many names of things it holds."""


def is_unfamiliar(reading: Reading, known: Container[str | None]) -> bool:
    """Say whether most of a description is not understood; `known` are the words of the model."""
    told = [word for word in (*reading.first, *reading.rest, *reading.tail) if not word.isdigit()]
    missed = _unread(reading)
    words = len(told) + missed
    plain = sum(map(known.__contains__, told))
    if not words or plain >= _PLAIN * words:
        return False
    wanted = _KNOWN * words
    if words >= _FEWEST and plain < wanted and sum(map(partial(_is_known, known), told)) < wanted:
        return True
    if _begins_with_a_verb(reading, missed) or _is_english(told, words):
        return False
    long = [word for word in told if len(word) >= _LONG or word[0] >= FIRST_CJK]
    understood = sum(map(partial(_is_known, known), long))
    unknown = len(long) + missed - understood
    share = _NEARLY_ALL if reading.name_verb else _HALF
    return understood < _ENOUGH and unknown >= max(_TELLING, share * (len(long) + missed))


def _is_english(told: list[str], words: int) -> bool:
    """Say whether a text has the small words of English, whatever else it is about."""
    return sum(map(_ENGLISH.__contains__, told)) > _SAID_IN_ENGLISH * words


def _begins_with_a_verb(reading: Reading, missed: int) -> bool:
    """Say whether the first word tells what a call does, in a text whose letters are read."""
    return (
        reading.head_verb is not None and reading.head_at == 0 and 2 * missed <= len(reading.first)
    )


def _is_known(known: Container[str | None], word: str) -> bool:
    """Say whether a word is in the model or the lexicons; pairs of Chinese, Japanese or Korean letters are.

    There are too many pairs to have met each, and the model has learned to read them.
    """
    if word in known or word[0] >= FIRST_CJK:
        return True
    listed = lexicon()
    return word in listed.verb or word in listed.noun


def _unread(reading: Reading) -> int:
    """Count the words of a description with letters or marks that are in no word that was read."""
    text = (reading.tool.description or "")[:MAX_DESCRIPTION]
    if text.isascii():
        return 0
    odd = [c for c in unread(text) if unicodedata.category(c)[0] in "LM"]
    return max(len(odd) // _LETTERS, _with_one_of(odd, lower(text))) if odd else 0


def _with_one_of(letters: Iterable[str], text: str) -> int:
    """Count the words of a text with one of these letters."""
    some = frozenset(letters)
    return sum(not some.isdisjoint(word) for word in text.split())
