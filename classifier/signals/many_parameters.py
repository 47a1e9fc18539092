"""Takes more than a dozen parameters, nested ones counted.

The more a call can be told, the harder it is to review, and the more of it a policy must bound.
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="many-parameters",
    kind=Kind.SCHEMA,
    severity=Severity.INFO,
    title="Takes many parameters",
    references=(),
)
THRESHOLD = 13
"""Parameters from which the signal is raised."""


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Point to the first parameter past the threshold."""
    if len(reading.parameters) < THRESHOLD:
        return
    listed = [p for p in reading.parameters if p.pointer != "/description"]
    if len(listed) >= THRESHOLD:
        yield quotes.parameter(listed[THRESHOLD - 1])
