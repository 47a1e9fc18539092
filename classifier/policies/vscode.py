"""VS Code: advice, because no settings file refuses a single MCP tool.

Which tools may run unasked is chosen in the editor and kept in its own storage. So this is a
list to go by, and it does not pretend to enforce anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from classifier.enforcement.simulation import Call, Simulator, Verdict
from classifier.enforcement.target import Power, Rendered, ServerRules, Target
from classifier.enforcement.words import quoted
from classifier.rule import Decision

TARGET = Target(
    id="vscode",
    title="VS Code",
    file_name="vscode.md",
    language="markdown",
    expresses=frozenset({Power.ASK}),
    unlisted=Decision.ASK,
    whole_set=True,
    checked_by=None,
    documentation="https://code.visualstudio.com/docs/agents/approvals",
    advisory=True,
    install="Follow it in the editor; nothing here enforces anything by itself.",
)

_ADVICE = {
    Decision.ALLOW: "may be approved for the workspace when VS Code asks",
    Decision.ASK: "approve call by call, or switch off where not needed",
}


def render(servers: tuple[ServerRules, ...]) -> Rendered:
    """Write one list per server."""
    lines = [
        "# Tool approvals for VS Code (advice)",
        "",
        "VS Code asks before a tool runs. Never approve a whole server for always, and keep",
        "`chat.tools.global.autoApprove` off. Tools to refuse are switched off in the tool picker.",
    ]
    for server in servers:
        lines += ["", f"## {_code(server.key)}", ""]
        lines += [f"- {_code(r.tool)}: {_ADVICE[r.decision]}" for r in server.rules]
    asked = {
        (server.key, rule.tool): replace(rule, decision=Decision.ASK)
        for server in servers
        for rule in server.rules
    }
    notes = ("advice only: VS Code asks about every tool until you approve it there",)
    return Rendered(text="\n".join(lines) + "\n", notes=notes, changed=asked)


def _code(text: str) -> str:
    # An ASCII JSON string has no line break; a backtick would end the code span.
    return "`" + quoted(text).replace("`", "\\u0060") + "`"


def simulate(_text: str) -> Simulator:
    """Model: the editor asks, whatever the advice says."""

    def decide(_call: Call) -> Verdict:
        return Verdict.ASK

    return decide


def named(_text: str) -> Iterator[tuple[str | None, str]]:
    """Yield nothing: advice names tools for a person, not for the editor."""
    yield from ()


def lint(_text: str) -> Iterator[str]:
    """Yield nothing: there is no file to be without effect."""
    yield from ()
