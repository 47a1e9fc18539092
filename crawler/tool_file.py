"""Files of tool definitions, in every form that tools are passed around in.

This is where `classify FILE` starts: standard library and orjson only. Accepted: a tools/list
result, the JSON-RPC answer around it, a recording of a session, a list, JSON Lines,
`{server: {tools}}`, an MCPB manifest, a client config, whose servers are the targets, and a
package, whose source is read.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crawler.client_config import config_servers, is_client_config, read_settings
from crawler.errors import TargetError
from crawler.local import local_path
from crawler.package_file import is_package, read_package_file
from crawler.parse import MalformedToolError, load_json, parse_tool
from crawler.records import JsonObject, Origin, Server, ServerName, Tool
from crawler.server_json import parse_server, unwrap

MAX_BYTES = 256 * 1024 * 1024
"""The largest file that is read: about 100,000 tools."""


@dataclass(frozen=True, slots=True)
class ToolFile:
    """What a file holds: tools, or servers still to be asked; and what was left out, and why."""

    tools: tuple[Tool, ...]
    servers: tuple[Server, ...]
    problems: tuple[str, ...]
    origin: Origin = Origin.DECLARED
    raw: bytes = field(default=b"", repr=False)
    """A client config as it was read, secrets included: for who cannot read it again, never stored."""


def read_tool_file(path_or_dash: str, server: str | None = None) -> ToolFile:
    """Read a file of tools, a client config or a package; `-` is standard input.

    Tools keep the order of the file and every value as received. Those that name no server are of
    `server`, by default the name of the file.

    Raises:
        TargetError: the file cannot be read, is no JSON (with line and column), or holds
            neither tools nor servers.

    """
    shown = path_or_dash if path_or_dash.isprintable() else repr(path_or_dash)
    label = "standard input" if path_or_dash == "-" else shown
    path = local_path(path_or_dash)
    name = server or ("stdin" if path_or_dash == "-" else Path(path_or_dash).name)
    if path_or_dash != "-" and is_package(path):
        found, problems = read_package_file(path, label, server)
        return ToolFile(found, (), problems, Origin.STATIC)
    data = _read(path_or_dash, label)
    return parse_tool_file(data, label=label, server=ServerName(name))


def parse_tool_file(data: bytes, *, label: str, server: ServerName) -> ToolFile:
    """Read the bytes of a file of tools; `server` names the tools that name no server.

    Raises:
        TargetError: as `read_tool_file`; `label` is what the message calls the file.

    """
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise TargetError(f"{label} is empty; it should hold tool definitions or a client config")
    document = _document(data, label)
    if isinstance(document, dict) and is_client_config(document):
        servers, problems = config_servers(document, label)
        if not servers:
            why = f": {problems[0]}" if problems else ""
            raise TargetError(f"{label} is a client config without a server{why}")
        return ToolFile((), tuple(servers), tuple(problems), raw=data)
    stated = _stated_servers(document)
    if stated:
        return ToolFile((), stated, ())
    reader = _Reader()
    reader.document(document, _Context(server))
    if not reader.tools:
        raise TargetError(f"{label} holds no tools: {reader.why_empty(document)}")
    return ToolFile(tuple(reader.tools), (), (*reader.problems, *reader.unfinished()))


def _stated_servers(document: Any) -> tuple[Server, ...]:
    """Return the servers of a server.json, or of a registry's answer; none for other files."""
    if not isinstance(document, dict) or "tools" in document or "manifest_version" in document:
        return ()
    entries = document.get("servers")
    found = [unwrap(e) for e in (entries if isinstance(entries, list) else [document])]
    return tuple(
        parse_server(*one)
        for one in found
        if one is not None
        and any(isinstance(one[0].get(key), list) for key in ("packages", "remotes"))
    )


def _read(path_or_dash: str, label: str) -> bytes:
    try:
        if path_or_dash == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with local_path(path_or_dash).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise TargetError(f"{label} does not exist; give an existing file of tools") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise TargetError(f"{label} cannot be read: {reason}") from None
    if len(data) > MAX_BYTES:
        raise TargetError(f"{label} is larger than {MAX_BYTES >> 20} MB; split it")
    return data


