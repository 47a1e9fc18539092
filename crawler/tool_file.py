"""Files of tool definitions, in every form that tools are passed around in.

This is where `classify FILE` starts: standard library and orjson only. Accepted: a tools/list
result, the JSON-RPC answer around it, alone or in an event stream, a recording of a session, a list, JSON Lines,
`{server: {tools}}`, an MCPB manifest, a client config, whose servers are the targets, and a
package, whose source is read.
"""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crawler.claude_project import refused_in_project
from crawler.client_config import config_servers, is_client_config, read_settings
from crawler.errors import TargetError
from crawler.event_file import without_events
from crawler.json_lines import begins_cut_off, is_lines, read_lines
from crawler.local import local_path
from crawler.misfits import misfits
from crawler.package_file import is_package, read_package_file
from crawler.parse import load_json
from crawler.printable import one_line
from crawler.records import Origin, Server, ServerName, Tool
from crawler.repeated_keys import repeated_keys
from crawler.server_json import parse_server, unwrap
from crawler.tool_forms import Context, Reader

MAX_BYTES = 256 * 1024 * 1024
"""The largest file that is read: about 100,000 tools."""


@dataclass(frozen=True, slots=True)
class ToolFile:
    """What a file holds: tools, servers still to be asked; and what was left out, and why."""

    tools: tuple[Tool, ...]
    servers: tuple[Server, ...]
    problems: tuple[str, ...]
    origin: Origin = Origin.DECLARED
    raw: bytes = field(default=b"", repr=False)
    """A client config as it was read, secrets included: for who cannot read it again, never stored."""
    goes_on: tuple[ServerName, ...] = ()
    """Servers whose list is not here to its end; a problem says so of each."""


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
    refused = refused_in_project(path)
    return parse_tool_file(data, label=label, server=ServerName(name), refused=refused)


def parse_tool_file(
    data: bytes, *, label: str, server: ServerName, refused: frozenset[str] = frozenset()
) -> ToolFile:
    """Read the bytes of a file of tools; `server` names the tools that name no server.

    `refused` are servers of a client config that another file switches off.

    Raises:
        TargetError: as `read_tool_file`; `label` is what the message calls the file.

    """
    data = without_events(data)
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise TargetError(f"{label} is empty; it should hold tool definitions or a client config")
    document, unread = _document(data, label)
    is_config = isinstance(document, dict) and is_client_config(document)
    servers, problems = config_servers(document, label, refused) if is_config else ([], [])
    stated = () if is_config else _stated_servers(document)
    reader = Reader()
    reader.read(document, Context(server), only_sure=is_config or bool(stated))
    if is_config and not servers and not reader.tools:
        more = f"; and {len(problems) - 1} more" if len(problems) > 1 else ""
        why = f" that can be used: {problems[0]}{more}" if problems else ""
        raise TargetError(f"{label} is a client config without a server{why}")
    if not reader.tools and not servers and not stated:
        raise TargetError(f"{label} holds no tools: {reader.why_empty(document)}")
    twice = repeated_keys(data, document)
    left_out = (
        *(f"{label}: {line}" for line in unread),
        *problems,
        *reader.problems,
        *filter(None, map(misfit_note, reader.tools)),
        *reader.unfinished(),
        *([twice] if twice else ()),
    )
    raw = data if servers else b""
    goes_on = tuple(server for server, more in reader.goes_on.items() if more)
    return ToolFile(tuple(reader.tools), (*servers, *stated), left_out, raw=raw, goes_on=goes_on)


def misfit_note(tool: Tool) -> str:
    """Return one line about a tool's fields of another type; nothing where there is none."""
    told = "; ".join(map(str, misfits(tool)))
    return f"{tool.server[:60]}: tool {one_line(tool.name, 60)!r}: {told}" if told else ""


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


def _values(data: bytes) -> tuple[Any, list[str]]:
    if is_lines(data):
        return read_lines(data)
    try:
        return load_json(data), []
    except json.JSONDecodeError:
        if begins_cut_off(data):
            return read_lines(data)
        raise


def _document(data: bytes, label: str) -> tuple[Any, list[str]]:
    """Parse the bytes as JSON, JSON Lines, or a client config in TOML or with comments.

    Also returns which lines could not be read, and why.
    """
    try:
        return _values(data)
    except UnicodeDecodeError as error:
        packed = data.startswith(_GZIP)
        what = (
            "is packed (gzip); unpack it"
            if packed
            else f"is not UTF-8 text (byte {error.start}); save it as UTF-8"
        )
        raise TargetError(f"{label} {what}") from None
    except json.JSONDecodeError as error:
        relaxed = _relaxed(data, is_toml=label.endswith(".toml"))
        if isinstance(relaxed, dict) and is_client_config(relaxed):
            return relaxed, []
        if label.endswith(".toml") and (fault := _fault_of_toml(data)):
            raise TargetError(f"{label} is not valid TOML: {fault}") from None
        if label.endswith((".toml", ".yaml", ".yml")):
            hint = "; if a client keeps its settings there, give the target clients"
            if not label.endswith(".toml"):
                hint = f"; tools in YAML are not read, save them as JSON{hint}"
            raise TargetError(f"{label} is no client config in TOML, nor JSON{hint}") from None
        where = f"line {error.lineno}, column {error.colno}"
        raise TargetError(
            f"{label} is not valid JSON: {error.msg.removesuffix(' at')} at {where}"
        ) from None


_GZIP = b"\x1f\x8b"


def _fault_of_toml(data: bytes) -> str:
    """Return what is wrong with TOML, and where; nothing where it can be read."""
    try:
        read_settings(data.decode("utf-8-sig"), is_toml=True)
    except ValueError as error:
        return one_line(str(error))
    return ""


def _relaxed(data: bytes, *, is_toml: bool) -> Any:
    """Return a client config with comments, or in TOML as Codex keeps it; None for others."""
    try:
        return read_settings(data.decode("utf-8-sig"), is_toml=is_toml)
    except ValueError:
        return None
