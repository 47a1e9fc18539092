"""Intercept, PolicyLayer's open proxy: a YAML policy in front of one server.

`default: deny` is always written, because leaving it out means allow. Rules of a tool are ANDed,
and so are conditions of a rule. A rate is a rule of its own (`rate_limit` excludes conditions).
Windows are calendar-aligned in UTC, so a burst at the boundary may pass twice the limit.
The proxy finds the counter of a rate by `state.TOOL.COUNTER` and takes the tool's name to end at
the first dot (validate.go): one rate of a tool with a dot in its name, and it refuses the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from classifier.condition import TELLABLE, Condition, ConditionKind
from classifier.enforcement.documents import Name, dump_yaml, mapping, read_yaml, sequence
from classifier.enforcement.simulation import Call, Counters, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.enforcement.words import quoted, some
from classifier.errors import DataError, PolicyError
from classifier.intent import Intent
from classifier.rule import Decision, Limit, Rule

TARGET = Target(
    id="intercept",
    title="Intercept",
    file_name="policy.yaml",
    language="yaml",
    expresses=frozenset({Power.DENY, Power.RATE, Power.CONDITIONS, Power.HIDE}),
    unlisted=Decision.DENY,
    whole_set=False,
    checked_by=None,
    documentation="https://github.com/PolicyLayer/Intercept/blob/main/POLICY.md",
    condition_kinds=TELLABLE,
    install="Start the proxy for this server with it: intercept -c policy.yaml -- COMMAND.",
)

_HEADER = ("Every tool that is not named here is refused.",)
_OPERATORS = {"regex", "gte", "lte"}


def name_fault(name: str, _key: str) -> str | None:
    """Say why not: `*` stands for every tool."""
    return "the name is *, which stands for every tool" if name == "*" else None


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write the policy: default deny, hidden tools, rules for the others."""
    changed = {
        (server.key, rule.tool): rule.plainly(Decision.DENY)
        for server in servers
        for rule in server.rules
        if rule.limit is not None and "." in rule.tool
    }
    rules = [changed.get((s.key, rule.tool), rule) for s in servers for rule in s.rules]
    policy: dict[str, Any] = {"version": "1", "default": "deny"}
    if hidden := [Name(rule.tool) for rule in rules if rule.decision is Decision.HIDE]:
        policy["hide"] = hidden
    policy["tools"] = {
        Name(rule.tool): {"rules": _rules(rule)}
        for rule in rules
        if rule.decision is not Decision.HIDE
    }
    notes: tuple[str, ...] = ()
    if changed:
        names = some([tool for _, tool in changed])
        notes = (f"refused, not limited: Intercept has no rates for names with a dot ({names})",)
    return Rendered(text=dump_yaml(policy, _HEADER), notes=notes, changed=changed)


def _rules(rule: Intent) -> list[dict[str, Any]]:
    if rule.decision is Decision.DENY:
        return [{"name": "block", "action": "deny", "on_deny": "Blocked by policy."}]
    rules: list[dict[str, Any]] = []
    if rule.conditions:
        conditions = [part for condition in rule.conditions for part in _conditions(condition)]
        rules.append(
            {"name": "arguments", "conditions": conditions, "on_deny": "Arguments out of bounds."}
        )
    if rule.limit is not None:
        rules.append({"name": "rate", "rate_limit": str(rule.limit)})
    return rules


def _conditions(condition: Condition) -> list[dict[str, Any]]:
    path = Name("args." + ".".join(condition.argument))
    if condition.kind is ConditionKind.AT_MOST:
        return [
            {"path": path, "op": "gte", "value": 0},
            {"path": path, "op": "lte", "value": condition.number},
        ]
    return [{"path": path, "op": "regex", "value": Name(condition.pattern)}]


