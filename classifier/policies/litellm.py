"""LiteLLM: `allowed_tools` of a server in the proxy's configuration.

An allow list wins over `disallowed_tools`, and an empty one would count as none, so a server of
which nothing may be used gets a list with a name that no tool has. Names are case-sensitive.
"""

from __future__ import annotations

import re  # noqa: TID251  # anchored class over bounded names, linear
from collections.abc import Iterator

from classifier.enforcement.documents import Name, dump_yaml, mapping, read_yaml, sequence
from classifier.enforcement.names import DOTTED, unless
from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.enforcement.words import quoted
from classifier.rule import Decision

TARGET = Target(
    id="litellm",
    title="LiteLLM",
    file_name="config.yaml",
    language="yaml",
    expresses=frozenset({Power.DENY, Power.HIDE}),
    unlisted=Decision.DENY,
    whole_set=True,
    checked_by=None,
    documentation="https://docs.litellm.ai/docs/mcp_control",
    install="Merge it into the server's entry under mcp_servers.",
)

NO_TOOL = "toolrisk.no.tool.may.be.used"
_KEY = re.compile(r"[A-Za-z0-9_]+")


def key_fault(key: str) -> str | None:
    """Say why not: tool names are prefixed with the server's, separated by `-`."""
    return None if _KEY.fullmatch(key) else "LiteLLM server names are letters, digits and _"


def name_fault(name: str, _key: str) -> str | None:
    """Say why not: other characters are refused or respelt."""
    return unless(DOTTED, name)


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write an allow list per server."""
    entries: dict[str, dict[str, list[str]]] = {}
    for server in servers:
        allowed: list[str] = [Name(r.tool) for r in server.rules if r.decision is Decision.ALLOW]
        entries[server.key] = {"allowed_tools": allowed or [_nobody(server)]}
    header = ("Tools that are not in allowed_tools are neither listed nor called.",)
    return Rendered(text=dump_yaml({"mcp_servers": entries}, header))


def _nobody(server: ServerRules) -> str:
    """Return a name that none of the server's tools has."""
    names, name = {rule.tool for rule in server.rules}, NO_TOOL
    while name in names:
        name += ".at.all"
    return name


def simulate(text: str) -> Simulator:
    """Model: a non-empty allowed_tools decides alone; else disallowed_tools; else all may."""
    document = mapping(read_yaml(text, "configuration"), "configuration")
    servers = mapping(document.get("mcp_servers"), "mcp_servers")

    def decide(call: Call) -> Verdict:
        if call.server not in servers:
            return Verdict.DENY
        server = mapping(servers[call.server], call.server)
        allowed = sequence(server.get("allowed_tools"), "allowed_tools")
        refused = sequence(server.get("disallowed_tools"), "disallowed_tools")
        passes = call.tool in allowed if allowed else call.tool not in refused
        return Verdict.ALLOW if passes else Verdict.DENY

    return decide


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield (server key, tool) of both lists."""
    document = mapping(read_yaml(text, "configuration"), "configuration")
    for key, server in mapping(document.get("mcp_servers"), "mcp_servers").items():
        for listed in ("allowed_tools", "disallowed_tools"):
            for name in sequence(mapping(server, key).get(listed), listed):
                if not str(name).startswith(NO_TOOL):
                    yield str(key), str(name)


def lint(text: str) -> Iterator[str]:
    """Yield lists that are not consulted, or count as none."""
    document = mapping(read_yaml(text, "configuration"), "configuration")
    for key, server in mapping(document.get("mcp_servers"), "mcp_servers").items():
        table = mapping(server, key)
        if table.get("allowed_tools") == []:
            yield f"{quoted(str(key))}: an empty allowed_tools counts as none, so all are allowed"
        if table.get("allowed_tools") and table.get("disallowed_tools"):
            yield f"{quoted(str(key))}: allowed_tools wins, disallowed_tools is not consulted"
        if not table.get("allowed_tools"):
            yield f"{quoted(str(key))}: without allowed_tools every tool not named is allowed"
