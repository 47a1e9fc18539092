"""A definition is not what it was: shown with what came, and whether it looks like a rug pull.

Approval was given to other words. A change alone is low; a new threat, a higher risk, a step from
reading to changing something, or other hints make it high. A tool that came or went is a change too.
One that was undone stays a finding: whoever used the tool in between had the other definition, and a
server that shows its old one to who looks closely is no better for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from classifier.pipeline.drift import Difference
from classifier.pipeline.findings import Entry, Rule
from classifier.pipeline.plain import plain
from classifier.verdict import Evidence, Severity

DRIFT_DAYS = 30
"""Days for which a change in a catalogue that looks like a rug pull stays a finding."""

RULE = Rule(
    id="definition-drift",
    title="The definition changed",
    kind="catalogue",
    severity=Severity.HIGH,
    text="The definition of this tool is not the one that was looked at before. Of a catalogue: a "
    f"change that looks like a rug pull, for {DRIFT_DAYS} days, also where it was undone since.",
    references=("MCP03:2025", "ASI04:2026", "AML.T0109", "SAFE-T1201"),
)
_MOST_QUOTES = 4
_SAID = {
    "changed": "changed",
    "added": "not among what was agreed to",
    "removed": "agreed to, and no longer there",
}


def find(differences: Iterable[Difference], file: str | None = None) -> Iterator[Entry]:
    """Yield a finding for every tool that changed, came or went."""
    for one in differences:
        said, reasons = _SAID[one.kind], one.rug_pull
        if reasons:
            told = f"looks like a rug pull{_when(one)}: {'; '.join(reasons)}"
            said = told if one.kind == "changed" else f"{said}; {told}"
        yield Entry(
            rule=RULE.id,
            server=one.server,
            tool=one.tool,
            level=Severity.HIGH if reasons else Severity.LOW,
            message=said,
            evidence=tuple(_came(one))[:_MOST_QUOTES],
            file=file,
        )


def _when(one: Difference) -> str:
    """Return the days on which it changed so and what became of it, where they are known."""
    if not one.days:
        return ""
    first, last = one.days[0], one.days[-1]
    on = {1: f"on {first}", 2: f"on {first} and {last}"}.get(
        len(one.days), f"on {len(one.days)} days from {first} to {last}"
    )
    return f" ({on}{f', {one.left}' if one.left else ''})"


def _came(one: Difference) -> Iterator[Evidence]:
    """Yield the words that came, by place; those that went where none came."""
    for change in one.changes[0]:
        new = [words for kind, words in change.parts if kind == "in"]
        old = [words for kind, words in change.parts if kind == "out"]
        for words in new or old:
            yield Evidence(change.pointer, 0, 0, plain(words, 160))
