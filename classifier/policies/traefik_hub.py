"""Traefik Hub's MCP middleware: ordered policies, default deny.

Under default deny the protocol's own methods have to be allowed too, or nothing works; they are.
Rule strings are quoted with backticks, which have no escape, so a name with a backtick or
backslash is left out. `${mcp.params.name}` and the like stand for a value of the request or of the
token, so that a tool of this name would open all others: none with `$` is written. Which tools are
listed is not filtered here.
"""

from __future__ import annotations

import re  # noqa: TID251  # our own anchored expressions over one rule at a time
from collections.abc import Iterator
from typing import Any

from classifier.enforcement.documents import Name, dump_yaml, mapping, read_yaml, sequence
from classifier.enforcement.names import PRINTABLE, UNEXPANDED, unless
from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.enforcement.words import quoted
from classifier.errors import PolicyError
from classifier.rule import Decision

TARGET = Target(
    id="traefik-hub",
    title="Traefik Hub",
    file_name="middleware.yaml",
    language="yaml",
    expresses=frozenset({Power.DENY}),
    unlisted=Decision.DENY,
    whole_set=False,
    checked_by=None,
    documentation="https://doc.traefik.io/traefik-hub/mcp-gateway/mcp",
    install="Apply it and add the middleware to the route of this server.",
)

METHODS = (
    "initialize",
    "notifications/initialized",
    "notifications/cancelled",
    "ping",
    "server/discover",
    "tools/list",
)
"""What a client needs before it can call a tool, in both protocol eras."""

_EQUALS = r"Equals\(`([^`]*)`, ?`([^`]*)`\)"
_MATCH = re.compile(rf"{_EQUALS}(?: && {_EQUALS})?")


def name_fault(name: str, _key: str) -> str | None:
    """Say why not: a backtick would end the literal, and `$` begins a value of the request."""
    if "`" in name or "\\" in name:
        return "the name has a backtick or backslash, which a rule cannot hold"
    return unless(PRINTABLE, name) or unless(UNEXPANDED, name)


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write the protocol's methods, then a policy for each tool that may be used."""
    policies = [_policy(f"Equals(`mcp.method`, `{method}`)") for method in METHODS]
    policies += [
        _policy(f"Equals(`mcp.method`, `tools/call`) && Equals(`mcp.params.name`, `{rule.tool}`)")
        for server in servers
        for rule in server.rules
        if rule.decision is Decision.ALLOW
    ]
    middleware = {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "Middleware",
        "metadata": {"name": "toolrisk"},
        "spec": {"plugin": {"mcp": {"policies": policies, "defaultAction": "deny"}}},
    }
    header = ("The methods of the protocol first; then each tool that may be called.",)
    return Rendered(text=dump_yaml(middleware, header))


def _policy(match: str) -> dict[str, Any]:
    return {"match": Name(match), "action": "allow"}


def simulate(text: str) -> Simulator:
    """Model: the first policy that matches; else the default, which is deny when left out."""
    default, given = _policies(text)
    policies = [_parsed(policy) for policy in given]

    def decide(call: Call) -> Verdict:
        facts = {"mcp.method": "tools/call", "mcp.params.name": call.tool}
        for wanted, action in policies:
            if all(facts.get(key) == value for key, value in wanted.items()):
                return Verdict.ALLOW if action == "allow" else Verdict.DENY
        return Verdict.ALLOW if default == "allow" else Verdict.DENY

    return decide


def _parsed(policy: object) -> tuple[dict[str, str], str]:
    table = mapping(policy, "policy")
    found = _MATCH.fullmatch(str(table.get("match")))
    if found is None:
        raise PolicyError("the model knows one or two Equals(`key`, `value`) joined by && only")
    pairs = found.groups()
    wanted = {pairs[0]: pairs[1]}
    if pairs[2] is not None:
        wanted[pairs[2]] = pairs[3]
    return wanted, str(table.get("action"))


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield the tools that policies name; the server is the one behind the route."""
    for policy in _policies(text)[1]:
        name = _parsed(policy)[0].get("mcp.params.name")
        if name is not None:
            yield None, name


def lint(text: str) -> Iterator[str]:
    """Yield what stops the protocol, or lets other tools through than those named."""
    default, policies = _policies(text)
    for _, name in named(text):
        if "$" in name:
            yield f"{quoted(name)}: behind $ a value of the request or token takes its place"
    allowed = {_parsed(policy)[0].get("mcp.method") for policy in policies}
    if default == "allow":
        yield "defaultAction allow lets every tool through that no policy names"
    elif missing := {"initialize", "tools/list"} - allowed:
        yield f"default deny without {min(missing)}: no client can work"
    for policy in policies:
        wanted = _parsed(policy)[0]
        if wanted == {"mcp.method": "tools/call"} and mapping(policy, "").get("action") == "allow":
            yield "a policy allows every tools/call"


def _policies(text: str) -> tuple[str, list[Any]]:
    spec = mapping(mapping(read_yaml(text, "middleware"), "middleware").get("spec"), "spec")
    mcp = mapping(mapping(spec.get("plugin"), "plugin").get("mcp"), "mcp")
    return str(mcp.get("defaultAction", "deny")), sequence(mcp.get("policies"), "policies")
