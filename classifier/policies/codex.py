"""OpenAI Codex: `config.toml`, allow lists and approval modes per server.

`enabled_tools` is an allow list: what it leaves out is not offered to the model at all, so a
tool that is refused is also hidden. `disabled_tools` is applied after it. The mode of a tool wins
over the server's default. A server of which nothing may be used is disabled, because it is not
documented what an empty allow list means.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tomli_w

from classifier.enforcement.codex_rules import closing, fallback, read_rules, write_rules
from classifier.enforcement.documents import comment, mapping, read_toml
from classifier.enforcement.names import DOTTED, PLAIN, unless
from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.enforcement.words import quoted
from classifier.rule import Decision

__all__ = ["TARGET", "closing", "fallback", "read_rules", "render", "simulate", "write_rules"]

TARGET = Target(
    id="codex",
    title="Codex",
    file_name="config.toml",
    language="toml",
    expresses=frozenset({Power.DENY, Power.ASK, Power.HIDE}),
    unlisted=Decision.DENY,
    whole_set=True,
    checked_by=None,
    documentation="https://developers.openai.com/codex/mcp",
    install="Merge it into ~/.codex/config.toml; the server's own table stays as it is.",
)

_HEADER = ("Tools that are not in enabled_tools are not offered to the model.",)


def key_fault(key: str) -> str | None:
    """Say why not: Codex names servers with letters, digits, `_` and `-`."""
    return None if PLAIN.fullmatch(key) else "only letters, digits, _ and - are admitted"


def name_fault(name: str, _key: str) -> str | None:
    """Say why not: other characters are respelt before the model sees them."""
    return unless(DOTTED, name)


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write a table per server."""
    tables = {server.key: _server(server) for server in servers}
    return Rendered(text=comment(_HEADER) + tomli_w.dumps({"mcp_servers": tables}))


def _server(server: ServerRules) -> dict[str, Any]:
    enabled = [rule for rule in server.rules if not rule.decision.refuses]
    disabled = [rule.tool for rule in server.rules if rule.decision.refuses]
    if not enabled:
        return {"enabled": False}
    table: dict[str, Any] = {"enabled_tools": [rule.tool for rule in enabled]}
    if disabled:
        table["disabled_tools"] = disabled
    table["default_tools_approval_mode"] = "prompt"
    approved = [rule.tool for rule in enabled if rule.decision is Decision.ALLOW]
    if approved:
        table["tools"] = {name: {"approval_mode": "approve"} for name in approved}
    return table


def simulate(text: str) -> Simulator:
    """Model: enabled_tools, minus disabled_tools, then the tool's mode, the server's, auto."""
    servers = mapping(read_toml(text, "config").get("mcp_servers"), "mcp_servers")

    def decide(call: Call) -> Verdict:
        server = servers.get(call.server)
        if server is None or server.get("enabled") is False:
            return Verdict.DENY
        enabled = server.get("enabled_tools")
        if enabled is not None and call.tool not in enabled:
            return Verdict.DENY
        if call.tool in server.get("disabled_tools", ()):
            return Verdict.DENY
        default = server.get("default_tools_approval_mode", "auto")
        tool = mapping(mapping(server.get("tools"), "tools").get(call.tool), call.tool)
        # `auto` lets Codex decide by the server's own hints, so it is not counted on to ask.
        mode = tool.get("approval_mode", default)
        return Verdict.ASK if mode == "prompt" else Verdict.ALLOW

    return decide


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield (server key, tool) of everything that the file names."""
    for key, server in mapping(read_toml(text, "config").get("mcp_servers"), "").items():
        for listed in ("enabled_tools", "disabled_tools", "tools"):
            yield from ((key, str(name)) for name in server.get(listed, ()))


def lint(text: str) -> Iterator[str]:
    """Yield settings that another setting makes pointless."""
    for key, server in mapping(read_toml(text, "config").get("mcp_servers"), "").items():
        enabled = server.get("enabled_tools")
        disabled = set(server.get("disabled_tools", ()))
        for name in sorted(disabled & set(enabled or ())):
            yield f"{quoted(key)}: {quoted(name)} is in both lists; disabled_tools wins"
        if enabled == []:
            yield f"{quoted(key)}: what an empty enabled_tools means is not documented"
        for name in mapping(server.get("tools"), "tools"):
            if name in disabled or (enabled is not None and name not in enabled):
                yield f"{quoted(key)}: an approval mode for {quoted(name)}, which is not enabled"


def written(document: dict[str, Any]) -> bool:
    """Say whether a file holds only what `render` writes, of any tools."""
    servers = document["mcp_servers"].values()
    return list(document) == ["mcp_servers"] and all(map(_is_written, servers))


def _is_written(server: dict[str, Any]) -> bool:
    modes = server.get("tools", {})
    of_ours = {"enabled_tools", "disabled_tools", "default_tools_approval_mode", "tools"}
    return server == {"enabled": False} or (
        set(server) <= of_ours
        and server["default_tools_approval_mode"] == "prompt"
        and all(mode == {"approval_mode": "approve"} for mode in modes.values())
    )


def faults(text: str) -> Iterator[str]:
    """Yield what is wrong with a file that rules were written into."""
    for key, server in mapping(read_toml(text, "config").get("mcp_servers"), "").items():
        if not {"command", "url"} & set(mapping(server, key)):
            yield f"{quoted(key)} is no server of this file, and Codex takes none without a command"


def server_of(rule: str) -> str:
    """Return the server key of a rule."""
    return rule.partition(":")[0]