def _document(data: bytes, label: str) -> Any:
    """Parse the bytes as JSON, JSON Lines, or a client config in TOML or with comments."""
    try:
        if _is_lines(data):
            return _lines(data)
        return load_json(data)
    except UnicodeDecodeError as error:
        raise TargetError(
            f"{label} is not UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from None
    except json.JSONDecodeError as error:
        relaxed = _relaxed(data, is_toml=label.endswith(".toml"))
        if isinstance(relaxed, dict) and is_client_config(relaxed):
            return relaxed
        if label.endswith((".toml", ".yaml", ".yml")):
            hint = "; if a client keeps its settings there, give the target clients"
            raise TargetError(f"{label} is no client config in TOML, nor JSON{hint}") from None
        where = f"line {error.lineno}, column {error.colno}"
        raise TargetError(f"{label} is not valid JSON: {error.msg} at {where}") from None


def _relaxed(data: bytes, *, is_toml: bool) -> Any:
    """Return a client config with comments, or in TOML as Codex keeps it; None for others."""
    try:
        return read_settings(data.decode("utf-8-sig"), is_toml=is_toml)
    except ValueError:
        return None


def _is_lines(data: bytes) -> bool:
    """Say whether the first line is an object of its own, with more to follow."""
    first, _, rest = data.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    first = first.strip()
    return first.startswith(b"{") and first.endswith(b"}") and bool(rest.strip())


def _lines(data: bytes) -> list[Any]:
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    try:  # one parse for all is three times as fast as a parse a line
        together = load_json(b"[" + b",".join(line for line in lines if line.strip()) + b"]")
    except (json.JSONDecodeError, UnicodeDecodeError):
        together = None
    if isinstance(together, list):
        return together
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(load_json(line))
            except json.JSONDecodeError as error:
                moved = json.JSONDecodeError(error.msg, "", 0)
                moved.lineno, moved.colno = number, error.colno
                raise moved from None
    return found


@dataclass(frozen=True, slots=True)
class _Context:
    """What the surroundings of a tool say about its server."""

    server: ServerName
    text: str = ""


@dataclass(slots=True)
class _Reader:
    """Collects tools while it walks the forms; recursion follows nesting, which is bounded."""

    tools: list[Tool] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    goes_on: dict[ServerName, bool] = field(default_factory=dict)
    """Whether the last page of each server's list says that there are more."""
    depth: int = 0

    def document(self, value: Any, context: _Context) -> bool:
        """Read any accepted form; say whether it was one."""
        if self.depth > len(_FORMS):  # envelope in envelope in envelope: nobody means that
            return False
        self.depth += 1
        form = next(
            (read for fits, read in _FORMS if isinstance(value, dict) and fits(value)), None
        )
        if isinstance(value, list):
            self.items(value, context)
        elif form is not None:
            form(self, value, context)
        self.depth -= 1
        return isinstance(value, list) or form is not None

    def items(self, values: Iterable[Any], context: _Context) -> None:
        """Read a list whose members are tools, or answers that hold tools."""
        for index, value in enumerate(values):
            is_plain = not isinstance(value, dict) or (_is_tool(value) and not _is_tools(value))
            if is_plain or not self.document(value, context):
                self.tool(value, context, f"item {index + 1}")

    def tool(self, value: Any, context: _Context, place: str) -> None:
        """Read one tool; a malformed one costs itself only."""
        try:
            wire, server, text = _wire(value, context)
            self.tools.append(parse_tool(server, wire, text))
        except MalformedToolError as error:
            self.problems.append(f"{place}: {error}")

    def unfinished(self) -> Iterator[str]:
        """Yield a line for each server whose list is not here to its end."""
        for server, goes_on in self.goes_on.items():
            if goes_on:
                yield f"{server[:60]}: the list of tools goes on (nextCursor); save all its pages"

    def why_empty(self, value: Any) -> str:
        """Say in a few words what was there instead of tools."""
        if self.problems:
            return self.problems[0]
        if isinstance(value, dict):
            if isinstance(value.get("error"), dict):
                return "it is an error answer of a server"
            tools = value.get("tools")
            if isinstance(tools, list | dict) and not tools:
                return "its list of tools is empty"
            keys = ", ".join(repr(str(key)[:40]) for key in list(value)[:8])
            return f"found the keys {keys}" if keys else "it is an empty object"
        if isinstance(value, list):
            return "it is an empty list"
        return "it is a single value"


def _wire(value: Any, context: _Context) -> tuple[Any, ServerName, str]:
    """Return a tool as the specification spells it, its server's name and its server's text."""
    if not isinstance(value, dict):
        return value, context.server, context.text
    wire: JsonObject = {key: item for key, item in value.items() if item is not None}
    if _is_exported(wire):
        wire = {**wire["definition"], "server": wire.get("server")}
    elif "definition_sha256" in wire and wire.keys().isdisjoint(_SAID_ITSELF):
        said = "this is what toolrisk said of a tool, without its definition; give the file of definitions"
        raise MalformedToolError(said)
    for alias, key in _ALIASES:
        if alias in wire and key not in wire:
            wire[key] = wire.pop(alias)
    server = wire.pop("server", None)
    own = [wire.pop(key, None) for key in ("server_title", "server_description")]
    text = _server_text(*own) or context.text
    return wire, ServerName(server) if isinstance(server, str) else context.server, text


def _is_exported(wire: JsonObject) -> bool:
    """Say whether a line is one of `toolrisk export`, which has the definition beside other facts.

    What has a name or a description itself is a tool as servers write it, whatever else it holds.
    """
    inner, name = wire.get("definition"), wire.get("tool")
    if not isinstance(inner, dict) or not isinstance(name, str) or inner.get("name") != name:
        return False
    return wire.keys().isdisjoint(_SAID_ITSELF)


_SAID_ITSELF = ("name", "description", "inputSchema", "input_schema")
_ALIASES = (
    ("tool", "name"),
    ("input_schema", "inputSchema"),
    ("output_schema", "outputSchema"),
)


def _server_text(title: object, description: object) -> str:
    return ". ".join(text for text in (title, description) if isinstance(text, str) and text)


def _is_tool(value: JsonObject) -> bool:
    return isinstance(value.get("name"), str) or isinstance(value.get("tool"), str)


def _read_session(reader: _Reader, value: JsonObject, context: _Context) -> None:
    """Read a recording: the answer to initialize, and the pages of tools/list."""
    first = value.get("initialize")
    answer = first.get("result", first) if isinstance(first, dict) else {}
    info = answer.get("serverInfo") if isinstance(answer, dict) else None
    if isinstance(info, dict):
        name = info.get("name")
        text = _server_text(info.get("title"), info.get("description"))
        server = ServerName(name) if isinstance(name, str) and name else context.server
        context = _Context(server, text)
    for page in value["tools_list_pages"]:
        reader.document(page, context)


def _read_result(reader: _Reader, value: JsonObject, context: _Context) -> None:
    reader.document(value["result"], context)


def _read_manifest(reader: _Reader, value: JsonObject, _: _Context) -> None:
    text = _server_text(value.get("display_name"), value.get("description"))
    reader.items(value.get("tools") or [], _Context(ServerName(str(value["name"])), text))


def _read_tools(reader: _Reader, value: JsonObject, context: _Context) -> None:
    name = next((value[key] for key in ("server", "name") if isinstance(value.get(key), str)), None)
    title = value.get("title") or value.get("display_name") or value.get("server_title")
    text = _server_text(title, value.get("description") or value.get("server_description"))
    server = context.server if name is None else ServerName(name)
    reader.items(_tool_values(value["tools"]), _Context(server, text or context.text))
    reader.goes_on[server] = value.get("nextCursor") is not None  # an empty one is a cursor too


def _read_servers(reader: _Reader, value: JsonObject, _: _Context) -> None:
    for name, content in value.items():
        context = _Context(ServerName(name))
        if isinstance(content, dict):
            reader.document({"name": name, **content} if _is_tools(content) else content, context)
        elif isinstance(content, list):
            reader.items(content, context)


def _tool_values(tools: Any) -> Iterator[Any]:
    """Yield the tools of a list, or of an object whose keys are their names."""
    if isinstance(tools, dict):
        for name, value in tools.items():
            yield {"name": name, **value} if isinstance(value, dict) else value
    else:
        yield from tools


def _is_session(value: JsonObject) -> bool:
    return isinstance(value.get("tools_list_pages"), list)


def _is_result(value: JsonObject) -> bool:
    return isinstance(value.get("result"), dict)


def _is_manifest(value: JsonObject) -> bool:
    marked = "manifest_version" in value or "dxt_version" in value
    return marked and isinstance(value.get("name"), str)


def _is_tools(value: JsonObject) -> bool:
    return isinstance(value.get("tools"), list | dict)


def _is_servers(value: JsonObject) -> bool:
    return any(
        (isinstance(content, dict) and (_is_tools(content) or _is_session(content)))
        or (isinstance(content, list) and any(isinstance(i, dict) and _is_tool(i) for i in content))
        for content in value.values()
    )


def _read_one(reader: _Reader, value: JsonObject, context: _Context) -> None:
    reader.tool(value, context, "the file")


_FORMS: tuple[
    tuple[Callable[[JsonObject], bool], Callable[[_Reader, JsonObject, _Context], None]], ...
] = (
    (_is_session, _read_session),
    (_is_result, _read_result),
    (_is_manifest, _read_manifest),
    (_is_tools, _read_tools),
    (_is_servers, _read_servers),
    (_is_tool, _read_one),
)
