"""A checkout of docker/mcp-registry: a folder a server, with server.yaml and tools.json (MIT)."""

from collections.abc import AsyncIterator
from pathlib import Path

from crawler.errors import FetchError
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
    read_file,
    skip,
    state,
    text_of,
)
from crawler.sources._docker import docker_tools, permissions

SOURCE = Source(id="docker-registry", title="docker/mcp-registry", licence="MIT")


async def listings(
    fetcher: Getter, where: str, limit: int | None
) -> AsyncIterator[Listing | Skipped]:
    """Yield the servers of a checkout; `where` is its folder."""
    del fetcher  # a checkout is on disk
    folder = folder_of(where)
    files = sorted((folder / "servers").glob("*/server.yaml")) if folder else []
    if not files:
        reason = f"{where} is no checkout of docker/mcp-registry: no servers/*/server.yaml"
        yield skip(where, FetchError(Outcome.NOT_FOUND, reason))
    commit = commit_of(folder) if folder else ""
    for file in files[:limit]:
        try:
            yield _server(file, commit)
        except FetchError as error:
            yield skip(str(file), error)


def _server(file: Path, commit: str) -> Listing:
    entry = parse_yaml(read_file(file), str(file))
    if not isinstance(entry, dict):
        raise FetchError(Outcome.PROTOCOL_ERROR, f"{file} holds no server")
    slug = text_of(entry, "name") or file.parent.name
    config = entry["config"] if isinstance(entry.get("config"), dict) else {}
    run = entry["run"] if isinstance(entry.get("run"), dict) else {}
    secrets = tuple(str(s.get("env") or s.get("name")) for s in objects(config.get("secrets")))
    server = Server(
        name=ServerName(f"docker:{slug}"),
        title=text_of(entry, "about.title"),
        description=text_of(entry, "about.description"),
        repository_url=text_of(entry, "source.project"),
        packages=_packages(entry, secrets),
        remotes=_remotes(entry, secrets),
    )
    text = ". ".join(part for part in (server.title, server.description) if part)
    url = (
        f"https://github.com/docker/mcp-registry/tree/{commit or 'HEAD'}/servers/{file.parent.name}"
    )
    tools_file = file.with_name("tools.json")
    if not tools_file.is_file():
        return state(SOURCE, server, url, entry)
    given = objects(parse_json(read_file(tools_file), str(tools_file)))
    listed = docker_tools(server.name, given, text, permissions(run, config))
    return state(SOURCE, server, url, [entry, given], listed)


def _packages(entry: JsonObject, secrets: tuple[str, ...]) -> tuple[Package, ...]:
    image = text_of(entry, "image")
    if image is None:
        return ()
    return (Package(registry_type="oci", identifier=image, required_inputs=secrets),)


def _remotes(entry: JsonObject, secrets: tuple[str, ...]) -> tuple[Remote, ...]:
    url = text_of(entry, "remote.url")
    if url is None:
        return ()
    inputs = secrets or (("Authorization",) if entry.get("oauth") else ())
    transport = text_of(entry, "remote.transport_type") or "streamable-http"
    return (Remote(transport=transport, url=url, required_inputs=inputs),)
