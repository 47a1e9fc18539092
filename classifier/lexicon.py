"""What words say: verbs with one effect class each, nouns with the things they stand for.

The lists are data (data/lexicons); inflections are derived here, once, at load. A class is
written with a leading `@` wherever it shares a set with plain words.
"""

from functools import cache
from typing import NamedTuple

import orjson

from classifier.errors import DataError
from classifier.resources import data_dir

_IRREGULAR = {
    "sent": "send", "made": "make", "got": "get", "found": "find", "wrote": "write",
    "written": "write", "built": "build", "ran": "run", "bought": "buy", "sold": "sell",
    "paid": "pay", "thought": "think", "chosen": "choose", "shown": "show", "given": "give",
    "taken": "take", "drew": "draw", "drawn": "draw", "overwritten": "overwrite",
}  # fmt: skip
_SHORT = 3
_VOWELS = "aeiou"


class Lexicon(NamedTuple):
    """The vocabularies, ready for lookup by lower-case token."""

    verb: dict[str, tuple[str, str]]  # inflected form -> (lemma, "@class")
    noun: dict[str, tuple[str, ...]]  # singular or plural -> ("@class", ...)


@cache
def lexicon() -> Lexicon:
    """Return the vocabularies of data/lexicons.

    Raises:
        DataError: a file is malformed, or a verb stands in two classes.

    """
    nouns: dict[str, list[str]] = {}
    for name, words, _ in _classes("nouns.json"):
        for word in words:
            for form in {word, plural(word)}:
                nouns.setdefault(form, []).append("@" + name)
    return Lexicon(verb=_verbs(), noun={word: tuple(found) for word, found in nouns.items()})


def _verbs() -> dict[str, tuple[str, str]]:
    verbs: dict[str, tuple[str, str]] = {}
    listed: dict[str, str] = {}
    for name, words, foreign in _classes("verbs.json"):
        for word in words:
            if listed.setdefault(word, name) != name:
                raise DataError(
                    f"data/lexicons/verbs.json: {word!r} is in {listed[word]} and {name}"
                )
            for form in inflections(word):
                verbs.setdefault(form, (word, "@" + name))
        for word in foreign:
            verbs.setdefault(word, (word, "@" + name))
    for word, name in listed.items():  # a listed word beats an inflection of another one
        verbs[word] = (word, "@" + name)
    for form, lemma in _IRREGULAR.items():
        if lemma in verbs:
            verbs[form] = verbs[lemma]
    return verbs


def _classes(file: str) -> list[tuple[str, list[str], list[str]]]:
    path = data_dir() / "lexicons" / file
    try:
        table = orjson.loads(path.read_bytes())["classes"]
        return [
            (name, row["words"].split(), row.get("foreign", "").split())
            for name, row in table.items()
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as cause:
        raise DataError(f"data/lexicons/{file}: {cause}") from cause


def plural(word: str) -> str:
    """Return the regular English plural of a noun."""
    if word.endswith("y") and len(word) >= _SHORT and word[-2] not in _VOWELS:
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def inflections(word: str) -> set[str]:
    """Return a verb with its regular English -s, -ed and -ing forms."""
    if len(word) < _SHORT - 1:
        return {word}
    if word.endswith("e"):
        return {word, word + "s", word + "d", word[:-1] + "ing"}
    if word.endswith("y") and word[-2] not in _VOWELS:
        return {word, word[:-1] + "ies", word[:-1] + "ied", word + "ing"}
    if word.endswith(("s", "x", "z", "ch", "sh", "o")):
        return {word, word + "es", word + "ed", word + "ing"}
    forms = {word, word + "s", word + "ed", word + "ing"}
    if len(word) >= _SHORT and _doubles(word):
        forms |= {word + word[-1] + "ed", word + word[-1] + "ing"}
    return forms


def _doubles(word: str) -> bool:
    before, vowel, last = word[-3], word[-2], word[-1]
    return vowel in _VOWELS and before not in _VOWELS and last not in _VOWELS + "wxy"
