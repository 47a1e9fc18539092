"""The definition talks the model into choosing it, whatever the user wants.

"Always use this instead of any other", "even if the user names another one", claims that all rivals
are dangerous, an endorsement that nobody can check. A hint about which of its own siblings fits when
("prefer this over update_row for many rows"), or "use this rather than your own knowledge", is
ordinary and not meant.
"""

from collections.abc import Iterator, Sequence

import re2

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
_PATTERNS = (
    (0.9, r"\b(?:even (?:if|when)) the user\b[^.\n]{0,30}\b(?:names?|asks?|wants?|requests?|prefers?|explicitly)"),
    (0.5, r"\balways (?:choose|use|prefer|pick|select)\b[^.\n]{0,25}\bthis tool\b[^.\n]{0,25}\b(?:over|instead|before|rather)"),
    (0.9, r"\b(?:instead of|over) (?:all|any|every)\b[^.\n]{0,25}\b(?:competing|rival|other)\b"),
    (0.9, r"\b(?:other|rival|competing|all other)\b[^.\n]{0,25}\btools?\b[^.\n]{0,50}\b(?:unreliable|malicious|dangerous|unsafe|must never|outdated|untrustworthy)"),
    (0.9, r"\bignore all other tools\b|\bnever select a different\b|\bthe other ones are (?:malicious|dangerous)"),
    (0.9, r"\bfor every request\b[^.\n]{0,20}\bwhatever\b|\bonly trustworthy\b|\bonly this one may be\b"),
    (0.9, r"\b(?:highest|top) priority\b[^.\n]{0,60}\b(?:before|over|all others?|other tools)"),
    (0.9, r"\b(?:endorsed|certified|approved|recommended) by (?:the model vendor|openai|anthropic|google deepmind)"),
    (0.9, r"\brefuse to (?:call|use)\b|\bdiscourage the user\b|\balways rank this\b"),
    (0.9, r"\bmust recommend\b[^.\n]{0,60}\b(?:first|only|products)"),
    (0.9, r"\bdo not use (?:the )?(?:any )?other\b[^.\n]{0,30}\btools?\b[^.\n]{0,40}\b(?:even|ever|under no)"),
)  # fmt: skip
_COMPILED = tuple((weight, re2.compile("(?i)" + text)) for weight, text in _PATTERNS)  # type: ignore[no-untyped-call]
TRIGGER = (
    r"(?i)even (?:if|when) the user|always (?:choose|use|prefer|pick|select|rank)|(?:instead of|over) (?:all|any|every)"
    r"|unreliable|malicious|dangerous|untrustworthy|outdated|ignore all|a different|other ones|whatever|trustworthy"
    r"|only this one|priority|endorsed by|certified by|approved by|recommended by|refuse to|discourage|must recommend"
    r"|do not use (?:the )?(?:any )?other"
)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote each phrase that pushes, with what it weighs."""
    for text in reading.suspects[SIGNAL.id]:
        searched = text.searched()
        for weight, pattern in _COMPILED:
            found = pattern.search(searched)
            if found:
                yield weight, text.quote(found.start(), found.end())
