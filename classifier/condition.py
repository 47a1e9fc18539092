"""Conditions on the arguments of a call: what an argument must be for the call to go on.

Five kinds, because these are what users bound in practice and what can be said exactly in more
than one language. An absent argument, and one of the wrong type, does not hold: a policy that
lets through what it cannot read would be no bound. Everything about text is one anchored regular
expression without look-around, so that Go, RE2 and CEL read it alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

import re2


class ConditionKind(StrEnum):
    """What is asked of an argument."""

    AT_MOST = "at_most"  # a number not above a bound, and not negative
    INSIDE = "inside"  # an absolute path under one of some folders, without dot segments
    HOST_IN = "host_in"  # an https URL whose host is one of some names
    DOMAIN_IN = "domain_in"  # a mail address whose domain is one of some names
    READ_ONLY = "read_only"  # one SELECT without calls, semicolons or INTO


@dataclass(frozen=True, slots=True)
class Condition:
    """One demand on one argument. `argument` is the path of keys to it in the call's arguments.

    `bound` is a number for `at_most`, else a tuple of folders, hosts or domains (empty for
    `read_only`). With `each`, the argument is an array and every item must hold.
    """

    argument: tuple[str, ...]
    kind: ConditionKind
    bound: float | tuple[str, ...] = ()
    each: bool = False

    def holds(self, arguments: Mapping[str, Any]) -> bool:
        """Say whether a call's arguments meet the demand; absent or of the wrong type: no."""
        value: Any = arguments
        for key in self.argument:
            if not isinstance(value, Mapping) or key not in value:
                return False
            value = value[key]
        if self.each:
            return isinstance(value, list) and all(self._holds_value(item) for item in value)
        return self._holds_value(value)

    def _holds_value(self, value: object) -> bool:
        if isinstance(self.bound, tuple):
            return isinstance(value, str) and bool(_compiled(self.pattern).search(value))
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and math.isfinite(value) and 0 <= value <= self.bound  # type: ignore[operator,arg-type]

    @property
    def pattern(self) -> str:
        """The anchored regular expression that a text argument must match."""
        bound = self.bound if isinstance(self.bound, tuple) else ()
        match self.kind:
            case ConditionKind.INSIDE:
                return inside_pattern(bound)
            case ConditionKind.HOST_IN:
                return host_pattern(bound)
            case ConditionKind.DOMAIN_IN:
                return domain_pattern(bound)
            case ConditionKind.READ_ONLY:
                return READ_ONLY_PATTERN
            case ConditionKind.AT_MOST:
                raise ValueError("at_most is a comparison, not a pattern")

    def sentence(self) -> str:
        """Say the demand in words, without a full stop."""
        name = ".".join(self.argument)
        subject = f"every item of {name}" if self.each else name
        if not isinstance(self.bound, tuple):
            return f"{subject} is at most {number_text(self.bound)}"
        names = ", ".join(self.bound)
        return {
            ConditionKind.INSIDE: f"{subject} is a path inside {names}",
            ConditionKind.HOST_IN: f"{subject} is an https URL of {names}",
            ConditionKind.DOMAIN_IN: f"{subject} is an address at {names}",
            ConditionKind.READ_ONLY: f"{subject} is a single SELECT without calls",
        }[self.kind]


def number_text(value: float) -> str:
    """Write a bound without a needless fraction: 500, not 500.0."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern)  # type: ignore[no-untyped-call]


def inside_pattern(folders: tuple[str, ...]) -> str:
    """Match absolute paths in the folders; no `.` or `..` segment, backslash or control character.

    Symbolic links are not seen by any policy: the server resolves them.
    """
    odd = r"/\\\x00-\x1f\x7f"
    segment = rf"(?:[^.{odd}][^{odd}]*|\.[^.{odd}][^{odd}]*|\.\.[^{odd}]+)"
    roots = "|".join(escape(folder.rstrip("/")) for folder in folders)
    return rf"\A(?:{roots})(?:/{segment})*/?\z"


def host_pattern(hosts: tuple[str, ...]) -> str:
    """Match https URLs whose authority is exactly one of the hosts: no user, no other port."""
    names = "|".join(escape(host.lower()) for host in hosts)
    return rf"\Ahttps://(?:{names})(?:[/?#][^\s\\\x00-\x1f\x7f]*)?\z"


def domain_pattern(domains: tuple[str, ...]) -> str:
    """Match one plain mail address in one of the domains: no list, no display name."""
    names = "|".join(escape(domain.lower()) for domain in domains)
    return rf"\A[A-Za-z0-9._%+'-]+@(?:{names})\z"


def escape(text: str) -> str:
    """Quote a text for a regular expression as RE2, Go and CEL read it."""
    return "".join(c if c.isalnum() and c.isascii() else _escape_one(c) for c in text)


def _escape_one(char: str) -> str:
    return "\\" + char if char.isascii() and char.isprintable() else f"\\x{{{ord(char):x}}}"


def _without_into() -> str:
    """Match text without the letters `into`, calls, quotes, comments and semicolons.

    The automaton of "no `into` in it" as an expression: RE2 has no look-ahead. Quotes are left
    out too, so that no text can hide a comment; `--`, `/*` and `#` cannot occur because `-`,
    `/` and `#` are not admitted.
    """
    stop = r";()'\"`\\#/$\x00-\x08\x0e-\x1f\x7f-"
    head = r"i+(?:ni+|nti+)*"
    return rf"(?:[^i{stop}]|{head}(?:[^in{stop}]|n[^it{stop}]|nt[^io{stop}]))*(?:{head}(?:nt|n)?)?"


READ_ONLY_PATTERN = rf"(?is)\A\s*select\s{_without_into()}\s*;?\s*\z"
"""One SELECT: no function call or subquery, no INTO, no second statement, no comment, no literal
text. Narrow on purpose: what it does not know is refused."""
