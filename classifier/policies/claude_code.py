"""Claude Code: permission rules in `settings.json`.

Rules are tried in the order deny, ask, allow; how specific they are does not matter. A tool that
no rule names is asked about. There are no rate limits, no argument conditions for MCP tools and
no way to hide one. `mcp__*` in allow is skipped by the client and parentheses void a rule, so
neither is written. A name is written as it is only if it consists of letters, digits, `_` and
`-`; a name with other plain characters is only ever refused, in both spellings that the client
may give it.
"""

from __future__ import annotations

import json
import re  # noqa: TID251  # anchored classes over bounded names, linear
from dataclasses import replace

from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.enforcement.words import some
from classifier.intent import Intent
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

LONGEST_RULE = 200
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,128}")
_DOTTED = re.compile(r"[A-Za-z0-9_.:/@ -]{1,128}")
_LISTS = {Decision.ALLOW: "allow", Decision.ASK: "ask", Decision.DENY: "deny"}


def name_fault(name: str) -> str | None:
    """Say why not: a rule holds no wildcards, parentheses, invisible or very long names."""
    if _DOTTED.fullmatch(name) and name.strip() == name:
        return None
    return "the name has characters that a permission rule cannot hold, or is too long"


def key_fault(key: str) -> str | None:
    """`__` separates server from tool, so a key with it could name another server's tool."""
    if not _PLAIN.fullmatch(key):
        return "only letters, digits, _ and - can be written in a rule"
    if "__" in key or key.startswith("_") or key.endswith("_"):
        return "__ separates server and tool, so this key would be ambiguous"
    return None


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write allow, ask and deny lists, sorted, so that a diff shows what changed."""
    lists: dict[str, list[str]] = {"allow": [], "ask": [], "deny": []}
    changed: dict[tuple[str, str], Intent] = {}
    for server in servers:
        if server.closed:
            lists["deny"].append(f"mcp__{server.key}")
            continue
        _server(server, lists, changed)
    permissions = {name: sorted(set(rules)) for name, rules in lists.items() if rules}
    text = json.dumps({"permissions": permissions}, indent=2) + "\n"
    notes: tuple[str, ...] = ()
    if changed:
        names = [tool for _, tool in changed]
        notes = (f"stricter, because the client may respell the name ({some(names)})",)
    return Rendered(text=text, notes=notes, changed=changed)


def _server(
    server: ServerRules,
    lists: dict[str, list[str]],
    changed: dict[tuple[str, str], Intent],
) -> None:
    spelt_denied = {respelt(rule.tool) for rule in server.rules if rule.decision is Decision.DENY}
    for rule in server.rules:
        plain = _PLAIN.fullmatch(rule.tool) is not None
        decision = rule.decision
        if decision is not Decision.DENY and respelt(rule.tool) in spelt_denied:
            decision = Decision.DENY  # another tool's refusal covers this spelling
        elif decision is Decision.ALLOW and not plain:
            decision = Decision.ASK  # left out: the client asks about what no rule names
        if decision is not rule.decision:
            changed[server.key, rule.tool] = replace(rule, decision=decision)
        prefix = f"mcp__{server.key}__"
        if plain or decision is Decision.DENY:
            lists[_LISTS[decision]].append(prefix + rule.tool)
        if decision is Decision.DENY and not plain:
            lists["deny"].append(prefix + respelt(rule.tool))


def respelt(name: str) -> str:
    """Return the spelling that a model API admits: everything else becomes `_`."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)
