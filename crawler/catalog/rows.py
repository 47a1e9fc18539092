"""Records to rows and back: one pair of functions each, and row -> record -> row is identity."""

import json
from dataclasses import fields
from typing import Any

import orjson
from sqlalchemy import RowMapping

from crawler.parse import load_json
from crawler.records import (
    Listing,
    Origin,
    Outcome,
    Package,
    Probe,
    Provenance,
    Remote,
    Server,
    ServerName,
    Tool,
    sha256,
)

Row = dict[str, Any]
Stored = RowMapping | Row


def json_text(value: object) -> str:
    """Return JSON that reads back as the same value: key order, big integers, lone surrogates."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return json.dumps(value, separators=(",", ":"))


def storable(text: str) -> str:
    """Return a text that SQLite takes: lone surrogates become visible escapes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


def context_sha256(tool: Tool) -> str:
    """Return the digest of a definition together with what was known of its server.

    Numbers in the latter count as one: a server that calls itself "Notes (9 online)" is the same
    with 10, and would else bring a version of all its tools in every crawl.
    """
    text = storable(tool.server_text).translate(_DIGITS)
    while "00" in text:
        text = text.replace("00", "0")
    return sha256(f"{tool.definition_sha256}\n{text}")


def exact_context_sha256(tool: Tool) -> str:
    """Return that digest with the digits as they are, as catalogues of older versions hold it."""
    return sha256(f"{tool.definition_sha256}\n{storable(tool.server_text)}")


_DIGITS = str.maketrans("123456789", "0" * 9)


def version_row(tool: Tool) -> Row:
    """Return the columns of a tool version that hold the definition."""
    return {
        "definition_sha256": tool.definition_sha256,
        "definition": json_text(tool.definition),
        "extra": json_text(tool.extra) if tool.extra else None,
        "server_text": storable(tool.server_text),
    }


def tool_of(server: str, row: Stored) -> Tool:
    """Return the record of a version row; the stored digest spares computing it again."""
    definition = load_json(row["definition"].encode())
    tool = Tool(
        server=ServerName(server),
        name=definition["name"],
        title=definition.get("title"),
        description=definition.get("description"),
        input_schema=definition.get("inputSchema"),
        output_schema=definition.get("outputSchema"),
        annotations=definition.get("annotations"),
        server_text=row["server_text"],
        extra={} if row["extra"] is None else load_json(row["extra"].encode()),
    )
    tool.__dict__["definition"] = definition
    tool.__dict__["definition_sha256"] = row["definition_sha256"]
    return tool


_SERVER_TEXTS = ("title", "description", "version", "repository_url", "website_url", "status")


def server_row(server: Server) -> Row:
    """Return the columns of a server that a source states."""
    return {"name": storable(server.name)} | {
        key: None if (value := getattr(server, key)) is None else storable(value)
        for key in _SERVER_TEXTS
    }


def server_of(row: Stored, statement: str | None) -> Server:
    """Return a server: its row, with the packages and remotes of one listing's statement."""
    stated = server_from_json(statement) if statement else None
    return Server(
        name=ServerName(row["name"]),
        **{key: row[key] for key in _SERVER_TEXTS},
        packages=stated.packages if stated else (),
        remotes=stated.remotes if stated else (),
    )


def statement_of(server: Server, about_tools: Row | None = None) -> str:
    """Return a whole server record as JSON text, and what of its list of tools is not known."""
    return json_text(
        {key: getattr(server, key) for key in _SERVER_FIELDS}
        | {
            "packages": [_package_statement(package) for package in server.packages],
            "remotes": [{key: getattr(r, key) for key in _REMOTE_FIELDS} for r in server.remotes],
        }
        | (about_tools or {})
    )


def stated_in(listing: Listing) -> str:
    """Return a listing's statement as JSON text; a list of tools that is whole adds nothing to it."""
    about = {key: value for key in _ABOUT_TOOLS if (value := getattr(listing, key))}
    return statement_of(listing.server, about)


