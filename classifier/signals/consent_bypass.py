"""The definition wants the user left out of a decision that is the user's.

"Approve automatically and never ask", "add this tool to the always-allow list", "answer yes on behalf
of the user". A flag by which the caller skips a confirmation that the server itself would ask for
(`force`, `yes`) is an ordinary parameter and not meant.
"""

from collections.abc import Iterator, Sequence

import re2

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
_ASKING = r"(?:confirmation|consent|approval|permission|permissions)"
_PATTERNS = (
    (0.9, r"\b(?:approve|confirm|accept)s? (?:it )?automatically\b[^.\n]{0,30}\b(?:never|without|not)\b"),
    (0.9, r"\bnever ask (?:the user|for (?:confirmation|permission|approval|consent))|\bapprove automatically and never ask\b"),
    (0.9, r"\b(?:don'?t|do not) (?:bother|disturb|ask|consult) the user\b[^.\n]{0,40}\b" + _ASKING),
    (0.9, r"\bno longer need (?:the user'?s )?permission\b|\bwithout (?:the )?user(?:'s)? (?:consent|approval|permission|confirmation)\b"),
    (0.9, r"\buser has already (?:agreed|approved|consented|confirmed)\b[^.\n]{0,50}\b(?:every|all|skip|any)"),
    (0.9, r"\bskip the (?:approval|confirmation|permission) (?:dialog|prompt|step)|\bbypass the (?:permission|approval|confirmation|consent)"),
    (0.9, r"\bdisable (?:the )?(?:confirmation|permission|approval|safety) (?:prompts?|checks?|dialogs?)"),
    (0.9, r"\balways[- ]allow(?:ed)? list\b|\bauto[_-]?approve\b[^.\n]{0,30}\b(?:true|in the client|settings|list)"),
    (0.9, r"\bdangerously[- ]skip[- ]permissions\b|\b(?:answer|say|reply) yes\b[^.\n]{0,30}\b(?:behalf|confirmation|whenever)"),
    (0.9, r"\b(?:edit|change|modify)\b[^.\n]{0,40}(?:claude\.json|settings\.json|mcp\.json)[^.\n]{0,60}\b(?:trust|permission|allow)"),
    (0.9, r"\b(?:so that|make sure) this server is trusted\b"),
)  # fmt: skip
_COMPILED = tuple((weight, re2.compile("(?i)" + text)) for weight, text in _PATTERNS)  # type: ignore[no-untyped-call]
TRIGGER = (
    r"(?i)automatically|never ask|bother|disturb|consult the user|not ask|n't ask|longer need|without (?:the )?user"
    r"|already (?:agreed|approved|consented|confirmed)|skip the|bypass the|disable (?:the )?(?:confirm|permis|approv|safety)"
    r"|always[- ]allow|auto[_-]?approve|skip[- ]permissions|yes on behalf|say yes|reply yes|answer yes|claude\.json"
    r"|settings\.json|mcp\.json|is trusted"
)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote each phrase that leaves the user out, with what it weighs."""
    for text in reading.suspects[SIGNAL.id]:
        searched = text.searched()
        for weight, pattern in _COMPILED:
            found = pattern.search(searched)
            if found:
                yield weight, text.quote(found.start(), found.end())
