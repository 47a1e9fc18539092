"""Signals, a file each: what is declared, how it is quoted. The docstring is the signal's page.

A module exports `SIGNAL` and `detect(reading, matched) -> Iterator[Evidence]`, where `matched`
are the effect rules that hold. A capability may also be raised by the model, with the words that
weighed most as evidence; `LABEL` names its column there. `FLAGS` are what parameters must be for it
to find anything; it is not asked where none is; `spares(reading)` says what the model would raise
and is not meant, where no rule holds. A threat exports `TRIGGER`, one
coarse expression or several over the serialised definition without which there is nothing to find,
and its `detect` yields `(weight, Evidence)`; a weight of 0.5 needs company and 1.0 stands alone. It is
given no rules, and a reading that is made when it is asked for anything but the tool and its suspects.
Instead of expressions it may export a function that reads the definition by itself (`Listen`). One
that knows phrases says so with `PHRASES`: what it finds counts where the sentence, weighed word by
word, is at least odd, or where a weight of 1.0 stands alone. A claim of the vendor is held against the verdict: instead of `detect` it
exports `contradict(reading, category, confidence, found, evidence)`, asked last and only of a tool
with annotations; `found` are the quotes by signal, `evidence` those of the category.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from classifier import signals
from classifier.alarms import Alarms, Listen
from classifier.plugins import load as load_plugins
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Category, Evidence, Finding, Signal

Detect = Callable[[Reading, Sequence[Rule]], Iterator[Any]]
"""Yields `Evidence`; of a threat, `(weight, Evidence)`."""
Contradict = Callable[
    [Reading, Category, float, Mapping[str, Sequence[Evidence]], Sequence[Evidence]],
    Iterator[Evidence],
]
"""Yields the hint that a verdict contradicts, and what the verdict rests on."""


def _nothing(_: Reading, __: Sequence[Rule]) -> Iterator[Any]:
    """Find nothing: what a claim of the vendor comes to is known only after the verdict."""
    return iter(())


class Detector(NamedTuple):
    """A loaded signal module."""

    signal: Signal
    detect: Detect
    label: str | None
    page: str
    flags: frozenset[str] | None  # of parameters, without which it finds nothing
    trigger: tuple[str | Listen, ...] = ()  # of a threat
    phrases: bool = False  # it is believed only where a sentence is odd by its words
    spares: Callable[[Reading], bool] | None = (
        None  # what words alone would raise, and is not meant
    )
    contradict: Contradict | None = None  # of a claim

    @property
    def expressions(self) -> tuple[str, ...]:
        """What a definition is scanned for."""
        return tuple(one for one in self.trigger if isinstance(one, str))


@cache
def detectors() -> tuple[Detector, ...]:
    """Return every signal of this folder, by file name."""
    return tuple(
        Detector(
            signal=signal,
            detect=module.detect if not hasattr(module, "contradict") else _nothing,
            label=getattr(module, "LABEL", None),
            page=module.__doc__ or "",
            flags=frozenset(module.FLAGS) if hasattr(module, "FLAGS") else None,
            trigger=_several(getattr(module, "TRIGGER", ())),
            phrases=getattr(module, "PHRASES", False),
            spares=getattr(module, "spares", None),
            contradict=getattr(module, "contradict", None),
        )
        for module, signal in load_plugins(signals, "SIGNAL", Signal)
    )


def _several(trigger: Any) -> tuple[str | Listen, ...]:
    return trigger if isinstance(trigger, tuple) else (trigger,)


@cache
def alarms() -> Alarms:
    """Return the scans that say which threats have anything to look for."""
    listen = [one for d in threats() for one in d.trigger if not isinstance(one, str)]
    return Alarms([(d.signal.id, d.expressions) for d in threats()], listen)


@cache
def threats() -> tuple[Detector, ...]:
    """Return the detectors of threats."""
    return tuple(d for d in detectors() if d.trigger)


def contradicted(
    reading: Reading,
    category: Category,
    confidence: float,
    findings: Sequence[Finding],
    evidence: Sequence[Evidence],
) -> tuple[Finding, ...]:
    """Return the claims of a tool's annotations that the rest of its verdict contradicts."""
    found = {finding.signal.id: finding.evidence for finding in findings}
    asked = [
        (
            d.signal,
            tuple(dict.fromkeys(d.contradict(reading, category, confidence, found, evidence))),
        )
        for d in _claims()
        if d.contradict
    ]
    return tuple(Finding(signal=signal, evidence=quotes) for signal, quotes in asked if quotes)


@cache
def _claims() -> tuple[Detector, ...]:
    return tuple(d for d in detectors() if d.contradict)
