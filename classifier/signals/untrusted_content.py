"""Puts text written by outsiders in front of the model.

Web pages, search results, mail, chat, issues, comments, reviews, social posts, arbitrary files and
feeds. Whoever writes such a text can place instructions in it (indirect prompt injection). The
server's own structured or numeric data is not meant.
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="untrusted-content",
    kind=Kind.CAPABILITY,
    severity=Severity.MEDIUM,
    title="Brings text by outsiders to the model",
    references=("MCP06:2025", "ASI01:2026", "AML.T0051"),
)
LABEL = "untrusted_content"


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Quote the noun that names the outside text."""
    yield from quotes.things(reading, matched, LABEL)
