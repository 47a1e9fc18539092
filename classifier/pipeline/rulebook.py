"""Every rule that a report may speak of: of a tool, of a client config, of a catalogue."""

from __future__ import annotations

from functools import cache

from classifier.pipeline.catalogue import definition_drift, lookalike_server, name_collision
from classifier.pipeline.config import auto_approved, unpinned_launch
from classifier.pipeline.findings import TOOL_RISK, Rule
from classifier.signals import detectors
from classifier.verdict import Severity


@cache
def rules() -> tuple[Rule, ...]:
    """Return every rule, sorted by id."""
    found = [
        unpinned_launch.RULE,
        auto_approved.RULE,
        definition_drift.RULE,
        lookalike_server.RULE,
        name_collision.RULE,
        Rule(
            id=TOOL_RISK,
            title="What a call of this tool can do",
            kind="risk",
            severity=Severity.HIGH,
            text="The tool's own level: how much harm one call can do, and how hard it is to undo.",
        ),
    ]
    for detector in detectors():
        signal = detector.signal
        found.append(
            Rule(
                id=signal.id,
                title=signal.title,
                kind=signal.kind.value,
                severity=signal.severity,
                text=" ".join(detector.page.split("\n\n")[0].split()),
                references=signal.references,
            )
        )
    return tuple(sorted(found, key=lambda rule: rule.id))
