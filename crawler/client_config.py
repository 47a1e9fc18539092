"""Client configurations: which servers a person has set up, without anything secret.

Values of variables, headers, query parameters and arguments never leave this module: they are
where people keep tokens. What remains is the package or URL, and the names of what was set.
Standard library and orjson only. Rules: stacklok/toolhive pkg/client/config.go and the clients' own pages.
"""

import shlex
from pathlib import PurePath, PureWindowsPath
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from crawler.parse import load_json
from crawler.records import JsonObject, Package, Remote, Server, ServerName, Transport

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


def is_client_config(value: JsonObject) -> bool:
    """Say whether a document lists servers the way a client does."""
    return any(True for _ in _tables(value)) or any(
        isinstance(value.get(key), dict) for key in ("mcpServers", "mcp_servers", "context_servers")
    )


def config_servers(value: JsonObject) -> tuple[list[Server], list[str]]:
    """Return the servers of a client config, and one line for each entry that is none."""
    servers: list[Server] = []
    problems: list[str] = []
    for table in _tables(value):
        for name, entry in table.items():
            server = _server(ServerName(str(name)), entry)
            if isinstance(server, Server):
                servers.append(server)
            else:
                problems.append(f"server {str(name)[:60]!r}: {server}")
    return servers, problems


def config_entries(value: JsonObject) -> list[tuple[str, JsonObject]]:
    """Return every server entry of a client config as it stands, secrets included: never store it."""
    return [
        (str(name), entry)
        for table in _tables(value)
        for name, entry in table.items()
        if isinstance(entry, dict)
    ]


def launched_package(entry: JsonObject) -> tuple[str, str] | None:
    """Return the registry and the package, as written, that an entry has a runner fetch and run."""
    command = next((entry[key] for key in _COMMAND_KEYS if entry.get(key)), None)
    words = _words(command, entry.get("args"))
    found = _launched(words) if words else None
    return found[:2] if found else None


def read_settings(text: str, *, is_toml: bool) -> Any:
    """Parse what a client keeps: TOML, or JSON that may have comments and trailing commas.

    Raises:
        ValueError: it is neither.

    """
    if is_toml:
        import tomllib

        return tomllib.loads(text)
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


def _tables(value: JsonObject) -> list[dict[str, Any]]:
    """Return every table of servers in a config: top level, nested and per project."""
    found = []
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
            found.append(table)
    projects = value.get("projects")  # ~/.claude.json
    for project in projects.values() if isinstance(projects, dict) else ():
        if isinstance(project, dict):
            found.extend(_tables(project))
    return found


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and any(key in entry for key in (*_COMMAND_KEYS, *_URL_KEYS))


def _server(name: ServerName, entry: object) -> Server | str:
    if not isinstance(entry, dict):
        return "not an object"
    url = next((entry[key] for key in _URL_KEYS if isinstance(entry.get(key), str)), None)
    command = next((entry[key] for key in _COMMAND_KEYS if entry.get(key)), None)
    if url is not None and command is None:
        return _remote(name, url, entry)
    words = _words(command, entry.get("args"))
    if not words:
        return "neither a command nor a URL"
    package = package_of(
        words, _names(entry.get("env"), entry.get("envs"), entry.get("environment"))
    )
    return Server(name=name, packages=(package,))


def _remote(name: ServerName, url: str, entry: JsonObject) -> Server | str:
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "its URL cannot be read"
    if not host:
        return "its URL names no host"
    query = [key for key, _ in parse_qsl(parts.query, keep_blank_values=True)]
    inputs = _names(entry.get("headers"), dict.fromkeys(query))
    stated = str(entry.get("type") or entry.get("transport") or "").lower()
    transport = Transport.SSE if stated == "sse" else Transport.STREAMABLE_HTTP
    bare = urlunsplit((parts.scheme, host, parts.path, "", ""))
    return Server(
        name=name, remotes=(Remote(transport=transport, url=bare, required_inputs=inputs),)
    )


def _names(*tables: object) -> tuple[str, ...]:
    """Return the keys of tables of variables or headers: the values stay behind."""
    return tuple(str(key) for table in tables if isinstance(table, dict) for key in table)


def _words(command: object, arguments: object) -> list[str]:
    if isinstance(command, list):
        words = [str(word) for word in command]
    else:
        words = [command] if isinstance(command, str) else []
    if isinstance(arguments, list):
        words += [str(word) for word in arguments]
    elif len(words) == 1 and " " in words[0]:
        try:
            words = shlex.split(words[0])
        except ValueError:
            words = words[0].split()
    program = _program(words[0]) if words else ""
    if program == "cmd" and [word.lower() for word in words[1:2]] == ["/c"]:
        return words[2:]
    return words


def _program(word: str) -> str:
    """Return a command without folder and Windows suffix, in lower case."""
    path = PureWindowsPath(word) if "\\" in word else PurePath(word)
    name = path.name.lower()
    return name.rsplit(".", 1)[0] if name.endswith((".exe", ".cmd", ".bat")) else name


