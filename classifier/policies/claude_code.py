"""Claude Code: permission rules in `settings.json`.

Rules are tried in the order deny, ask, allow; how specific they are does not matter. A tool that
no rule names is asked about. There are no rate limits, no argument conditions for MCP tools and
no way to hide one. `mcp__*` in allow is skipped by the client and parentheses void a rule, so
neither is written. A name with other characters than letters, digits, `_` and `-` is only ever
refused, in both spellings that the client may give it.
"""

from __future__ import annotations

import fnmatch
import json
import re  # noqa: TID251  # anchored classes over bounded names, linear
from collections.abc import Iterator

from classifier.enforcement import respelling
from classifier.enforcement.documents import mapping, read_json, sequence, write_json
from classifier.enforcement.names import PLAIN, too_long_for_clients, unless
from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.enforcement.words import quoted
from classifier.rule import Decision

TARGET = Target(
    id="claude-code",
    title="Claude Code",
    file_name="settings.json",
    language="json",
    expresses=frozenset({Power.DENY, Power.ASK}),
    unlisted=Decision.ASK,
    whole_set=True,
    checked_by=None,
    documentation="https://code.claude.com/docs/en/settings",
    closes_server=True,
    install="Merge it into .claude/settings.json of the project or ~/.claude/settings.json.",
)

_WRITABLE = re.compile(r"[A-Za-z0-9_.:/@ -]+")
_LISTS = {Decision.ALLOW: "allow", Decision.ASK: "ask", Decision.DENY: "deny"}
_ORDER = (("deny", Verdict.DENY), ("ask", Verdict.ASK), ("allow", Verdict.ALLOW))


def name_fault(name: str, _key: str) -> str | None:
    """Say why not: a rule holds no wildcards and parentheses."""
    return too_long_for_clients(name) or unless(_WRITABLE, name)


def key_fault(key: str) -> str | None:
    """Say why not: `__` separates server from tool, so such a key could name another's tool."""
    if not PLAIN.fullmatch(key):
        return "only letters, digits, _ and - can be written in a rule"
    if "__" in key or key.startswith("_") or key.endswith("_"):
        return "__ separates server and tool, so this key would be ambiguous"
    return None


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write allow, ask and deny lists, sorted, so that a diff shows what changed."""
    lists: dict[str, set[str]] = {"allow": set(), "ask": set(), "deny": set()}
    changed: respelling.Changed = {}
    for server in servers:
        if server.closed:
            lists["deny"].add(f"mcp__{server.key}")
            continue
        prefix = f"mcp__{server.key}__"
        for name, decision in respelling.settle(server, changed):
            lists[_LISTS[decision]].add(prefix + name)
    permissions = {name: sorted(rules) for name, rules in lists.items() if rules}
    text = json.dumps({"permissions": permissions}, indent=2) + "\n"
    return Rendered(text=text, notes=respelling.notes(changed), changed=changed)


def simulate(text: str) -> Simulator:
    """Model: deny, then ask, then allow; else the client asks. Skipped rules are skipped here."""
    settings = mapping(read_json(text, "settings"), "settings")
    permissions = mapping(settings.get("permissions"), "permissions")
    rules = {
        name: [r for r in sequence(permissions.get(name), name) if _is_live(r, name)]
        for name, _ in _ORDER
    }
    exact = {name: {r for r in given if "*" not in r} for name, given in rules.items()}
    globs = {name: [r for r in given if "*" in r] for name, given in rules.items()}

    def decide(call: Call) -> Verdict:
        server = f"mcp__{call.server}"
        tool = f"{server}__{call.tool}"
        for name, verdict in _ORDER:
            if tool in exact[name] or server in exact[name]:
                return verdict
            if any(fnmatch.fnmatchcase(tool, _literal(glob)) for glob in globs[name]):
                return verdict
        return Verdict.ASK

    return decide


def _is_live(rule: object, name: str) -> bool:
    """Say whether the client consults an MCP rule at all."""
    if not isinstance(rule, str) or not rule.startswith("mcp__") or "(" in rule:
        return False
    anchored = rule.removeprefix("mcp__").split("__")[0]
    return name != "allow" or "*" not in anchored


def _literal(glob: str) -> str:
    """Leave only `*` with a meaning."""
    return glob.replace("[", "[[]").replace("?", "[?]")


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield (server key, tool) of every rule for one MCP tool."""
    for _, rule in _rules(text):
        server, separator, tool = rule.removeprefix("mcp__").partition("__")
        if rule.startswith("mcp__") and separator and "*" not in rule and "(" not in rule:
            yield server, tool


def lint(text: str) -> Iterator[str]:
    """Yield rules that the client accepts and never applies."""
    rules = list(_rules(text))
    refused = {rule for name, rule in rules if name == "deny"}
    asked = {rule for name, rule in rules if name == "ask"}
    for name, rule in rules:
        if not rule.startswith("mcp__"):
            continue
        if "(" in rule:
            yield f"{name} {quoted(rule)}: an MCP rule with parentheses is skipped"
        elif not _is_live(rule, name):
            yield f"{name} {quoted(rule)}: a wildcard before the server key is skipped in allow"
        server = rule.removeprefix("mcp__").split("__")[0]
        if name == "allow" and (rule in refused | asked or f"mcp__{server}" in refused | asked):
            yield f"{name} {quoted(rule)}: shadowed, because deny and ask come first"


def _rules(text: str) -> Iterator[tuple[str, str]]:
    permissions = mapping(mapping(read_json(text, "settings"), "settings").get("permissions"), "")
    for name, _ in _ORDER:
        for rule in sequence(permissions.get(name), name):
            yield name, str(rule)


def read_rules(text: str) -> dict[str, Decision]:
    """Return the decision of every MCP rule; of several the strictest, as the client has it."""
    found: dict[str, Decision] = {}
    for name, rule in reversed(list(_rules(text or "{}"))):
        if rule.startswith("mcp__"):
            found[rule] = Decision(name)
    return found


def write_rules(text: str, rules: dict[str, Decision]) -> str:
    """Return the settings with exactly these MCP rules, everything else as it was."""
    settings = mapping(read_json(text or "{}", "settings"), "settings")
    permissions = mapping(settings.setdefault("permissions", {}), "permissions")
    for decision, name in ((d, d.value) for d in _LISTS):
        old = sequence(permissions.get(name), name)
        kept = [r for r in old if not str(r).startswith("mcp__") or rules.get(r) is decision]
        added = sorted(r for r, d in rules.items() if d is decision and r not in kept)
        if kept or added or name in permissions:
            permissions[name] = kept + added
    return write_json(settings, text)


def server_of(rule: str) -> str:
    """Return the server key of a rule."""
    return rule.removeprefix("mcp__").partition("__")[0]
