"""Takes a file-system path that the caller chooses.

Without confinement `../` leads out of the folder that was meant.
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
from classifier.parameters import name_words
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="path-parameter",
    kind=Kind.SCHEMA,
    severity=Severity.MEDIUM,
    title="Takes a file path",
    references=("CWE-22",),
)
FLAGS = ("path", "outpath")


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Point to the parameters that take a path."""
    for quote in quotes.by_flags(reading, FLAGS):
        if _ORDER.isdisjoint(name_words(quote.text)):
            yield quote


_ORDER = frozenset({"sort", "sorting", "order", "orderby"})
"""Of `sort_dir`: the direction of an order is no directory."""
