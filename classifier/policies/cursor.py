"""Cursor: an allow list in `permissions.json`; everything else is asked about.

Cursor has no way to refuse an MCP tool by file, so what should be refused is only left out, and
the report says so for every such tool. The list overrides the one in the application's settings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from classifier.enforcement.documents import mapping, read_json, sequence, write_json
from classifier.enforcement.names import PLAIN, too_long_for_clients, unless
from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.enforcement.words import quoted
from classifier.rule import Decision

TARGET = Target(
    id="cursor",
    title="Cursor",
    file_name="permissions.json",
    language="json",
    expresses=frozenset({Power.ASK}),
    unlisted=Decision.ASK,
    whole_set=True,
    checked_by=None,
    documentation="https://cursor.com/docs/reference/permissions",
    install="Merge it into ~/.cursor/permissions.json or .cursor/permissions.json.",
)


def key_fault(key: str) -> str | None:
    """Say why not: `:` separates server and tool, `*` matches anything."""
    return None if PLAIN.fullmatch(key) else "only letters, digits, _ and - can be matched"


def name_fault(name: str, _key: str) -> str | None:
    """Say why not: `*` and `:` have a meaning in an entry."""
    return too_long_for_clients(name) or unless(PLAIN, name)


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write the tools that may run without a question."""
    entries = [
        f"{server.key}:{rule.tool}"
        for server in servers
        for rule in server.rules
        if rule.decision is Decision.ALLOW
    ]
    return Rendered(text=json.dumps({"mcpAllowlist": sorted(entries)}, indent=2) + "\n")


def simulate(text: str) -> Simulator:
    """Model: an entry `server:tool`, with `*` for either, runs; everything else is asked about."""
    given = sequence(mapping(read_json(text, "permissions"), "permissions").get("mcpAllowlist"), "")
    entries = {entry for entry in given if isinstance(entry, str)}

    def decide(call: Call) -> Verdict:
        forms = {f"{s}:{t}" for s in (call.server, "*") for t in (call.tool, "*")}
        return Verdict.ALLOW if forms & entries else Verdict.ASK

    return decide


def named(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield (server key, tool) of every entry for one tool."""
    given = mapping(read_json(text, "permissions"), "permissions").get("mcpAllowlist")
    for entry in sequence(given, "mcpAllowlist"):
        server, _, tool = str(entry).partition(":")
        if "*" not in entry:
            yield server, tool


def lint(text: str) -> Iterator[str]:
    """Yield entries that let more through than one tool, or nothing."""
    given = mapping(read_json(text, "permissions"), "permissions").get("mcpAllowlist")
    listed = sequence(given, "mcpAllowlist")
    entries = [entry for entry in listed if isinstance(entry, str)]
    yield from (f"{quoted(str(e))}: not SERVER:TOOL" for e in listed if not isinstance(e, str))
    single = [entry.split(":") for entry in entries if entry.count(":") == 1 and "*" not in entry]
    for entry in entries:
        if entry.count(":") != 1:
            yield f"{quoted(entry)}: not SERVER:TOOL, so it is dropped"
        elif "*" in entry:
            yield f"{quoted(entry)}: a wildcard lets tools through that nobody has looked at"
            server, _, tool = entry.partition(":")
            covered = [one for one in single if server in {"*", one[0]} and tool in {"*", one[1]}]
            if covered:
                count = f"{len(covered)} entries" if len(covered) > 1 else "1 entry"
                yield f"{quoted(entry)}: {count} for single tools beside it are without effect"


def read_rules(text: str) -> dict[str, Decision]:
    """Return every entry as allowed; there is nothing else in the file."""
    given = mapping(read_json(text or "{}", "permissions"), "permissions").get("mcpAllowlist")
    return {str(entry): Decision.ALLOW for entry in sequence(given, "mcpAllowlist")}


def write_rules(text: str, rules: dict[str, Decision]) -> str:
    """Return the file with exactly these entries, everything else as it was."""
    document = mapping(read_json(text or "{}", "permissions"), "permissions")
    old = sequence(document.get("mcpAllowlist"), "mcpAllowlist")
    kept = [entry for entry in old if entry in rules]
    document["mcpAllowlist"] = kept + sorted(entry for entry in rules if entry not in kept)
    return write_json(document, text)


def rule_of(key: str, tool: str) -> str:
    """Return the entry that lets one tool run; without it, and a wider one, Cursor asks."""
    return f"{key}:{tool}"


def server_of(rule: str) -> str:
    """Return the server key of a rule."""
    return rule.partition(":")[0]
