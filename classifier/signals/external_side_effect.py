"""Makes something happen outside the store that it writes to.

It reaches people, third parties, the physical world or a running process: a message, a call, a
build, a deployment, a device, an order, an agent or model run, a session on an outside platform.
Plain reads and plain create, update or delete of a record are not meant.
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="external-side-effect",
    kind=Kind.CAPABILITY,
    severity=Severity.HIGH,
    title="Acts outside its own store",
    references=("AML.T0086", "SAFE-T1914", "ASI02:2026"),
)
LABEL = "external_side_effect"


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Quote the acting verb and what it acts on."""
    yield from quotes.by_rules(reading, matched, LABEL)
