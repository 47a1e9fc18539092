"""Conditions on the arguments of a call: what an argument must be for the call to go on.

Four kinds, because these are what users bound in practice and what can be said exactly in more
than one language; a fifth, that a statement only reads, no text shows (`TELLABLE`). An absent
argument, and one of the wrong type, does not hold: a policy that lets through what it cannot read
would be no bound. Everything about text is said twice: as plain tests (`TextTest`: starts with,
ends with, without) for Cedar and Rego, and as one anchored regular expression without look-around
for Go, RE2 and Rust. A property test holds them equal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from classifier import bounds


class ConditionKind(StrEnum):
    """What is asked of an argument."""

    AT_MOST = "at_most"  # a number from 0 to a bound
    INSIDE = "inside"  # an absolute path under one of some folders, without dot segments
    HOST_IN = "host_in"  # an https URL whose host is one of some names
    DOMAIN_IN = "domain_in"  # one mail address whose domain is one of some names
    READ_ONLY = "read_only"  # an SQL statement that only reads: see `TELLABLE`


TELLABLE = frozenset(ConditionKind) - {ConditionKind.READ_ONLY}
"""Demands whose answer is in the argument itself, so that a policy language can hold them.

What an SQL statement does is not: Transact-SQL needs neither `;` between two statements nor
parentheses for a call (`SELECT 1 DELETE FROM t`, `SELECT 1 EXEC p`), Oracle and PostgreSQL call a
function by its bare name, and any view may hide a call. A tool that has to read only is asked
about or refused instead.
"""


@dataclass(frozen=True, slots=True)
class TextTest:
    """A test of a text in words that every policy language has.

    Either it equals one of `equals`, or it starts with one of `starts` (if any) and ends with one
    of `ends` (if any). In both cases it holds none of `without`, starts with none of
    `not_starts`, ends with none of `not_ends`, and holds `once` exactly once.
    """

    equals: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    not_starts: tuple[str, ...] = ()
    not_ends: tuple[str, ...] = ()
    once: str = ""

    def holds(self, value: str) -> bool:
        """Say whether a text passes."""
        fits = value in self.equals or (
            (not self.starts or value.startswith(self.starts))
            and (not self.ends or value.endswith(self.ends))
        )
        return (
            fits
            and not any(part in value for part in self.without)
            and not value.startswith(self.not_starts)
            and not value.endswith(self.not_ends)
            and (not self.once or value.count(self.once) == 1)
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """One demand on one argument. `argument` is the path of keys to it in the call's arguments.

    `bound` is a number for `at_most`, else a tuple of folders, hosts or domains (empty for
    `read_only`). With `each`, the argument is an array and every item must hold. With `optional`,
    a call that leaves the argument out, or what it is within, meets the demand.
    """

    argument: tuple[str, ...]
    kind: ConditionKind
    bound: float | tuple[str, ...] = ()
    each: bool = False
    optional: bool = False

    def __post_init__(self) -> None:
        if (self.kind is ConditionKind.AT_MOST) == isinstance(self.bound, tuple):
            raise ValueError(f"bound {self.bound!r} does not fit {self.kind}")
        if fault := bound_fault(self.kind, self.bound):
            raise ValueError(fault)

    def holds(self, arguments: Mapping[str, Any]) -> bool:
        """Say whether a call's arguments meet the demand; absent or of the wrong type: no."""
        value: Any = arguments
        for key in self.argument:
            if not isinstance(value, Mapping):
                return False
            if key not in value:
                return self.optional
            value = value[key]
        if self.each:
            return isinstance(value, list) and all(self._holds_value(item) for item in value)
        return self._holds_value(value)

    def _holds_value(self, value: object) -> bool:
        if isinstance(self.bound, tuple):
            if self.kind not in TELLABLE or not isinstance(value, str):
                return False
            return self.text_test().holds(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        # An integer may be too large for a float, and is none the less finite.
        return (isinstance(value, int) or math.isfinite(value)) and 0 <= value <= self.bound

    @property
    def number(self) -> float:
        """The bound of `at_most`."""
        if isinstance(self.bound, tuple):
            raise TypeError(f"{self.kind} has no number")
        return self.bound

    def text_test(self) -> TextTest:
        """Return the demand on a text as plain tests."""
        return _text_test(self.kind, self.bound if isinstance(self.bound, tuple) else ())

    @property
    def pattern(self) -> str:
        """The same demand as an anchored regular expression."""
        return _pattern(self.kind, self.bound if isinstance(self.bound, tuple) else ())

    def sentence(self) -> str:
        """Say the demand in words, without a full stop."""
        name = ".".join(self.argument)
        subject = f"every item of {name}" if self.each else name
        if self.optional:
            subject += ", where it is given,"
        if not isinstance(self.bound, tuple):
            return f"{subject} is at most {number_text(self.bound)}"
        names = ", ".join(self.bound)
        return {
            ConditionKind.INSIDE: f"{subject} is a path inside {names}",
            ConditionKind.HOST_IN: f"{subject} is an https URL of {names}",
            ConditionKind.DOMAIN_IN: f"{subject} is one address at {names}",
            ConditionKind.READ_ONLY: f"{subject} only reads, which no policy can tell",
        }[self.kind]


@lru_cache(maxsize=256)
def bound_fault(kind: ConditionKind, bound: float | tuple[str, ...]) -> str | None:
    """Say why a bound of the right type would not be the same bound everywhere, or `None`."""
    if not isinstance(bound, tuple):
        return bounds.number_fault(bound)
    if (kind is ConditionKind.READ_ONLY) != (not bound):
        return f"{kind} needs {'no texts' if bound else 'a list of texts'}"
    for text in bound:
        if fault := _TEXT_FAULTS[kind](text):
            return f"{text!r}: {fault}"
    return None


_TEXT_FAULTS = {
    ConditionKind.INSIDE: bounds.folder_fault,
    ConditionKind.HOST_IN: bounds.host_fault,
    ConditionKind.DOMAIN_IN: bounds.domain_fault,
}


def number_text(value: float) -> str:
    """Write a bound without a needless fraction: 500, not 500.0."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


_NOT_IN_PATH = ("//", "/../", "/./", "\\")
_NOT_IN_URL = (" ", "\t", "\r", "\n", "\\")
_NOT_IN_ADDRESS = (" ", "\t", "\r", "\n", "\\", ",", ";", "<", ">", '"', "(", ")")


@lru_cache(maxsize=256)
def _text_test(kind: ConditionKind, bound: tuple[str, ...]) -> TextTest:
    match kind:
        case ConditionKind.INSIDE:
            # Symbolic links are not seen by any policy: the server resolves them.
            roots = tuple(folder.rstrip("/") for folder in bound)
            return TextTest(
                equals=roots,
                starts=tuple(root + "/" for root in roots),
                without=_NOT_IN_PATH,
                not_ends=("/..", "/."),
            )
        case ConditionKind.HOST_IN:
            hosts = tuple("https://" + host for host in bound)
            return TextTest(
                equals=hosts,
                starts=tuple(host + mark for host in hosts for mark in "/?#"),
                without=_NOT_IN_URL,
            )
        case ConditionKind.DOMAIN_IN:
            return TextTest(
                ends=tuple("@" + domain for domain in bound),
                without=_NOT_IN_ADDRESS,
                not_starts=("@",),
                once="@",
            )
        case _:
            raise ValueError(f"{kind} is no test of a text")


@lru_cache(maxsize=256)
def _pattern(kind: ConditionKind, bound: tuple[str, ...]) -> str:
    match kind:
        case ConditionKind.INSIDE:
            roots = "|".join(escape(folder.rstrip("/")) for folder in bound)
            odd = r"/\\"
            part = rf"(?:[^.{odd}][^{odd}]*|\.[^.{odd}][^{odd}]*|\.\.[^{odd}]+)"
            return rf"^(?:{roots})(?:/{part})*/?$"
        case ConditionKind.HOST_IN:
            hosts = "|".join(map(escape, bound))
            return rf"^https://(?:{hosts})(?:[/?#][^ \t\r\n\\]*)?$"
        case ConditionKind.DOMAIN_IN:
            domains = "|".join(map(escape, bound))
            return rf'^[^@ \t\r\n\\,;<>"()]+@(?:{domains})$'
        case _:
            raise ValueError(f"{kind} is no pattern")


def escape(text: str) -> str:
    """Quote a text for a regular expression; only what every dialect has as special."""
    return "".join("\\" + char if char in r"\.+*?()|[]{}^$" else char for char in text)
