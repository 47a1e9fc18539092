"""Kong's ai-mcp-proxy plugin (3.13 or later, Enterprise): tool ACLs by consumer group.

The default ACL names a group that nobody is in, so whoever is not in it is refused, and each tool
that may be used allows the group of your agents. Names must match exactly or the ACL of a tool
silently does not apply; with this default, that refuses. decK renders the file, comments too, as a
template between `${{` and `}}` before it reads the YAML, so no name with `$` is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from classifier.enforcement.documents import Name, dump_yaml, mapping, read_yaml, sequence
from classifier.enforcement.names import UNEXPANDED, unless
from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.enforcement.words import quoted
from classifier.rule import Decision

AGENTS = "agents"
NOBODY = "nobody-is-in-this-group"

TARGET = Target(
    id="kong",
    title="Kong",
    file_name="kong.yaml",
    language="yaml",
    expresses=frozenset({Power.DENY}),
    unlisted=Decision.DENY,
    whole_set=False,
    checked_by=None,
    documentation="https://developer.konghq.com/plugins/ai-mcp-proxy/",
    install=f"Put your agents into the consumer group {AGENTS}, then apply it with deck.",
)


def name_fault(name: str, _key: str) -> str | None:
    """Say why not: decK would take `$` for the beginning of a template."""
    return unless(UNEXPANDED, name)


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write the plugin with an ACL for each tool that may be used."""
    tools = [
        {"name": Name(rule.tool), "acl": {"allow": [AGENTS], "deny": []}}
        for server in servers
        for rule in server.rules
        if rule.decision is Decision.ALLOW
    ]
    config: dict[str, Any] = {
        "mode": "passthrough-listener",
        "include_consumer_groups": True,
        "default_acl": [{"scope": "tools", "allow": [NOBODY], "deny": [AGENTS]}],
        "tools": tools,
    }
    plugin = {"name": "ai-mcp-proxy", "config": config}
    header = (
        f"Consumers in the group {AGENTS} may use the tools named here; nothing else is allowed.",
        f"Never create a consumer group called {NOBODY}.",
    )
    return Rendered(text=dump_yaml({"_format_version": "3.0", "plugins": [plugin]}, header))


def simulate(text: str) -> Simulator:
    """Model: a tool's own ACL, else the default for tools; deny before allow; a consumer of ours."""
    tools: dict[str, Any] = {}
    default: dict[str, Any] = {}
    for config in _configs(text):
        for acl in sequence(config.get("default_acl"), "default_acl"):
            if mapping(acl, "acl").get("scope") == "tools":
                default = acl
        for tool in sequence(config.get("tools"), "tools"):
            table = mapping(tool, "tool")
            tools[str(table.get("name"))] = mapping(table.get("acl"), "acl")

    def decide(call: Call) -> Verdict:
        acl = tools.get(call.tool) or default
        denied = AGENTS in (acl.get("deny") or [])
        allow = acl.get("allow") or []
        return Verdict.DENY if denied or (allow and AGENTS not in allow) else Verdict.ALLOW

    return decide


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield the tools with an ACL; the server is the one behind the route."""
    for config in _configs(text):
        for tool in sequence(config.get("tools"), "tools"):
            yield None, str(mapping(tool, "tool").get("name"))


def lint(text: str) -> Iterator[str]:
    """Yield ACLs that leave a way open, or are for another tool than they name."""
    for _, name in named(text):
        if "$" in name:
            yield f"{quoted(name)}: decK renders templates behind $ before it reads the file"
    for config in _configs(text):
        defaults = [
            acl
            for acl in sequence(config.get("default_acl"), "default_acl")
            if mapping(acl, "acl").get("scope") == "tools"
        ]
        if not defaults:
            yield "without a default_acl for tools, every tool that is not named is open"
        for acl in defaults:
            if not acl.get("allow"):
                yield "a default_acl without allow is open to every consumer that deny leaves out"


def _configs(text: str) -> list[dict[str, Any]]:
    document = mapping(read_yaml(text, "configuration"), "configuration")
    plugins = [mapping(p, "plugin") for p in sequence(document.get("plugins"), "plugins")]
    return [mapping(p.get("config"), "config") for p in plugins if p.get("name") == "ai-mcp-proxy"]
