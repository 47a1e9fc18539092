"""Ways to quote that several signals share: from rules, from parameters, from plain words."""

from collections.abc import Iterable, Iterator, Sequence

from classifier.described import is_other
from classifier.parameters import Parameter
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence


def by_rules(reading: Reading, matched: Sequence[Rule], label: str) -> Iterator[Evidence]:
    """Quote what made the rules hold that raise a label."""
    for rule in matched:
        if label in rule.signals:
            yield from rule.evidence(reading)


def things(reading: Reading, matched: Sequence[Rule], label: str) -> Iterator[Evidence]:
    """Quote what the rules that raise a label are about, and the verb only where nothing else is left."""
    about = [quote for rule in matched if label in rule.signals for quote in rule.things(reading)]
    yield from about or by_rules(reading, matched, label)


def parameter(found: Parameter) -> Evidence:
    """Point to a parameter itself: its name as text, start and end 0, as the contract says."""
    return Evidence(found.pointer, 0, 0, found.name)


def by_flags(reading: Reading, flags: Iterable[str]) -> Iterator[Evidence]:
    """Point to the parameters of the schema that carry one of the flags, if the caller is free.

    What may be one of a few listed values only carries no path, address or code of the caller's, nor
    does what is described as something else.
    """
    wanted = frozenset(flags)
    for found in reading.parameters:
        if found.pointer == "/description" or found.enum or wanted.isdisjoint(found.flags):
            continue
        if not all(is_other(reading, found, flag) for flag in wanted.intersection(found.flags)):
            yield parameter(found)


def by_words(reading: Reading, words: Iterable[str]) -> Iterator[Evidence]:
    """Quote the first of these words (or lexicon classes) in name and description."""
    wanted = frozenset(words)
    for quote in (reading.quote_name(wanted), reading.quote_text(wanted)):
        if quote:
            yield quote
