"""File names for tools and servers, whatever these call themselves.

A slug is lower-case ASCII, at most 90 characters, and never a device name of Windows. A name
that is one already stays as it is; any other gets a digest of the whole name behind it, so that
`Ab` and `ab`, or two names that differ only in an emoji, keep pages of their own. A slug depends
on the name alone: adding a tool moves no other page.
"""

from __future__ import annotations

import hashlib
import re  # noqa: TID251  # one character class on text cut to 200 characters
from collections.abc import Iterable

LONGEST = 64
DIGITS = 10
_UNFIT = re.compile(r"[^a-z0-9_]+")
_FIT = re.compile(rf"[a-z0-9](?:[a-z0-9_-]{{0,{LONGEST - 2}}}[a-z0-9])?")
_DIGESTED = re.compile(rf"(?:.*-)?[0-9a-f]{{{DIGITS},}}")
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "clock"] + [f"{d}{n}" for d in ("com", "lpt") for n in range(10)]
)
_TAKEN = frozenset({"index", "404"})


def slug(name: str, digits: int = DIGITS) -> str:
    """Return the file name, without extension, for a name."""
    if _FIT.fullmatch(name) and not _is_odd(name):
        return name
    stem = _UNFIT.sub("-", name[:200].lower())[:LONGEST].strip("-_")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
    return f"{stem}-{digest}" if stem else digest


def _is_odd(name: str) -> bool:
    """Say whether a fit name must be digested: reserved, or posing as a digested one."""
    return name in _DEVICES or name in _TAKEN or _DIGESTED.fullmatch(name) is not None


def slugs(names: Iterable[str]) -> dict[str, str]:
    """Return a slug for each name, no two alike.

    Names made to collide in the short digest (a matter of minutes for an attacker) get the
    whole digest, all of them, so that no order of arrival matters.
    """
    unique = sorted(set(names))
    short = {name: slug(name) for name in unique}
    holders: dict[str, int] = {}
    for value in short.values():
        holders[value] = holders.get(value, 0) + 1
    return {n: s if holders[s] == 1 else slug(n, digits=64) for n, s in short.items()}
