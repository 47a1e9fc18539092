"""Text of the definition that is written so that a reader does not read it.

Base64, hexadecimal, percent, numeric entities, escapes or rot13 that decode to sentences, or a call
to decode and run something. Hashes, tokens, images and short examples of a codec decode to nothing
that can be read, and are not meant.
"""

import base64
import binascii
import codecs
import contextlib
import html
from collections.abc import Iterator, Sequence
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
_FORMS = (
    r"[A-Za-z0-9+/]{40,}={0,2}",  # base64
    r"(?:[0-9a-fA-F]{2}){16,}",  # hexadecimal
    r"(?:%[0-9a-fA-F]{2}){6,}[%\w]*",
    r"(?:&#x?[0-9a-fA-F]{2,6};){6,}",
    r"(?:\\u00[0-9a-fA-F]{2}){6,}",
    r"(?:\\x[0-9a-fA-F]{2}){6,}",
)
_found = re2.compile("|".join(f"(?:{form})" for form in _FORMS))  # type: ignore[no-untyped-call]
_rot13 = re2.compile(
    r"(?i)([a-z][a-z ,.]{20,300})[^\n]{0,12}\brot-?13|\brot-?13\b[^\n]{0,12}?([a-z][a-z ,.]{20,300})"
)  # type: ignore[no-untyped-call]
_run = re2.compile(
    r"(?i)\beval\(\s*(?:atob|base64|decode|buffer\.from)|\bbase64\s+(?:-d|--decode)[^\n]{0,40}\|\s*(?:ba)?sh"
)  # type: ignore[no-untyped-call]
TRIGGER = r"(?i)[A-Za-z0-9+/]{40}|(?:[0-9a-f]{2}){16}|(?:%[0-9a-f]{2}){6}|(?:&#x?[0-9a-f]{2,6};){6}|(?:\\\\[ux][0-9a-f]{2,4}){6}|rot-?13|eval\(|base64 +-"


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote each run that decodes to a sentence."""
    for text in reading.suspects[SIGNAL.id]:
        searched = text.searched()
        for found in _found.finditer(searched):
            if any(_is_sentence(plain) for plain in _decoded(found.group())):
                yield 0.9, text.quote(found.start(), found.end())
        hidden = _rot13.search(searched)
        if hidden:
            inner = hidden.group(1) or hidden.group(2)
            if _is_sentence(codecs.encode(inner, "rot13"), known=True):
                yield 0.9, text.quote(hidden.start(), hidden.end())
        run = _run.search(searched)
        if run:
            yield 0.9, text.quote(run.start(), run.end())


def _decoded(run: str) -> Iterator[str]:
    run = run[:_LONGEST]
    if "%" in run:
        yield unquote(run, errors="replace")
    elif run.startswith("&#"):
        yield html.unescape(run)
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


def _is_sentence(plain: str, *, known: bool = False) -> bool:
    """Say whether people could read it: some words of letters, and little else."""
    words = [word for word in plain.split() if word.strip(".,:;!?'\"()").isalpha()]
    letters = sum(c.isalpha() or c in " .,:;!?'\"/~_-()" for c in plain)
    if len(words) < _WORDS or letters < 0.85 * len(plain):
        return False
    return not known or any(word.lower() in _COMMON for word in words)


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
    ]
)
