"""Acts on many targets in one call.

Batch, bulk or mass operations, "all" of something, arrays of targets; for reads only a mass export,
a dump or a batch fetch. Listing, searching and paging are not bulk, nor is an array that describes
one target, a time unit ("every 30 minutes") or a scope ("all subsequent work").
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="bulk-operation",
    kind=Kind.CAPABILITY,
    severity=Severity.MEDIUM,
    title="Acts on many targets at once",
    references=("AML.T0034.002", "CWE-770"),
)
LABEL = "bulk"


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Quote the word or the array parameter that makes it many."""
    yield from quotes.things(reading, matched, LABEL)
