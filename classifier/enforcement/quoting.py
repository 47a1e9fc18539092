"""String literals of Cedar, CEL, Rego and Traefik rules: one function each, tested by parsing back.

Everything that is not a letter, a digit or plain punctuation is escaped; no text of a tool is
ever put into such a file in another way. JSON, YAML and TOML are written by libraries instead.
"""

from __future__ import annotations

import json
import re  # noqa: TID251  # one class of characters over our own bounded text, linear

_PLAIN = re.compile(r"[A-Za-z0-9 _.,:;/@#%&+=~!?<>()\[\]{}|^$'-]")
_ALL_PLAIN = re.compile(rf"{_PLAIN.pattern}*")
_CEL_PLAIN = re.compile(r"(?!\$)" + _PLAIN.pattern)
"""No `$`, which the readers of files with CEL in them expand before they parse."""
_ALL_CEL_PLAIN = re.compile(rf"(?:{_CEL_PLAIN.pattern})*")
_CEDAR_ESCAPE = re.compile(r"\\u\{([0-9a-fA-F]{1,6})\}|\\(.)", re.DOTALL)
_CEL_ESCAPE = re.compile(r"\\(?:U([0-9a-fA-F]{8})|u([0-9a-fA-F]{4})|(.))", re.DOTALL)


def cedar(text: str) -> str:
    r"""Return a Cedar string literal; everything unusual becomes `\u{...}`."""
    if _ALL_PLAIN.fullmatch(text):
        return f'"{text}"'
    return '"' + "".join(c if _PLAIN.match(c) else f"\\u{{{ord(c):x}}}" for c in text) + '"'


def cedar_unquoted(literal: str) -> str:
    r"""Return the text of a Cedar literal; an escape that it does not know stays as it is."""
    return _CEDAR_ESCAPE.sub(_cedar_character, literal[1:-1])


def _cedar_character(found: re.Match[str]) -> str:
    if found[1] is not None:
        return chr(int(found[1], 16))
    return {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}.get(found[2], found[2])


def cedar_pattern(parts: tuple[str, ...]) -> str:
    r"""Return a Cedar `like` pattern: the parts with a wildcard between each two.

    An empty first or last part makes the pattern open at that end. `*` in a part is escaped.
    """
    literal = (cedar(part)[1:-1].replace("\\u{2a}", "\\*") for part in parts)
    return '"' + "*".join(literal) + '"'


def cel(text: str) -> str:
    r"""Return a CEL string literal; everything unusual, and `$`, becomes `\UXXXXXXXX`."""
    if _ALL_CEL_PLAIN.fullmatch(text):
        return f'"{text}"'
    return '"' + "".join(c if _CEL_PLAIN.match(c) else _cel_escape(c) for c in text) + '"'


def _cel_escape(char: str) -> str:
    if char in '\\"':
        return "\\" + char
    return char if char in "*`" else f"\\U{ord(char):08x}"


def cel_unquoted(literal: str) -> str:
    """Return the text of a CEL literal in double quotes, for the escapes that we write."""
    return _CEL_ESCAPE.sub(
        lambda found: found[3] or chr(int(found[1] or found[2], 16)), literal[1:-1]
    )


def rego(text: str) -> str:
    r"""Return a Rego string literal, which is a JSON string.

    Printable letters stay as they are, because not every engine decodes `\u` escapes.
    """
    return json.dumps(text, ensure_ascii=False)
