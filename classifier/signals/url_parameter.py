"""Takes a URL or endpoint that the caller chooses.

The server then talks to an address that an attacker may pick: internal services, cloud metadata
(server-side request forgery), or a host that answers with planted text.
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="url-parameter",
    kind=Kind.SCHEMA,
    severity=Severity.MEDIUM,
    title="Takes a URL",
    references=("MCP05:2025", "CWE-918"),
)
FLAGS = ("url",)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Point to the parameters that take a URL."""
    yield from quotes.by_flags(reading, FLAGS)
