"""What a text says once its disguises are off: unseen characters, borrowed letters, encodings.

The model that is called reads through all of these, so whatever judges words has to as well. Every
step is linear in the text, and nothing that is taken off is ever run.
"""

import base64
import binascii
import codecs
import contextlib
import html
import re  # noqa: TID251 - one set of characters, linear; a fraction of re2's cost per match
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import unquote

import re2

_WORDS = 4
_LONGEST = 8_000
_LAST_ASCII = 127
_SCRIPT = "(?:\\x1b|\\\\x1b|\\\\u001b|\\\\033|\\\\e)\\[[0-9;?]{0,12}[A-Za-z]"
_ansi = re2.compile(_SCRIPT)  # type: ignore[no-untyped-call]
_UNSEEN = re2.compile(  # type: ignore[no-untyped-call]
    r"[\x{200b}-\x{200f}\x{2060}-\x{2064}\x{feff}\x{ad}\x{202a}-\x{202e}\x{2066}-\x{2069}"
    r"\x00-\x08\x0e-\x1f\x{e0100}-\x{e01ef}]"
)
_TAGS = {0xE0000 + code: code for code in range(0x20, 0x7F)}
_borrowed = re2.compile(r"[\x{1d400}-\x{1d7ff}\x{ff21}-\x{ff5a}]")  # type: ignore[no-untyped-call]
_mixed = re2.compile(r"[a-zA-Z][\x{370}-\x{4ff}]|[\x{370}-\x{4ff}][a-zA-Z]")  # type: ignore[no-untyped-call]
_ALIKE = str.maketrans(
    "аеорсухіјѕԁһкмтвнԛԝАВЕКМНОРСТУХοα",
    "aeopcyxijsdhkmtbhqwABEKMHOPCTYXoa",
)
_MARKS = ("\x1b", "\\x1b", "\\u001b", "\\033", "\\e[")


_veiled = re.compile(
    "[\x00-\x08\x0e-\x1f\\\\\u00ad\u0370-\u04ff\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\uff21-\uff5a"
    "\U0001d400-\U0001d7ff\U000e0000-\U000e01ef]"
)
"""Any character that has to do with a disguise: without one there is none, and most texts have none."""


def unveil(text: str) -> str:
    """Return a text without what is not seen, tags and lookalikes as the letters they stand for."""
    if not _veiled.search(text):
        return text
    if any(mark in text for mark in _MARKS):
        text = _ansi.sub(" ", text)
    if text.isascii() and not _UNSEEN.search(text):
        return text
    text = _UNSEEN.sub("", text.translate(_TAGS))
    if _borrowed.search(text):
        text = unicodedata.normalize("NFKC", text)
    return text.translate(_ALIKE) if _mixed.search(text) else text


_FORMS = (
    r"[A-Za-z0-9+/_-]{40,}={0,2}",  # base64
    r"(?:[0-9a-fA-F]{2}[ :]?){16,}",  # hexadecimal
    r"(?:%[0-9a-fA-F]{2}){6,}[%\w]*",
    r"(?:&#x?[0-9a-fA-F]{2,6}; ?){6,}",
    r"(?:\\u00[0-9a-fA-F]{2}[ ,.]?){6,}",
    r"(?:\\x[0-9a-fA-F]{2}[ ,.]?){6,}",
    r"(?:[\x{1d400}-\x{1d7ff}\x{ff21}-\x{ff5a}][ \x{3000},.]{0,3}){12,}",  # letters of other blocks
)
_runs = re2.compile("|".join(f"(?:{form})" for form in _FORMS))  # type: ignore[no-untyped-call]
_DIGITS = str.maketrans("013457", "oieast")
_DISGUISES: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"(?i)\brot-?13\b", lambda text: codecs.encode(text, "rot13")),
    (r"(?i)//:s?ptth|\bruoy\b|\beht\b|\b(?:dna|dnes|daer)\b", lambda text: text[::-1]),
    (r"(?i)(?:\b[a-z']*[013457][a-z'013457]*[ ,.]+){4}", lambda text: text.translate(_DIGITS)),
)
"""What gives a disguise away, and how to take it off."""
_disguises = tuple((re2.compile(sign), undo) for sign, undo in _DISGUISES)  # type: ignore[no-untyped-call]
TRIGGER = (
    r"[A-Za-z0-9+/_-]{40}",
    r"(?i)(?:[0-9a-f]{2}[ :]?){16}",
    r"(?i)%[0-9a-f]{2}%[0-9a-f]{2}|&#x?[0-9a-f]{2,6}; ?&#|\\\\[ux][0-9a-f]{2,4}[ ,.]?\\\\[ux]",
    r"(?i)rot-?13|//:s?ptth|\bruoy\b|\beht\b|\b(?:dna|dnes|daer)\b",
    r"[\x{1d400}-\x{1d7ff}\x{ff21}-\x{ff5a}]{4}",
    r"(?i)(?:\b[a-z']*[013457][a-z'013457]*[ ,.]+){4}",
)
"""Without a match of one in the serialised definition there is nothing to decode. As one expression their
counts would multiply: its automaton cost more than all others together."""


def decoded(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, what it says) of each run that decodes to a sentence."""
    for found in _runs.finditer(text):
        for plain in _readings(found.group()[:_LONGEST]):
            if is_sentence(plain):
                yield found.start(), found.end(), plain
    for sign, undo in _disguises:
        if sign.search(text):
            plain = undo(text[:_LONGEST])
            if len(_common(plain) - _common(text[:_LONGEST])) >= _WORDS - 1:
                yield 0, min(len(text), _LONGEST), plain


def _readings(run: str) -> Iterator[str]:
    if "%" in run:
        yield unquote(run, errors="replace")
    elif run.startswith("&#"):
        yield html.unescape(run.replace("; ", ";"))
        yield html.unescape(run)
    elif ord(run[0]) > _LAST_ASCII:
        yield unicodedata.normalize("NFKC", run)
    elif run.startswith("\\"):
        yield codecs.decode(run.encode("ascii", "ignore"), "unicode_escape", "replace")
    else:
        with contextlib.suppress(ValueError):
            yield bytes.fromhex(run.replace(":", " ")).decode("utf-8", "replace")
        body = run.rstrip("=").replace("-", "+").replace("_", "/")
        with contextlib.suppress(binascii.Error, ValueError):
            yield base64.b64decode(body[: len(body) // 4 * 4], validate=True).decode(
                "utf-8", "replace"
            )


def is_sentence(plain: str) -> bool:
    """Say whether people could read it: some words of letters, and little else."""
    words = [word for word in plain.split() if word.strip(".,:;!?'\"()").isalpha()]
    letters = sum(c.isalpha() or c in " .,:;!?'\"/~_-()" for c in plain)
    return len(words) >= _WORDS and letters >= 0.85 * len(plain)


def _common(text: str) -> frozenset[str]:
    return _COMMON.intersection(_letters.findall(text.lower()))


_letters = re.compile("[a-z]+")
_COMMON = frozenset(
    [
        "the", "and", "all", "your", "you", "file", "files", "send", "ignore", "read", "instructions",
        "user", "to", "key", "of", "contents", "upload", "before", "password", "rules", "delete",
        "tell", "chat", "whole", "http", "https", "with", "for", "this", "tool", "not", "from", "that",
        "into", "every", "model", "assistant", "it", "in", "is", "as", "put", "secret", "token",
    ]
)  # fmt: skip
