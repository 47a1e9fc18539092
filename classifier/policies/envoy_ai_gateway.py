"""Envoy AI Gateway: an MCPRoute with authorization rules, default Deny.

A route holds at most 32 rules of at most 16 tools each, so tools without conditions are put 16 to
a rule, and a server that needs more than 32 rules is refused rather than cut. An expression that
fails counts as no match, which under default Deny lets nothing through. Which tools are listed is
not filtered by authorization. `aigw run` expands `$NAME` and `${NAME}` in the text of the whole file
before it is parsed (kubectl does not), so no `$` is written.
"""

from __future__ import annotations

import re  # noqa: TID251  # anchored class over bounded names, linear
from collections.abc import Iterable, Iterator
from typing import Any

from classifier.condition import TELLABLE, Condition, ConditionKind
from classifier.enforcement.documents import (
    Name,
    dump_yaml,
    engine,
    mapping,
    read_yaml,
    sequence,
)
from classifier.enforcement.names import UNEXPANDED, unless
from classifier.enforcement.quoting import cel
from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.enforcement.words import quoted
from classifier.errors import PolicyError
from classifier.intent import Intent
from classifier.rule import Decision

TARGET = Target(
    id="envoy-ai-gateway",
    title="Envoy AI Gateway",
    file_name="mcproute.yaml",
    language="yaml",
    expresses=frozenset({Power.DENY, Power.CONDITIONS}),
    unlisted=Decision.DENY,
    whole_set=True,
    checked_by="cel-python",
    documentation="https://aigateway.envoyproxy.io/docs/capabilities/mcp/",
    condition_kinds=TELLABLE,
    condition_each=True,
    condition_optional=True,
    install="Set parentRefs to your Gateway, then kubectl apply -f mcproute.yaml.",
)

MOST_RULES = 32
TOOLS_PER_RULE = 16
LONGEST_EXPRESSION = 4096
_WHOLE = 2**63
"""One more than the largest whole number of CEL."""

_ARGUMENTS = "request.mcp.params.arguments"
_KEY = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


def key_fault(key: str) -> str | None:
    """Say why not: a backend is a Kubernetes name."""
    return None if _KEY.fullmatch(key) else "a Kubernetes backend name is lower-case a-z, 0-9, -"


def name_fault(name: str, _key: str) -> str | None:
    """Say why not: `$` begins a variable."""
    return unless(UNEXPANDED, name)


