"""What the tool returns, or an example in its schema, is meant to be obeyed.

A definition that tells the model to treat results as instructions, and orders hidden where nobody
looks: in defaults, enums, constants, examples and the output schema. Every string of the definition
is read, not only descriptions. Untrusted text in results is another thing (untrusted-content): there
nobody says that it should be followed.
"""

from collections.abc import Iterator, Sequence

import re2

from classifier.orders import TRIGGER as ORDERS_TRIGGER
from classifier.orders import orders
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.texts import Text
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="output-poisoning",
    kind=Kind.THREAT,
    severity=Severity.CRITICAL,
    title="Orders where results or examples stand",
    references=("MCP03:2025", "MCP06:2025", "AML.T0051.001", "CWE-1427"),
)
_OBEYED = (
    r"(?i)(?:treated?|regarded?|interpreted?|taken)\s+as\s+(?:\w+\s+){0,2}(?:instructions?|commands?|orders?)"
    r"|(?:follow|obey|execute|carry out)\b[^.\n]{0,25}\b(?:any |every |all |the )?(?:instructions?|commands?|orders?|text)\b"
    r"[^.\n]{0,40}\b(?:returned|result|output|field|found|response|it returns|by this tool)"
    r"|(?:results?|outputs?|response)\b[^.\n]{0,40}\b(?:execute|run|follow|obey)\s+(?:them|it)\b[^.\n]{0,40}"
    r"\b(?:immediately|without|at once|blindly)"
    r"|follow what it returns|\bas if the user had\b"
)
_HIDDEN = (
    r"(?i)(?:assistant|model|system)\b[,:][^.\n]{0,80}\b(?:run|call|read|send|proceed|execute|delete)\b"
    r"|\byou must (?:now )?call\b|\bapproved all\b|\bprovide the contents? of\b|\bbefore calling,? read\b"
    r"|\bread\b[^.\n]{0,30}(?:\.env|id_rsa|/etc/|\.ssh)"
)
TRIGGER = (
    ORDERS_TRIGGER
    + r"|(?:treat|regard|interpret|taken)\w* as|obey|execute them|run them|follow (?:any|what|the|all)"
    r"|you must|approved all|provide the content|as if the user"
)
_obeyed = re2.compile(_OBEYED)  # type: ignore[no-untyped-call]
_hidden = re2.compile(_HIDDEN)  # type: ignore[no-untyped-call]
_PLACES = ("/default", "/const", "/pattern", "/$comment", "/examples", "/enum", "/title")


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote what is to be obeyed, and orders in places for data."""
    for text in reading.suspects[SIGNAL.id]:
        searched = text.searched()
        found = _obeyed.search(searched)
        if found:
            yield 0.9, text.quote(found.start(), found.end())
        if _is_data(text):
            yield from orders(text)
            found = _hidden.search(searched)
            if found:
                yield 0.9, text.quote(found.start(), found.end())


def _is_data(text: Text) -> bool:
    pointer = text.pointer
    if pointer.startswith("/outputSchema"):
        return True
    return pointer.startswith("/inputSchema") and (
        text.is_key or any(place in pointer for place in _PLACES)
    )
