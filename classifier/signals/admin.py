"""Changes users, roles, permissions, sharing, security, billing or system settings.

Reading those is not meant. A call can hand the keys to somebody else or switch a protection off.
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="admin",
    kind=Kind.CAPABILITY,
    severity=Severity.HIGH,
    title="Changes access or system settings",
    references=("MCP02:2025", "ASI03:2026"),
)
LABEL = "admin"


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Quote the verb and the role, user or setting that it changes."""
    yield from quotes.by_rules(reading, matched, LABEL)
