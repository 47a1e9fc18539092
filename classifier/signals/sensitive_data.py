"""Gives access to private or confidential data.

Mail, messages, contacts, calendars, private documents, personal, health, customer or financial
account data, logs and databases likely to hold them, local files, screen contents, location. Public
data and project metadata such as issues, repositories and tasks are not meant.
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="sensitive-data",
    kind=Kind.CAPABILITY,
    severity=Severity.MEDIUM,
    title="Gives access to private data",
    references=("MCP10:2025", "AML.T0085.001"),
)
LABEL = "sensitive_data"


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Quote the noun that names the private data."""
    yield from quotes.things(reading, matched, LABEL)