def _package_statement(package: Package) -> Row:
    """Return a package as it stands in a statement, which is compared with older ones."""
    value = {key: getattr(package, key) for key in _PACKAGE_FIELDS}
    return value if package.command is None else value | {"command": package.command}


def _names(record: type[Any], *but: str) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record) if field.name not in but)


_SERVER_FIELDS = _names(Server, "packages", "remotes")
_PACKAGE_FIELDS = _names(Package, "command")
_REMOTE_FIELDS = _names(Remote)
_ABOUT_TOOLS = ("truncated", "problems")
"""Keys of a statement that are no part of the server: there where its list of tools is not whole."""


def server_from_json(statement: str) -> Server:
    """Return the server of a statement."""
    return _server_from(load_json(statement.encode()))


def _server_from(statement: Row) -> Server:
    value = {key: given for key, given in statement.items() if key not in _ABOUT_TOOLS}
    packages = value.pop("packages")
    remotes = value.pop("remotes")
    return Server(
        **value,
        packages=tuple(Package(**_tuples(p, "arguments", "required_inputs")) for p in packages),
        remotes=tuple(Remote(**_tuples(r, "required_inputs")) for r in remotes),
    )


def _tuples(value: Row, *keys: str) -> Row:
    return value | {key: tuple(value[key]) for key in keys}


def package_row(package: Package, server_id: int, listing_id: int) -> Row:
    """Return the row of a package under its listing."""
    return {
        "server_id": server_id,
        "listing_id": listing_id,
        "registry_type": storable(package.registry_type),
        "identifier": storable(package.identifier),
        "version": None if package.version is None else storable(package.version),
        "transport": storable(package.transport),
        "arguments": json_text(package.arguments),
        "required_inputs": json_text(package.required_inputs),
        "file_sha256": package.file_sha256 and storable(package.file_sha256),
        "registry_base_url": package.registry_base_url and storable(package.registry_base_url),
        "command": package.command and storable(package.command),
    }


def remote_row(remote: Remote, server_id: int, listing_id: int) -> Row:
    """Return the row of a remote under its listing."""
    return {
        "server_id": server_id,
        "listing_id": listing_id,
        "transport": storable(remote.transport),
        "url": storable(remote.url),
        "required_inputs": json_text(remote.required_inputs),
    }


def listing_of(row: Stored) -> Listing:
    """Return the record of a listing row, without the tools that it declared."""
    value = load_json(row["statement"].encode())
    return Listing(
        server=_server_from(value),
        provenance=Provenance(
            source=row["source"],
            url=row["url"],
            fetched_at=row["last_seen"],
            sha256=row["record_sha256"],
            place=row["place"],
        ),
        truncated=value.get("truncated", False),
        problems=tuple(value.get("problems", ())),
    )


_PROBE_TEXTS = (
    "detail",
    "transport",
    "endpoint",
    "era",
    "protocol_version",
    "server_title",
    "instructions",
    "sandbox",
    "started_at",
    "payload_sha256",
    "auth_scheme",
    "auth_metadata_url",
    "auth_scope",
)


def probe_row(probe: Probe, server_id: int) -> Row:
    """Return the row of one attempt."""
    return {
        key: None if (value := getattr(probe, key)) is None else storable(value)
        for key in _PROBE_TEXTS
    } | {
        "server_id": server_id,
        "outcome": probe.outcome.value,
        "dummy_config": int(probe.dummy_config),
        "truncated": int(probe.truncated),
        "seconds": probe.seconds,
        "tool_count": len(probe.tools),
        "problems": json_text(probe.problems),
    }


def probe_of(row: Stored) -> Probe:
    """Return the record of an attempt, without its tools."""
    return Probe(
        **{key: row[key] for key in _PROBE_TEXTS},
        outcome=Outcome(row["outcome"]),
        dummy_config=bool(row["dummy_config"]),
        truncated=bool(row["truncated"]),
        seconds=row["seconds"],
        problems=tuple(load_json(row["problems"].encode())),
    )


ORIGIN_RANK = {Origin.STATIC.value: 1, Origin.DECLARED.value: 2, Origin.LIVE.value: 3}
"""Which statement about tools beats which: the server's own answer beats what others say of it."""
