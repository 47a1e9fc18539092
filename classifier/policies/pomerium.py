"""Pomerium: a deny rule in Pomerium Policy Language for the route of one server.

`mcp_tool` is put under deny, where it touches only `tools/call`; who may reach the route at all
is your own allow rule. Deny wins over allow. With nothing to allow, every request is denied,
because it is not documented what an empty list means. Which tools are listed is not filtered, and
the feature is behind an experimental flag.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from classifier.enforcement.documents import Name, dump_yaml, mapping, read_yaml, sequence
from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.errors import PolicyError
from classifier.rule import Decision

TARGET = Target(
    id="pomerium",
    title="Pomerium",
    file_name="policy.yaml",
    language="yaml",
    expresses=frozenset({Power.DENY}),
    unlisted=Decision.DENY,
    whole_set=False,
    checked_by=None,
    documentation="https://www.pomerium.com/docs/capabilities/mcp/limit-mcp-tools",
    install="Add it to the policy of the route, beside your own allow rule.",
)


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write one deny rule."""
    names = [
        Name(rule.tool)
        for server in servers
        for rule in server.rules
        if rule.decision is Decision.ALLOW
    ]
    criterion: dict[str, Any] = {"mcp_tool": {"not_in": names}} if names else {"accept": True}
    header = ("Calls of tools that are not in this list are denied.",)
    notes = ("your own allow rule decides who may reach the route",)
    return Rendered(text=dump_yaml({"deny": {"and": [criterion]}}, header), notes=notes)


def simulate(text: str) -> Simulator:
    """Model: denied when every criterion of the deny rule holds; an allow rule is assumed."""
    rule = mapping(mapping(read_yaml(text, "policy"), "policy").get("deny"), "deny")
    if set(rule) - {"and"}:
        raise PolicyError("the model knows deny rules with and only")
    criteria = [_criterion(c) for c in sequence(rule.get("and"), "and")]

    def decide(call: Call) -> Verdict:
        denied = bool(criteria) and all(criterion(call.tool) for criterion in criteria)
        return Verdict.DENY if denied else Verdict.ALLOW

    return decide


def _criterion(value: object) -> Any:
    table = mapping(value, "criterion")
    if table == {"accept": True}:
        return lambda _tool: True
    matcher = mapping(table.get("mcp_tool"), "mcp_tool")
    if len(table) != 1 or len(matcher) != 1 or set(matcher) - {"in", "not_in", "is"}:
        raise PolicyError("the model knows accept, and mcp_tool with in, not_in or is")
    ((operator, names),) = matcher.items()
    known = {names} if operator == "is" else set(sequence(names, operator))
    return lambda tool: (tool in known) is (operator != "not_in")


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield the tools of `mcp_tool` lists; the server is the one behind the route."""
    rule = mapping(mapping(read_yaml(text, "policy"), "policy").get("deny"), "deny")
    for criterion in sequence(rule.get("and"), "and"):
        for names in mapping(mapping(criterion, "").get("mcp_tool"), "mcp_tool").values():
            yield from ((None, str(n)) for n in ([names] if isinstance(names, str) else names))


def lint(text: str) -> Iterator[str]:
    """Yield what does not bound calls."""
    policy = mapping(read_yaml(text, "policy"), "policy")
    if "mcp_tool" in str(policy.get("allow", "")):
        yield "mcp_tool under allow refuses the methods of the protocol too; put it under deny"
    if "not_in" not in str(policy.get("deny", "")) and "accept" not in str(policy.get("deny", "")):
        yield "without not_in, every tool that is not named passes"