def package_of(words: list[str], inputs: tuple[str, ...]) -> Package:
    """Recognise the package that a command runs; anything else is a plain command.

    `words` are the command and its arguments; `inputs` the names of the variables it needs.
    """
    program, rest = _program(words[0]), words[1:]
    launched = _launched(words)
    if launched:
        registry_type, named, after = launched
        identifier, version = _split(registry_type, named)
        return Package(
            registry_type=registry_type,
            identifier=identifier,
            version=version,
            arguments=_flags(after),
            required_inputs=inputs,
        )
    return Package(
        registry_type="command",
        identifier=program,
        arguments=_flags(rest),
        required_inputs=inputs,
    )


def _launched(words: list[str]) -> tuple[str, str, list[str]] | None:
    """Return what a runner runs (registry, package as written) and the words after it."""
    program, rest = _program(words[0]), words[1:]
    for prefix, (registry_type, naming, valued) in _RUNNERS.items():
        first, *more = prefix.split()
        if program == first and rest[: len(more)] == more:
            named, after = _find(rest[len(more) :], naming, valued)
            if named:
                return registry_type, named, after
    return None


_DOCKER_VALUED = frozenset(
    [
        "-e",
        "--env",
        "--env-file",
        "-v",
        "--volume",
        "--mount",
        "-p",
        "--publish",
        "--name",
        "--network",
        "--net",
        "-w",
        "--workdir",
        "--entrypoint",
        "-u",
        "--user",
        "--add-host",
        "--platform",
        "-m",
        "--memory",
        "--cpus",
        "-l",
        "--label",
        "--tmpfs",
        "-h",
        "--hostname",
        "--pull",
        "--security-opt",
        "--cap-add",
        "--cap-drop",
        "--restart",
        "--gpus",
        "--runtime",
    ]
)
_UV_VALUED = frozenset(
    [
        "--with",
        "--with-editable",
        "--python",
        "-p",
        "--index-url",
        "--extra-index-url",
        "--index",
        "--directory",
        "--default-index",
        "--project",
        "--env-file",
        "-m",
        "--cache-dir",
    ]
)
_RUNNERS: dict[str, tuple[str, frozenset[str], frozenset[str]]] = {
    "npx": ("npm", frozenset({"-p", "--package"}), frozenset({"-c", "--call", "--registry"})),
    "bunx": ("npm", frozenset({"-p", "--package"}), frozenset()),
    "npm exec": ("npm", frozenset({"--package"}), frozenset()),
    "pnpm dlx": ("npm", frozenset({"--package"}), frozenset()),
    "yarn dlx": ("npm", frozenset({"-p", "--package"}), frozenset()),
    "bun x": ("npm", frozenset(), frozenset()),
    "uvx": ("pypi", frozenset({"--from"}), _UV_VALUED),
    "uv tool run": ("pypi", frozenset({"--from"}), _UV_VALUED),
    "pipx run": (
        "pypi",
        frozenset({"--spec"}),
        frozenset({"--python", "--pip-args", "--index-url"}),
    ),
    "docker run": ("oci", frozenset(), _DOCKER_VALUED),
    "podman run": ("oci", frozenset(), _DOCKER_VALUED),
}
"""Command to (registry type, options that name the package, options that take a value)."""


def _find(
    words: list[str], naming: frozenset[str], valued: frozenset[str]
) -> tuple[str | None, list[str]]:
    """Return the package among a runner's words, and the words after the program's name."""
    named: str | None = None
    index = 0
    while index < len(words):
        word = words[index]
        flag, equals, value = word.partition("=")
        if word == "--":
            pass
        elif flag in naming:
            named = value if equals else next(iter(words[index + 1 : index + 2]), None)
            index += not equals
        elif flag in valued:
            index += not equals
        elif not word.startswith("-"):
            return named or word, words[index + 1 :]
        index += 1
    return named, []


def _split(registry_type: str, named: str) -> tuple[str, str | None]:
    """Return a package's name and its version, if the command pins one."""
    if "://" in named:
        scheme, _, rest = named.partition("://")
        host, slash, path = rest.partition("?")[0].partition("#")[0].partition("/")
        return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}", None
    if named.startswith((".", "/", "~")):
        return PurePath(named).name, None
    if registry_type == "npm":
        at = named.rfind("@")
        return (named[:at], named[at + 1 :]) if at > 0 else (named, None)
    if registry_type == "pypi":
        name, mark, version = named.partition("==" if "==" in named else "@")
        return name.partition("[")[0].strip(), version.strip() if mark else None
    name, mark, tag = named.partition("@")
    if not mark and ":" in named.rpartition("/")[2]:
        name, _, tag = named.rpartition(":")
    return name, tag or None


def _flags(words: list[str]) -> tuple[str, ...]:
    """Return the names of the options; values and positional words may be secrets.

    A short option is cut to its letter, for `-pSECRET` is how some programs take a password.
    """
    return tuple(
        word.partition("=")[0][:64] if word.startswith("--") else word[:2]
        for word in words
        if word.startswith("-") and len(word) > 1
    )
