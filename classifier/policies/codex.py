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

from classifier.enforcement.documents import comment, engine, mapping, read_toml
from classifier.enforcement.names import DOTTED, PLAIN, unless
from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.enforcement.words import quoted
from classifier.rule import Decision

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


def read_rules(text: str) -> dict[str, Decision]:
    """Return the decision of everything that the file names, as `SERVER:TOOL`.

    `SERVER:` alone stands for a server that is switched off, `SERVER:*` for one that asks about
    every tool that has no mode of its own.
    """
    found: dict[str, Decision] = {}
    for key, server in mapping(read_toml(text, "config").get("mcp_servers"), "").items():
        table = mapping(server, key)
        if table.get("enabled") is False:
            found[f"{key}:"] = Decision.DENY
        default = table.get("default_tools_approval_mode", "auto")
        if default == "prompt":
            found[fallback(f"{key}:")] = Decision.ASK
        modes = mapping(table.get("tools"), "tools")
        for name in dict.fromkeys((*table.get("enabled_tools", ()), *modes)):
            mode = mapping(modes.get(name), name).get("approval_mode", default)
            found[f"{key}:{name}"] = Decision.ASK if mode == "prompt" else Decision.ALLOW
        found.update({f"{key}:{n}": Decision.DENY for n in table.get("disabled_tools", ())})
    return found


def implied(text: str, rule: str) -> Decision | None:
    """Return what a file decides about a tool that it does not name: an allow list refuses it."""
    key = rule.partition(":")[0]
    server = mapping(mapping(read_toml(text, "config").get("mcp_servers"), "").get(key), key)
    refused = "enabled_tools" in server or server.get("enabled") is False
    return Decision.DENY if refused else None


def fallback(rule: str) -> str:
    """Return the rule that decides about the tools of a server that have none of their own."""
    return rule.partition(":")[0] + ":*"


def write_rules(text: str, rules: dict[str, Decision]) -> str:
    """Return the file with exactly these rules; comments and everything else as they were."""
    tomlkit = engine("tomlkit", "tomlkit")
    document = tomlkit.parse(text)
    servers = document.setdefault("mcp_servers", tomlkit.table(is_super_table=True))
    before = read_rules(text)
    for key in dict.fromkeys(rule.partition(":")[0] for rule in (*before, *rules)):
        mine = {r.partition(":")[2]: d for r, d in rules.items() if r.startswith(f"{key}:")}
        theirs = {r.partition(":")[2]: d for r, d in before.items() if r.startswith(f"{key}:")}
        if mine != theirs:
            table = servers.setdefault(key, tomlkit.table())
            if "" in theirs and "" not in mine:
                table.pop("enabled", None)
            _write_server(table, mine)
    return str(tomlkit.dumps(document))


def _write_server(table: Any, rules: dict[str, Decision]) -> None:
    if rules.pop("", None) is Decision.DENY:
        table["enabled"] = False
    rules.pop("*", None)
    enabled = [name for name, decision in rules.items() if not decision.refuses]
    disabled = [name for name, decision in rules.items() if decision.refuses]
    table["enabled_tools"] = enabled
    table["default_tools_approval_mode"] = "prompt"
    if disabled:
        table["disabled_tools"] = disabled
    else:
        table.pop("disabled_tools", None)
    modes = table.get("tools", {})
    for name in list(modes):
        if name not in enabled:
            del modes[name]
    for name in enabled:
        if rules[name] is Decision.ALLOW:
            table.setdefault("tools", {}).setdefault(name, {})["approval_mode"] = "approve"
        elif name in modes:
            modes[name]["approval_mode"] = "prompt"


def faults(text: str) -> Iterator[str]:
    """Yield what is wrong with a file that rules were written into."""
    for key, server in mapping(read_toml(text, "config").get("mcp_servers"), "").items():
        if not {"command", "url"} & set(mapping(server, key)):
            yield f"{quoted(key)} is no server of this file, and Codex takes none without a command"


def server_of(rule: str) -> str:
    """Return the server key of a rule."""
    return rule.partition(":")[0]
