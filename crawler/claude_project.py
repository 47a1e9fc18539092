"""Servers of a project's `.mcp.json` that its own settings of Claude Code refuse.

`disabledMcpjsonServers` in any settings file rejects a server, whatever another file approves
(https://code.claude.com/docs/en/mcp). Looked at are the two files that lie in the same project; those
of the user and of an organisation may belong to another machine. What is merely not approved
(`enabledMcpjsonServers`, `enableAllProjectMcpServers`) is on: a person is asked for it, and where
nobody can be asked, as in `claude -p`, it is started.
"""

from pathlib import Path

from crawler.parse import load_json

_CONFIG = ".mcp.json"
_SETTINGS = (".claude/settings.json", ".claude/settings.local.json")
_LIST = "disabledMcpjsonServers"
_MOST_BYTES = 1 << 20


def refused_in_project(config: Path) -> frozenset[str]:
    """Return the servers that the settings beside a `.mcp.json` switch off; none for other files.

    Settings that the client could not read either switch nothing off.
    """
    if config.name != _CONFIG:
        return frozenset()
    return frozenset(name for file in _SETTINGS for name in _listed(config.parent / file))


def _listed(file: Path) -> list[str]:
    try:
        if not file.is_file() or file.stat().st_size > _MOST_BYTES:
            return []
        settings = load_json(file.read_bytes())
    except (OSError, ValueError):
        return []
    names = settings.get(_LIST) if isinstance(settings, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return []
    return names
