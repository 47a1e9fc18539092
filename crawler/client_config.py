"""Client configurations: which servers a person has set up, without anything secret.

Values of variables, headers, query parameters and arguments never leave this module: they are
where people keep tokens. What remains is the package or URL, and the names of what was set.
Standard library and orjson only. Rules: stacklok/toolhive pkg/client/config.go and the clients' own pages.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath
from types import UnionType
from typing import Any, NamedTuple

from crawler.json_kinds import kind
from crawler.launchers import is_of_this_machine, launched_by, package_of
from crawler.parse import load_json
from crawler.records import JsonObject, Remote, Server, ServerName, Transport
from crawler.url_secrets import without_secrets

SERVER_KEYS = (
    "mcpServers",
    "servers",
    "context_servers",
    "mcp",
    "mcp_servers",
    "amp.mcpServers",
    "extensions",
)
"""Where clients keep their servers, by key."""

_URL_KEYS = ("url", "serverUrl", "httpUrl", "uri")
_COMMAND_KEYS = ("command", "cmd")
_VARIABLE_KEYS = ("env", "envs", "environment")
_FOLDER_KEYS = ("cwd", "workingDirectory", "working_directory", "workingDir", "working_dir")
_USUAL_FOLDERS = (None, "", ".", "./", "${workspaceFolder}")
"""Those that say no more than an entry without one: the client starts it there anyway."""

DISABLED = "disabled"
"""`Server.status` of an entry that its client does not start."""

_STARTED_ANYWAY = frozenset(
    [".mcp.json", ".claude.json", "claude_desktop_config.json", "managed-mcp.json"]
)
"""Files of clients that start an entry whatever its `disabled` says: who took it for switched off
would not look at a server that runs (anthropics/claude-code issues 17756, 33958, 43865)."""


class _Table(NamedTuple):
    """A table of servers, and how its client switches one of them off."""

    entries: dict[str, Any]
    obeys_flags: bool  # `disabled: true` and `enabled: false` in an entry
    off: frozenset[str]  # names that the settings list as switched off

    def is_off(self, name: str, entry: object) -> bool:
        """Say whether the client does not start this entry."""
        flags = entry if self.obeys_flags and isinstance(entry, dict) else {}
        return name in self.off or flags.get("disabled") is True or flags.get("enabled") is False


def is_client_config(value: JsonObject) -> bool:
    """Say whether a document lists servers the way a client does."""
    return any(True for _ in _tables(value, "", frozenset())) or any(
        isinstance(value.get(key), dict) for key in ("mcpServers", "mcp_servers", "context_servers")
    )


def config_servers(
    value: JsonObject, file: str = "", refused: frozenset[str] = frozenset()
) -> tuple[list[Server], list[str]]:
    """Return the servers of a client config, and one line for each entry that is none, or not whole.

    One that its client does not start has the status `DISABLED`. `file` is where the config lies,
    if anywhere: some clients do not obey the flags that others do. `refused` are names that another
    file switches off.
    """
    servers: list[Server] = []
    problems: list[str] = []
    for table in _tables(value, file, refused):
        for name, entry in table.entries.items():
            faults = list(_misfits(entry)) if isinstance(entry, dict) else []
            server = _server(ServerName(str(name)), entry)
            if isinstance(server, Server):
                is_off = table.is_off(str(name), entry)
                servers.append(replace(server, status=DISABLED) if is_off else server)
            elif not faults:
                faults = [server]
            problems += [f"server {str(name)[:60]!r}: {fault}" for fault in faults]
    return servers, problems


def config_entries(
    value: JsonObject, file: str = "", refused: frozenset[str] = frozenset()
) -> list[tuple[str, JsonObject]]:
    """Return every server entry that its client starts, secrets included: never store it.

    `file` and `refused` are as in `config_servers`.
    """
    return [
        (str(name), entry)
        for table in _tables(value, file, refused)
        for name, entry in table.entries.items()
        if isinstance(entry, dict) and not table.is_off(str(name), entry)
    ]


def disabled_notes(servers: tuple[Server, ...]) -> Iterator[str]:
    """Yield a line for each server that its client does not start."""
    for server in servers:
        if server.status == DISABLED:
            yield f"{server.name}: disabled in its client; not started and not judged"


def launched_package(entry: JsonObject) -> tuple[str, str] | None:
    """Return the registry and the package, as written, that an entry has a runner fetch and run."""
    command = next((entry[key] for key in _COMMAND_KEYS if entry.get(key)), None)
    words = _words(command, entry.get("args"))
    found = launched_by(words) if words else None
    if found is None or is_of_this_machine(found.named):
        return None
    return found.registry_type, found.named


def read_settings(text: str, *, is_toml: bool) -> Any:
    """Parse what a client keeps: TOML, or JSON that may have comments and trailing commas.

    Raises:
        ValueError: it is neither.

    """
    if is_toml:
        import tomllib

        try:
            return tomllib.loads(text)
        except RecursionError:
            raise ValueError("nested too deeply") from None
    try:
        return load_json(text.encode())
    except ValueError:
        return load_json(strip_comments(text).encode())


def strip_comments(text: str) -> str:
    """Blank out `//` and `/* */` comments and trailing commas; positions stay as they are."""
    import re2  # only a config with comments pays for it

    blanked = re2.sub(  # type: ignore[no-untyped-call]
        r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*(?s:.*?)\*/',
        lambda m: m.group() if m.group().startswith('"') else _blank(m.group()),
        text,
    )
    return str(
        re2.sub(  # type: ignore[no-untyped-call]
            r'"(?:[^"\\]|\\.)*"|,(\s*[\]}])',
            lambda m: m.group() if m.group().startswith('"') else " " + m.group(1),
            blanked,
        )
    )


def _blank(text: str) -> str:
    return "".join(c if c == "\n" else " " for c in text)


def _tables(value: JsonObject, file: str, refused: frozenset[str]) -> list[_Table]:
    """Return every table of servers in a config: top level, nested and per project."""
    found = []
    obeys_flags = PurePath(file).name not in _STARTED_ANYWAY
    off = refused | _listed_as_off(value)
    for key in SERVER_KEYS:
        table = value.get(key)
        if isinstance(table, dict) and key == "mcp" and isinstance(table.get("servers"), dict):
            table = table["servers"]  # VS Code settings.json
        if isinstance(table, list):  # Continue and Mistral Vibe list them, with a name each
            table = {
                str(entry.get("name", index)): entry
                for index, entry in enumerate(table)
                if isinstance(entry, dict)
            }
        if isinstance(table, dict) and any(_is_entry(entry) for entry in table.values()):
            entries = {name: _flat(entry) for name, entry in table.items()}
            found.append(_Table(entries, obeys_flags, off))
    projects = value.get("projects")  # ~/.claude.json
    for project in projects.values() if isinstance(projects, dict) else ():
        if isinstance(project, dict):
            found.extend(_tables(project, file, refused))
    return found


def _listed_as_off(value: JsonObject) -> frozenset[str]:
    """Return the servers that settings switch off by name: Gemini's, a project of Claude Code's."""
    gemini = value.get("mcp")
    lists = [
        value.get("disabledMcpServers"),
        gemini.get("excluded") if isinstance(gemini, dict) else None,
    ]
    return frozenset(
        name for one in lists if isinstance(one, list) for name in one if isinstance(name, str)
    )


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and any(key in entry for key in (*_COMMAND_KEYS, *_URL_KEYS))


def _flat(entry: Any) -> Any:
    """Return an entry with its command as others write it: Zed had program, words and variables in one."""
    told = entry.get("command") if isinstance(entry, dict) else None
    if not isinstance(told, dict):
        return entry
    inner = {key: told[key] for key in ("args", "env") if key in told}
    return entry | inner | {"command": told.get("path")}


def _misfits(entry: JsonObject) -> Iterator[str]:
    """Say what of an entry is of another type than clients take: what it is, never what it holds."""
    takes: tuple[tuple[tuple[str, ...], type | UnionType, str], ...] = (
        (_COMMAND_KEYS, str | list, "a string or a list"),
        (("args",), list, "a list of strings"),
        (_VARIABLE_KEYS, dict | list, "an object"),
        (_URL_KEYS, str, "a string"),
    )
    for keys, types, wanted in takes:
        for key in keys:
            value = entry.get(key)
            if value is not None and not isinstance(value, types):
                yield f"{key} is {kind(value)}, not {wanted}"
    for key in (*_COMMAND_KEYS, "args"):
        if odd := _no_words(entry.get(key)):
            yield f"{key} holds {kind(odd[0])}, not only strings"


def _no_words(value: object) -> list[Any]:
    """Return what stands in a list of words and is none; a number is, as written."""
    given = value if isinstance(value, list) else []
    return [one for one in given if one is None or isinstance(one, list | dict)]


def _server(name: ServerName, entry: object) -> Server | str:
    if not isinstance(entry, dict):
        return "not an object"
    url = next((entry[key] for key in _URL_KEYS if isinstance(entry.get(key), str)), None)
    command = next((entry[key] for key in _COMMAND_KEYS if entry.get(key)), None)
    if url is not None and command is None:
        return _remote(name, url, entry)
    args = entry.get("args")
    if not isinstance(args, list | None) or _no_words(args) or _no_words(command):
        return "its command cannot be read"
    words = _words(command, args)
    if not words:
        return "neither a command nor a URL"
    variables = _variables(entry)
    has_folder = any(entry.get(key, "") not in _USUAL_FOLDERS for key in _FOLDER_KEYS)
    package = package_of(words, tuple(variables), variables, has_folder=has_folder)
    return Server(name=name, packages=(package,))


def _variables(entry: JsonObject) -> dict[str, str]:
    """Return the variables that an entry sets: a table, or a list of `NAME=value`."""
    found: dict[str, str] = {}
    for key in _VARIABLE_KEYS:
        given = entry.get(key)
        if isinstance(given, dict):
            found |= {str(name): str(value or "") for name, value in given.items()}
        for item in given if isinstance(given, list) else ():
            name, equals, value = str(item).partition("=")
            if equals and name.isascii() and name.isidentifier():
                found[name] = value
    return found


def _remote(name: ServerName, url: str, entry: JsonObject) -> Server | str:
    try:
        bare, secret = without_secrets(url)
    except ValueError:
        return "its URL cannot be read"
    inputs = _names(entry.get("headers"), dict.fromkeys(secret))
    stated = str(entry.get("type") or entry.get("transport") or "").lower()
    transport = Transport.SSE if stated == "sse" else Transport.STREAMABLE_HTTP
    return Server(
        name=name, remotes=(Remote(transport=transport, url=bare, required_inputs=inputs),)
    )


def _names(*tables: object) -> tuple[str, ...]:
    """Return the keys of tables of variables or headers: the values stay behind."""
    return tuple(str(key) for table in tables if isinstance(table, dict) for key in table)


def _words(command: object, arguments: object) -> list[str]:
    """Return the words of an entry; none where it names no command: an argument is no program."""
    words = [str(word) for word in command] if isinstance(command, list) else []
    if isinstance(command, str):
        words = [command]
    if words and isinstance(arguments, list):
        words += [str(word) for word in arguments]
    return words
