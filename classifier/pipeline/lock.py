"""`toolrisk.lock`: the definitions that a team has agreed to, for a repository.

JSON, sorted, a line for each part of a definition, so that a review shows what changed. It holds
whole definitions, annotations included: a digest says that something changed, not what. No verdict
is stored: verify judges both sides with the same rules, so an update of toolrisk changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from crawler.errors import TargetError
from crawler.parse import MalformedToolError, load_json, parse_tool
from crawler.records import DEFINITION_KEYS, ServerName, Tool, canonical_json

FILE = "toolrisk.lock"
FORMAT = 1
_MOST_BYTES = 512 * 1024 * 1024


def dump(tools: Iterable[Tool]) -> str:
    """Return the file that pins these tools: the same for any order of servers and names."""
    ordered = sorted(tools, key=lambda tool: (tool.server, tool.name))  # stable: twins keep order
    return (
        f'{{"toolrisk_lock": {FORMAT},\n"tools": [\n' + ",\n".join(map(_block, ordered)) + "\n]}\n"
    )


def _block(tool: Tool) -> str:
    lines = [f'{{"server": {canonical_json(tool.server)}, "tool": {canonical_json(tool.name)}']
    lines.append(f' "sha256": "{tool.definition_sha256}"')
    lines += [
        f' "{key}": {canonical_json(tool.definition[key])}'
        for key in DEFINITION_KEYS[1:]
        if key in tool.definition
    ]
    return ",\n".join(lines) + "}"


def read(path: Path) -> list[Tool]:
    """Read the tools of a lock file.

    Raises:
        TargetError: it is missing, no lock file, or was edited so that a digest does not fit.

    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise TargetError(f"{path} is larger than {_MOST_BYTES >> 20} MB; it is no lock file")
        value = load_json(path.read_bytes())
    except OSError as error:
        raise TargetError(
            f"{path}: {error.strerror}; write it with `toolrisk pin TARGET`"
        ) from None
    except ValueError as error:
        raise TargetError(f"{path} is no lock file: {error}") from None
    entries = value.get("tools") if isinstance(value, dict) else None
    if (
        not isinstance(value, dict)
        or value.get("toolrisk_lock") != FORMAT
        or not isinstance(entries, list)
    ):
        raise TargetError(
            f"{path} is no lock file of format {FORMAT}; write it with `toolrisk pin`"
        )
    return [_tool(path, number, entry) for number, entry in enumerate(entries, 1)]


def _tool(path: Path, number: int, entry: Any) -> Tool:
    where = f"{path}: tool {number}"
    if not isinstance(entry, dict) or not isinstance(entry.get("server"), str):
        raise TargetError(f"{where} names no server")
    wire = {key: entry[key] for key in DEFINITION_KEYS[1:] if key in entry}
    try:
        tool = parse_tool(ServerName(entry["server"]), {"name": entry.get("tool"), **wire})
    except MalformedToolError as error:
        raise TargetError(f"{where}: {error}") from None
    if tool.definition_sha256 != entry.get("sha256"):
        raise TargetError(f"{where} does not fit its digest; it was edited, pin it again")
    return tool
