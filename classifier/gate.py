"""Whether a text is worth weighing: a sum over its words in which none counts less than nothing.

So what is ruled out as a whole is ruled out in every part, and padding with harmless words hides
nothing. Only this half of the weights is read at the start; classifier/wording.py reads the other one
where a definition passes.
"""

from __future__ import annotations

from functools import cache
from itertools import repeat
from typing import Any

import orjson

from classifier import cues
from classifier.errors import DataError
from classifier.resources import data_dir

MODEL = "tool-threat-v1"
_MOST_WORDS = 1 << 17
_ZERO = repeat(0.0)
_HAIR = 1e-6
"""Less than the last digit of the weights: sums come in any order, and a tie passes in each."""


@cache
def halves() -> tuple[dict[str, Any], bytes]:
    """Return what the gate needs, and the rest of the file, read where a definition passes it.

    Raises:
        DataError: the file is missing or malformed.

    """
    try:
        raw = (data_dir() / "models" / MODEL / "weights.json").read_bytes()
        head, found, rest = raw.partition(_REST)
        return orjson.loads(head + b"}" if found else raw), b"{" + found[1:] + rest
    except (OSError, ValueError) as cause:
        raise DataError(f"data/models/{MODEL}/weights.json: {cause}") from cause


_REST = b',"single":{'
"""Where the weights of passages begin; before it all values are numbers, so it cannot be a word."""


_LETTERS = bytes(
    (code | 0x20 if code < 0x60 else code) if chr(code).isalpha() or code > 0x7F else 0x20  # noqa: PLR2004 - ASCII
    for code in range(256)
)
"""ASCII letters made small, other ASCII made spaces, the bytes of other letters kept."""


def words_of(text: bytes) -> set[bytes]:
    """Return the words of a text, or of a serialised definition."""
    return set(text.replace(b"\\n", b" ").translate(_LETTERS).split())


def gate_keys(word: bytes) -> set[str]:
    """Return what a word counts as for the gate: itself and its classes."""
    plain = word.decode("utf-8", "replace")
    if plain.isascii():  # small letters only, so there is nothing to fold
        return {plain, *cues.of_word(plain)}
    plain = cues.fold(plain)
    if plain.isascii():
        return {plain, *cues.of_word(plain)}
    read = cues.piece(plain)
    return {*read.words, *read.cues}


class _Gate(dict[bytes, float]):
    """What each word adds; never less than nothing."""

    def __init__(self, head: dict[str, Any]) -> None:
        ready: dict[str, float] = head["ready"]
        super().__init__(zip(map(str.encode, ready), ready.values(), strict=True))
        self._weights: dict[str, float] = head["gate"]
        self.least: float = head["open"] - _HAIR

    def __missing__(self, word: bytes) -> float:
        value = sum(map(self._weights.get, gate_keys(word), _ZERO))
        if len(self) < _MOST_WORDS:
            self[word] = value
        return value


@cache
def _gate() -> _Gate:
    try:
        return _Gate(halves()[0])
    except (KeyError, TypeError, AttributeError) as cause:
        raise DataError(f"data/models/{MODEL}/weights.json: {cause}") from cause


def opens(text: bytes) -> bool:
    """Say whether any passage of a text may be hostile; cheap, and never no for a part of a yes."""
    gate = _gate()
    return sum(map(gate.__getitem__, words_of(text))) >= gate.least
