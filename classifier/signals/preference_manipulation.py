"""The definition talks the model into choosing it, whatever the user wants.

"Always use this instead of any other", "even if the user names another one", claims that all rivals
are dangerous, an endorsement that nobody can check. A hint about which of its own siblings fits when
("prefer this over update_row for many rows"), or "use this rather than your own knowledge", is
ordinary and not meant.
"""

from collections.abc import Iterator, Sequence

from classifier.clues import meeting, meetings, trigger
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="preference-manipulation",
    kind=Kind.THREAT,
    severity=Severity.MEDIUM,
    title="Talks the model into choosing it",
    references=("MCP03:2025", "ASI09:2026", "SAFE-T1008"),
)
_RULES = (
    meeting(0.9, "reward"),
    meeting(0.9, "for_every"),
    meeting(0.9, "rivals choose whatever"),
    meeting(0.9, "rivals user whatever"),
    meeting(0.9, "rivals best choose"),
    meeting(0.9, "rivals authority decree"),
    meeting(0.9, "slander rivals"),
    meeting(0.9, "slander other_tools choose"),
    meeting(0.9, "whatever choose user"),
    meeting(0.9, "whatever choose best"),
    meeting(0.9, "authority decree best"),
)
PHRASES = True
TRIGGER = trigger(_RULES)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote each sentence in which the clues meet, with what it weighs."""
    for text in reading.suspects.texts[SIGNAL.id]:
        yield from meetings(reading, text, _RULES)
