"""ToolHive's registry: images and remotes with the permissions they need (Apache-2.0).

Old shape: a checkout with `registry/<name>/spec.yaml`, or one registry.json with `servers` and
`remote_servers`, tables by name. New shape (toolhive-catalog): server.json as registries have it, a
file each or all in `data.servers`, with everything of ToolHive's own under the publisher's `_meta`,
by image or URL. Tools mostly come as names; what a server may reach is kept beside each.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

from crawler.errors import FetchError
from crawler.parse import parse_tools
from crawler.records import (
    JsonObject,
    Listing,
    Outcome,
    Package,
    Remote,
    Server,
    ServerName,
    Skipped,
)
from crawler.server_json import parse_server, unwrap
from crawler.sources import (
    Getter,
    Source,
    commit_of,
    folder_of,
    objects,
    parse_json,
    parse_yaml,
    read,
    read_file,
    skip,
    state,
    text_of,
)

SOURCE = Source(id="toolhive", title="stacklok/toolhive-registry", licence="Apache-2.0")

_FILES = ("registry/*/spec.yaml", "registries/*/servers/*/server.json", "registry/*/server.json", "servers/*/server.json")  # fmt: skip
"""Where checkouts keep a file a server."""
_PUBLISHER = "io.modelcontextprotocol.registry/publisher-provided"
_STACKLOK = "io.github.stacklok"


async def listings(
    fetcher: Getter, where: str, limit: int | None
) -> AsyncIterator[Listing | Skipped]:
    """Yield the servers of a checkout, or of a registry.json at a URL or in a file."""
    entries: list[_Entry | Skipped]
    try:
        folder = folder_of(where)
        if folder is not None:
            entries = list(_checkout(folder))
        else:
            entries = list(_registry(parse_json(await read(fetcher, where), where), where))
    except FetchError as error:
        yield skip(where, error)
        return
    for one in entries[:limit]:
        try:
            yield one if isinstance(one, Skipped) else _listing(*one)
        except FetchError as error:  # it costs itself
            yield skip(one.subject if isinstance(one, Skipped) else one[1], error)


_Entry = tuple[str, str, JsonObject]


def _checkout(folder: Path) -> Iterator[_Entry | Skipped]:
    files = [file for pattern in _FILES for file in sorted(folder.glob(pattern))]
    if not files:
        raise FetchError(Outcome.NOT_FOUND, f"{folder} holds none of {', '.join(_FILES)}")
    commit = commit_of(folder) or "HEAD"
    for file in files:
        try:
            data = read_file(file)
            is_json = file.suffix == ".json"
            entry = parse_json(data, str(file)) if is_json else parse_yaml(data, str(file))
        except FetchError as error:  # it costs itself
            yield skip(str(file), error)
            continue
        if isinstance(entry, dict):
            name = text_of(entry, "name") or file.parent.name
            yield name, f"{SOURCE.title}@{commit}:{file.relative_to(folder).as_posix()}", entry


def _registry(value: object, where: str) -> Iterator[_Entry]:
    holder = value.get("data") if isinstance(value, dict) else None
    listed = holder.get("servers") if isinstance(holder, dict) else None
    if listed is None and isinstance(value, dict) and isinstance(value.get("servers"), list):
        listed = value["servers"]
    found = isinstance(listed, list)
    for entry in objects(listed):
        server, _ = unwrap(entry) or ({}, {})
        yield str(server.get("name", "")), f"{where}#{server.get('name', '')}", entry
    for key in ("servers", "remote_servers"):
        table = value.get(key) if isinstance(value, dict) else None
        for name, entry in table.items() if isinstance(table, dict) else ():
            found = True
            if isinstance(entry, dict):
                yield str(name), f"{where}#{name}", entry
    if not found:
        raise FetchError(Outcome.PROTOCOL_ERROR, f"{where} lists no servers")


def _listing(name: str, url: str, entry: JsonObject) -> Listing:
    found = unwrap(entry)
    if found is not None and "image" not in entry and "url" not in entry:
        return _stated(found[0], found[1], url)
    if not name:
        raise FetchError(Outcome.PROTOCOL_ERROR, f"{url} lists an entry without a name")
    return _server(name, url, entry)


def _stated(entry: JsonObject, notes: JsonObject, url: str) -> Listing:
    """Read a server.json with what ToolHive adds to it."""
    own = _own_notes(entry)
    server = parse_server(entry, notes)
    if str(own.get("status")).lower() == "deprecated" and server.status == "active":
        server = replace(server, status="deprecated")
    declared = _declared(own)
    defined = objects(own.get("tool_definitions"))
    known = set(_texts([one.get("name") for one in defined]))
    names = [one for one in _texts(own.get("tools")) if one not in known]
    wires = [*defined, *({"name": one} for one in names)]
    text = ". ".join(part for part in (server.title, server.description) if part)
    listed = parse_tools(server.name, [one | declared for one in wires], text)
    return state(SOURCE, server, url, entry, listed if listed[0] else None)


def _own_notes(entry: JsonObject) -> JsonObject:
    """Return what ToolHive says of the first image or URL of a server that it says something of."""
    meta = entry.get("_meta")
    given = meta.get(_PUBLISHER) if isinstance(meta, dict) else None
    table = given.get(_STACKLOK) if isinstance(given, dict) else None
    places = table.values() if isinstance(table, dict) else ()
    return next((one for one in places if isinstance(one, dict) and one), {})


def _declared(entry: JsonObject) -> JsonObject:
    permissions = entry.get("permissions")
    return {"_toolhive": {"permissions": permissions}} if permissions else {}


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _server(name: str, url: str, entry: JsonObject) -> Listing:
    inputs = tuple(
        str(one.get("name"))
        for one in objects(entry.get("env_vars")) + objects(entry.get("headers"))
        if one.get("required") is True and not one.get("default")
    )
    image, remote = text_of(entry, "image"), text_of(entry, "url")
    transport = text_of(entry, "transport") or "stdio"
    package = Package(
        registry_type="oci", identifier=image or "", transport=transport, required_inputs=inputs
    )
    server = Server(
        name=ServerName(f"toolhive:{name}"),
        title=text_of(entry, "title", "name"),
        description=text_of(entry, "description"),
        repository_url=text_of(entry, "repository_url"),
        status="deprecated" if str(entry.get("status")).lower() == "deprecated" else "active",
        packages=(package,) if image else (),
        remotes=(Remote(transport=transport, url=remote, required_inputs=inputs),)
        if remote
        else (),
    )
    names, declared = _texts(entry.get("tools")), _declared(entry)
    text = ". ".join(part for part in (server.title, server.description) if part)
    listed = parse_tools(server.name, [{"name": one, **declared} for one in names], text)
    return state(SOURCE, server, url, entry, listed if listed[0] else None)
