"""Takes a file-system path that the caller chooses.

Without confinement `../` leads out of the folder that was meant.
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
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
    yield from quotes.by_flags(reading, FLAGS)
