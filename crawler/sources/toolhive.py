"""ToolHive's registry: images and remotes with the permissions they need (Apache-2.0).

Two shapes: a checkout with `registry/<name>/spec.yaml`, and one registry.json with `servers` and
`remote_servers`. Tools come as names only; what a server may reach is kept beside each.
"""

from collections.abc import AsyncIterator, Iterator
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
        yield one if isinstance(one, Skipped) else _server(*one)


_Entry = tuple[str, str, JsonObject]


def _checkout(folder: Path) -> Iterator[_Entry | Skipped]:
    files = sorted((folder / "registry").glob("*/spec.yaml"))
    if not files:
        raise FetchError(Outcome.NOT_FOUND, f"{folder} holds no registry/*/spec.yaml")
    commit = commit_of(folder) or "HEAD"
    for file in files:
        try:
            entry = parse_yaml(read_file(file), str(file))
        except FetchError as error:  # it costs itself
            yield skip(str(file), error)
            continue
        if isinstance(entry, dict):
            name = text_of(entry, "name") or file.parent.name
            yield name, f"{SOURCE.title}@{commit}:registry/{file.parent.name}/spec.yaml", entry


def _registry(value: object, where: str) -> Iterator[_Entry]:
    found = False
    for key in ("servers", "remote_servers"):
        table = value.get(key) if isinstance(value, dict) else None
        for name, entry in table.items() if isinstance(table, dict) else ():
            found = True
            if isinstance(entry, dict):
                yield str(name), f"{where}#{name}", entry
    if not found:
        raise FetchError(Outcome.PROTOCOL_ERROR, f"{where} lists no servers")


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
    stated = entry.get("tools")
    names = [one for one in stated if isinstance(one, str)] if isinstance(stated, list) else []
    declared = (
        {"_toolhive": {"permissions": entry["permissions"]}} if entry.get("permissions") else {}
    )
    text = ". ".join(part for part in (server.title, server.description) if part)
    tools, _ = parse_tools(server.name, [{"name": one, **declared} for one in names], text)
    return state(SOURCE, server, url, entry, tuple(tools) or None)
