"""ToolHive: Cedar policies in a JSON file, one per server, default deny.

The tool list is filtered by the same policies, so a tool without a permit is not shown either.
Arguments are attributes `arg_NAME` of the context. There is no rate limit and nobody is asked.
Every number is a double there, which is cut to a Cedar decimal of four places (entity.go), whole
numbers too: a bound holds to a ten-thousandth. A file without any policy is refused (core.go), so
where nothing is allowed one says so.
"""

from __future__ import annotations

import json
import math
import re  # noqa: TID251  # our own expression, linear
from collections.abc import Iterator, Mapping
from typing import Any

from classifier.condition import TELLABLE, Condition, ConditionKind
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
    condition_kinds=TELLABLE,
    install="Start the server with it: thv run --authz-config authz.json SERVER.",
)


_AS_WHOLE = re.compile(r"\bcontext\.arg_\w+\s*(?:[<>]|[=!]=\s*-?\d)")
_TOOL = re.compile(r'\bTool::("(?:[^"\\]|\\.)*")')
_DECIMALS = 2**63
"""One more than the ten-thousandths of the largest decimal."""

_TEXT = r'"(?:[^"\\]|\\.)*"'
_TEST = rf"context\.arg_\w+ (?:==|like) {_TEXT}"
_CLAUSE = (
    rf"(?:context has arg_\w+"
    rf'|context\.arg_\w+\.(?:greater|less)ThanOrEqual\(decimal\("\d+\.\d+"\)\)'
    rf"|!\(context\.arg_\w+ like {_TEXT}\)|\({_TEST}(?: \|\| {_TEST})*\))"
)
_NOTHING = 'forbid(principal, action == Action::"call_tool", resource);'
_WRITTEN = re.compile(
    rf'{re.escape(_NOTHING)}|permit\(principal, action == Action::"call_tool", resource == Tool::{_TEXT}\)'
    rf"(?: when \{{ {_CLAUSE}(?: && {_CLAUSE})* \}})?;"
)
"""A policy as `render` writes it."""


def condition_fault(condition: Condition, _intent: Intent) -> str | None:
    """Say why not: only top-level arguments become attributes, and numbers are decimals."""
    if len(condition.argument) != 1:
        return "no conditions on nested arguments"
    number = condition.kind is ConditionKind.AT_MOST
    fits = not (number and condition.number >= cedar.BOUND_OF_DECIMALS)
    return None if fits else "no bounds on numbers this large"


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write a permit for each tool that may be used, or that none may."""
    policies = [
        _permit(rule)
        for server in servers
        for rule in server.rules
        if rule.decision is Decision.ALLOW
    ]
    config = {
        "version": "1.0",
        "type": "cedarv1",
        "cedar": {"policies": policies or [_NOTHING], "entities_json": "[]"},
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
        return f"context has {name} && {cedar.decimal_condition(subject, condition)}"
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
        try:
            context = _attributes(call.arguments)
        except OverflowError:  # larger than any double: the call cannot be read
            return Verdict.DENY
        return cedar.ask(
            parsed,
            {
                "principal": {"type": "Client", "id": "simulated"},
                "action": {"type": "Action", "id": "call_tool"},
                "resource": {"type": "Tool", "id": call.tool},
                "context": context,
            },
        )

    return decide


def _attributes(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the context that ToolHive makes of arguments (core.go, entity.go).

    Texts, booleans and numbers have their values, other values are only said to be there. A number
    that no decimal holds is left out.

    Raises:
        OverflowError: a number is larger than any double.

    """
    made: dict[str, Any] = {}
    for name, value in arguments.items():
        if isinstance(value, str | bool):
            made[f"arg_{name}"] = value
        elif isinstance(value, int | float):
            cut = math.trunc(float(value) * cedar.TENTHOUSANDTHS)
            if abs(cut) < _DECIMALS:
                made[f"arg_{name}"] = cedar.decimal(cut)
        else:
            made[f"arg_{name}_present"] = True
    return made


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield the tools that the policies name; the server is the one started with the file."""
    for policy in _policies(text):
        yield from ((None, unquoted(found)) for found in _TOOL.findall(policy))


def lint(text: str) -> Iterator[str]:
    """Yield policies without effect, or with more than one would think."""
    policies = _policies(text)
    if not policies:
        yield "no policy at all: ToolHive refuses the file, so the server does not start"
    permitted = {n for p in policies if p.lstrip().startswith("permit") for n in _TOOL.findall(p)}
    for policy in policies:
        found = _TOOL.findall(policy)
        if policy.lstrip().startswith("forbid") and found and not set(found) & permitted:
            yield f"a forbid on {found[0]} that no permit covers: it is denied already"
        if policy.lstrip().startswith("permit") and not found and "call_tool" in policy:
            yield "a permit that names no tool lets every tool through"
        if _AS_WHOLE.search(policy):
            yield "a number is compared as a Long, but ToolHive makes every number a decimal"
        if "readOnlyHint" in policy:
            yield "a policy rests on readOnlyHint, which is the server's own claim"


def _policies(text: str) -> list[str]:
    config = mapping(mapping(read_json(text, "authz"), "authz").get("cedar"), "cedar")
    return [str(policy) for policy in sequence(config.get("policies"), "policies")]
