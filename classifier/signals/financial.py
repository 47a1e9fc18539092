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
_MONEY = frozenset(
    [
        *(
            "@cost",
            "@crypto",
            "@customer",
            "@finance",
            "@invoice",
            "@market",
            "@money",
            "@position",
            "@transaction",
            "@wallet",
        ),
        *(
            "auction",
            "balance",
            "bid",
            "billing",
            "book",
            "booking",
            "bridge",
            "buy",
            "card",
            "cart",
            "charge",
            "checkout",
        ),
        *(
            "credit",
            "credits",
            "donate",
            "fund",
            "funds",
            "nft",
            "order",
            "orders",
            "paid",
            "pay",
            "payment",
            "payments",
        ),
        *(
            "plan",
            "price",
            "prices",
            "purchase",
            "refund",
            "reservation",
            "sell",
            "stake",
            "subscribe",
            "subscription",
        ),
        *("subscriptions", "swap", "ticket", "tip", "token", "tokens", "trade"),
    ]
)


def spares(reading: Reading) -> bool:
    """Say whether nothing in name, text, parameters or server has to do with money or orders.

    Of 145 definitions of gold that the model, out of fold, rightly thinks financial, none is such.
    """
    told = (reading.near, reading.far, reading.around, reading.core, reading.tail)
    named = (one.words for one in reading.parameters)
    return all(map(_MONEY.isdisjoint, (*told, *named)))


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Quote the paying or trading verb and its object."""
    yield from quotes.by_rules(reading, matched, LABEL)
