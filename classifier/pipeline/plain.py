"""Hostile text made plain: nothing unseen, one line, bounded; shared by every report."""

from __future__ import annotations

from classifier.pages.invisible import visible

LONGEST = 200


def plain(text: str, limit: int = LONGEST) -> str:
    """Return text for one line: unseen characters named, white space single, length capped."""
    if len(text) <= limit and text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    shown = " ".join(visible(text[: limit * 4]).split())
    return shown if len(shown) <= limit else shown[: limit - 1] + "\N{HORIZONTAL ELLIPSIS}"


def in_line(name: str) -> str:
    """Return a name with its line breaks and tabs named: as blanks, two names could look like one."""
    if name.isprintable():
        return name
    return "".join(
        f"[U+{ord(c):04X}]" if c.isspace() and c not in {" ", "\u3000"} else c for c in name
    )


def encodable(text: str) -> str:
    """Return text that UTF-8 can hold: lone surrogates become the replacement character."""
    return text.encode("utf-8", "replace").decode()
