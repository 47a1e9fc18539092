"""Text of the definition that is written so that a reader does not read it.

Base64, hexadecimal, percent, numeric entities, escapes, rot13, text written backwards, digits for
letters, or letters borrowed from mathematics or full-width forms, that decode to sentences, or a
call to decode and run something. Hashes, tokens, images and short examples of a codec decode to nothing
that can be read, and are not meant.
"""

import base64
import binascii
import codecs
import contextlib
import html
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import unquote

import re2

from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="encoded-payload",
    kind=Kind.THREAT,
    severity=Severity.HIGH,
    title="Text encoded out of sight",
    references=("MCP03:2025", "AML.T0068", "SAFE-T1001", "CWE-506"),
)
_WORDS = 4
_LONGEST = 8_000
_LAST_ASCII = 127
_FORMS = (
    r"[A-Za-z0-9+/]{40,}={0,2}",  # base64
    r"(?:[0-9a-fA-F]{2}){16,}",  # hexadecimal
    r"(?:%[0-9a-fA-F]{2}){6,}[%\w]*",
    r"(?:&#x?[0-9a-fA-F]{2,6};){6,}",
    r"(?:\\u00[0-9a-fA-F]{2}[ ,.]?){6,}",
    r"(?:\\x[0-9a-fA-F]{2}[ ,.]?){6,}",
    r"(?:[\x{1d400}-\x{1d7ff}\x{ff21}-\x{ff5a}][ \x{3000},.]{0,3}){12,}",  # letters of other blocks
)
_found = re2.compile("|".join(f"(?:{form})" for form in _FORMS))  # type: ignore[no-untyped-call]
_DIGITS = str.maketrans("013457", "oieast")
_DISGUISES: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"(?i)\brot-?13\b", lambda text: codecs.encode(text, "rot13")),
    (r"(?i)//:s?ptth", lambda text: text[::-1]),
    (r"(?i)(?:\b[a-z']*[0134][a-z'0134]*[ ,.]+){4}", lambda text: text.translate(_DIGITS)),
)
"""What gives a disguise away, and how to take it off."""
_disguises = tuple((re2.compile(sign), undo) for sign, undo in _DISGUISES)  # type: ignore[no-untyped-call]
_run = re2.compile(
    r"(?i)\beval\(\s*(?:atob|base64|decode|buffer\.from)|\bbase64\s+(?:-d|--decode)[^\n]{0,40}\|\s*(?:ba)?sh"
)  # type: ignore[no-untyped-call]
TRIGGER = (
    r"(?i)[A-Za-z0-9+/]{40}|(?:[0-9a-f]{2}){16}|(?:%[0-9a-f]{2}){6}|(?:&#x?[0-9a-f]{2,6};){6}|eval\(|base64 +-"
    r"|(?:\\\\[ux][0-9a-f]{2,4}[ ,.]?){6}|rot-?13|//:s?ptth|[\x{1d400}-\x{1d7ff}\x{ff21}-\x{ff5a}]{4}"
    r"|(?:\b[a-z']*[0134][a-z'0134]*[ ,.]+){4}"
)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote each run that decodes to a sentence."""
    for text in reading.suspects.texts[SIGNAL.id]:
        searched = text.searched()
        for found in _found.finditer(searched):
            if any(_is_sentence(plain) for plain in _decoded(found.group())):
                yield 0.9, text.quote(found.start(), found.end())
        for sign, undo in _disguises:
            if sign.search(searched) and _gains(searched[:_LONGEST], undo):
                yield 0.9, text.quote(0, min(len(searched), _LONGEST))
        run = _run.search(searched)
        if run:
            yield 0.9, text.quote(run.start(), run.end())


def _decoded(run: str) -> Iterator[str]:
    run = run[:_LONGEST]
    if "%" in run:
        yield unquote(run, errors="replace")
    elif run.startswith("&#"):
        yield html.unescape(run)
    elif ord(run[0]) > _LAST_ASCII:
        yield unicodedata.normalize("NFKC", run)
    elif run.startswith("\\"):
        yield codecs.decode(run.encode("ascii", "ignore"), "unicode_escape", "replace")
    else:
        if len(run) % 2 == 0:
            with contextlib.suppress(ValueError):
                yield bytes.fromhex(run).decode("utf-8", "replace")
        body = run.rstrip("=")
        with contextlib.suppress(binascii.Error, ValueError):
            yield base64.b64decode(body[: len(body) // 4 * 4], validate=True).decode(
                "utf-8", "replace"
            )


def _is_sentence(plain: str) -> bool:
    """Say whether people could read it: some words of letters, and little else."""
    words = [word for word in plain.split() if word.strip(".,:;!?'\"()").isalpha()]
    letters = sum(c.isalpha() or c in " .,:;!?'\"/~_-()" for c in plain)
    return len(words) >= _WORDS and letters >= 0.85 * len(plain)


def _gains(text: str, undo: Callable[[str], str]) -> bool:
    """Say whether common words appear that were not there before."""
    return len(_common(undo(text)) - _common(text)) >= _WORDS - 1


def _common(text: str) -> frozenset[str]:
    return _COMMON.intersection(re2.sub(r"[^a-z]+", " ", text.lower()).split())  # type: ignore[no-untyped-call]


_COMMON = frozenset(
    [
        "the",
        "and",
        "all",
        "your",
        "you",
        "file",
        "files",
        "send",
        "ignore",
        "read",
        "instructions",
        "user",
        "to",
        "key",
        "of",
        "contents",
        "upload",
        "before",
        "password",
        "rules",
        "delete",
        "tell",
        "chat",
        "whole",
        "http",
        "https",
        "with",
        "for",
        "this",
        "tool",
    ]
)
