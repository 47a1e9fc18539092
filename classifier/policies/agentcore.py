"""AWS AgentCore Policy: Cedar with an action per tool, and the Cedar schema that types it.

Actions are `TARGET___TOOL` (three underscores, as the gateway names tools). A concrete gateway
ARN is needed: give the server key as `TARGET@ARN`, else a placeholder is written that matches no
gateway. Arguments are typed by the tool's own inputSchema, so only those with a plain declared
type can be bounded.
"""

from __future__ import annotations

import json
import re  # noqa: TID251  # our own expressions, linear
from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Any

from classifier.condition import Condition, ConditionKind, number_text
from classifier.enforcement import cedar
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
    condition_kinds=cedar.KINDS,
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
_DECIMALS = 10**14
"""Cedar decimals have four places and a little more than 14 digits before them."""


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
    if declared in wanted and not (number and condition.number >= _DECIMALS):
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
        # Rounded down, never up: the fifth place of a bound cannot be said.
        exact = Decimal(number_text(condition.number))
        bound = exact.quantize(Decimal("0.0001"), rounding=ROUND_FLOOR)
        test = (
            f'{subject}.greaterThanOrEqual(decimal("0.0")) && '
            f'{subject}.lessThanOrEqual(decimal("{bound}"))'
        )
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
    """Ask the real Cedar engine; the gateway is the one that the policy names, or the key's."""
    parsed = cedar.policies(text)

    def decide(call: Call) -> Verdict:
        target, _, arn = call.server.partition("@")
        return cedar.ask(
            parsed,
            {
                "principal": {"type": "AgentCore::OAuthUser", "id": "simulated"},
                "action": {
                    "type": "AgentCore::Action",
                    "id": f"{target}{SEPARATOR}{call.tool}",
                },
                "resource": {"type": "AgentCore::Gateway", "id": arn or PLACEHOLDER},
                "context": {"input": cedar.literal(dict(call.arguments))},
            },
        )

    return decide


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield (target, tool) of every action that the policies name."""
    for found in _ACTION.findall(text):
        target, _, tool = unquoted(found).partition(SEPARATOR)
        yield target, tool


def lint(text: str) -> Iterator[str]:
    """Yield policies that match nothing, or everything."""
    for found in _ACTION.findall(text):
        if SEPARATOR not in unquoted(found):
            yield f"action {found}: the gateway names actions TARGET{SEPARATOR}TOOL"
    if PLACEHOLDER in text:
        yield "the gateway ARN is still the placeholder, so nothing matches"
    if re.search(r"\bresource\s*\)", text):
        yield "a policy without a gateway in its scope holds for every gateway"
