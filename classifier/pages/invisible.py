"""Characters that a reader does not see but a model does, and how to name them.

Controls, bidirectional overrides, zero-width characters, Unicode tags, variation selectors,
blank fillers, private use and lone surrogates. A run of them becomes one named piece, so that
100 kB of zero-width spaces stay one short line, and tag characters are spelt out, because whole
sentences are hidden in them.
"""

from __future__ import annotations

import re  # noqa: TID251  # one character class, linear; re2 refuses lone surrogates
from collections.abc import Iterator

_UNSEEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls; tab and newline are seen as space
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff\ue000-\uf8ff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
    "]+"
)
_NAMES = {
    0x00AD: "soft hyphen",
    0x061C: "Arabic letter mark",
    0x200B: "zero-width space",
    0x200C: "zero-width non-joiner",
    0x200D: "zero-width joiner",
    0x200E: "left-to-right mark",
    0x200F: "right-to-left mark",
    0x202A: "left-to-right embedding",
    0x202B: "right-to-left embedding",
    0x202C: "end of direction",
    0x202D: "left-to-right override",
    0x202E: "right-to-left override",
    0x2060: "word joiner",
    0x2066: "left-to-right isolate",
    0x2067: "right-to-left isolate",
    0x2068: "first strong isolate",
    0x2069: "end of isolate",
    0xFEFF: "byte order mark",
}
_TAGS = range(0xE0020, 0xE007F)
_SHOWN = 6
_SPELT = 200
_EMOJI_STYLE = "\ufe0f"


def is_all_seen(text: str) -> bool:
    """Say at once that nothing is unseen, which is so for most texts; False: it may be."""
    if not text.isascii():
        return False
    # Line breaks and tabs are seen as space; taking them out is faster than a regular expression.
    return text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable()


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield (text, was unseen): visible stretches as they are, unseen runs by their names."""
    last = 0
    for found in _UNSEEN.finditer(text):
        if _is_emoji_style(text, found.start(), found.group()):
            continue
        if found.start() > last:
            yield text[last : found.start()], False
        yield name(found.group()), True
        last = found.end()
    if last < len(text):
        yield text[last:], False


def _is_emoji_style(text: str, start: int, run: str) -> bool:
    """Say whether a run only asks for the coloured form of the symbol before it."""
    return run == _EMOJI_STYLE and start > 0 and text[start - 1] > "\u203b"


def name(run: str) -> str:
    """Return a short ASCII name for a run of unseen characters."""
    spelt = "".join(chr(ord(c) - 0xE0000) for c in run[:_SPELT] if ord(c) in _TAGS)
    if spelt:
        return f'{len(run)} tag character{"s" if len(run) > 1 else ""}: "{spelt}"'
    kinds = list(dict.fromkeys(run[:10_000]))
    shown = ", ".join(_one(char) for char in kinds[:_SHOWN])
    more = f" and {len(kinds) - _SHOWN} other kinds" if len(kinds) > _SHOWN else ""
    count = f"{len(run)} \u00d7 " if len(run) > 1 else ""
    return f"{count}{shown}{more}"


def _one(char: str) -> str:
    code = ord(char)
    known = _NAMES.get(code)
    return f"U+{code:04X} {known}" if known else f"U+{code:04X}"


def visible(text: str) -> str:
    """Return text with every unseen run replaced by its name in brackets, for plain places."""
    if is_all_seen(text):
        return text
    return "".join(f"[{part}]" if unseen else part for part, unseen in pieces(text))
