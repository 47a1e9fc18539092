"""mcpm.sh: a file a server, with how to start it and its tools with schemas (MIT)."""

from collections.abc import AsyncIterator
from pathlib import Path

from crawler.errors import FetchError
from crawler.launchers import package_of
from crawler.parse import parse_tools
from crawler.records import (
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
    read,
    skip,
    state,
    text_of,
)

SOURCE = Source(id="mcpm", title="pathintegral-institute/mcpm.sh", licence="MIT")


async def listings(
    fetcher: Getter, where: str, limit: int | None
) -> AsyncIterator[Listing | Skipped]:
    """Yield the servers of a checkout, of a folder of server files, or of one file or URL."""
    folder = folder_of(where)
    files = [where]
    commit = ""
    if folder is not None:
        own = folder / "mcp-registry" / "servers"
        files = [str(file) for file in sorted((own if own.is_dir() else folder).glob("*.json"))]
        commit = commit_of(folder)
    for file in files[:limit]:
        try:
            entry = parse_json(await read(fetcher, file), file)
            yield _server(entry, file, commit)
        except FetchError as error:
            yield skip(file, error)


def _server(entry: object, file: str, commit: str) -> Listing:
    slug = text_of(entry, "name", "display_name")
    if not isinstance(entry, dict) or slug is None:
        raise FetchError(Outcome.PROTOCOL_ERROR, f"{file} describes no server")
    url = f"{commit}:{Path(file).name}" if commit else file
    arguments = entry.get("arguments")
    required = tuple(
        str(key)
        for key, value in (arguments.items() if isinstance(arguments, dict) else ())
        if isinstance(value, dict) and value.get("required") is True
    )
    packages, remotes = _installations(entry.get("installations"), required)
    server = Server(
        name=ServerName(f"mcpm:{slug}"),
        title=text_of(entry, "display_name"),
        description=text_of(entry, "description"),
        repository_url=text_of(entry, "repository.url", "repository"),
        website_url=text_of(entry, "homepage"),
        status="deprecated" if entry.get("is_archived") is True else "active",
        packages=packages,
        remotes=remotes,
    )
    given = entry.get("tools")
    text = ". ".join(part for part in (server.title, server.description) if part)
    listed = parse_tools(server.name, objects(given), text)
    return state(SOURCE, server, url, entry, listed if listed[0] else None)


def _installations(
    table: object, required: tuple[str, ...]
) -> tuple[tuple[Package, ...], tuple[Remote, ...]]:
    packages: list[Package] = []
    remotes: list[Remote] = []
    for way in table.values() if isinstance(table, dict) else ():
        if not isinstance(way, dict):
            continue
        url, command, words = way.get("url"), way.get("command"), way.get("args")
        if isinstance(url, str):
            remotes.append(Remote(transport="streamable-http", url=url.partition("?")[0]))
        elif isinstance(command, str) and isinstance(words, list):
            package = package_of([command, *map(str, words)], required)
            if package not in packages:
                packages.append(package)
    return tuple(packages), tuple(remotes)
