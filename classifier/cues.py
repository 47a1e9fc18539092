"""What the words of an order are about, in any language: the classes of data/lexicons/orders.json.

A text is cut at white space, and each piece is looked at once (pieces come back all the time). What a
piece gives are its words without marks and capitals, and the classes of these words: `@user`, `@send`,
`@secret`. Classes are what makes "send the password" and "надішли пароль" alike.
"""

from __future__ import annotations

import re  # noqa: TID251 - sets of characters only, linear; a fraction of re2's cost per call
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any, NamedTuple

import orjson
import re2

from classifier.errors import DataError
from classifier.resources import data_dir

_FILE = "lexicons/orders.json"
_LONGEST = 400
_MOST_WORDS = 60
_SHORT = 3
_LONG_NUMBER = 5
_QUOTES = ".,:;!?'\"()[]{}*`<>«»“”„。，"  # noqa: RUF001 - meant


class Lexicon(NamedTuple):
    """Words and their classes: whole words, beginnings of words, pairs, runs of Chinese or Japanese."""

    whole: dict[str, frozenset[str]]
    begin: dict[str, frozenset[str]]
    lengths: dict[str, tuple[int, ...]]  # of the beginnings, by their first two letters
    pairs: dict[tuple[str, str], frozenset[str]]
    runs: dict[str, tuple[tuple[str, frozenset[str]], ...]]  # by their first letter


class Piece(NamedTuple):
    """What is between two spaces: its words, its classes, the name it spells if it looks like code."""

    words: tuple[str, ...]
    cues: frozenset[str]
    name: str


