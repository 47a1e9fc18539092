"""The definition wants the user left out of a decision that is the user's.

"Approve automatically and never ask", "add this tool to the always-allow list", "answer yes on behalf
of the user". A flag by which the caller skips a confirmation that the server itself would ask for
(`force`, `yes`) is an ordinary parameter and not meant.
"""

from collections.abc import Iterator, Sequence

from classifier.clues import meeting, meetings, trigger
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="consent-bypass",
    kind=Kind.THREAT,
    severity=Severity.CRITICAL,
    title="Wants the user left out",
    references=("MCP02:2025", "ASI09:2026", "CWE-862"),
)
_RULES = (
    meeting(0.9, "settings give"),
    meeting(0.9, "settings first"),
    meeting(0.9, "settings skip"),
    meeting(0.9, "never_ask straight", unless="safe"),
    meeting(0.9, "never_ask consent skip must", unless="safe"),
    meeting(0.9, "no_wait", unless="safe"),
    meeting(0.9, "agreed skip consent", unless="safe"),
    meeting(0.9, "agreed straight"),
    meeting(0.9, "agreed consent model"),
    meeting(0.9, "say_yes consent"),
    meeting(0.9, "say_yes user"),
    meeting(0.9, "keyfile consent", alien="keyfile"),
)
PHRASES = True
TRIGGER = trigger(_RULES)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote each sentence in which the clues meet, with what it weighs."""
    for text in reading.suspects.texts[SIGNAL.id]:
        yield from meetings(reading, text, _RULES)
