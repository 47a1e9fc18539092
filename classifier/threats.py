"""Hostile definitions alone: no category, no risk, no model, so that a look before an install is quick.

What is found is what the whole classification finds; a test holds them together.
"""

from __future__ import annotations

from collections.abc import Iterator

from classifier import wording
from classifier.reading import Reading, Unread
from classifier.signals import Detector, alarms, threats
from classifier.verdict import SURE, Evidence, Finding
from crawler.records import Tool

_MOST_QUOTES = 4
_UNLIKELY = 0.7


def prepare() -> None:
    """Load every table, once, for the processes that are forked from this one."""
    alarms()
    wording.weights()


def threats_of(tool: Tool) -> tuple[Finding, ...]:
    """Return what looks hostile in one definition."""
    suspects = alarms().suspects(tool)
    return tuple(found_in(Unread(tool, suspects))) if suspects else ()


def found_in(reading: Reading) -> Iterator[Finding]:
    """Yield the threats of a reading whose suspects are set; weights of quotes add up like odds.

    What a call does has no say in what is hostile: detectors of threats are given no rules.
    """
    suspects = reading.suspects
    if not suspects:
        return
    for detector in threats():
        if detector.signal.id not in suspects.texts and not (
            suspects.passages and _listens(detector)
        ):
            continue
        doubt, quotes = 1.0, list[Evidence]()
        for weight, quote in detector.detect(reading, ()):
            if quote not in quotes:
                doubt *= 1.0 - weight  # nothing is left of it where one stands alone
                quotes.append(quote)
            if len(quotes) == _MOST_QUOTES:
                break
        if quotes:
            sure = round(1.0 - doubt, 4)
            if sure >= SURE and detector.phrases and doubt and not _odd(reading):
                sure = _UNLIKELY
            yield Finding(signal=detector.signal, evidence=tuple(quotes), confidence=sure)


def _odd(reading: Reading) -> bool:
    """Say whether any sentence is at least odd by its words; worked out once, for all detectors."""
    known = reading.suspects.shared.get(_odd)
    if known is None:
        known = wording.odd(reading.tool)
        reading.suspects.shared[_odd] = known
    return bool(known)


def _listens(detector: Detector) -> bool:
    return any(not isinstance(one, str) for one in detector.trigger)
