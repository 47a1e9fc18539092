"""The vendor's hints say less than the definition does.

Hints are claims: they never lower a risk. A tool that says `readOnlyHint: true` and that is judged
to write, delete, send or run something is mislabelled at best; so is one that says
`destructiveHint: false` and deletes for good or runs what it is given. What a verdict leaves open
is no conflict, nor is a missing hint; its absence is shown beside the findings.
"""

from collections.abc import Iterator, Mapping, Sequence

from classifier import decide
from classifier.reading import Reading
from classifier.verdict import Category, Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="annotation-conflict",
    kind=Kind.CLAIM,
    severity=Severity.MEDIUM,
    title="Hints contradict the definition",
    references=("MCP03:2025",),
)
_QUOTES = 2


def contradict(
    reading: Reading,
    category: Category,
    confidence: float,
    found: Mapping[str, Sequence[Evidence]],
    evidence: Sequence[Evidence],
) -> Iterator[Evidence]:
    """Point to each hint that the verdict contradicts, and quote what the verdict rests on."""
    hints = reading.tool.hints
    quotes: list[Evidence] = []
    if hints.read_only_hint is True and decide.changes(category, confidence, found):
        yield Evidence("/annotations/readOnlyHint", 0, 0, "readOnlyHint")
        signal = next((one for one in decide.CHANGING if one in found), None)
        quotes += [*(found[signal][:1] if signal else ()), *evidence]
    lasting = next((one for one in _LASTING.get(category, ()) if one in found), None)
    if hints.destructive_hint is False and lasting:
        yield Evidence("/annotations/destructiveHint", 0, 0, "destructiveHint")
        quotes += found[lasting]
    yield from quotes[:_QUOTES]


_LASTING = {
    Category.WRITE: ("destructive",),
    Category.EXECUTE: ("destructive", "code-execution"),
}
"""Signals by which a call destroys. Code that is stored to be drawn with (a shader) does not."""
