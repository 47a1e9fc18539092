"""A grade for one server, with its arithmetic: how much an agent could be made to do with it.

It starts at 100 and every deduction is named. It grades what the tools can do and how well they are
described, never the people behind a server or the code, which nobody has read here. A server without
tools, or that could not be listed, has no grade: unknown is not good. Where only a part of its list is
known, the grade says of how many tools it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from classifier.combinations import Stack
from classifier.verdict import Addend, Classification, Risk
from crawler.records import Tool

START = 100
LETTERS = (("A", 90), ("B", 75), ("C", 60), ("D", 40), ("F", 0))
"""A letter and the least points for it."""

_WORST = {Risk.LOW: 0, Risk.MEDIUM: 8, Risk.HIGH: 20, Risk.CRITICAL: 32}
_PATTERN = {"lethal-trifecta": 18, "destructive-reach": 12, "privilege-chain": 10}
_HOSTILE = 65
_UNKNOWN = 15  # when nothing is known of any tool; a share of it otherwise
_CONFLICT = 8
_UNASKED = 12  # critical tools: what each further one takes off, together at most this
_EACH = 3


@dataclass(frozen=True, slots=True)
class Grade:
    """A letter, its points of 0 to 100, and the sum that leads there.

    `read`: of a server whose list is known in part only, how many tools were read; else None.
    """

    letter: str
    points: int
    addends: tuple[Addend, ...]
    read: int | None = None

    def __str__(self) -> str:
        """Return the letter, and what it is of where that is not the whole server."""
        if self.read is None:
            return self.letter
        tools = "the 1 tool that was" if self.read == 1 else f"the {self.read:,} tools that were"
        return f"{self.letter} of {tools} read"


def grade(
    pairs: Sequence[tuple[Tool, Classification]], stack: Stack, *, in_part: bool = False
) -> Grade | None:
    """Grade the tools of one server; None when there are none to judge.

    `in_part`: its list has more than these.
    """
    if not pairs:
        return None
    addends = [Addend(START, "start"), *_deductions([result for _, result in pairs], stack)]
    total = sum(addend.points for addend in addends)
    if total < 0:
        addends.append(Addend(-total, "no fewer than nothing"))
        total = 0
    letter = next(letter for letter, least in LETTERS if total >= least)
    return Grade(letter, total, tuple(addends), len(pairs) if in_part else None)


def _deductions(results: Sequence[Classification], stack: Stack) -> Iterator[Addend]:
    worst = max((result.risk for result in results), key=lambda risk: risk.rank)
    if _WORST[worst]:
        yield Addend(-_WORST[worst], f"worst tool is of {worst.value} risk")
    critical = sum(result.risk is Risk.CRITICAL for result in results)
    if critical > 1:
        yield Addend(-min(_UNASKED, _EACH * (critical - 1)), f"{critical} tools of critical risk")
    for combination in stack.combinations:
        pattern = combination.pattern
        yield Addend(-_PATTERN[pattern.id], pattern.title.lower(), pattern.id)
    hostile = sum(any(f.is_threat for f in result.findings) for result in results)
    if hostile:
        look = "definition looks" if hostile == 1 else "definitions look"
        yield Addend(-_HOSTILE, f"{hostile} {look} hostile")
    yield from _unknown(results)
    conflicts = sum(result.has("annotation-conflict") for result in results)
    if conflicts:
        whose = "1 tool contradict it" if conflicts == 1 else f"{conflicts} tools contradict them"
        yield Addend(-_CONFLICT, f"hints of {whose}")


def _unknown(results: Sequence[Classification]) -> Iterator[Addend]:
    """Yield what uncertain labels take off, with the reason that each of them has."""
    silent = sum(result.insufficient_definition for result in results)
    doubtful = sum(r.needs_review and not r.insufficient_definition for r in results)
    share = round(_UNKNOWN * (silent + doubtful) / len(results))
    if not share:
        return
    told = []
    ending = "" if len(results) == 1 else "s"
    if silent:
        say = "says" if silent == 1 else "say"
        told.append(f"{silent} of {len(results)} definition{ending} {say} too little")
    if doubtful:
        told.append(f"{doubtful} of {len(results)} label{ending} should be reviewed")
    yield Addend(-share, ", ".join(told))
