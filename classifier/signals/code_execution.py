"""Runs code, commands or unrestricted queries that the caller supplies.

Shell commands, scripts, expressions, SQL or GraphQL without a limit to reading. Fixed operations
and queries that the definition limits to reading are not meant. Whoever steers the agent steers the
machine or the database.
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="code-execution",
    kind=Kind.CAPABILITY,
    severity=Severity.CRITICAL,
    title="Runs code or queries of the caller",
    references=("MCP05:2025", "ASI05:2026", "AML.T0053", "SAFE-T1101", "CWE-78", "CWE-94"),
)
LABEL = "code_execution"


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Quote the running verb and the parameter that takes the code."""
    yield from quotes.by_rules(reading, matched, LABEL)