@cache
def lexicon() -> Lexicon:
    """Return the classes of words.

    Raises:
        DataError: the file is malformed.

    """
    whole: dict[str, frozenset[str]] = {}
    begin: dict[str, frozenset[str]] = {}
    runs: dict[str, frozenset[str]] = {}
    try:
        table = orjson.loads((data_dir() / _FILE).read_bytes())["classes"]
        listed = [(name, fold(f"{row['en']} {row['other']}")) for name, row in table.items()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as cause:
        raise DataError(f"data/{_FILE}: {cause}") from cause
    for name, words in listed:
        one = frozenset(("@" + name,))
        for word in words.split():
            plain = word.removesuffix("*")
            kind = runs if _unspaced(word[0]) else begin if word[-1] == "*" else whole
            kind[plain] = kind[plain] | one if plain in kind else one
    halves = {word: tuple(word.split("_")) for word in whole if "_" in word}
    pairs = {(a, b): whole[w] for w, (a, b, *_) in halves.items() if a and b}
    return Lexicon(whole, begin, _lengths(begin), pairs, _by_letter(runs))


def _lengths(words: Iterable[str]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for start, length in {(word[:2], len(word)) for word in words}:
        found[start] = (*found.get(start, ()), length)
    return found


def _by_letter(
    runs: dict[str, frozenset[str]],
) -> dict[str, tuple[tuple[str, frozenset[str]], ...]]:
    found: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for run, classes in runs.items():
        found.setdefault(run[0], []).append((run, classes))
    return {letter: tuple(each) for letter, each in found.items()}


def fold(word: str) -> str:
    """Return a word in small letters without the marks of Latin ones."""
    low = word.lower()
    if low.isascii():
        return low
    bare = _marks.sub("", unicodedata.normalize("NFKD", low))
    plain = unicodedata.normalize("NFC", bare)
    for letter, latin in _LETTERS:
        plain = plain.replace(letter, latin)
    return plain


_marks = re.compile("[\u0300-\u036f]+")


_LETTERS = (("\u0131", "i"), ("ł", "l"), ("ß", "ss"), ("đ", "d"), ("ø", "o"))


def _unspaced(c: str) -> bool:
    """Say whether a letter is of a script that puts no spaces between words."""
    return c >= "\u0e00" and (
        "\u3040" <= c <= "\u30ff" or "\u3400" <= c <= "\u9fff" or c <= "\u0e7f"
    )


_NO_CUES: frozenset[str] = frozenset()


@lru_cache(maxsize=65536)
def of_word(word: str) -> frozenset[str]:
    """Return the classes of a folded word."""
    lex = lexicon()
    found = lex.whole.get(word, _NO_CUES)
    for length in (*lex.lengths.get(word[:2], ()), *lex.lengths.get(word[:1], ())):
        classes = lex.begin.get(word[:length])
        if classes:
            found |= classes
    if not found and word:
        found = _without_article(word)
    return found


def _without_article(word: str) -> frozenset[str]:
    """Look an Arabic or Hebrew word up without what is written together with it."""
    if "\u0600" <= word[0] <= "\u06ff":
        for lead in ("وال", "بال", "لل", "ال", "و", "ب", "ل", "ف"):
            if word.startswith(lead) and len(word) > len(lead) + 2:
                return of_word(word[len(lead) :])
    if word[0] in "והלבמש" and len(word) > _SHORT:
        return of_word(word[1:])
    return _NO_CUES


@cache
def _any_word() -> Any:
    """Return the words of any script: dear to compile, and seldom asked for."""
    return re2.compile(r"[\pL\pM]+(?:'[a-z]+)?|\d+")  # type: ignore[no-untyped-call]


_word = re.compile(r"[a-z]+(?:'[a-z]+)?|[0-9]+")
_number = re.compile(r"[0-9.:]+")
_account = re.compile(
    r"[a-z]{2}[0-9]{2}[a-z0-9]{8,}|0x[0-9a-f]{20,}|bc1[a-z0-9]+|acc?t?-?[0-9]+|\+[0-9]{7,}"
)
_latin = re.compile(r"[a-z]+")


@lru_cache(maxsize=65536)
def piece(text: str) -> Piece:
    """Read what stands between two spaces."""
    text = text[:_LONGEST]
    plain = fold(text)
    bare = plain.strip(_QUOTES)
    letters = bare.isalpha()
    if letters and bare.isascii():
        return Piece((bare,), of_word(bare) | _looks(text, plain, bare), "")
    if "://" in bare or bare.startswith("www."):
        return Piece(("@url",), frozenset(("@url",)), "")
    if "@" in bare[1:] and "." in bare.rsplit("@", 1)[-1]:
        return Piece(("@mail",), frozenset(("@mail",)), "")
    name = bare if bare.isascii() and "_" in bare.strip("_") else ""
    if not plain.isascii() and any(map(_unspaced, plain)):
        words, found = _unspaced_words(plain)
    elif letters:
        words, found = [bare], of_word(bare)
    else:
        listed = (_word if plain.isascii() else _any_word()).findall(plain)[:_MOST_WORDS]
        words = [_numbered(word) for word in listed]
        found = _NO_CUES.union(*map(of_word, words))
    return Piece(tuple(words), frozenset(found | _looks(text, plain, bare)), name)


def _numbered(word: str) -> str:
    return word if not word.isdigit() else "0" if len(word) < _LONG_NUMBER else "00000"


def _unspaced_words(plain: str) -> tuple[list[str], frozenset[str]]:
    """Return pairs of letters, and the classes of all listed words at any place."""
    runs = lexicon().runs
    words = [plain[i : i + 2] for i in range(len(plain) - 1) if _unspaced(plain[i])]
    found = [
        classes for letter in runs.keys() & plain for run, classes in runs[letter] if run in plain
    ]
    latin = _latin.findall(plain)
    return [*words, *latin], _NO_CUES.union(*found, *map(of_word, latin))


def _looks(text: str, plain: str, bare: str) -> set[str]:
    """Return what a piece is by its looks: a path, an address, an account, a tag, a shout."""
    if bare.isalpha() and len(bare) == len(text):
        return {"@caps"} if len(text) > _SHORT and text.isupper() else set()
    found = {name for sign, name in _SIGNS if sign in text}
    if _is_path(plain.lstrip("`\"'("), bare):
        found.add("@path")
    if text in {"|", "&&", ">>"}:
        found.add("@pipe")
    if any(map(str.isdigit, bare)):
        if bare.count(".") == _SHORT and _number.fullmatch(bare):
            found.add("@ip")
        elif _account.fullmatch(bare):
            found.add("@account")
    return found


_SIGNS = (("<", "@angle"), ("`", "@tick"), ("[", "@bracket"), ("{{", "@subst"), ("$", "@subst"))


def _is_path(plain: str, bare: str) -> bool:
    if plain.startswith("~/"):
        return True
    if plain.startswith(".") and len(bare) > 1 and bare[0].isalpha():
        return True
    return "/" in bare and len(bare) > _SHORT and (plain[0] in "/$" or bare.count("/") > 1)
