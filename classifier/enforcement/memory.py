"""Which rules of a settings file are ours, kept in a file beside it (`settings.json.toolrisk`).

The formats of settings have no place for it. A rule of the user's that was tightened is kept too:
when the policy becomes looser again, it goes back to what the user wrote and no further.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from classifier.enforcement.documents import mapping, read_json
from classifier.errors import PolicyError
from classifier.rule import Decision

Rules = dict[str, Decision]
"""Rule to decision; how a rule is spelt is the target's own affair."""

SUFFIX = ".toolrisk"


@dataclass(frozen=True, slots=True)
class Memory:
    """The rules that are ours, and what the user had written where ours is stricter."""

    ours: Rules = field(default_factory=dict)
    tightened: Rules = field(default_factory=dict)

    def text(self, target_id: str) -> str:
        """Return what to write beside the settings file of a target."""
        document: dict[str, Any] = {"target": target_id, "rules": _words(self.ours)}
        if self.tightened:
            document["tightened"] = _words(self.tightened)
        return json.dumps(document, indent=1) + "\n"

    def is_ours(self, rule: str, decision: Decision) -> bool:
        """Say whether a rule of a file is ours, with nothing of the user's beneath it."""
        return self.ours.get(rule) is decision and rule not in self.tightened


def read_memory(text: str | None, target_id: str) -> Memory:
    """Return what is remembered; nothing where there is no such file, or for another target.

    Raises:
        PolicyError: it is malformed.

    """
    if text is None:
        return Memory()
    try:
        memory = mapping(read_json(text, "memory"), "memory")
        if memory.get("target") != target_id:
            return Memory()
        return Memory(_rules(memory.get("rules")), _rules(memory.get("tightened")))
    except (PolicyError, ValueError) as error:
        raise PolicyError(
            f"the memory of a merge (*{SUFFIX}) is malformed; take that file away"
        ) from error


def _rules(value: object) -> Rules:
    return {str(rule): Decision(word) for rule, word in mapping(value, "rules").items()}


def _words(rules: Mapping[str, Decision]) -> dict[str, str]:
    return {rule: decision.value for rule, decision in sorted(rules.items())}
