"""Text of the definition that is written so that a reader does not read it.

Base64, hexadecimal, percent, numeric entities, escapes, rot13, text written backwards, digits for
letters, or letters borrowed from mathematics or full-width forms, that decode to sentences, or a
call to decode and run something. Hashes, tokens, images and short examples of a codec decode to nothing
that can be read, and are not meant.
"""

from collections.abc import Iterator, Sequence

import re2

from classifier.reading import Reading
from classifier.rules import Rule
from classifier.unveil import TRIGGER as _ENCODED
from classifier.unveil import decoded
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="encoded-payload",
    kind=Kind.THREAT,
    severity=Severity.HIGH,
    title="Text encoded out of sight",
    references=("MCP03:2025", "AML.T0068", "SAFE-T1001", "CWE-506"),
)
_run = re2.compile(
    r"(?i)\beval\(\s*(?:atob|base64|decode|buffer\.from)|\bbase64\s+(?:-d|--decode)[^\n]{0,40}\|\s*(?:ba)?sh"
)  # type: ignore[no-untyped-call]
TRIGGER = (*_ENCODED, r"(?i)eval\(|base64 +-")


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote each run that decodes to a sentence."""
    for text in reading.suspects.texts[SIGNAL.id]:
        searched = text.searched()
        for start, end, _ in decoded(searched):
            yield 0.9, text.quote(start, end)
        run = _run.search(searched)
        if run:
            yield 0.9, text.quote(run.start(), run.end())
