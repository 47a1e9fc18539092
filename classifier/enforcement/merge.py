"""An existing settings file, brought up to date: what is not ours stays as it is.

Which rules are ours is remembered in a file beside it (`settings.json.toolrisk`), because the
formats have no place for it. A rule of ours may be changed or taken away; a rule that the user
wrote is never loosened: where it is stricter than ours, it stays, and the report says so.
Merging twice changes nothing the second time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from classifier.enforcement.documents import mapping, read_json
from classifier.enforcement.target import Output
from classifier.enforcement.words import quoted
from classifier.errors import PolicyError
from classifier.rule import Decision

Rules = dict[str, Decision]
"""Rule to decision; how a rule is spelt is the target's own affair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The new text, what to remember as ours, the rules that change, and what was kept.

    The diff is one of rules, not of text: the same file may hold tokens, which are never shown.
    """

    text: str
    ours: str
    diff: str
    kept: tuple[str, ...]


def merge(module: ModuleType, output: Output, old: str, remembered: str | None) -> Merged:
    """Bring an existing file up to date with a new policy.

    The target's module needs `read_rules(text) -> Rules`, `write_rules(text, Rules) -> str` and
    `server_of(rule) -> str`, `implied(text, rule)` where leaving a tool out decides about it, and
    `fallback(rule) -> str` where another rule decides about a tool that has none, and
    `faults(text)` where the client would refuse the file.

    Raises:
        PolicyError: the target has no settings file to merge into, or the file is broken.

    """
    if not hasattr(module, "read_rules"):
        raise PolicyError(
            f"{output.target.title}: its file is a policy of its own, so there is nothing to "
            "merge; write it with --out"
        )
    existing: Rules = module.read_rules(old)
    before = _remembered(remembered, output.target.id)
    result, ours = _carried_over(module, output, existing, before)
    kept = _laid_over(module, old, module.read_rules(output.text), before, (result, ours))
    text = old if result == existing else module.write_rules(old, result)
    if text != old and hasattr(module, "faults"):
        kept += [f"{fault}; give its key with --server-key" for fault in module.faults(text)]
    memory = {"target": output.target.id, "rules": {r: d.value for r, d in sorted(ours.items())}}
    return Merged(
        text=text,
        ours=json.dumps(memory, indent=1) + "\n",
        diff=_diff(existing, result),
        kept=tuple(kept),
    )


def _diff(existing: Rules, result: Rules) -> str:
    lines = []
    for rule in sorted({*existing, *result}):
        before, after = existing.get(rule), result.get(rule)
        if before is not after:
            lines += [f"-{before.value:<5} {quoted(rule)}\n"] if before else []
            lines += [f"+{after.value:<5} {quoted(rule)}\n"] if after else []
    return "".join(("--- before\n", "+++ after\n", *lines)) if lines else ""


def _carried_over(
    module: ModuleType, output: Output, existing: Rules, before: Mapping[str, Decision]
) -> tuple[Rules, Rules]:
    """Return what stays of an existing file whatever the new policy says, and what of it is ours."""
    looked_at = {key for key, _ in output.effective}
    result: Rules = {}
    ours: Rules = {}
    for rule, decision in existing.items():
        if before.get(rule) is not decision:
            result[rule] = decision
        elif module.server_of(rule) not in looked_at:
            # Ours, of a server that was not looked at this time: unknown is no reason to loosen.
            result[rule] = ours[rule] = decision
    return result, ours


def _laid_over(
    module: ModuleType,
    old: str,
    wanted: Rules,
    before: Mapping[str, Decision],
    made: tuple[Rules, Rules],
) -> list[str]:
    """Put the wanted rules over what stays, never loosening; return what to tell the user."""
    result, ours = made
    told: list[str] = []
    for rule, decision in wanted.items():
        theirs = result.get(rule) or _implied(module, old, rule, before)
        general = _general(module, rule, made) if theirs is None else None
        if general is not None and general.rank > decision.rank:
            told.append(f"{quoted(rule)}: your {general} stays, though {decision} was enough")
            result[rule] = ours[rule] = general
        elif theirs is None or decision.rank > theirs.rank:
            result[rule] = ours[rule] = decision
            if theirs is not None:
                told.append(f"{quoted(rule)}: tightened from {theirs} to {decision}")
        elif theirs.rank > decision.rank:
            told.append(f"{quoted(rule)}: your {theirs} stays, though {decision} was enough")
    return told


def _implied(
    module: ModuleType, old: str, rule: str, before: Mapping[str, Decision]
) -> Decision | None:
    """Return what the user's file decides of a rule that it does not name, unless by our doing."""
    if not hasattr(module, "implied") or rule in before:
        return None
    if any(module.server_of(known) == module.server_of(rule) for known in before):
        return None  # the allow list of this server is ours
    implied: Decision | None = module.implied(old, rule)
    return implied


def _general(module: ModuleType, rule: str, made: tuple[Rules, Rules]) -> Decision | None:
    """Return what the user's own rule for all tools of a server says of one without a rule."""
    if not hasattr(module, "fallback"):
        return None
    result, ours = made
    general = module.fallback(rule)
    return None if general in ours else result.get(general)


def _remembered(text: str | None, target_id: str) -> Mapping[str, Decision]:
    if text is None:
        return {}
    memory: dict[str, Any] = mapping(read_json(text, "the memory of a merge"), "memory")
    if memory.get("target") != target_id:
        return {}
    try:
        return {str(r): Decision(d) for r, d in mapping(memory.get("rules"), "rules").items()}
    except ValueError as error:
        raise PolicyError("the memory of a merge is malformed; take the file away") from error
