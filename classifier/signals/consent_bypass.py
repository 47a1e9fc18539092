"""The definition wants the user left out of a decision that is the user's.

"Approve automatically and never ask", "add this tool to the always-allow list", "answer yes on behalf
of the user". A flag by which the caller skips a confirmation that the server itself would ask for
(`force`, `yes`) is an ordinary parameter and not meant.
"""

import re  # noqa: TID251 - anchored, without repetition of repetitions: linear
from collections.abc import Iterator, Sequence

from classifier.clues import meeting, meetings, trigger
from classifier.reading import Reading
from classifier.rules import Rule
from classifier.texts import Text
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
        if _is_flag(text):
            continue
        yield from meetings(reading, text, _RULES)


_FLAG = re.compile(
    r"(?:automatically )?(?:answers?|assumes?|says?) [\"'`]?yes[\"'`]? to (?:all|any|every) (?:prompts?|questions?)"
    r"(?: \([a-z0-9 -]{1,30}\))?\.?",
    re.IGNORECASE,
)
_OF_PARAMETER = re.compile(r"/inputSchema/properties/[^/]{1,100}/description")


def _is_flag(text: Text) -> bool:
    """Say whether all that is said of a parameter is that a program is run with its own `--yes`."""
    said = text.value.strip()
    return bool(_OF_PARAMETER.fullmatch(text.pointer) and _FLAG.fullmatch(said))
