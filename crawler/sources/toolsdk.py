"""The toolsdk registry: a list of packages with the names and descriptions of their tools (MIT).

No schema is stated, so none is made up: such a tool has no known parameters, which is not the
same as having none.
"""

from collections.abc import AsyncIterator
from pathlib import Path

from crawler.errors import FetchError
from crawler.parse import parse_tools
from crawler.records import JsonObject, Listing, Outcome, Package, Server, ServerName, Skipped
from crawler.sources import (
    Getter,
    Source,
    commit_of,
    folder_of,
    parse_json,
    read,
    read_file,
    skip,
    state,
    text_of,
)

SOURCE = Source(id="toolsdk", title="toolsdk-ai/toolsdk-mcp-registry", licence="MIT")

_TYPES = {"node": "npm", "python": "pypi", "docker": "oci"}


async def listings(
    fetcher: Getter, where: str, limit: int | None
) -> AsyncIterator[Listing | Skipped]:
    """Yield the packages of a checkout, or of packages-list.json at a URL or in a file."""
    folder = folder_of(where)
    listed = str(folder / "indexes" / "packages-list.json") if folder else where
    try:
        entries = parse_json(await read(fetcher, listed), listed)
    except FetchError as error:
        yield skip(where, error)
        return
    if not isinstance(entries, dict):
        yield skip(where, FetchError(Outcome.PROTOCOL_ERROR, f"{where} is no list of packages"))
        return
    commit = commit_of(folder) if folder else ""
    for name, entry in list(entries.items())[:limit]:
        if isinstance(entry, dict):
            yield _package(str(name), entry, _detail(folder, entry), commit or listed)


def _detail(folder: Path | None, entry: JsonObject) -> JsonObject:
    """Return the package's own file in a checkout; the list alone does for the rest."""
    path = text_of(entry, "path")
    if folder is None or path is None or ".." in Path(path).parts or Path(path).is_absolute():
        return {}
    file = folder / "packages" / path
    try:
        detail = parse_json(read_file(file), str(file)) if file.is_file() else {}
    except (FetchError, OSError, ValueError):  # a name that no file can have, too
        return {}
    return detail if isinstance(detail, dict) else {}


def _package(name: str, entry: JsonObject, detail: JsonObject, origin: str) -> Listing:
    runtime = text_of(detail, "runtime")
    guess = "npm" if name.startswith("@") else "unknown"
    environment = detail.get("env")
    inputs = tuple(
        str(key)
        for key, value in (environment.items() if isinstance(environment, dict) else ())
        if isinstance(value, dict) and value.get("required") is True
    )
    package = Package(
        registry_type=_TYPES.get(runtime or "", guess),
        identifier=text_of(detail, "packageName") or name,
        version=text_of(detail, "packageVersion"),
        required_inputs=inputs,
    )
    server = Server(
        name=ServerName(f"toolsdk:{name}"),
        title=text_of(detail, "name"),
        description=text_of(detail, "description"),
        repository_url=text_of(detail, "url"),
        packages=(package,),
    )
    text = ". ".join(part for part in (server.title, server.description) if part)
    stated = entry.get("tools")
    tools = None
    if isinstance(stated, dict) and stated:
        wires = [{"name": key, **value} for key, value in stated.items() if isinstance(value, dict)]
        tools = parse_tools(server.name, wires, text)
    return state(SOURCE, server, f"{origin}#{name}", entry, tools)
