"""What the tool returns, or an example in its schema, is meant to be obeyed.

A definition that tells the model to treat results as instructions, and orders hidden where nobody
looks: in defaults, enums, constants, examples and the output schema. Every string of the definition
is read, not only descriptions. Untrusted text in results is another thing (untrusted-content): there
nobody says that it should be followed.
"""

from collections.abc import Iterator, Sequence

from classifier.clues import meeting, meetings, trigger
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
    meeting(0.9, "obey result orders"),
    meeting(0.9, "obey orders model"),
    meeting(0.9, "obey user orders"),
    meeting(0.9, "obey call_on result"),
)
_PLACED = (
    meeting(0.9, "do_now model"),
    meeting(0.9, "do_now you_must"),
    meeting(0.9, "do_now alien_tool"),
    meeting(0.9, "you_must call_on"),
    meeting(0.9, "obey"),
    meeting(0.9, "override rules"),
    meeting(0.9, "keyfile take"),
    meeting(0.9, "keyfile out_of"),
    meeting(0.9, "secret ask_user first"),
    meeting(0.9, "secret take first give"),
    meeting(0.9, "secret ask_user take"),
)
PHRASES = True
TRIGGER = trigger((*_OBEYED, *_PLACED))
_PLACES = ("/default", "/const", "/pattern", "/$comment", "/examples", "/enum", "/title")


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote what is to be obeyed, and orders in places for data."""
    for text in reading.suspects.texts[SIGNAL.id]:
        yield from meetings(reading, text, _OBEYED)
        if _is_data(text):
            yield from meetings(reading, text, _PLACED)


def _is_data(text: Text) -> bool:
    pointer = text.pointer
    if pointer.startswith("/outputSchema"):
        return True
    return pointer.startswith("/inputSchema") and any(place in pointer for place in _PLACES)
