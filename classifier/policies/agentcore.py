"""AWS AgentCore Policy: Cedar with an action per tool, and the Cedar schema that types it.

Actions are `TARGET___TOOL` (three underscores, as the gateway names tools). A concrete gateway
ARN is needed: give the server key as `TARGET@ARN`, else a placeholder is written that matches no
gateway. Arguments are typed by the tool's own inputSchema, so only those with a plain declared
type can be bounded.
"""

from __future__ import annotations

import json
import re  # noqa: TID251  # our own expressions, linear
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from classifier.condition import TELLABLE, Condition, ConditionKind
from classifier.enforcement import cedar, cedar_types
from classifier.enforcement.names import PLAIN, unless
from classifier.enforcement.quoting import cedar as quote
from classifier.enforcement.quoting import cedar_unquoted as unquoted
from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.intent import Intent
from classifier.rule import Decision

TARGET = Target(
    id="agentcore",
    title="AWS AgentCore",
    file_name="policy.cedar",
    language="cedar",
    expresses=frozenset({Power.DENY, Power.CONDITIONS}),
    unlisted=Decision.DENY,
    whole_set=True,
    checked_by="cedarpy",
    documentation="https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/policy.html",
    condition_kinds=TELLABLE,
    install="Attach it to the policy engine of the gateway; the schema file is for checking only.",
)

SEPARATOR = "___"
PLACEHOLDER = "arn:aws:bedrock-agentcore:REGION:ACCOUNT:gateway/GATEWAY"
_TYPES = {
    "string": {"type": "String"},
    "integer": {"type": "Long"},
    "boolean": {"type": "Boolean"},
    "number": {"type": "Extension", "name": "decimal"},
}
_ACTION = re.compile(r'\bAction::("(?:[^"\\]|\\.)*")')
_SCOPE = re.compile(r'\b(Action|Gateway)::("(?:[^"\\]|\\.)*")|"(?:[^"\\]|\\.)*"|//[^\n]*|;')


def key_fault(key: str) -> str | None:
    """Say why not: a target name is letters, digits and `-`."""
    target = key.partition("@")[0]
    return None if PLAIN.fullmatch(target) and "__" not in target else "no AgentCore target name"


def name_fault(name: str, _key: str) -> str | None:
    """Say why not: the separator in a name would make the action ambiguous."""
    if "__" in name or name.startswith("_"):
        return "the name has the separator __ in it"
    return unless(PLAIN, name)


def condition_fault(condition: Condition, intent: Intent) -> str | None:
    """Say why not: the argument must be top-level and have one plain type in the inputSchema."""
    name = condition.argument[0]
    # Only this one is looked at: a tool may have a condition on each of many parameters.
    declared = (
        _plain_type(name, _properties(intent).get(name)) if len(condition.argument) == 1 else None
    )
    number = condition.kind is ConditionKind.AT_MOST
    wanted = {"integer", "number"} if number else {"string"}
    if declared in wanted and not (number and condition.number >= cedar.BOUND_OF_DECIMALS):
        return None
    return "no conditions on arguments that are nested or not plainly typed"


def _properties(intent: Intent) -> dict[str, Any]:
    schema = intent.input_schema
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return properties if isinstance(properties, dict) else {}


def _plain_type(name: str, declared: Any) -> str | None:
    """Return the declared plain type of a parameter whose name Cedar can hold."""
    kind = declared.get("type") if isinstance(declared, dict) else None
    plain = isinstance(kind, str) and kind in _TYPES and name.isidentifier() and name.isascii()
    return kind if plain else None


