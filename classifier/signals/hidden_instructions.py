"""The definition gives orders to the model instead of describing the tool.

Orders to ignore what the user or the system said, to keep something from the user, to fetch a secret
and hand it over, fake system messages: a model reads them in every session in which the tool is
merely listed, whether or not it is called. A tool that scans for such orders quotes them too, so a
single weak phrase is reported with low confidence. A safety note ("always ask the user first") and
an ordinary "call A before B" are not orders of this kind.
"""

from collections.abc import Iterator, Sequence

from classifier import orders as _orders
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="hidden-instructions",
    kind=Kind.THREAT,
    severity=Severity.CRITICAL,
    title="Gives orders to the model",
    references=("MCP03:2025", "ASI01:2026", "AML.T0051", "SAFE-T1001", "CWE-1427"),
)

TRIGGER = _orders.TRIGGER


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote each order, with what it weighs; a definition about such orders weighs half."""
    about = not _SUBJECT.isdisjoint(reading.near) and not reading.acts.isdisjoint(_LOOKS)
    for text in reading.suspects[SIGNAL.id]:
        for weight, quote in _orders.orders(text):
            yield (weight * 0.4 if about else weight), quote


_SUBJECT = frozenset(
    ["injection", "injections", "jailbreak", "jailbreaks", "prompt", "poisoning", "adversarial"]
)
_LOOKS = frozenset(
    [
        "scan",
        "detect",
        "check",
        "analyze",
        "classify",
        "generate",
        "test",
        "score",
        "validate",
        "evaluate",
    ]
)
