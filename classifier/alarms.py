"""A cheap look at a whole definition: which detectors of threats have anything to look for.

Reading every string with every pattern would cost more than the rest of a classification. One scan of
the serialised definition says which expressions can occur at all, and another whether any sentence of it
is worth weighing.
"""

from __future__ import annotations

import re  # noqa: TID251 - on our own expressions
from collections.abc import Callable, Iterator, Sequence

import re2

from classifier.gate import opens
from classifier.texts import (
    MAX_TEXT,
    NOBODY,
    Seeker,
    Suspects,
    Text,
    seeker,
    serialised,
    texts,
)  # fmt: skip
from classifier.verdict import Evidence
from crawler.records import Tool

MAX_BYTES = 400_000
"""Bytes of a serialised definition that are scanned; a longer one is read with every detector."""

Listen = Callable[[Tool, Sequence[Text]], Sequence[tuple[float, Evidence]]]
"""Reads a definition by itself; gets its strings too, as others have looked for them already."""

Triggers = Sequence[tuple[str, Sequence[str]]]
"""(signal id, expressions without which there is nothing to find)."""


class Alarms:
    """Triggers of all threat detectors, over a serialised definition, then over each string."""

    def __init__(self, triggers: Triggers, listen: Sequence[Listen]) -> None:
        self._scan = _Scan(triggers)
        self._listen = listen
        self._signals: dict[str, list[str]] = {}  # of each expression
        for signal_id, several in triggers:
            for expression in several:
                self._signals.setdefault(expression, []).append(signal_id)
        self._seekers: dict[str, Seeker] = {}

    def suspects(self, tool: Tool) -> Suspects:
        """Return the strings that each detector has to look at, by its id; mostly nothing."""
        blob = serialised(tool.definition)
        if blob is None or len(blob) > MAX_BYTES:
            every = list(texts(tool))
            return self._left(every, tuple(self._signals), None, self._heard(tool, every))
        loud = opens(blob)
        awake = [one for one in self._scan.possible(blob) if self._occurs(one)(blob)]
        if not loud and not awake:
            return NOBODY
        every = list(texts(tool))
        found = self._heard(tool, every) if loud else ()
        return self._left(every, awake, frozenset(awake), found)

    def _heard(self, tool: Tool, every: Sequence[Text]) -> tuple[tuple[float, Evidence], ...]:
        return tuple(one for listen in self._listen for one in listen(tool, every))

    def _left(
        self, every: Sequence[Text], awake: Sequence[str], occur: frozenset[str] | None,
        found: tuple[tuple[float, Evidence], ...],
    ) -> Suspects:  # fmt: skip
        if not awake and not found:
            return NOBODY
        return Suspects(self._texts(every, awake) if awake else {}, occur, passages=found)

    def _occurs(self, expression: str) -> Seeker:
        found = self._seekers.get(expression)
        if found is None:
            found = self._seekers[expression] = seeker(expression)
        return found

    def _texts(self, every: Sequence[Text], awake: Sequence[str]) -> dict[str, list[Text]]:
        lines = [serialised(text.value[:MAX_TEXT]) for text in every]
        hits: list[set[str]] = [set() for _ in every]  # signals
        for expression in awake:
            for at in _where(self._occurs(expression), lines, 0, len(lines)):
                hits[at].update(self._signals[expression])
        found: dict[str, list[Text]] = {}
        for text, signals in zip(every, hits, strict=True):
            for signal_id in signals:
                found.setdefault(signal_id, []).append(text)
        return found


class _Scan:
    """Says of several expressions which cannot occur.

    One scan for the literals without which none of them can match (RE2's own filter) leaves few to
    try. Joined into one expression, their automaton would outgrow any memory; only the few that have
    no such literals are, where that keeps it small.
    """

    def __init__(self, triggers: Triggers) -> None:
        listed = dict.fromkeys(expression for _, several in triggers for expression in several)
        self._expressions = list(listed)
        self._filter = re2.Filter()  # type: ignore[no-untyped-call]
        for expression in self._expressions:
            self._filter.Add(expression)  # type: ignore[no-untyped-call]
        self._filter.Compile()  # type: ignore[no-untyped-call]
        always = self._filter.Match(b"", potential=True) or ()  # type: ignore[no-untyped-call]
        self._joined = {i for i in always if not _has_long_count(self._expressions[i])}
        self._any = seeker("|".join(f"(?:{self._expressions[i]})" for i in sorted(self._joined)))

    def possible(self, blob: bytes) -> Iterator[str]:
        """Yield the expressions that cannot be ruled out."""
        # The filter knows small letters only; folding also undoes the long s and the Kelvin sign.
        folded = blob.lower() if blob.isascii() else blob.decode().casefold().encode()
        found = self._filter.Match(folded, potential=True) or ()  # type: ignore[no-untyped-call]
        if self._joined and not self._any(blob):
            found = [i for i in found if i not in self._joined]
        yield from map(self._expressions.__getitem__, found)


_COUNT = re.compile(r"(?<![xu])\{(\d{1,3})")
_LONG_COUNT = 10


def _has_long_count(expression: str) -> bool:
    """Say whether a part is repeated so often that its automaton multiplies that of others."""
    return any(int(count) >= _LONG_COUNT for count in _COUNT.findall(expression))


def _where(occurs: Seeker, lines: list[bytes | None], start: int, end: int) -> Iterator[int]:
    """Yield which lines an expression occurs in, by halving: most strings of a definition are short.

    A line is a JSON string with its quotes, so what occurs in one occurs in the row of all. None
    stands for a string that cannot be searched, and counts.
    """
    if end - start == 1:
        line = lines[start]
        if line is None or occurs(line):
            yield start
    elif start < end:
        part = lines[start:end]
        if None in part or occurs(b",".join(part)):  # type: ignore[arg-type]
            middle = (start + end) // 2
            yield from _where(occurs, lines, start, middle)
            yield from _where(occurs, lines, middle, end)
