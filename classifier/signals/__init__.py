"""Signals, a file each: what is declared, how it is quoted. The docstring is the signal's page.

A module exports `SIGNAL` and `detect(reading, matched) -> Iterator[Evidence]`, where `matched`
are the effect rules that hold. A capability may also be raised by the model, with the words that
weighed most as evidence; `LABEL` names its column there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from classifier import signals
from classifier.plugins import load as load_plugins
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Signal

Detect = Callable[[Reading, Sequence[Rule]], Iterator[Evidence]]


@dataclass(frozen=True, slots=True)
class Detector:
    """A loaded signal module."""

    signal: Signal
    detect: Detect
    label: str | None
    page: str
    needs_parameters: bool  # a schema signal finds nothing where there are none


@cache
def detectors() -> tuple[Detector, ...]:
    """Return every signal of this folder, by file name."""
    return tuple(
        Detector(
            signal=signal,
            detect=module.detect,
            label=getattr(module, "LABEL", None),
            page=module.__doc__ or "",
            needs_parameters=signal.kind is Kind.SCHEMA,
        )
        for module, signal in load_plugins(signals, "SIGNAL", Signal)
    )
