"""Takes, returns, creates or changes a secret.

Passwords, API keys, tokens, private keys, session keys, certificates. Identifiers, and the server's
own key that is configured elsewhere, are not meant; a "key" of a record is an identifier.
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="credentials",
    kind=Kind.CAPABILITY,
    severity=Severity.HIGH,
    title="Handles credentials or secrets",
    references=("MCP01:2025", "AML.T0098", "SAFE-T1502", "CWE-522"),
)
LABEL = "credentials"


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Quote the secret that is named, or point to the parameter that takes one."""
    yield from quotes.by_rules(reading, matched, LABEL)
    yield from quotes.by_flags(reading, ("credential",))
