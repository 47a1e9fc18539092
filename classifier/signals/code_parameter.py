"""Takes free-form code, a command or a query.

What it does is up to whoever writes the argument; a limit in the description binds nobody.
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="code-parameter",
    kind=Kind.SCHEMA,
    severity=Severity.HIGH,
    title="Takes code, a command or a query",
    references=("MCP05:2025", "CWE-78", "CWE-89", "CWE-94"),
)
FLAGS = ("code", "command", "sql")


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Point to the parameters that take code, a command or SQL."""
    yield from quotes.by_flags(reading, FLAGS)