def condition_fault(condition: Condition, intent: Intent) -> str | None:
    """Say why not: an expression has at most 4,096 characters."""
    del condition
    # What cannot be told at all has no expression; its tool is refused, whatever the length.
    written = _expression(c for c in intent.conditions if c.kind in TELLABLE)
    return None if len(written) <= LONGEST_EXPRESSION else "no room for expressions this long"


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write the route.

    Raises:
        PolicyError: more rules would be needed than a route may have.

    """
    rules = [rule for server in servers for rule in _rules(server)]
    if len(rules) > MOST_RULES:
        tools = sum(len(rule["target"]["tools"]) for rule in rules)
        raise PolicyError(
            f"{TARGET.title} admits {MOST_RULES} rules of {TOOLS_PER_RULE} tools in a route, but "
            f"{tools} tools need {len(rules)} rules; make one route per server, or allow fewer"
        )
    authorization: dict[str, Any] = {"defaultAction": "Deny"}
    if rules:
        authorization["rules"] = rules
    route = {
        "apiVersion": "aigateway.envoyproxy.io/v1beta1",
        "kind": "MCPRoute",
        "metadata": {"name": "toolrisk"},
        "spec": {
            "parentRefs": [
                {"name": "GATEWAY", "kind": "Gateway", "group": "gateway.networking.k8s.io"}
            ],
            "backendRefs": [{"name": Name(server.key)} for server in servers],
            "securityPolicy": {"authorization": authorization},
        },
    }
    notes = ("replace GATEWAY by the name of your Gateway",)
    return Rendered(text=dump_yaml(route, ("Calls that no rule allows are denied.",)), notes=notes)


def _rules(server: ServerRules) -> list[dict[str, Any]]:
    allowed = [rule for rule in server.rules if rule.decision is Decision.ALLOW]
    plain = [rule for rule in allowed if not rule.conditions]
    rules = [
        _rule(server.key, plain[i : i + TOOLS_PER_RULE])
        for i in range(0, len(plain), TOOLS_PER_RULE)
    ]
    rules += [
        _rule(server.key, [rule]) | {"cel": Name(_expression(rule.conditions))}
        for rule in allowed
        if rule.conditions
    ]
    return rules


def _rule(key: str, intents: list[Intent]) -> dict[str, Any]:
    tools = [{"backend": Name(key), "tool": Name(intent.tool)} for intent in intents]
    return {"action": "Allow", "target": {"tools": tools}}


def _expression(conditions: Iterable[Condition]) -> str:
    return " && ".join(map(_condition, conditions))


def _condition(condition: Condition) -> str:
    subject = ".".join((_ARGUMENTS, *condition.argument))
    test = _given(subject, condition)
    if not condition.optional:
        return test
    place, absent = _ARGUMENTS, []
    for name in condition.argument:
        # `has` on what is no object fails in one engine and is false in another.
        absent.append(f"(type({place}) == map && !has({place}.{name}))")
        place += "." + name
    return f"({' || '.join(absent)} || ({test}))"


def _given(subject: str, condition: Condition) -> str:
    if condition.each:
        # `all` walks the keys of an object, whose values could then be anything.
        return f"type({subject}) == list && {subject}.all(item, {_demand('item', condition)})"
    return _demand(subject, condition)


def _demand(subject: str, condition: Condition) -> str:
    if condition.kind is ConditionKind.AT_MOST:
        # A text of digits would convert, so the type is asked for first.
        number = f"double({subject})"
        return (
            f"type({subject}) in [int, uint, double] && "
            f"{number} >= 0.0 && {number} <= {float(condition.number)!r}"
        )
    return f"{subject}.matches({cel(condition.pattern)})"


def simulate(text: str) -> Simulator:
    """Take the first rule that matches; expressions by a real CEL engine; else the default."""
    authorization, given = _authorization(text)
    default = authorization.get("defaultAction", "Deny") if authorization else "Allow"
    rules = [_loaded(rule) for rule in given]

    def decide(call: Call) -> Verdict:
        for action, tools, expression in rules:
            names = tools is None or (call.server, call.tool) in tools
            if names and (expression is None or expression(call)):
                return Verdict.ALLOW if action == "Allow" else Verdict.DENY
        return Verdict.ALLOW if default == "Allow" else Verdict.DENY

    return decide


def _loaded(rule: object) -> tuple[str, set[tuple[str, str]] | None, Any]:
    table = mapping(rule, "rule")
    tools = None
    if "target" in table:
        given = sequence(mapping(table["target"], "target").get("tools"), "tools")
        tools = {(tool["backend"], tool["tool"]) for tool in given}
    expression = _program(table["cel"]) if "cel" in table else None
    return table.get("action", "Allow"), tools, expression


def _program(expression: str) -> Any:
    celpy = engine("celpy", "cel-python")
    environment = celpy.Environment()
    try:
        program = environment.program(environment.compile(expression))
    except celpy.CELParseError as error:
        raise PolicyError(f"a CEL rule does not parse: {str(error).splitlines()[0]}") from error

    def holds(call: Call) -> bool:
        try:
            params = {"name": call.tool, "arguments": _decoded(dict(call.arguments))}
            request = {"mcp": {"tool": call.tool, "backend": call.server, "params": params}}
            return bool(program.evaluate({"request": celpy.json_to_cel(request)}))
        # It trips over `null.all(...)`, and we over a number larger than any double.
        except (celpy.CELEvalError, TypeError, OverflowError):
            return False

    return holds


def _decoded(value: Any) -> Any:
    """Return a value with its large whole numbers as doubles, which is what the gateway reads."""
    if isinstance(value, dict):
        return {key: _decoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if isinstance(value, int) and not -_WHOLE <= value < _WHOLE:
        return float(value)
    return value


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield (backend, tool) of every rule's target."""
    for rule in _authorization(text)[1]:
        for tool in sequence(mapping(rule.get("target"), "target").get("tools"), "tools"):
            yield str(tool["backend"]), str(tool["tool"])


def lint(text: str) -> Iterator[str]:
    """Yield what the cluster refuses, or what another part of the route undoes."""
    authorization, rules = _authorization(text)
    if authorization.get("defaultAction", "Deny") == "Allow":
        yield "defaultAction Allow lets every tool through that no rule names"
    if len(rules) > MOST_RULES:
        yield f"{len(rules)} rules; a route holds at most {MOST_RULES}"
    selected: dict[str, list[Any]] = {}
    spec = mapping(mapping(read_yaml(text, "route"), "route").get("spec"), "spec")
    for backend in sequence(spec.get("backendRefs"), "backendRefs"):
        if "include" in mapping(backend.get("toolSelector"), "toolSelector"):
            selected[str(backend["name"])] = backend["toolSelector"]["include"]
    for rule in rules:
        tools = sequence(mapping(rule.get("target"), "target").get("tools"), "tools")
        if len(tools) > TOOLS_PER_RULE:
            yield f"a rule of {len(tools)} tools; it holds at most {TOOLS_PER_RULE}"
        for tool in tools:
            if "$" in str(tool["tool"]):
                yield f"{quoted(str(tool['tool']))}: aigw expands variables behind $ in the file"
            if tool["tool"] not in selected.get(tool["backend"], [tool["tool"]]):
                yield f"{quoted(tool['tool'])} is allowed, but toolSelector leaves it out"


def _authorization(text: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    spec = mapping(mapping(read_yaml(text, "route"), "route").get("spec"), "spec")
    security = mapping(spec.get("securityPolicy"), "securityPolicy")
    authorization = mapping(security.get("authorization"), "authorization")
    rules = sequence(authorization.get("rules"), "rules")
    return authorization, [mapping(rule, "rule") for rule in rules]
