"""`toolrisk.lock`: the definitions that a team has agreed to, for a repository.

JSON, sorted, a line for each part of a definition, so that a review shows what changed. It holds
whole definitions, annotations included: a digest says that something changed, not what. No verdict
is stored: verify judges both sides with the same rules, so an update of toolrisk changes nothing.

Tools of a file that names no server are of a server with that file's name. Which file that was stands
in `files`, so that another one of that name is not taken for it in silence.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.errors import TargetError
from crawler.parse import MalformedToolError, load_json, parse_tool
from crawler.records import DEFINITION_KEYS, ServerName, Tool, canonical_json

FILE = "toolrisk.lock"
FORMAT = 1
_MOST_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pinned:
    """What a lock file holds."""

    tools: list[Tool]
    files: dict[str, str]
    """The files that gave their names to servers, by these: as `classifier.pipeline.origins` has them."""

    @property
    def names(self) -> dict[str, str]:
        """The names of servers, by the files that they have them from."""
        return {file: name for name, file in self.files.items()}


def dump(tools: Iterable[Tool], files: Mapping[str, str] | None = None) -> str:
    """Return the file that pins these tools: the same for any order of servers and names.

    `files`: those that gave their names to servers, by these.
    """
    ordered = sorted(tools, key=lambda tool: (tool.server, tool.name))  # stable: twins keep order
    servers = {tool.server for tool in ordered}
    named = {name: file for name, file in sorted((files or {}).items()) if name in servers}
    told = f'"files": {canonical_json(named)},\n' if named else ""
    blocks = ",\n".join(map(_block, ordered))
    return f'{{"toolrisk_lock": {FORMAT},\n{told}"tools": [\n{blocks}\n]}}\n'


def _block(tool: Tool) -> str:
    lines = [f'{{"server": {canonical_json(tool.server)}, "tool": {canonical_json(tool.name)}']
    lines.append(f' "sha256": "{tool.definition_sha256}"')
    lines += [
        f' "{key}": {canonical_json(tool.definition[key])}'
        for key in DEFINITION_KEYS[1:]
        if key in tool.definition
    ]
    return ",\n".join(lines) + "}"


def base(path: Path) -> Path:
    """Return the folder that the files of a lock file are named from: its own."""
    return Path(os.path.abspath(path)).parent  # noqa: PTH100 - a link keeps its place


def read(path: Path) -> Pinned:
    """Read a lock file.

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
    files = value.get("files", {})
    if not isinstance(files, dict) or not all(isinstance(one, str) for one in files.values()):
        raise TargetError(f"{path}: files should name a file for each server; pin it again")
    return Pinned([_tool(path, number, entry) for number, entry in enumerate(entries, 1)], files)


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
