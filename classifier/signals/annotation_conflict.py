"""The vendor's hints say less than the definition does.

Hints are claims: they never lower a risk. A tool that says `readOnlyHint: true` and whose own name
or text deletes, sends or runs something is mislabelled at best. A missing hint is not a conflict;
its absence is shown beside the findings.
"""

from collections.abc import Iterator, Sequence

from classifier.reading import Reading
from classifier.rules import Rule
from classifier.verdict import Evidence, Kind, Severity, Signal

SIGNAL = Signal(
    id="annotation-conflict",
    kind=Kind.CLAIM,
    severity=Severity.MEDIUM,
    title="Hints contradict the definition",
    references=("MCP03:2025",),
)
_CHANGING = frozenset(
    [
        "@write-delete",
        "@write-create",
        "@write-update",
        "@write-save",
        "@exec-send",
        "@exec-trade",
        "@exec-stop",
    ]
)


def detect(reading: Reading, matched: Sequence[Rule]) -> Iterator[Evidence]:
    """Point to the hint, and quote the word that contradicts it."""
    if not reading.tool.annotations:
        return
    hints = reading.tool.hints
    verb = reading.name_verb
    changes = verb is not None and verb[1] in _CHANGING
    if changes and hints.read_only_hint is True:
        yield Evidence("/annotations/readOnlyHint", 0, 0, "readOnlyHint")
        quote = reading.quote_name(_CHANGING)
        if quote:
            yield quote
    deletes = any(rule.id == "write-delete" for rule in matched) and verb is not None
    if (
        deletes
        and verb is not None
        and verb[1] == "@write-delete"
        and hints.destructive_hint is False
    ):
        yield Evidence("/annotations/destructiveHint", 0, 0, "destructiveHint")