def _types(intent: Intent) -> dict[str, str]:
    """Return the declared plain type of each top-level parameter that has one."""
    found = {name: _plain_type(name, given) for name, given in _properties(intent).items()}
    return {name: kind for name, kind in found.items() if kind is not None}


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write a permit for each tool that may be used, and the schema of the actions."""
    policies: list[str] = []
    actions: dict[str, Any] = {}
    notes: tuple[str, ...] = ()
    for server in servers:
        target, _, arn = server.key.partition("@")
        if not arn:
            notes = (f"replace {PLACEHOLDER} by the ARN of your gateway; until then all is denied",)
        for rule in server.rules:
            action = f"{target}{SEPARATOR}{rule.tool}"
            actions[action] = _action(tuple(_types(rule).items()))
            if rule.decision is Decision.ALLOW:
                policies.append(_permit(action, arn or PLACEHOLDER, rule))
    extra = (("policy.cedarschema.json", json.dumps(_schema(actions)) + "\n"),)
    text = (
        "\n".join(policies)
        if policies
        else "// No tool may be used: without a permit all is denied."
    )
    return Rendered(text=text + "\n", notes=notes, extra=extra)


def _schema(actions: dict[str, Any]) -> dict[str, Any]:
    return {"AgentCore": {"entityTypes": {"OAuthUser": {}, "Gateway": {}}, "actions": actions}}


def written(schema: Any) -> bool:
    """Say whether a Cedar schema has only actions that `render` writes, of any tools."""
    actions = schema["AgentCore"]["actions"]
    return schema == _schema(actions) and all(
        SEPARATOR in name and _written_action(action) for name, action in actions.items()
    )


def _written_action(action: Any) -> bool:
    attributes = action["appliesTo"]["context"]["attributes"]["input"]["attributes"]
    named = {json.dumps(ours): declared for declared, ours in _TYPES.items()}
    types = {
        name: named.get(json.dumps({k: v for k, v in given.items() if k != "required"}), "")
        for name, given in attributes.items()
    }
    return all(types.values()) and action == _action(tuple(types.items()))


def _permit(action: str, arn: str, rule: Intent) -> str:
    scope = (
        f"permit(principal is AgentCore::OAuthUser,\n"
        f"       action == AgentCore::Action::{quote(action)},\n"
        f"       resource == AgentCore::Gateway::{quote(arn)})"
    )
    types = _types(rule) if rule.conditions else {}
    when = " && ".join(_condition(c, types[c.argument[0]]) for c in rule.conditions)
    return f"{scope}\nwhen {{ {when} }};" if when else f"{scope};"


def _condition(condition: Condition, declared: str) -> str:
    name = condition.argument[0]
    subject = f"context.input.{name}"
    if condition.kind is not ConditionKind.AT_MOST:
        test = cedar.text_condition(subject, condition)
    elif declared == "integer":
        test = cedar.whole_number_condition(subject, condition)
    else:
        test = cedar.decimal_condition(subject, condition)
    return f"context.input has {name} && {test}"


@lru_cache(maxsize=1024)
def _action(types: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    attributes = {name: {**_TYPES[declared], "required": False} for name, declared in types}
    record = {"type": "Record", "attributes": attributes}
    context = {"type": "Record", "attributes": {"input": record}}
    return {
        "appliesTo": {
            "principalTypes": ["OAuthUser"],
            "resourceTypes": ["Gateway"],
            "context": context,
        }
    }


def simulate(text: str) -> Simulator:
    """Ask the real Cedar engine; the gateway is the key's, or the only one that the policy names.

    Whether a number is a Long or a decimal is for the schema of the gateway to say; here the
    operators of the policy say it.
    """
    parsed = cedar.policies(text)
    decimals = cedar_types.decimals(text)
    gateways: dict[str, set[str]] = defaultdict(set)
    for action, arn in _scopes(text):
        gateways[action].add(arn)

    def decide(call: Call) -> Verdict:
        target, _, arn = call.server.partition("@")
        action = f"{target}{SEPARATOR}{call.tool}"
        if not arn and len(gateways[action]) == 1:
            (arn,) = gateways[action]
        typed = decimals[None] | decimals[action]
        return cedar.ask(
            parsed,
            {
                "principal": {"type": "AgentCore::OAuthUser", "id": "simulated"},
                "action": {"type": "AgentCore::Action", "id": action},
                "resource": {"type": "AgentCore::Gateway", "id": arn or PLACEHOLDER},
                "context": {"input": _input(call.arguments, typed)},
            },
        )

    return decide


def _input(arguments: Mapping[str, Any], decimals: frozenset[str]) -> dict[str, Any]:
    """Return the arguments as Cedar takes them; some numbers of them are decimals."""
    return {
        name: cedar.rounded(value)
        if name in decimals and isinstance(value, int | float) and not isinstance(value, bool)
        else cedar.literal(value)
        for name, value in arguments.items()
        if value is not None
    }


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield (key, tool) of every action that the policies name: `TARGET`, or `TARGET@ARN`."""
    for action, arn in _scopes(text):
        target, _, tool = action.partition(SEPARATOR)
        yield f"{target}@{arn}" if arn else target, tool


def fits(server: str, key: str) -> bool:
    """Say whether a server that `named` yields is that of a key, which may leave the ARN out."""
    return key in {server, server.partition("@")[0]}


def _scopes(text: str) -> Iterator[tuple[str, str]]:
    """Yield (action, ARN of its gateway) of every policy; no ARN where there is none to speak of."""
    waiting: list[str] = []
    for found in _SCOPE.finditer(text):
        if found[1] == "Action":
            waiting.append(unquoted(found[2]))
        elif found[1] == "Gateway" or found[0] == ";":
            arn = unquoted(found[2]) if found[1] else ""
            yield from ((action, "" if arn == PLACEHOLDER else arn) for action in waiting)
            waiting.clear()
    yield from ((action, "") for action in waiting)


def lint(text: str) -> Iterator[str]:
    """Yield policies that match nothing, or everything."""
    for found in _ACTION.findall(text):
        if SEPARATOR not in unquoted(found):
            yield f"action {found}: the gateway names actions TARGET{SEPARATOR}TOOL"
    if PLACEHOLDER in text:
        yield "the gateway ARN is still the placeholder, so nothing matches"
    if re.search(r"\bresource\s*\)", text):
        yield "a policy without a gateway in its scope holds for every gateway"
