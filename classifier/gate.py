"""Whether a text is worth weighing, in two looks at its words.

The first is a sum in which no word counts less than nothing: what it rules out as a whole is ruled out
in every part, and padding with harmless words hides nothing. The second, for a sentence that passed,
also knows words that speak against an order; it leaves a fifth. Only this half of the weights is read
at the start; classifier/wording.py reads the other one where a definition passes.
"""

from __future__ import annotations

import math
import re  # noqa: TID251 - one linear expression on what we serialised
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import repeat
from typing import Any, NamedTuple

import orjson

from classifier import cues
from classifier.errors import DataError
from classifier.resources import data_dir

MODEL = "tool-threat-v1"
_MOST_WORDS = 1 << 17
_ZERO = repeat(0.0)
_LONGEST_KEPT = 400
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
    """Return the words of a text."""
    return set(text.translate(_LETTERS).split())


def _words_of_json(blob: bytes) -> set[bytes]:
    r"""Return the words of all strings of a serialised definition: the `t` of `\t` is in none."""
    if b"\\" in blob:
        lines = blob.count(b"\\n")
        blob = blob.replace(b"\\n", b" ") if blob.count(b"\\") == lines else _escape.sub(b" ", blob)
    return words_of(blob)


_escape = re.compile(rb"\\(?:u[0-9a-f]{4}|.)")


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


class _Table(dict[bytes, float]):
    """What each word adds: its own weight and that of its classes."""

    def __init__(
        self, words: Iterable[str], ready: Iterable[float], weights: dict[str, float]
    ) -> None:
        super().__init__(zip(map(str.encode, words), ready, strict=True))
        self._weights = weights

    def __missing__(self, word: bytes) -> float:
        value = sum(map(self._weights.get, gate_keys(word), _ZERO))
        if len(self) < _MOST_WORDS:
            self[word] = value
        return value


class _Gate(NamedTuple):
    """Both looks, each with the sum from which a text passes."""

    first: _Table
    open: float
    second: _Table
    likely: float


@cache
def _gate() -> _Gate:
    head = halves()[0]
    try:
        ready: dict[str, float] = head["ready"]
        return _Gate(
            _Table(ready, ready.values(), head["gate"]), head["open"] - _HAIR,
            _Table(ready, head["ready_second"], head["second"]), head["likely"] - _HAIR,
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError, ValueError) as cause:
        raise DataError(f"data/models/{MODEL}/weights.json: {cause}") from cause


def opens(blob: bytes) -> bool:
    """Say whether any passage of a serialised definition may be hostile.

    Cheap, and never no where any part of it passes both looks.
    """
    gate = _gate()
    return sum(map(gate.first.__getitem__, _words_of_json(blob))) >= gate.open


class Heard(NamedTuple):
    """The words of a sentence, and their sum at the first look."""

    words: frozenset[bytes]
    weight: float


def hear(told: str) -> Heard:
    """Take the first look at a sentence; the same ones come back all the time."""
    return _hear(told) if len(told) <= _LONGEST_KEPT else _hear.__wrapped__(told)


@lru_cache(maxsize=8192)
def _hear(told: str) -> Heard:
    words = frozenset(words_of(told.encode()))
    return Heard(words, sum(map(_gate().first.__getitem__, words)))


def worth(weight: float) -> bool:
    """Say whether so much is enough for the first look."""
    return weight >= _gate().open


def sum_of(heard: Iterable[Heard]) -> float:
    """Return more than sentences, read as one, can get at the first look."""
    return sum([one.weight for one in heard])


def passes(first: Heard, *more: Heard) -> bool:
    """Say whether a sentence, or several read as one, is worth weighing: both looks."""
    gate, words, weight = _gate(), first.words, first.weight
    if more:
        if not worth(sum_of((first, *more))):
            return False
        words = words.union(*(one.words for one in more))
        weight = sum(map(gate.first.__getitem__, words))
    if weight < gate.open:
        return False
    return sum(map(gate.second.__getitem__, words)) * fewer(len(words)) >= gate.likely


def fewer(words: int) -> float:
    """Return what the sum of the second look over so many words is multiplied with."""
    return math.sqrt(20.0 / max(words, 8))
