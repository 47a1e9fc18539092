"""ToolHive: Cedar policies in a JSON file, one per server, default deny.

The tool list is filtered by the same policies, so a tool without a permit is not shown either.
Arguments are attributes `arg_NAME` of the context. There is no rate limit and nobody is asked.
"""

from __future__ import annotations

import json
import re  # noqa: TID251  # our own expression, linear
from collections.abc import Iterator
from typing import Any

from classifier.condition import Condition, ConditionKind
from classifier.enforcement import cedar
from classifier.enforcement.documents import mapping, read_json, sequence
from classifier.enforcement.quoting import cedar as quote
from classifier.enforcement.quoting import cedar_unquoted as unquoted
from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.intent import Intent
from classifier.rule import Decision

TARGET = Target(
    id="toolhive",
    title="ToolHive",
    file_name="authz.json",
    language="json",
    expresses=frozenset({Power.DENY, Power.CONDITIONS, Power.HIDE}),
    unlisted=Decision.DENY,
    whole_set=False,
    checked_by="cedarpy",
    documentation="https://github.com/stacklok/toolhive/blob/main/docs/authz.md",
    condition_kinds=cedar.KINDS,
    install="Start the server with it: thv run --authz-config authz.json SERVER.",
)


_TOOL = re.compile(r'\bTool::("(?:[^"\\]|\\.)*")')
_TEXT = r'"(?:[^"\\]|\\.)*"'
_TEST = rf"context\.arg_\w+ (?:==|like) {_TEXT}"
_CLAUSE = (
    rf"(?:context has arg_\w+|context\.arg_\w+ (?:>= 0|<= \d+)"
    rf"|!\(context\.arg_\w+ like {_TEXT}\)|\({_TEST}(?: \|\| {_TEST})*\))"
)
_WRITTEN = re.compile(
    rf'permit\(principal, action == Action::"call_tool", resource == Tool::{_TEXT}\)'
    rf"(?: when \{{ {_CLAUSE}(?: && {_CLAUSE})* \}})?;"
)
"""A policy as `render` writes it."""


def condition_fault(condition: Condition, _intent: Intent) -> str | None:
    """Say why not: only top-level arguments become attributes."""
    return None if len(condition.argument) == 1 else "no conditions on nested arguments"


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write a permit for each tool that may be used."""
    policies = [
        _permit(rule)
        for server in servers
        for rule in server.rules
        if rule.decision is Decision.ALLOW
    ]
    config = {
        "version": "1.0",
        "type": "cedarv1",
        "cedar": {"policies": policies, "entities_json": "[]"},
    }
    return Rendered(text=json.dumps(config, indent=2) + "\n")


def _permit(rule: Intent) -> str:
    scope = f'principal, action == Action::"call_tool", resource == Tool::{quote(rule.tool)}'
    when = " && ".join(_condition(condition) for condition in rule.conditions)
    return f"permit({scope}) when {{ {when} }};" if when else f"permit({scope});"


def _condition(condition: Condition) -> str:
    name = f"arg_{condition.argument[0]}"
    subject = f"context.{name}"
    if condition.kind is ConditionKind.AT_MOST:
        return f"context has {name} && {cedar.whole_number_condition(subject, condition)}"
    return f"context has {name} && {cedar.text_condition(subject, condition)}"


def written(config: Any) -> bool:
    """Say whether a file has only policies that `render` writes, of any tools."""
    policies = config["cedar"]["policies"]
    cedar_part = {"policies": policies, "entities_json": "[]"}
    return config == {"version": "1.0", "type": "cedarv1", "cedar": cedar_part} and all(
        _WRITTEN.fullmatch(policy) for policy in policies
    )


def simulate(text: str) -> Simulator:
    """Ask the real Cedar engine, with the request that ToolHive makes of a call."""
    parsed = cedar.policies("\n".join(_policies(text)))

    def decide(call: Call) -> Verdict:
        arguments = {f"arg_{name}": value for name, value in call.arguments.items()}
        return cedar.ask(
            parsed,
            {
                "principal": {"type": "Client", "id": "simulated"},
                "action": {"type": "Action", "id": "call_tool"},
                "resource": {"type": "Tool", "id": call.tool},
                "context": cedar.literal(arguments),
            },
        )

    return decide


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield the tools that the policies name; the server is the one started with the file."""
    for policy in _policies(text):
        yield from ((None, unquoted(found)) for found in _TOOL.findall(policy))


def lint(text: str) -> Iterator[str]:
    """Yield policies without effect, or with more than one would think."""
    policies = _policies(text)
    permitted = {n for p in policies if p.lstrip().startswith("permit") for n in _TOOL.findall(p)}
    for policy in policies:
        found = _TOOL.findall(policy)
        if policy.lstrip().startswith("forbid") and found and not set(found) & permitted:
            yield f"a forbid on {found[0]} that no permit covers: it is denied already"
        if policy.lstrip().startswith("permit") and not found and "call_tool" in policy:
            yield "a permit that names no tool lets every tool through"
        if "readOnlyHint" in policy:
            yield "a policy rests on readOnlyHint, which is the server's own claim"


def _policies(text: str) -> list[str]:
    config = mapping(mapping(read_json(text, "authz"), "authz").get("cedar"), "cedar")
    return [str(policy) for policy in sequence(config.get("policies"), "policies")]
