"""The MCP clients of this machine: the servers that a person has set up.

Every file that a known client keeps is looked for (list: sources reference, after
stacklok/toolhive pkg/client/config.go). Values of variables, headers, queries and arguments are
dropped while reading (crawler.client_config); a file that does not parse is a `Skipped`.
"""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from crawler.claude_project import refused_in_project
from crawler.client_config import config_servers, read_settings
from crawler.errors import FetchError
from crawler.local import local_path
from crawler.records import Listing, Outcome, Server, ServerName, Skipped
from crawler.sources import Getter, Source, parse_yaml, read_file, skip, state

SOURCE = Source(
    id="clients",
    title="MCP clients of this machine",
    licence="the user's own files; no secret is kept",
    where="~",
)

_FILES = (
    ("claude-desktop", "{cfg}/Claude/claude_desktop_config.json"),
    ("claude-code", "{home}/.claude.json"),
    ("claude-code", "{cwd}/.mcp.json"),
    ("cursor", "{home}/.cursor/mcp.json"),
    ("cursor", "{cwd}/.cursor/mcp.json"),
    ("vscode", "{cfg}/Code/User/mcp.json"),
    ("vscode", "{cfg}/Code - Insiders/User/mcp.json"),
    ("vscode", "{home}/.vscode-server/data/User/mcp.json"),
    ("vscode", "{cwd}/.vscode/mcp.json"),
    ("copilot-cli", "{home}/.copilot/mcp-config.json"),
    ("windsurf", "{home}/.codeium/windsurf/mcp_config.json"),
    ("windsurf", "{home}/.codeium/mcp_config.json"),
    ("gemini-cli", "{home}/.gemini/settings.json"),
    ("gemini-cli", "{cwd}/.gemini/settings.json"),
    ("antigravity", "{home}/.gemini/antigravity/mcp_config.json"),
    ("codex", "{home}/.codex/config.toml"),
    ("zed", "{home}/.config/zed/settings.json"),
    (
        "cline",
        "{cfg}/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
    ),
    ("roo", "{cfg}/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json"),
    ("continue", "{home}/.continue/config.yaml"),
    ("goose", "{home}/.config/goose/config.yaml"),
    ("opencode", "{home}/.config/opencode/opencode.json"),
    ("lm-studio", "{home}/.lmstudio/mcp.json"),
    ("kiro", "{home}/.kiro/settings/mcp.json"),
    ("amp", "{cfg}/amp/settings.json"),
    ("trae", "{cfg}/Trae/User/mcp.json"),
    ("kimi", "{home}/.kimi/mcp.json"),
    ("factory", "{home}/.factory/mcp.json"),
    ("mistral-vibe", "{home}/.vibe/config.toml"),
)
"""Client and file; `{cfg}` is where the operating system keeps an application's settings."""


async def listings(
    fetcher: Getter, where: str, limit: int | None
) -> AsyncIterator[Listing | Skipped]:
    """Yield the servers of every client file under a home folder."""
    del fetcher  # everything is on this machine
    left = limit
    files = list(_existing(where))
    if not files:
        reason = f"no settings of a known client are under {where}; give the file as a target"
        yield skip("clients", FetchError(Outcome.NOT_FOUND, reason))
    for client, file in files:
        try:
            servers, problems = config_servers(_document(file), str(file), refused_in_project(file))
        except FetchError as error:
            yield skip(str(file), error)
            continue
        for problem in problems:
            yield skip(str(file), FetchError(Outcome.PROTOCOL_ERROR, f"{file}: {problem}"))
        for server in servers:
            if left is not None and left <= 0:
                return
            left = None if left is None else left - 1
            yield _listing(client, file, server)


def _listing(client: str, file: Path, server: Server) -> Listing:
    named = replace(server, name=ServerName(f"{client}:{server.name}"))
    found = state(SOURCE, named, str(file), repr(server))
    return replace(found, provenance=replace(found.provenance, place=str(file)))


def _existing(home: str) -> Iterator[tuple[str, Path]]:
    root = local_path(home)
    if sys.platform == "darwin":
        settings = root / "Library" / "Application Support"
    elif sys.platform == "win32":
        settings = Path(os.environ.get("APPDATA", root / "AppData" / "Roaming"))
    else:
        settings = root / ".config"
    for client, pattern in _FILES:
        file = Path(pattern.format(cfg=settings, home=root, cwd=Path.cwd()))
        if file.is_file():
            yield client, file
    for file in sorted((root / ".continue" / "mcpServers").glob("*.yaml")):
        yield "continue", file


def _document(file: Path) -> dict[str, Any]:
    data = read_file(file)
    if not data.strip():
        return {}
    try:
        if file.suffix in (".yaml", ".yml"):
            value = parse_yaml(data, str(file))
        else:
            value = read_settings(data.decode("utf-8-sig"), is_toml=file.suffix == ".toml")
    except ValueError:
        raise FetchError(Outcome.PROTOCOL_ERROR, f"{file} cannot be read as settings") from None
    return value if isinstance(value, dict) else {}
