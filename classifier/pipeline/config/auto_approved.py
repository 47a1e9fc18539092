"""The client runs a dangerous tool without asking.

`autoApprove`, `alwaysAllow` and `trust` switch the question off for one tool or for all of a
server. For a tool that deletes, pays or runs code that is the last guard gone. Where the server
was not asked for its tools, a name that says enough is judged, and "all" is told as unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from classifier.engine import classify
from classifier.pipeline.findings import Entry, Row, Rule
from classifier.verdict import Risk, Severity
from crawler.records import JsonObject, ServerName, Tool

RULE = Rule(
    id="auto-approved",
    title="Runs a dangerous tool without asking",
    kind="configuration",
    severity=Severity.HIGH,
    text="The client runs a dangerous tool of this server without asking.",
    references=("MCP02:2025", "ASI02:2026", "SAFE-T1403", "AML.T0053"),
)
_LISTS = ("autoApprove", "alwaysAllow", "autoApproved", "always_allow", "auto_approve")
_MOST = 500


def find(name: str, entry: JsonObject, tools: Sequence[Row] | None, file: str) -> Iterator[Entry]:
    """Yield a finding for every tool at high or critical that runs unasked."""
    everything, named = _approved(entry)
    if not everything and not named:
        return
    if tools is None:
        if everything:
            text = "every tool of this server runs without asking, and its tools are not known"
            yield _entry(name, "", Severity.MEDIUM, text, file)
        judged = [(tool, _by_name(name, tool)) for tool in named]
    else:
        judged = [
            (row.tool.name, row.result.risk)
            for row in tools
            if everything or row.tool.name in named
        ]
    for tool, risk in judged:
        if risk.rank >= Risk.HIGH.rank:
            told = f"a {risk.value}-risk tool runs without asking"
            yield _entry(name, tool, Severity(risk.value), told, file)


def _approved(entry: JsonObject) -> tuple[bool, list[str]]:
    """Return whether all tools of a server are let through, and which by name."""
    named: list[str] = []
    everything = entry.get("trust") is True
    for key in _LISTS:
        value = entry.get(key)
        if value is True:
            everything = True
        elif isinstance(value, list):
            names = [item for item in value if isinstance(item, str)]
            everything = everything or "*" in names
            named += [item for item in names if item != "*"]
    return everything, list(dict.fromkeys(named))[:_MOST]


def _by_name(server: str, tool: str) -> Risk:
    return classify(Tool(server=ServerName(server), name=tool)).risk


def _entry(server: str, tool: str, level: Severity, message: str, file: str) -> Entry:
    return Entry(rule=RULE.id, server=server, tool=tool, level=level, message=message, file=file)
