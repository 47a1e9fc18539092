"""Hostile definitions alone: no category, no risk, no model, so that a look before an install is quick.

What is found is what the whole classification finds; a test holds them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from classifier.effects import book
from classifier.reading import Reading, read
from classifier.rules import Rule
from classifier.signals import alarms, threats
from classifier.verdict import Evidence, Finding
from crawler.records import Tool

_MOST_QUOTES = 4


def threats_of_many(tools: Iterable[Tool]) -> Iterator[tuple[Tool, tuple[Finding, ...]]]:
    """Yield every definition with its threats, in order; most have none."""
    for tool in tools:
        yield tool, threats_of(tool)


def threats_of(tool: Tool) -> tuple[Finding, ...]:
    """Return what looks hostile in one definition."""
    suspects = alarms().suspects(tool)
    if not suspects:
        return ()
    reading = read(tool)
    reading.suspects = suspects
    return tuple(found_in(reading, book().matching(reading)))


def found_in(reading: Reading, matched: Sequence[Rule]) -> Iterator[Finding]:
    """Yield the threats of a reading whose suspects are set; weights of quotes add up like odds."""
    for detector in threats():
        if detector.signal.id not in reading.suspects.texts:
            continue
        doubt, quotes = 1.0, list[Evidence]()
        for weight, quote in detector.detect(reading, matched):
            if quote not in quotes:
                doubt *= 1.0 - weight
                quotes.append(quote)
            if len(quotes) == _MOST_QUOTES:
                break
        if quotes:
            sure = round(1.0 - doubt, 4)
            yield Finding(signal=detector.signal, evidence=tuple(quotes), confidence=sure)
