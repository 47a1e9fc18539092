"""The name of a server is easily taken for a better-known one.

Whoever installs by name, or lets a model look one up, gets the other server with one slip.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from classifier.lookalike import How, Known, Lookalike, Name, imitations, known
from classifier.pipeline.findings import Entry, Row, Rule
from classifier.pipeline.plain import plain
from classifier.verdict import Evidence, Severity
from crawler.client_config import config_servers
from crawler.records import JsonObject

RULE = Rule(
    id="lookalike-server",
    title="Its name imitates a better-known one",
    kind="catalogue",
    severity=Severity.HIGH,
    text="The name of this server or of its package is easily taken for a better-known one.",
    references=("MCP04:2025", "MCP09:2025", "ASI04:2026", "AML.T0073", "SAFE-T1004", "CWE-1007"),
)
_LEVELS = {
    How.LETTERS: Severity.HIGH,
    How.OWNER: Severity.HIGH,
    How.JOINTS: Severity.MEDIUM,
    How.SPELLING: Severity.MEDIUM,
    How.SAME_NAME: Severity.LOW,
}
_MOST_ODD = 4


def find(servers: Sequence[Known]) -> Iterator[Entry]:
    """Yield a finding for every server of a catalogue whose name imitates a better-known one."""
    for server, found in imitations(servers):
        yield _entry(server.server, found, None)


def find_in_config(
    name: str,
    entry: JsonObject,
    tools: Sequence[Row] | None,  # noqa: ARG001 - one signature for all
    file: str,
) -> Iterator[Entry]:
    """Yield a finding when a client starts a package whose name imitates a well-known one."""
    for server in config_servers({"mcpServers": {name: entry}})[0]:
        for _, found in imitations([known(server)]):
            yield _entry(name, found, file)


def _entry(server: str, found: Lookalike, file: str | None) -> Entry:
    return Entry(
        rule=RULE.id,
        server=server,
        tool="",
        level=_LEVELS[found.how],
        message=f"easily taken for a better-known name ({found.how.value}): its own, then the other",
        evidence=tuple(_quotes([found.name, found.of])),
        confidence=found.how.confidence,
        file=file,
    )


def _quotes(names: Iterable[Name]) -> Iterator[Evidence]:
    for name in names:
        odd = [f"U+{ord(char):04X}" for char in dict.fromkeys(str(name)) if not char.isascii()]
        shown = plain(str(name), 120)
        yield Evidence("", 0, 0, f"{shown} ({' '.join(odd[:_MOST_ODD])})" if odd else shown)
