"""Hostile definitions alone: no category, no risk, no model, so that a look before an install is quick.

What is found is what the whole classification finds; a test holds them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from classifier.effects import book
from classifier.reading import read
from classifier.signals import alarms, threats
from classifier.verdict import Evidence, Finding
from crawler.records import Tool

_MOST_QUOTES = 4


def threats_of_many(tools: Iterable[Tool]) -> Iterator[tuple[Tool, tuple[Finding, ...]]]:
    """Yield every definition with its threats, in order; most have none."""
    for tool in tools:
        yield tool, threats_of(tool)


def threats_of(tool: Tool) -> tuple[Finding, ...]:
    """Return what looks hostile in one definition; weights of several quotes add up like odds."""
    suspects = alarms().suspects(tool)
    if not suspects:
        return ()
    reading = read(tool)
    reading.suspects = suspects
    matched = book().matching(reading)
    found = []
    for detector in threats():
        if detector.signal.id not in suspects:
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
            found.append(Finding(signal=detector.signal, evidence=tuple(quotes), confidence=sure))
    return tuple(found)
