"""Moves or commits money or tradable assets.

Paying, transferring, trading, refunding, charging, subscribing, signing or sending a blockchain
transaction, or changing such an order. Reading prices and balances, quotes, and unsigned
transactions are not financial. One wrong call costs money that rarely comes back.
"""

from collections.abc import Iterator, Sequence

from classifier import quotes
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="financial",
    kind=Kind.CAPABILITY,
    severity=Severity.CRITICAL,
    title="Moves or commits money or assets",
    references=("ASI02:2026", "SAFE-T2104"),
)
LABEL = "financial"


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Quote the paying or trading verb and its object."""
    yield from quotes.by_rules(reading, matched, LABEL)
