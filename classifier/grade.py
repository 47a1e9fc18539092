"""A grade for one server, with its arithmetic: how much an agent could be made to do with it.

It starts at 100 and every deduction is named. It grades what the tools can do and how well they are
described, never the people behind a server or the code, which nobody has read here. A server without
tools, or that could not be listed, has no grade: unknown is not good.
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
    """A letter, its points of 0 to 100, and the sum that leads there."""

    letter: str
    points: int
    addends: tuple[Addend, ...]


def grade(pairs: Sequence[tuple[Tool, Classification]], stack: Stack) -> Grade | None:
    """Grade the tools of one server; None when there are none to judge."""
    if not pairs:
        return None
    addends = [Addend(START, "start"), *_deductions([result for _, result in pairs], stack)]
    total = sum(addend.points for addend in addends)
    if total < 0:
        addends.append(Addend(-total, "no fewer than nothing"))
        total = 0
    letter = next(letter for letter, least in LETTERS if total >= least)
    return Grade(letter, total, tuple(addends))


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
        yield Addend(-_HOSTILE, f"{hostile} definitions look hostile")
    unknown = sum(r.insufficient_definition or r.needs_review for r in results)
    share = round(_UNKNOWN * unknown / len(results))
    if share:
        yield Addend(-share, f"{unknown} of {len(results)} definitions say too little to be sure")
    conflicts = sum(result.has("annotation-conflict") for result in results)
    if conflicts:
        yield Addend(-_CONFLICT, f"hints of {conflicts} tools contradict them")
