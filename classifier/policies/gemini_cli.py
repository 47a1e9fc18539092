"""Gemini CLI: a policy file in TOML, and settings that keep refused tools out.

The rule with the highest priority that matches decides; ours are 900 to deny, 800 to ask, 700 to
allow and 10 to ask about any other tool of the server, in every approval mode. A server key with
`_` is refused, because the parser splits names at the first `_` and rules then fail silently.
`trust` is never written: it skips every question. A denied tool is not shown to the model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import tomli_w

from classifier.enforcement import respelling
from classifier.enforcement.documents import comment, read_toml, sequence
from classifier.enforcement.names import DOTTED, PLAIN, unless
from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.enforcement.words import quoted
from classifier.rule import Decision

TARGET = Target(
    id="gemini-cli",
    title="Gemini CLI",
    file_name="toolrisk.toml",
    language="toml",
    expresses=frozenset({Power.DENY, Power.ASK, Power.HIDE}),
    unlisted=Decision.ASK,
    whole_set=True,
    checked_by=None,
    documentation="https://geminicli.com/docs/reference/policy-engine/",
    closes_server=True,
    install="Put it into ~/.gemini/policies/; where a gemini-settings.json is beside it, bring that "
    "into ~/.gemini/settings.json.",
)

LONGEST_FULL_NAME = 63
"""Longer names `mcp_SERVER_TOOL` are cut in the middle by the client."""

_PRIORITY = {"deny": 900, "ask_user": 800, "allow": 700}
_UNLISTED_PRIORITY = 10
_WORD = {Decision.ALLOW: "allow", Decision.ASK: "ask_user", Decision.DENY: "deny"}
_VERDICT = {"allow": Verdict.ALLOW, "ask_user": Verdict.ASK, "deny": Verdict.DENY}


def key_fault(key: str) -> str | None:
    """Say why not: `_` in a server name makes rules fail silently."""
    if "_" in key:
        return "rules for a server name with _ fail silently; rename it with - in your settings"
    return None if PLAIN.fullmatch(key) else "only letters, digits and - can be matched"


def name_fault(name: str, key: str) -> str | None:
    """Say why not: the client respells other characters and cuts long names."""
    if len(name) + len(key) + len("mcp__") > LONGEST_FULL_NAME:
        return "the client cuts names this long, and a rule would not match"
    if name.startswith("mcp_"):
        return "the client would read the name as that of another server's tool"
    return unless(DOTTED, name)


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write rules per server and decision, and the settings beside them."""
    rules: list[dict[str, Any]] = []
    settings: dict[str, Any] = {}
    changed: respelling.Changed = {}
    for server in servers:
        if server.closed:
            rules.append({"mcpName": server.key, "decision": "deny", "priority": 999})
            continue
        by_word = _by_word(server, changed)
        for word, names in by_word.items():
            rule: dict[str, Any] = {"mcpName": server.key, "toolName": names, "decision": word}
            rules.append(rule | {"priority": _PRIORITY[word]})
        rules.append(
            {"mcpName": server.key, "decision": "ask_user", "priority": _UNLISTED_PRIORITY}
        )
        if denied := by_word.get("deny"):
            settings[server.key] = {"excludeTools": denied}
    extra: tuple[tuple[str, str], ...] = ()
    if settings:
        extra = (("gemini-settings.json", json.dumps({"mcpServers": settings}, indent=2) + "\n"),)
    header = ("Any other tool of these servers is asked about.",)
    return Rendered(
        text=comment(header) + tomli_w.dumps({"rule": rules}),
        notes=respelling.notes(changed),
        changed=changed,
        extra=extra,
    )


def written(settings: Any) -> bool:
    """Say whether the settings beside the policy hold only what `render` writes."""
    servers = settings["mcpServers"]
    return settings == {"mcpServers": servers} and all(
        entry == {"excludeTools": entry["excludeTools"]}
        and all(isinstance(name, str) for name in entry["excludeTools"])
        for entry in servers.values()
    )


def _by_word(server: ServerRules, changed: respelling.Changed) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for name, decision in respelling.settle(server, changed):
        word = _WORD[Decision.DENY if decision.refuses else decision]
        names.setdefault(word, []).append(name)
    return names


def simulate(text: str) -> Simulator:
    """Model: the matching rule with the highest priority; the first of equals; else ask."""
    rules = sequence(read_toml(text, "policy").get("rule"), "rule")
    ordered = sorted(rules, key=lambda rule: -int(rule.get("priority", 0)))

    def decide(call: Call) -> Verdict:
        for rule in ordered:
            names = rule.get("toolName", "*")
            matches = [names] if isinstance(names, str) else names
            if rule.get("mcpName") in {call.server, "*"} and (
                "*" in matches or call.tool in matches
            ):
                return _VERDICT[rule["decision"]]
        return Verdict.ASK

    return decide


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield (server key, tool) of every rule for named tools."""
    for rule in sequence(read_toml(text, "policy").get("rule"), "rule"):
        given = rule.get("toolName", ())
        for name in [given] if isinstance(given, str) else given:
            if name != "*" and "mcpName" in rule:
                yield str(rule["mcpName"]), str(name)


def lint(text: str) -> Iterator[str]:
    """Yield rules that never match, or match what they should not rest on."""
    best: dict[tuple[str, str], int] = {}
    rules = sequence(read_toml(text, "policy").get("rule"), "rule")
    for rule in sorted(rules, key=lambda rule: -int(rule.get("priority", 0))):
        server = str(rule.get("mcpName", ""))
        if "_" in server:
            yield f"{quoted(server)}: rules for a server name with _ fail silently"
        if "toolAnnotations" in rule and rule.get("decision") == "allow":
            yield "a rule allows on the server's own hints, which are claims"
        given = rule.get("toolName", "*")
        for name in [given] if isinstance(given, str) else given:
            if name.startswith("mcp_") and server:
                yield f"{quoted(name)}: with mcpName, toolName is the plain name of the tool"
            if best.setdefault((server, name), int(rule.get("priority", 0))) > rule["priority"]:
                yield f"{quoted(server)} {quoted(name)}: shadowed by a rule of higher priority"
