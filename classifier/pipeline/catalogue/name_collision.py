"""Two servers of one agent have a tool of the same name, or of a name that looks the same.

A client that does not put the server before the name calls either, and the model cannot tell which
it meant; a tool that is named after a better-known one is called instead of it (tool shadowing).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from classifier.lookalike import skeleton
from classifier.pipeline.findings import Entry, Rule
from classifier.pipeline.plain import plain
from classifier.verdict import Evidence, Severity
from crawler.records import Tool

RULE = Rule(
    id="name-collision",
    title="Another server of the stack has a tool of that name",
    kind="catalogue",
    severity=Severity.MEDIUM,
    text="Two servers that one agent uses have tools of the same name, or of names that look alike.",
    references=("MCP03:2025", "ASI02:2026", "SAFE-T1008", "SAFE-T1301"),
)
_SAME = "another server has a tool of this name, so a client may call either: the name, then it"
_LIKE = "its name looks like a tool of another server: the name, then that server and tool"
_MOST = 100


def find(tools: Iterable[Tool], file: str | None = None) -> Iterator[Entry]:
    """Yield a finding for every tool that an earlier server has under the same or a like name.

    The same definition twice is one server listed twice, and none.
    """
    seen: dict[str, dict[str, Tool]] = {}  # one tool a server is enough to collide with
    told = 0
    for tool in tools:
        others = seen.setdefault(skeleton(tool.name) or tool.name, {})
        if told < _MOST:
            for other in others.values():
                if other.server != tool.server and (entry := _entry(tool, other, file)):
                    told += 1
                    yield entry
                    break
        others.setdefault(tool.server, tool)


def other(entry: Entry) -> str:
    """Return the server, and the tool of another name, that a finding is about beside its own."""
    return " / ".join(quote.text for quote in entry.evidence[1:])


def _entry(tool: Tool, other: Tool, file: str | None) -> Entry | None:
    if tool.definition_sha256 == other.definition_sha256:
        return None
    same = tool.name == other.name
    like = tool.name.isascii() and other.name.isascii()  # the Kelvin sign folds into a k
    words = [tool.name, other.server] if same else [tool.name, other.server, other.name]
    return Entry(
        rule=RULE.id,
        server=tool.server,
        tool=tool.name,
        level=Severity.MEDIUM if same or like else Severity.HIGH,
        message=_SAME if same else _LIKE,
        evidence=tuple(Evidence("", 0, 0, plain(word, 120)) for word in words),
        confidence=1.0 if same else 0.8,
        file=file,
    )
