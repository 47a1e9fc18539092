"""An existing settings file, brought up to date: what is not ours stays as it is.

Which rules are ours is remembered beside it (see `memory`). A rule of ours may be changed or taken
away; a rule that the user wrote is never loosened: where it is stricter than ours, it stays, and
the report says so, and where ours was stricter, it comes back when ours goes. The merged file is
asked about every tool, and what a wider rule of the user's lets pass is named. Merging twice
changes nothing the second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from classifier.enforcement import reading
from classifier.enforcement.memory import Memory, Rules, read_memory
from classifier.enforcement.simulation import Call, Verdict, first_verdict
from classifier.enforcement.target import Output
from classifier.enforcement.words import quoted, some
from classifier.errors import PolicyError
from classifier.rule import Decision

_RANK = {Verdict.ALLOW: 0, Verdict.ASK: 1, Verdict.LIMITED: 2, Verdict.DENY: 2}


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
    `server_of(rule) -> str`; `closing(rule) -> tuple[str, ...]` where some rules refuse all tools
    that have none, `fallback(rule) -> str` where one decides about a tool that has none,
    `rule_of(key, tool) -> str` where a file can only allow, and `faults(text)` where the client
    would refuse the file.

    Raises:
        PolicyError: the target has no settings file to merge into, or the file is broken.

    """
    if not hasattr(module, "read_rules"):
        raise PolicyError(
            f"{output.target.title}: its file is a policy of its own, so there is nothing to "
            "merge; write it with --out"
        )
    existing: Rules = module.read_rules(old)
    before = read_memory(remembered, output.target.id)
    result, memory = _carried_over(module, output, existing, before)
    wanted: Rules = module.read_rules(output.text)
    kept = _laid_over(module, wanted, result, memory)
    kept += _taken_away(module, output, wanted, result)
    text = old if result == existing else module.write_rules(old, result)
    if text != old and hasattr(module, "faults"):
        kept += [f"{fault}; give its key with --server-key" for fault in module.faults(text)]
    kept += _let_pass(module, output, text)
    return Merged(
        text=text,
        ours=memory.text(output.target.id),
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
    module: ModuleType, output: Output, existing: Rules, before: Memory
) -> tuple[Rules, Memory]:
    """Return what stays of an existing file whatever the new policy says, and what of it is ours."""
    looked_at = {key for key, _ in output.effective}
    result: Rules = {}
    after = Memory()
    for rule, decision in existing.items():
        if before.ours.get(rule) is not decision:
            result[rule] = decision
        elif module.server_of(rule) not in looked_at:
            # Ours, of a server that was not looked at this time: unknown is no reason to loosen.
            result[rule] = after.ours[rule] = decision
            if rule in before.tightened:
                after.tightened[rule] = before.tightened[rule]
        elif rule in before.tightened:
            result[rule] = before.tightened[rule]
    return result, after


def _laid_over(module: ModuleType, wanted: Rules, result: Rules, memory: Memory) -> list[str]:
    """Put the wanted rules over what stays, never loosening; return what to tell the user."""
    told: list[str] = []
    closed = {rule for rule in wanted if _is_closed(module, rule, result, memory)}
    for rule, decision in wanted.items():
        theirs = result.get(rule) or (Decision.DENY if rule in closed else None)
        general = _general(module, rule, result, memory) if theirs is None else None
        if general is not None and general.rank > decision.rank:
            told.append(f"{quoted(rule)}: your {general} stays, though {decision} was enough")
            result[rule] = memory.ours[rule] = general
        elif theirs is None:
            result[rule] = memory.ours[rule] = decision
        elif decision.rank > theirs.rank:
            result[rule] = memory.ours[rule] = decision
            memory.tightened[rule] = theirs
            told.append(f"{quoted(rule)}: tightened from {theirs} to {decision}")
        elif theirs.rank > decision.rank and not _is_general(module, rule):
            told.append(f"{quoted(rule)}: your {theirs} stays, though {decision} was enough")
    return told


def _taken_away(module: ModuleType, output: Output, wanted: Rules, result: Rules) -> list[str]:
    """Take away the user's leave for single tools that should ask, where a file can only allow."""
    if not hasattr(module, "rule_of"):
        return []
    told: list[str] = []
    for (key, tool), intent in output.effective.items():
        rule = module.rule_of(key, tool)
        # A name that no entry can hold, such as `*`, stands for something else in the file.
        if rule in result and rule not in wanted and not module.name_fault(tool, key):
            told.append(f"{quoted(rule)}: tightened from {result.pop(rule)} to {intent.decision}")
    return told


def _let_pass(module: ModuleType, output: Output, text: str) -> list[str]:
    """Name the tools that the merged file treats more loosely than the policy meant."""
    decide = reading.simulator(output.target, module, text or output.text)
    found: dict[tuple[Verdict, Decision], list[str]] = {}
    for (key, tool), intent in output.effective.items():
        verdict = decide(Call(server=key, tool=tool))
        if _RANK[verdict] < _RANK[first_verdict(intent.decision)]:
            found.setdefault((verdict, intent.decision), []).append(tool)
    return [
        f"NOT ENFORCED: {verdict}, not {meant}, by a rule of yours that stays ({some(tools)})"
        for (verdict, meant), tools in found.items()
    ]


def _is_closed(module: ModuleType, rule: str, result: Rules, memory: Memory) -> bool:
    """Say whether the user's own file refuses a tool by not naming it."""
    closing = module.closing(rule) if hasattr(module, "closing") else ()
    return any(one in result and one not in memory.ours for one in closing)


def _is_general(module: ModuleType, rule: str) -> bool:
    return hasattr(module, "fallback") and rule == module.fallback(rule)


def _general(module: ModuleType, rule: str, result: Rules, memory: Memory) -> Decision | None:
    """Return what the user's own rule for all tools of a server says of one without a rule."""
    if not hasattr(module, "fallback"):
        return None
    general = module.fallback(rule)
    return None if general in memory.ours else result.get(general)
