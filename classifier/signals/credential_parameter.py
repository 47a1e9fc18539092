"""Takes a secret as an argument.

The secret passes through the model's context and its logs.
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="credential-parameter",
    kind=Kind.SCHEMA,
    severity=Severity.MEDIUM,
    title="Takes a secret as an argument",
    references=("MCP01:2025", "CWE-522"),
)
FLAGS = ("credential",)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Point to the parameters that take a secret."""
    yield from quotes.by_flags(reading, FLAGS)
