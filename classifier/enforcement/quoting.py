"""String literals of Cedar, CEL, Rego and Traefik rules: one function each, tested by parsing back.

Everything that is not a letter, a digit or plain punctuation is escaped; no text of a tool is
ever put into such a file in another way. JSON, YAML and TOML are written by libraries instead.
"""

from __future__ import annotations

import json
import re  # noqa: TID251  # one class of characters over our own bounded text, linear

_PLAIN = re.compile(r"[A-Za-z0-9 _.,:;/@#%&+=~!?<>()\[\]{}|^$'-]")


def cedar(text: str) -> str:
    r"""Return a Cedar string literal; everything unusual becomes `\u{...}`."""
    return '"' + "".join(c if _PLAIN.match(c) else f"\\u{{{ord(c):x}}}" for c in text) + '"'


def cedar_pattern(parts: tuple[str, ...]) -> str:
    r"""Return a Cedar `like` pattern: the parts with a wildcard between each two.

    An empty first or last part makes the pattern open at that end. `*` in a part is escaped.
    """
    literal = (cedar(part)[1:-1].replace("\\u{2a}", "\\*") for part in parts)
    return '"' + "*".join(literal) + '"'


def cel(text: str) -> str:
    r"""Return a CEL string literal; everything unusual becomes `\UXXXXXXXX`."""
    return '"' + "".join(c if _PLAIN.match(c) else _cel_escape(c) for c in text) + '"'


def _cel_escape(char: str) -> str:
    if char in '\\"':
        return "\\" + char
    return char if char in "*`" else f"\\U{ord(char):08x}"


def rego(text: str) -> str:
    r"""Return a Rego string literal, which is a JSON string.

    Printable letters stay as they are, because not every engine decodes `\u` escapes.
    """
    return json.dumps(text, ensure_ascii=False)
