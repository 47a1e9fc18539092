"""Deletes, wipes, overwrites or terminates something for good.

The effect cannot be undone with the same tools: a record, file, branch or account is gone, a whole
content is replaced, a machine is terminated. Archiving, closing, detaching and an ordinary update
are not destructive. An agent that follows a wrong or planted instruction does lasting harm here.
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="destructive",
    kind=Kind.CAPABILITY,
    severity=Severity.HIGH,
    title="Deletes or overwrites for good",
    references=("MCP02:2025", "ASI02:2026", "AML.T0101", "SAFE-T2101"),
)
LABEL = "destructive"


def spares(reading: Reading) -> bool:
    """Say whether the only deletion that is told of is a soft one, which can be taken back."""
    told = f" {' '.join((*reading.first, '.', *reading.rest))} "
    soft = any(one in told for one in _SOFT)
    return soft and not any(one in told for one in _HARD)


_SOFT = (" soft delete ", " soft deletes ", " soft deleted ")
_HARD = (
    " hard delete ",
    " hard deletes ",
    " permanently ",
    " instead of ",
    " purge ",
    " purges ",
    " overwrites ",
    " for good ",
    " not a soft ",
    " no soft ",
)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Quote the deleting verb and its object."""
    yield from quotes.by_rules(reading, matched, LABEL)
