"""Quotes in their place: which characters of which text are evidence, and under which number.

Numbers run through the findings in their order, then what else decided the category; the same
span has one number wherever it is named. Texts are shown in segments, and long stretches without
a mark are left out, so that a mark is never lost and a page stays small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from classifier.verdict import Classification, Evidence

Span = tuple[str, int, int, str]

AROUND = 240
"""Characters kept on each side of a mark in a text that is too long to show whole."""

HEAD = 1600
"""Characters kept from the start of a long text."""

PER_FINDING = 6
MOST_QUOTES = 48
"""More quotes than these are in the tool's .json, but not on its page."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text and the numbers of the evidence that covers it.

    `ends` are the numbers whose quote ends here. `left_out` counts characters not shown.
    """

    text: str
    numbers: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    left_out: int = 0

    @property
    def key(self) -> str:
        """The numbers, for the page."""
        return " ".join(map(str, self.numbers))


@dataclass(frozen=True, slots=True)
class Quote:
    """One numbered piece of evidence."""

    number: int
    evidence: Evidence
    signals: tuple[str, ...]

    @property
    def is_name(self) -> bool:
        """Say whether it names a parameter instead of quoting a text."""
        return self.evidence.start == self.evidence.end


@dataclass(frozen=True, slots=True)
class Marks:
    """The numbered evidence of one classification."""

    quotes: tuple[Quote, ...]
    by_span: dict[Span, int] = field(default_factory=dict)
    by_pointer: dict[str, tuple[Quote, ...]] = field(default_factory=dict)
    left_out: int = 0

    def numbers(self, evidence: Sequence[Evidence]) -> tuple[int, ...]:
        """Return the numbers of those quotes that have one."""
        found = (self.by_span.get(_span(one)) for one in evidence)
        return tuple(sorted({number for number in found if number is not None}))

    def segments(self, pointer: str, text: str, longest: int) -> tuple[Segment, ...]:
        """Return a text in segments; beyond `longest` characters only what is near a mark."""
        quotes = [q for q in self.by_pointer.get(pointer, ()) if not q.is_name]
        if not quotes and len(text) <= longest:
            return (Segment(text),)
        cuts = sorted(
            {0, len(text)}
            | {min(q.evidence.start, len(text)) for q in quotes}
            | {min(q.evidence.end, len(text)) for q in quotes}
        )
        made = [_segment(text, start, end, quotes) for start, end in pairwise(cuts)]
        return tuple(made) if len(text) <= longest else tuple(_shortened(made, longest))

    def names(self, pointer: str) -> tuple[int, ...]:
        """Return the numbers that are about the parameter at a pointer itself."""
        return tuple(q.number for q in self.by_pointer.get(pointer, ()) if q.is_name)


def _span(evidence: Evidence) -> Span:
    return (evidence.pointer, evidence.start, evidence.end, evidence.text)


def _segment(text: str, start: int, end: int, quotes: Sequence[Quote]) -> Segment:
    covering = [q for q in quotes if q.evidence.start <= start and q.evidence.end >= end]
    return Segment(
        text[start:end],
        tuple(q.number for q in covering),
        tuple(q.number for q in covering if min(q.evidence.end, len(text)) == end),
    )


def _shortened(segments: Sequence[Segment], longest: int) -> list[Segment]:
    """Leave out the middle of long unmarked stretches; a very long mark loses its own middle."""
    made: list[Segment] = []
    budget = longest
    for index, segment in enumerate(segments):
        first, last = index == 0, index == len(segments) - 1
        head = HEAD if first else AROUND
        tail = 0 if last else AROUND
        if segment.numbers:
            head, tail = AROUND * 2, AROUND
        size = len(segment.text)
        if size <= head + tail or (not segment.numbers and size <= budget // len(segments)):
            made.append(segment)
            continue
        made.append(Segment(segment.text[:head], segment.numbers))
        made.append(Segment("", segment.numbers, left_out=size - head - tail))
        made.append(Segment(segment.text[size - tail :], segment.numbers, segment.ends))
    return made


def number_evidence(verdict: Classification) -> Marks:
    """Give every quote of a classification its number."""
    order: dict[Span, tuple[Evidence, list[str]]] = {}
    given = sum(len(finding.evidence) for finding in verdict.findings) + len(verdict.evidence)
    named = 0
    for finding in verdict.findings:
        for evidence in finding.evidence[:PER_FINDING]:
            named += 1
            order.setdefault(_span(evidence), (evidence, []))[1].append(finding.signal.title)
    for evidence in verdict.evidence[:PER_FINDING]:
        named += 1
        order.setdefault(_span(evidence), (evidence, []))
    quotes = tuple(
        Quote(number, evidence, tuple(dict.fromkeys(signals)))
        for number, (evidence, signals) in enumerate(list(order.values())[:MOST_QUOTES], start=1)
    )
    by_pointer: dict[str, tuple[Quote, ...]] = {}
    for quote in quotes:
        pointer = quote.evidence.pointer
        by_pointer[pointer] = (*by_pointer.get(pointer, ()), quote)
    left_out = given - named + len(order) - len(quotes)
    return Marks(quotes, {_span(q.evidence): q.number for q in quotes}, by_pointer, left_out)
