"""Takes raw HTML or a template.

Markup that is shown or mailed elsewhere carries scripts, tracking and links with it.
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="markup-parameter",
    kind=Kind.SCHEMA,
    severity=Severity.LOW,
    title="Takes raw HTML or a template",
    references=("CWE-79",),
)
FLAGS = ("markup",)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Point to the parameters that take markup."""
    yield from quotes.by_flags(reading, FLAGS)
