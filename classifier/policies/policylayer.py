"""PolicyLayer's hosted gateway: `policy.json`, one per grant, default deny.

`hide` takes a tool out of the list and denies it; `deny_if` without conditions always denies.
A person cannot be asked: the words "requires approval" in an `on_deny` text change nothing.
The operators of `deny_if` conditions are not documented, so no condition is written. Counters
are the lower-cased name, so two tools that differ only in case share one count.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from classifier.enforcement.documents import mapping, read_json, sequence
from classifier.enforcement.simulation import Call, Counters, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.enforcement.words import quoted, some
from classifier.errors import PolicyError
from classifier.intent import Intent
from classifier.rule import Decision, Limit

TARGET = Target(
    id="policylayer",
    title="PolicyLayer",
    file_name="policy.json",
    language="json",
    expresses=frozenset({Power.DENY, Power.RATE, Power.HIDE}),
    unlisted=Decision.DENY,
    whole_set=False,
    checked_by=None,
    documentation="https://policylayer.com/docs",
    windows=frozenset({"minute", "hour"}),  # no other is documented
    install="Paste it as the policy of the grant for this server.",
)


_REFUSED: dict[str, Any] = {"deny_if": [{"conditions": [], "on_deny": "Blocked by policy."}]}


def name_fault(name: str, _key: str) -> str | None:
    """Say why not: `*` stands for every tool in `hide`."""
    if name == "*":
        return "the name is *, which stands for every tool"
    return None


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write the policy: hidden tools, then a rule for each other tool."""
    policy: dict[str, Any] = {"version": "1", "default": "deny"}
    rules = [rule for server in servers for rule in server.rules]
    if hidden := [rule.tool for rule in rules if rule.decision is Decision.HIDE]:
        policy["hide"] = hidden
    policy["tools"] = {r.tool: _tool(r) for r in rules if r.decision is not Decision.HIDE}
    return Rendered(text=json.dumps(policy, indent=2) + "\n", notes=_notes(rules))


def _tool(rule: Intent) -> dict[str, Any]:
    if rule.decision is Decision.DENY:
        return _REFUSED
    if rule.limit is None:
        return {}
    return {
        "limits": [
            {
                "counter": f"{rule.tool.lower()}_rate",
                "window": rule.limit.window,
                "max": rule.limit.max,
                "scope": "grant",
            }
        ]
    }


def written(policy: Any) -> bool:
    """Say whether a policy has only rules that `render` writes, of any tools."""
    hidden, tools = policy.get("hide"), policy["tools"]
    ours = {"version": "1", "default": "deny", **({"hide": hidden} if hidden else {})}
    return (
        policy == {**ours, "tools": tools}
        and all(isinstance(name, str) for name in hidden or ())
        and all(_written_tool(name, tool) for name, tool in tools.items())
    )


def _written_tool(name: str, tool: Any) -> bool:
    if tool in ({}, _REFUSED):
        return True
    limit = tool["limits"][0]
    ours = {"counter": f"{name.lower()}_rate", "scope": "grant"}
    ours |= {"window": limit["window"], "max": limit["max"]}
    return bool(
        tool == {"limits": [ours]}
        and limit["window"] in TARGET.windows
        and isinstance(limit["max"], int)
    )


def _notes(rules: list[Intent]) -> tuple[str, ...]:
    limited = [rule.tool for rule in rules if rule.limit is not None]
    counts = Counter(name.lower() for name in limited)
    shared = [name for name in limited if counts[name.lower()] > 1]
    if not shared:
        return ()
    return (f"counters are lower-cased, so these share one with a namesake ({some(shared)})",)


def simulate(text: str) -> Simulator:
    """Model: hide, then default, then `deny_if`, then `limits` of the tool and of all tools."""
    policy = mapping(read_json(text, "policy"), "policy")
    default = policy.get("default")
    if policy.get("version") != "1" or default not in {"allow", "deny"}:
        raise PolicyError('policy: version must be "1" and default allow or deny')
    hidden = set(sequence(policy.get("hide"), "hide"))
    tools = mapping(policy.get("tools"), "tools")
    shared = _limits(mapping(policy.get("all_tools"), "all_tools"))
    limits = {name: _limits(mapping(tool, name)) for name, tool in tools.items()}
    counters = Counters()

    def decide(call: Call) -> Verdict:
        rule = tools.get(call.tool)
        if hidden & {call.tool, "*"} or (rule is None and default == "deny"):
            return Verdict.DENY
        # What a condition asks is not documented, so any deny_if or require counts as a refusal.
        if rule and (rule.get("deny_if") or rule.get("require")):
            return Verdict.DENY
        applying = (*limits.get(call.tool, ()), *shared)
        taken = [counters.take(counter, limit, call.at) for counter, limit in applying]
        return Verdict.LIMITED if Verdict.LIMITED in taken else Verdict.ALLOW

    return decide


def _limits(table: dict[str, Any]) -> tuple[tuple[str, Limit], ...]:
    try:
        return tuple(
            (str(given["counter"]), Limit(int(given["max"]), str(given["window"])))
            for given in sequence(table.get("limits"), "limits")
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PolicyError(f"policy: a limit is malformed: {error}") from error


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield the tools that the file names; the server is the grant's own."""
    policy = mapping(read_json(text, "policy"), "policy")
    for name in (*mapping(policy.get("tools"), "tools"), *sequence(policy.get("hide"), "hide")):
        yield None, str(name)


def lint(text: str) -> Iterator[str]:
    """Yield what is valid and does something else than it says."""
    policy = mapping(read_json(text, "policy"), "policy")
    tools = mapping(policy.get("tools"), "tools")
    hidden = sequence(policy.get("hide"), "hide")
    if hidden and "tools" not in policy and policy.get("default") == "deny":
        yield "only hide under default deny: the whole server is refused, not just these tools"
    for name, tool in tools.items():
        if name in hidden and tool:
            yield f"{quoted(name)} is hidden, so its other rules are never reached"
        for rule in sequence(mapping(tool, name).get("deny_if"), "deny_if"):
            says = str(mapping(rule, "deny_if").get("on_deny", "")).lower()
            if not rule.get("conditions") and "approv" in says:
                yield f"{quoted(name)}: deny_if without conditions always denies; nobody is asked"
