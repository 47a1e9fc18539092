"""Markup that a reader does not see or that acts by itself.

Comments, hidden elements, event handlers, `javascript:` links, and images whose address carries data
away, inside a definition. A tool that works on HTML names such things as its subject; what is quoted
as an example of plain markup (`<b>`, `<img src=...>`) is not meant.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import re2

from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="hidden-markup",
    kind=Kind.THREAT,
    severity=Severity.HIGH,
    title="Markup that hides or acts",
    references=("MCP03:2025", "AML.T0051", "CWE-79", "CWE-116"),
)
_PATTERNS = (
    (0.9, r"<!--[^>]{0,40}\b(?:assistant|system|model|agent|ai|instruction|important|must|first|read|send|ignore)\b"),
    (0.9, r"<[a-z]+[^<>]{0,60}(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0|\shidden\b)[^<>]{0,60}>\s*[^<\s]"),
    (0.9, r"<[a-z]+[^<>]{0,80}\son(?:error|load|click|mouseover|focus)\s*=\s*[\"'\\]*\s*\w+[^<>]{0,60}\("),
    (0.9, r"\]\(\s*javascript:|href\s*=\s*[\"'\\]*javascript:"),
    (0.9, r"!\[[^\]\n]{0,60}\]\(https?://[^)\s]{1,120}(?:\{|%7b|<|\$)[^)\n]{0,60}\)"),
    (0.9, r"<script[\s>][^<]{0,200}(?:fetch|document\.cookie|xmlhttprequest|eval)\b"),
    (0.9, r"\beval\(\s*atob\("),
)  # fmt: skip
TRIGGER = r"(?i)<!--|display\s*:|visibility\s*:|font-size\s*:\s*0|opacity\s*:|\shidden|\son(?:error|load|click|mouseover|focus)|javascript:|!\[|<script|eval\("


@cache
def _compiled() -> tuple[tuple[float, Any], ...]:
    """Return the patterns, ready: most definitions have no markup, and they are dear to compile."""
    return tuple((weight, re2.compile("(?i)" + text)) for weight, text in _PATTERNS)  # type: ignore[no-untyped-call]


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[tuple[float, Evidence]]:
    """Quote markup that hides or acts; a tool about markup weighs less."""
    for text in reading.suspects.texts[SIGNAL.id]:
        searched = text.searched()
        for weight, pattern in _compiled():
            found = pattern.search(searched)
            if found:
                subject = not reading.near.isdisjoint(_SUBJECT)
                yield weight * (0.5 if subject else 1.0), text.quote(found.start(), found.end())


_SUBJECT = frozenset(
    ["html", "xss", "sanitize", "markup", "css", "dom", "svg", "template", "component"]
)
