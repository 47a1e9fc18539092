"""Names that no policy file should hold, whatever its language.

A name that a person cannot read on the screen cannot be reviewed, and clients cut or respell it:
a rule for it would be for another tool than the reader believes. Left out, under default deny,
such a tool is refused; elsewhere the server is refused or the policy is.
"""

from __future__ import annotations

import re  # noqa: TID251  # anchored classes over bounded names, linear
import unicodedata
from functools import lru_cache

LONGEST_NAME = 128
"""Characters of a tool name that MCP admits (specification 2025-11-25, tool names)."""

LONGEST_CLIENT_NAME = 64
"""Characters beyond which clients cut or refuse names, each in its own way."""

PLAIN = re.compile(r"[A-Za-z0-9_-]+")
"""What every model API and client admits and writes unchanged."""

DOTTED = re.compile(r"[A-Za-z0-9_.-]+")
"""What MCP recommends for tool names."""

PRINTABLE = re.compile(r"[!-~]+(?: [!-~]+)*")
"""Visible ASCII, single spaces only inside."""

UNEXPANDED = re.compile(r"[^$]+")
"""Without `$`: some readers expand a variable or a template there before they parse the file."""

_ORDINARY = re.compile(r"[ -~]+")
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
"""Letters, marks and symbols that are drawn as nothing: fillers, variation selectors, joiners."""


@lru_cache(maxsize=4096)  # every target asks about the same names
def fault_anywhere(name: str) -> str | None:
    """Say why no target holds this name, or `None`."""
    if len(name) > LONGEST_NAME:
        return f"the name has more than {LONGEST_NAME} characters"
    if not name or name != name.strip():
        return "the name is empty, or begins or ends with a blank"
    if _ORDINARY.fullmatch(name):
        return None
    if _BLANK.search(name) or any(unicodedata.category(char) in _UNSEEN for char in name):
        return "the name has invisible or control characters"
    if unicodedata.normalize("NFC", name) != name:
        return "the name is not in Unicode's composed form, so two spellings look alike"
    return None


def too_long_for_clients(name: str) -> str | None:
    """Say that a client may cut a name, so that a rule for it would match nothing."""
    return "clients cut names this long" if len(name) > LONGEST_CLIENT_NAME else None


def unless(pattern: re.Pattern[str], name: str) -> str | None:
    """Say that a target holds only names of a pattern, or `None` where this one fits."""
    if pattern.fullmatch(name):
        return None
    return "the name has characters that cannot be written here without changing their meaning"
