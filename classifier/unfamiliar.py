"""Whether a description can be read at all: scripts that no reader knows, languages of unknown words.

What is not understood may say anything, so a definition that is mostly that is unknown, and never low.
"""

import unicodedata
from collections.abc import Container

from classifier.reading import MAX_DESCRIPTION, Reading, text_tokens

_KNOWN = 0.4
"""Share of known words below which a text is not understood. Of 9,000 public definitions one in two
hundred has less, most of them in Turkish or in few Chinese characters; no English one of a sentence."""
_FEWEST = 3
_LETTERS = 5  # of a word in a script that is not read


def is_unfamiliar(reading: Reading, known: Container[str | None]) -> bool:
    """Say whether most of a description is not understood; `known` are the words of the model."""
    told = [word for word in (*reading.first, *reading.rest, *reading.tail) if not word.isdigit()]
    missed = _unread(reading) // _LETTERS
    if len(told) + missed < _FEWEST:
        return False
    return sum(word in known for word in told) < _KNOWN * (len(told) + missed)


def _unread(reading: Reading) -> int:
    """Count the letters and marks of a description that are in no word that was read."""
    text = (reading.tool.description or "")[:MAX_DESCRIPTION]
    if text.isascii():
        return 0
    return sum(unicodedata.category(c)[0] in "LM" and not text_tokens(c) for c in text)