def simulate(text: str) -> Simulator:
    """Model: default deny, then the tool's rules, then those of `*`; all must pass.

    Raises:
        PolicyError: the proxy would not start with it, or the model does not know a condition.

    """
    policy = mapping(read_yaml(text, "policy"), "policy")
    default = policy.get("default", "allow")
    if str(policy.get("version")) != "1" or default not in {"allow", "deny"}:
        raise PolicyError('policy: version must be "1" and default allow or deny')
    hidden = set(sequence(policy.get("hide"), "hide"))
    tools = mapping(policy.get("tools"), "tools")
    checks = {
        name: [_check(rule, name) for rule in sequence(mapping(t, name).get("rules"), name)]
        for name, t in tools.items()
    }
    counters = Counters()

    def decide(call: Call) -> Verdict:
        if call.tool in hidden or (default == "deny" and call.tool not in checks):
            return Verdict.DENY
        limits: list[tuple[str, Limit]] = []
        for scope in (call.tool, "*"):
            for conditions, limit in checks.get(scope, ()):
                if conditions is None or not all(c(call.arguments) for c in conditions):
                    return Verdict.DENY
                if limit is not None:
                    limits.append((scope, limit))
        taken = [counters.take(scope, limit, call.at) for scope, limit in limits]
        return Verdict.LIMITED if Verdict.LIMITED in taken else Verdict.ALLOW

    return decide


def _check(rule: object, tool: str) -> tuple[list[Any] | None, Limit | None]:
    """Return (conditions, limit) of one rule; `None` for conditions means always denied."""
    table = mapping(rule, f"a rule of {tool!r}")
    if table.get("action", "evaluate") == "deny":
        return None, None
    if "rate_limit" in table:
        if "." in tool:
            raise PolicyError(
                f"Intercept refuses the file: no counter for the rate of {quoted(tool)}, "
                "because its name has a dot"
            )
        try:
            return [], Rule.parse(table["rate_limit"], f"tool {tool!r}").limit
        except DataError as error:
            raise PolicyError(str(error)) from error
    return [_evaluator(c) for c in sequence(table.get("conditions"), "conditions")], None


def _evaluator(condition: object) -> Any:
    table = mapping(condition, "condition")
    path, op, value = table.get("path"), table.get("op"), table.get("value")
    if not isinstance(path, str) or not path.startswith("args.") or op not in _OPERATORS:
        raise PolicyError(f"the model knows conditions on args.* with {sorted(_OPERATORS)} only")
    keys = path.removeprefix("args.").split(".")
    if op == "regex":
        import re2

        try:
            pattern = re2.compile(str(value))  # type: ignore[no-untyped-call]
        except re2.error as error:
            raise PolicyError(f"the expression of {path} is not valid") from error
        return lambda args: isinstance(v := _at(args, keys), str) and bool(pattern.search(v))
    bound = float(value) if isinstance(value, int | float) else float("nan")
    if op == "gte":
        return lambda args: (v := _number(_at(args, keys))) is not None and v >= bound
    return lambda args: (v := _number(_at(args, keys))) is not None and v <= bound


def _at(arguments: Any, keys: list[str]) -> Any:
    for key in keys:
        if not isinstance(arguments, dict) or key not in arguments:
            return None
        arguments = arguments[key]
    return arguments


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:  # a number larger than any double, which the proxy does not read
        return None


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield the tools that the file names; the server is the one behind the proxy."""
    policy = mapping(read_yaml(text, "policy"), "policy")
    for name in (*mapping(policy.get("tools"), "tools"), *sequence(policy.get("hide"), "hide")):
        if name != "*":
            yield None, str(name)


def lint(text: str) -> Iterator[str]:
    """Yield what is valid and does something else than it says."""
    policy = mapping(read_yaml(text, "policy"), "policy")
    hidden = sequence(policy.get("hide"), "hide")
    tools = mapping(policy.get("tools"), "tools")
    if "default" not in policy:
        yield "default is left out, which means allow: every tool not named is let through"
    if hidden and "tools" not in policy and policy.get("default") == "deny":
        yield "only hide under default deny: the whole server is refused, not just these tools"
    for name, tool in tools.items():
        if not isinstance(name, str):
            yield f"the key {quoted(str(name))} is no text in YAML; quote it, or it matches nothing"
        rules = sequence(mapping(tool, str(name)).get("rules"), "rules")
        if not rules and policy.get("default", "allow") == "allow":
            yield f"{quoted(str(name))}: empty rules under default allow do nothing"
        if rules and name in hidden:
            yield f"{quoted(str(name))} is hidden, so its rules are never reached"
